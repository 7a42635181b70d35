import type { HostConfig } from '../../../shared/model/config.ts';
import { asHoldfastError, HoldfastError } from '../../../shared/model/failure.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore } from '../lifecycle/disposable.ts';
import { Emitter } from '../lifecycle/emitter.ts';
import type { Log } from '../log/log.ts';
import type { Connector, ConnectPatience, SshLink } from '../ssh/link.ts';
import { connectionKey, prefixKeys } from './key.ts';
import { KnockSlots } from './knock-slots.ts';
import { MemoryShelf } from './memory-shelf.ts';
import type { AcquireRequest, AcquireResult, ConnectionPool, Lease, PooledConnection, PoolLimits } from './pool.ts';
import { PooledLink } from './pooled-link.ts';
import { givenUp, SharedAttempt, type Waiter } from './shared-attempt.ts';

export interface ConnectionPoolOptions extends PoolLimits {
  readonly connector: Connector;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
}

/** How long the jump host of a replaced link has to prove itself. */
const verifyJumpMs = 5000;

/** The one pool of the engine. */
export function createConnectionPool(options: ConnectionPoolOptions): ConnectionPool {
  return new SharedConnections(options);
}

interface InnerRequest extends Waiter {
  readonly chain: readonly HostConfig[];
  /** The end of the whole chain, as prompts name it. */
  readonly target: string;
}

