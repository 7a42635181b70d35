import type { HostConfig, TunnelConfig } from '../../../shared/model/config.ts';
import { asHoldfastError, type Cause, HoldfastError, type Phase } from '../../../shared/model/failure.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, MutableDisposable } from '../lifecycle/disposable.ts';
import type { ConnectionPool, Lease } from '../pool/pool.ts';
import type { ForwardSet } from './forward-set.ts';
import type { Stage } from './machine-types.ts';
import { ProbeLoop, type ProbeOutcome } from './probe-loop.ts';

/** What an attempt tells its supervisor. `failed` comes once and is the last word. */
export type AttemptReport =
  | { readonly kind: 'phase'; readonly phase: Phase; readonly hop: string | null }
  | { readonly kind: 'waiting'; readonly promptId: string | null }
  | { readonly kind: 'succeeded'; readonly degraded: Cause | null }
  | { readonly kind: 'degraded'; readonly cause: Cause | null }
  | {
      readonly kind: 'failed';
      readonly error: HoldfastError;
      readonly stage: Stage;
      readonly jitter: number;
      readonly replaceLink: boolean;
    };

export interface AttemptOptions {
  readonly tunnel: TunnelConfig;
  readonly chain: readonly HostConfig[];
  readonly pool: ConnectionPool;
  readonly forwards: ForwardSet;
  readonly clock: Clock;
  readonly random: () => number;
  /** Only over a link that is up already. */
  readonly unattended: boolean;
  readonly report: (report: AttemptReport) => void;
  readonly onDidProbe: (outcome: ProbeOutcome) => void;
}

/**
 * One attempt and what comes of it: listeners, link, forwards, first probe; then it watches over link, forwards and probes until something
 * fails or it is disposed of. The forwards stay the supervisor's: it detaches them.
 */
