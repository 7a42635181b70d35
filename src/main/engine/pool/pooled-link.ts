import type { HostConfig } from '../../../shared/model/config.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, MutableDisposable } from '../lifecycle/disposable.ts';
import { Emitter } from '../lifecycle/emitter.ts';
import { scheduleLong } from '../lifecycle/long-timer.ts';
import type { SshLink } from '../ssh/link.ts';
import type { Lease, PooledConnection, PoolLimits } from './pool.ts';

export interface PooledLinkOptions {
  readonly id: string;
  readonly key: string;
  readonly chain: readonly HostConfig[];
  readonly link: SshLink;
  /** The share in the hop before; given back when this link is gone. */
  readonly via: Lease | null;
  readonly clock: Clock;
  readonly limits: PoolLimits;
  /** The link is not for new leases any more: it is gone, closing or too old. Called once. */
  readonly onRetired: () => void;
  /** The link is gone and all is given back. Called once. */
  readonly onGone: () => void;
}

/** A link past its lifetime waits so long for a moment without channels, and is closed then in any case. */
const retireGraceMs = 60_000;
const retireCheckMs = 1000;
/** Somebody looks at the path: it is measured so often, and an answer is waited for so long. */
const measureEveryMs = 8000;
const measureWithinMs = 5000;

/** One link with its leases. */
export class PooledLink implements Disposable {
  readonly link: SshLink;
  readonly #options: PooledLinkOptions;
  readonly #store = new DisposableStore();
  readonly #idle = this.#store.add(new MutableDisposable());
  readonly #lifetime = this.#store.add(new MutableDisposable());
  readonly #leases = new Set<HeldLease>();
  readonly #sinceMs: number;
  readonly #bornAtMs: number;
  #limits: PoolLimits;
  #idleEndsAtMs = 0;
  #roundTripMs: number | null = null;
  #measuredAtMs = -Infinity;
  #measuring = false;
  #retired = false;
  #gone = false;

  constructor(options: PooledLinkOptions) {
    this.#options = options;
    this.link = options.link;
    this.#sinceMs = options.clock.wallNow();
    this.#bornAtMs = options.clock.now();
    this.#limits = options.limits;
    this.#store.add(options.link.onDidClose((error) => this.#end(error ?? closedByUs(this.#host))));
    if (options.via) this.#store.add(options.via.onDidEnd((error) => this.#end(this.#lostWithJump(error))));
    this.#armLifetime();
    this.#armIdle();
  }