class SharedConnections implements ConnectionPool {
  readonly #options: ConnectionPoolOptions;
  readonly #store = new DisposableStore();
  readonly #onDidStartAttempt = this.#store.add(new Emitter<string>());
  readonly onDidStartAttempt = this.#onDidStartAttempt.event;
  readonly #onDidConnect = this.#store.add(new Emitter<string>());
  readonly onDidConnect = this.#onDidConnect.event;
  readonly #memories = new MemoryShelf();
  readonly #knocks: KnockSlots;
  readonly #patience = new Map<string, ConnectPatience>();
  readonly #attempts = new Map<string, SharedAttempt>();
  /** Links that take new leases. */
  readonly #links = new Map<string, PooledLink>();
  /** All links, also those that are too old for new leases. */
  readonly #all = new Set<PooledLink>();
  #limits: PoolLimits;
  #nextId = 1;
  #disposed = false;

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
    this.#knocks = new KnockSlots(options.clock);
    this.#limits = { idleMs: options.idleMs, maxLifetimeMs: options.maxLifetimeMs };
  }

  configure(limits: PoolLimits): void {
    const { idleMs, maxLifetimeMs } = this.#limits;
    if (limits.idleMs === idleMs && limits.maxLifetimeMs === maxLifetimeMs) return;
    this.#limits = { idleMs: limits.idleMs, maxLifetimeMs: limits.maxLifetimeMs };
    for (const pooled of [...this.#all]) pooled.configure(this.#limits);
  }

  keyOf(chain: readonly HostConfig[]): string {
    return connectionKey(chain);
  }

  isConnected(chain: readonly HostConfig[]): boolean {
    return this.#usable(connectionKey(chain)) !== null;
  }

  acquire(request: AcquireRequest): Promise<AcquireResult> {
    const target = request.chain.at(-1)?.name ?? '';
    if (request.onlyExisting) {
      const pooled = this.#usable(connectionKey(request.chain));
      const none: AcquireResult = { kind: 'failed', error: noLink(target), jitter: this.#options.random() };
      return Promise.resolve(pooled ? { kind: 'connected', lease: pooled.lease() } : none);
    }
    const tunnels = request.tunnel === null ? [] : [request.tunnel];
    return this.#acquire({
      chain: request.chain,
      target,
      tunnels: () => tunnels,
      observer: request.observer,
      signal: request.signal,
    });
  }

  want(chain: readonly HostConfig[]): Disposable {
    const holds = new DisposableStore();
    for (const key of prefixKeys(chain)) holds.add(this.#memories.hold(key));
    return holds;
  }

  knock(chain: readonly HostConfig[]): number {
    return this.#knocks.take(prefixKeys(chain).filter((key) => this.#usable(key) === null));
  }

  replace(chain: readonly HostConfig[], link?: SshLink): void {
    const pooled = this.#links.get(connectionKey(chain));
    if (!pooled || (link && pooled.link !== link)) return;
    pooled.verifyJump(verifyJumpMs);
    pooled.replace();
  }

  verifyAll(withinMs: number): void {
    for (const pooled of [...this.#all]) pooled.verifySoon(withinMs);
  }

  close(id: string): boolean {
    const pooled = [...this.#all].find((each) => each.describe().id === id);
    pooled?.replace();
    return pooled !== undefined;
  }

  connections(): readonly PooledConnection[] {
    return [...this.#all].map((pooled) => pooled.describe());
  }

  roundTrips(chain: readonly HostConfig[]): readonly (number | null)[] {
    return prefixKeys(chain).map((key) => this.#usable(key)?.roundTripMs() ?? null);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const attempts = [...this.#attempts.values()];
    this.#attempts.clear();
    for (const attempt of attempts) attempt.cancel(givenUp());
    // The ends of chains first, so that none of them sees its jump host go.
    for (const pooled of [...this.#all].reverse()) pooled.dispose();
    this.#store.dispose();
  }

  #usable(key: string): PooledLink | null {
    const pooled = this.#links.get(key);
    return pooled && !pooled.link.isClosed ? pooled : null;
  }

  #acquire(request: InnerRequest): Promise<AcquireResult> {
    const { chain, signal } = request;
    if (this.#disposed || signal.aborted || chain.length === 0) {
      return Promise.resolve({ kind: 'failed', error: givenUp(), jitter: 0 });
    }
    const key = connectionKey(chain);
    const pooled = this.#usable(key);
    if (pooled) return Promise.resolve({ kind: 'connected', lease: pooled.lease() });
    const running = this.#attempts.get(key);
    if (running) return running.join(request);
    const attempt = new SharedAttempt(() => {
      if (this.#attempts.get(key) === attempt) this.#attempts.delete(key);
    });
    this.#attempts.set(key, attempt);
    const result = attempt.join(request);
    void this.#run(key, request, attempt);
    // After the first has joined: whoever hears of it finds the attempt under way.
    if (!attempt.signal.aborted) this.#onDidStartAttempt.fire(key);
    return result;
  }

  /** Carries out one attempt. Never rejects. */
  async #run(key: string, request: InnerRequest, attempt: SharedAttempt): Promise<void> {
    const { chain, target } = request;
    const hold = this.#memories.hold(key);
    const patience = this.#patience.get(key) ?? { handshakeMs: 0 };
    let via: Lease | null = null;
    try {
      const host = chain.at(-1);
      if (!host) throw givenUp();
      if (chain.length > 1) {
        const before = await this.#acquire({
          chain: chain.slice(0, -1),
          target,
          tunnels: () => attempt.tunnels(),
          observer: attempt,
          signal: attempt.signal,
        });
        if (before.kind === 'failed') {
          // All who stand behind one bastion try again at the same moment.
          this.#fail(key, attempt, before.error, before.jitter);
          hold.dispose();
          return;
        }
        via = before.lease;
      }
      const link = await this.#options.connector.connect({
        host,
        hops: chain.slice(0, -1),
        via: via?.link ?? null,
        target,
        tunnels: () => attempt.tunnels(),
        memory: hold.memory,
        patience,
        observer: attempt,
        signal: attempt.signal,
      });
      this.#adopt(key, request, attempt, link, via, hold);
    } catch (thrown) {
      via?.dispose();
      this.#fail(key, attempt, asHoldfastError(thrown, chain.at(-1)?.name ?? 'network'), this.#options.random());
      hold.dispose();
    } finally {
      if (patience.handshakeMs > 0) this.#patience.set(key, patience);
      else this.#patience.delete(key);
    }
  }

  #fail(key: string, attempt: SharedAttempt, error: HoldfastError, jitter: number): void {
    if (this.#attempts.get(key) === attempt) this.#attempts.delete(key);
    attempt.settle(() => ({ kind: 'failed', error, jitter }));
  }

  #adopt(
    key: string,
    request: InnerRequest,
    attempt: SharedAttempt,
    link: SshLink,
    via: Lease | null,
    hold: Disposable,
  ): void {
    const host = request.chain.at(-1)?.name ?? '';
    if (attempt.signal.aborted || this.#disposed) {
      // Nobody waits any more, but the connector was quicker than the signal.
      link.dispose();
      via?.dispose();
      hold.dispose();
      return;
    }
    if (link.isClosed || via?.link.isClosed) {
      link.dispose();
      via?.dispose();
      hold.dispose();
      this.#fail(key, attempt, goneAtOnce(host), this.#options.random());
      return;
    }
    this.#attempts.delete(key);
    const pooled: PooledLink = new PooledLink({
      id: `c${this.#nextId++}`,
      key,
      chain: request.chain,
      link,
      via,
      clock: this.#options.clock,
      limits: this.#limits,
      onRetired: () => {
        if (this.#links.get(key) === pooled) this.#links.delete(key);
      },
      onGone: () => {
        this.#all.delete(pooled);
        hold.dispose();
        this.#options.log.debug('a connection left the pool', { host });
      },
    });
    this.#links.set(key, pooled);
    this.#all.add(pooled);
    this.#options.log.debug('a connection joined the pool', { host, authenticatedBy: link.info.authenticatedBy });
    attempt.settle(() => ({ kind: 'connected', lease: pooled.lease() }));
    this.#onDidConnect.fire(key);
  }
}

function goneAtOnce(host: string): HoldfastError {
  return new HoldfastError({
    code: 'link-lost',
    where: host,
    hop: host,
    message: `The connection to ${host} ended right after the login.`,
    next: 'Holdfast tries again by itself. If it goes on, look into the log of the server.',
  });
}

function noLink(host: string): HoldfastError {
  return new HoldfastError({
    code: 'link-lost',
    where: host,
    message: `There is no connection to ${host} now.`,
    next: 'Bring the tunnel up to make one.',
  });
}