export class Attempt implements Disposable {
  #options: AttemptOptions;
  readonly #store = new DisposableStore();
  readonly #abort = new AbortController();
  readonly #probes = this.#store.add(new MutableDisposable<ProbeLoop>());
  #lease: Lease | null = null;
  #running = false;
  #over = false;
  /** The last probe failed, but the link is not to blame. */
  #probeProblem: HoldfastError | null = null;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#store.defer(() => this.#abort.abort(new Error('the attempt was given up')));
  }

  /** The link in use, if it came so far. */
  get lease(): Lease | null {
    return this.#lease;
  }

  /** Carries it out. Never rejects. */
  async run(): Promise<void> {
    try {
      await this.#connect();
    } catch (thrown) {
      this.#fail(asHoldfastError(thrown, this.#options.tunnel.name), 'link');
    }
  }

  /** Looks at the forwards again: one of them came up or failed. */
  evaluate(): void {
    if (!this.#running || this.#over) return;
    const { enabled, up, failure } = this.#options.forwards.summary();
    if (enabled > 0 && up === 0 && failure) this.#fail(failure, this.#lease?.link.isClosed ? 'link' : 'forwards');
    else this.#options.report({ kind: 'degraded', cause: this.#degraded() });
  }

  /** Gives the share of the link to the caller, so that it outlives the attempt; null if there is none. */
  takeLease(): Lease | null {
    const lease = this.#lease;
    if (lease) this.#store.disown(lease);
    this.#lease = null;
    return lease;
  }

  /** Takes over settings that need no new link: the probe and its times. */
  reconfigure(tunnel: TunnelConfig, chain: readonly HostConfig[]): void {
    const before = this.#options.tunnel;
    this.#options = { ...this.#options, tunnel, chain };
    if (!this.#running || !this.#lease || sameProbe(before, tunnel)) return;
    this.#probeProblem = null;
    this.#watch(this.#lease).start();
    this.evaluate();
  }

  dispose(): void {
    this.#over = true;
    this.#store.dispose();
  }

  async #connect(): Promise<void> {
    const { tunnel, chain, pool, forwards, report } = this.#options;
    const foreign = chain.find((host) => host.transport === 'openssh');
    if (foreign) return this.#fail(transportUnsupported(foreign.name), 'link');
    try {
      // Before any login: a busy port is found without bothering the server or a person.
      await forwards.open();
    } catch (thrown) {
      return this.#fail(asHoldfastError(thrown, tunnel.name), 'listen');
    }
    if (this.#over) return;
    // Without parking a port is open only while the link is up, except for the client that knocked.
    if (tunnel.parkMs === 0 && forwards.parked === 0) forwards.detach();

    const result = await pool.acquire({
      chain,
      tunnel: tunnel.name,
      signal: this.#abort.signal,
      onlyExisting: this.#options.unattended,
      observer: {
        onPhase: (phase, hop) => this.#tell({ kind: 'phase', phase, hop }),
        onWaiting: (promptId) => this.#tell({ kind: 'waiting', promptId }),
      },
    });
    if (result.kind === 'failed') return this.#fail(result.error, 'link', result.jitter);
    const lease = this.#store.add(result.lease);
    if (this.#over) return;
    this.#lease = lease;
    this.#store.add(lease.onDidEnd((error) => this.#fail(error, 'link')));
    if (lease.link.isClosed) return this.#fail(linkGone(tunnel.host), 'link');

    report({ kind: 'phase', phase: 'forwards', hop: null });
    try {
      await forwards.attach(lease.link, chain.at(-1)?.connectTimeoutMs ?? 0);
    } catch (thrown) {
      return this.#fail(asHoldfastError(thrown, tunnel.name), lease.link.isClosed ? 'link' : 'forwards');
    }
    if (this.#over) return;

    report({ kind: 'phase', phase: 'probe', hop: null });
    const probes = this.#watch(lease);
    await probes.check();
    if (this.#over) return;
    this.#running = true;
    report({ kind: 'succeeded', degraded: this.#degraded() });
    this.evaluate();
    if (!this.#over) probes.start();
  }

  #watch(lease: Lease): ProbeLoop {
    const { tunnel, forwards, clock } = this.#options;
    const probes = new ProbeLoop({ link: lease.link, tunnel, forwards: () => forwards.enabledSpecs(), clock });
    this.#probes.value = probes;
    this.#store.add(probes.onDidProbe((outcome) => this.#onProbe(outcome)));
    return probes;
  }

  #onProbe(outcome: ProbeOutcome): void {
    if (this.#over) return;
    this.#options.onDidProbe(outcome);
    const { backoff, probe } = this.#options.tunnel;
    if (outcome.kind === 'link-silent') {
      this.#fail(outcome.error, 'link', undefined, true);
    } else if (outcome.kind === 'check-failed' && backoff.kind === 'autossh' && probe.kind !== 'target') {
      // There a check that fails is a loss. It is this tunnel's own: others go on over the same link.
      this.#fail(outcome.error, 'probe');
    } else {
      this.#probeProblem = outcome.kind === 'passed' ? outcome.note : outcome.error;
      this.evaluate();
    }
  }

  #degraded(): Cause | null {
    return (this.#options.forwards.summary().failure ?? this.#probeProblem)?.toCause() ?? null;
  }

  #tell(report: AttemptReport): void {
    if (!this.#over) this.#options.report(report);
  }

  #fail(error: HoldfastError, stage: Stage, jitter = this.#options.random(), replaceLink = false): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.report({ kind: 'failed', error, stage, jitter, replaceLink });
  }
}

function sameProbe(a: TunnelConfig, b: TunnelConfig): boolean {
  const probe = (tunnel: TunnelConfig): string =>
    JSON.stringify([tunnel.probe, tunnel.probeTimeoutMs, tunnel.pollMs, tunnel.firstPollMs]);
  return probe(a) === probe(b);
}

function linkGone(host: string): HoldfastError {
  return new HoldfastError({
    code: 'link-lost',
    where: host,
    hop: host,
    message: `The connection to ${host} was lost.`,
    next: 'Holdfast connects again by itself.',
  });
}

function transportUnsupported(host: string): HoldfastError {
  return new HoldfastError({
    code: 'transport-unsupported',
    where: host,
    message: `${host} is set to the openssh transport, which this version cannot use.`,
    next: `Set transport = "ssh2" for ${host}, or remove the line.`,
  });
}