  /** Other limits from now on; a wait that is under way begins anew. */
  configure(limits: PoolLimits): void {
    if (this.#gone) return;
    this.#limits = limits;
    if (!this.#retired) this.#armLifetime();
    this.#armIdle();
  }

  /** A new share. Only while the link is not retired. */
  lease(): Lease {
    const lease = new HeldLease(this.link, (held) => {
      this.#leases.delete(held);
      this.#armIdle();
    });
    this.#leases.add(lease);
    this.#idle.clear();
    return lease;
  }

  /** Closes the link for everybody because a new one is to take its place. */
  replace(): void {
    this.#end(replaced(this.#host));
  }

  verifySoon(withinMs: number): void {
    if (!this.#gone) this.link.verifySoon(withinMs);
  }

  /** The hop before has to prove itself too: it may be what is really broken. */
  verifyJump(withinMs: number): void {
    const via = this.#options.via;
    if (via && !via.link.isClosed) via.link.verifySoon(withinMs);
  }

  describe(): PooledConnection {
    const { chain, id, key, link } = this.#options;
    const host = chain.at(-1);
    return {
      id,
      key,
      host: host?.name ?? '',
      user: host?.user ?? '',
      address: host ? `${host.address.includes(':') ? `[${host.address}]` : host.address}:${host.port}` : '',
      jump: chain.slice(0, -1).map((hop) => hop.name),
      leases: this.#leases.size,
      channels: link.channels,
      sinceMs: this.#sinceMs,
      endsAtMs: this.#endsAtMs(),
      authenticatedBy: link.info.authenticatedBy,
      cipher: link.info.cipher,
      bytesIn: link.bytesIn,
      bytesOut: link.bytesOut,
    };
  }

  /** The last measured round trip; a new measurement starts if that is not of just now. */
  roundTripMs(): number | null {
    const { clock } = this.#options;
    if (!this.#measuring && clock.now() - this.#measuredAtMs >= measureEveryMs && !this.link.isClosed) {
      this.#measuring = true;
      this.#measuredAtMs = clock.now();
      void this.link.ping(measureWithinMs).then(
        (ms) => {
          this.#measuring = false;
          this.#roundTripMs = ms;
        },
        () => {
          // Whether the link still lives is for its watchdog to say.
          this.#measuring = false;
          this.#roundTripMs = null;
        },
      );
    }
    return this.#roundTripMs;
  }

  #endsAtMs(): number | null {
    const { clock } = this.#options;
    const { maxLifetimeMs } = this.#limits;
    const ends = [
      ...(maxLifetimeMs > 0 ? [this.#bornAtMs + maxLifetimeMs] : []),
      ...(this.#idle.value === null ? [] : [this.#idleEndsAtMs]),
    ];
    return ends.length === 0 ? null : Math.round(clock.wallNow() + Math.min(...ends) - clock.now());
  }

  dispose(): void {
    this.#end(closedByUs(this.#host));
  }

  get #host(): string {
    return this.#options.chain.at(-1)?.name ?? 'network';
  }

  #armLifetime(): void {
    this.#lifetime.clear();
    if (this.#limits.maxLifetimeMs === 0) return;
    const { clock } = this.#options;
    const restMs = Math.max(0, this.#bornAtMs + this.#limits.maxLifetimeMs - clock.now());
    this.#lifetime.value = scheduleLong(clock, restMs, () => this.#expire());
  }

  #armIdle(): void {
    if (this.#gone || this.#leases.size > 0) return;
    const { clock, link } = this.#options;
    const now = clock.now();
    const keptMs = this.#bornAtMs + (link.info.keepOpenMs ?? 0) - now;
    const restMs = Math.max(this.#limits.idleMs, keptMs);
    this.#idleEndsAtMs = now + restMs;
    this.#idle.value = scheduleLong(clock, restMs, () => {
      // A channel without a lease is use as well; look again later.
      if (this.link.channels > 0) this.#armIdle();
      else this.dispose();
    });
  }

  /** Too old: no new leases; those who hold one lose it in the first moment without a channel, at the latest after the grace time. */
  #expire(): void {
    this.#retire();
    const endMs = this.#options.clock.now() + retireGraceMs;
    const check = (): void => {
      if (this.link.channels === 0 || this.#options.clock.now() >= endMs) this.#end(tooOld(this.#host));
      else this.#lifetime.value = this.#options.clock.schedule(retireCheckMs, check);
    };
    check();
  }

  #retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#options.onRetired();
  }

  #end(error: HoldfastError): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#store.dispose();
    this.#retire();
    const leases = [...this.#leases];
    this.#leases.clear();
    const via = this.#options.via;
    const cause = via?.link.isClosed && !(error.cause instanceof HoldfastError) ? this.#lostWithJump(error) : error;
    // The goodbye first: whoever hears of the end may dial again at once.
    this.link.dispose();
    via?.dispose();
    for (const lease of leases) lease.end(cause);
    this.#options.onGone();
  }

  /** A link cannot outlive its jump host; the error says which one it was. `error` may be the jump host's or what this link saw of it. */
  #lostWithJump(error: HoldfastError): HoldfastError {
    const root = error.cause instanceof HoldfastError ? error.cause : error;
    const hops = this.#options.chain.slice(0, -1).map((hop) => hop.name);
    const atHop = root.hop !== undefined && hops.includes(root.hop);
    const hop = (atHop ? root.hop : hops.at(-1)) ?? 'network';
    return new HoldfastError({
      code: root.code,
      where: hop,
      hop,
      message: `The connection to ${this.#host} went with its jump host ${hop}${atHop ? `: ${root.message}` : '.'}`,
      next: root.next,
      retry: root.retry,
      cause: root,
    });
  }
}

class HeldLease implements Lease {
  readonly link: SshLink;
  readonly #giveBack: (lease: HeldLease) => void;
  readonly #onDidEnd = new Emitter<HoldfastError>();
  readonly onDidEnd = this.#onDidEnd.event;
  #over = false;

  constructor(link: SshLink, giveBack: (lease: HeldLease) => void) {
    this.link = link;
    this.#giveBack = giveBack;
  }

  end(error: HoldfastError): void {
    if (this.#over) return;
    this.#over = true;
    this.#onDidEnd.fire(error);
    this.#onDidEnd.dispose();
  }

  dispose(): void {
    if (this.#over) return;
    this.#over = true;
    this.#onDidEnd.dispose();
    this.#giveBack(this);
  }
}

function closedByUs(host: string): HoldfastError {
  return new HoldfastError({
    code: 'link-lost',
    where: host,
    hop: host,
    message: `The connection to ${host} was closed on this side.`,
    next: 'Holdfast connects again by itself where it is wanted.',
  });
}

function replaced(host: string): HoldfastError {
  return new HoldfastError({
    code: 'link-expired',
    where: host,
    hop: host,
    message: `The connection to ${host} is being replaced by a new one.`,
    next: 'Nothing needs to be done.',
  });
}

function tooOld(host: string): HoldfastError {
  return new HoldfastError({
    code: 'link-expired',
    where: host,
    hop: host,
    message: `The connection to ${host} reached the age at which the settings end it.`,
    next: 'Nothing needs to be done: Holdfast connects again. The setting is pool-max-lifetime.',
  });
}
