import type { TunnelConfig } from '../../../shared/model/config.ts';
import { asHoldfastError, HoldfastError } from '../../../shared/model/failure.ts';
import type { ForwardSpec } from '../../../shared/model/forward-spec.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, MutableDisposable } from '../lifecycle/disposable.ts';
import { Emitter } from '../lifecycle/emitter.ts';
import { scheduleLong } from '../lifecycle/long-timer.ts';
import type { SshLink } from '../ssh/link.ts';
import { answersNothing, askLink, noAnswer, runProbe } from './probes.ts';

/** What a round of probing found. */
export type ProbeOutcome =
  /** `ms` null: nothing could be measured. `note`: it passed, but this is to be known. */
  | { readonly kind: 'passed'; readonly ms: number | null; readonly error: null; readonly note: HoldfastError | null }
  /** The check failed, but the link answers: a matter of this tunnel alone. */
  | { readonly kind: 'check-failed'; readonly ms: null; readonly error: HoldfastError }
  /** The link itself does not answer. */
  | { readonly kind: 'link-silent'; readonly ms: null; readonly error: HoldfastError };

export interface ProbeLoopOptions {
  readonly link: SshLink;
  readonly tunnel: TunnelConfig;
  readonly forwards: () => readonly ForwardSpec[];
  readonly clock: Clock;
}

/** Tries of one round: a single lost answer is no verdict. */
const triesPerRound = 2;
/** The link, which others use too, has at least so long to answer, however short a tunnel's own time limit is. */
const linkAnswerMs = 5000;
/** A check that failed is made again after so long at the latest, so that a tunnel is not shown as degraded for much longer than it is. */
const recheckMs = 60_000;

/**
 * Asks one link again and again whether the tunnel works from end to end. A check that fails says something about the link only if no byte came
 * in meanwhile; then the link itself is asked.
 */
export class ProbeLoop implements Disposable {
  readonly #options: ProbeLoopOptions;
  readonly #store = new DisposableStore();
  readonly #timer = this.#store.add(new MutableDisposable());
  readonly #abort = new AbortController();
  #hasFailed = false;
  readonly #onDidProbe = this.#store.add(new Emitter<ProbeOutcome>());
  /** Each round's outcome, the one of `check` as well. */
  readonly onDidProbe = this.#onDidProbe.event;

  constructor(options: ProbeLoopOptions) {
    this.#options = options;
    this.#store.defer(() => this.#abort.abort());
  }

  /** One round now: two tries at the most. Resolves when it is over or called off; what it found is told by `onDidProbe`. Never rejects. */
  async check(): Promise<void> {
    const { link, tunnel, forwards, clock } = this.#options;
    const timeoutMs = probeTimeoutMs(tunnel);
    for (let round = 1; round <= triesPerRound && this.#isOn; round += 1) {
      const before = link.bytesIn;
      try {
        const { signal } = this.#abort;
        const ms = await runProbe({ link, probe: tunnel.probe, forwards: forwards(), timeoutMs, clock, signal });
        this.#tell({ kind: 'passed', ms, error: null, note: ms === null ? answersNothing(tunnel.host) : null });
        return;
      } catch (thrown) {
        const error = asHoldfastError(thrown, 'probe');
        if (!this.#isOn) return;
        if (link.bytesIn === before && !(await this.#linkAnswers(timeoutMs))) {
          this.#tell({ kind: 'link-silent', ms: null, error: replaces(error) });
          return;
        }
        // A keepalive calls the link dead, but that came out of it late.
        const late = error.code === 'link-dead';
        if (round === triesPerRound)
          this.#tell({ kind: 'check-failed', ms: null, error: late ? noAnswer(timeoutMs) : error });
      }
    }
  }

  /** Begins the rounds: the first after `firstPollMs`, then every `pollMs` from the end of the round before. A poll time of 0: none. */
  start(): void {
    const { firstPollMs } = this.#options.tunnel;
    this.#armNext(firstPollMs);
  }

  /** The next round now instead of later. */
  hurry(): void {
    if (this.#timer.value !== null) this.#arm(0);
  }

  dispose(): void {
    this.#store.dispose();
  }

  /** A link that closed meanwhile tells its own story. */
  get #isOn(): boolean {
    return !this.#abort.signal.aborted && !this.#options.link.isClosed;
  }

  async #linkAnswers(timeoutMs: number): Promise<boolean> {
    const { link, clock } = this.#options;
    const before = link.bytesIn;
    try {
      const ms = await askLink(link, Math.max(timeoutMs, linkAnswerMs), clock);
      // A server that has answered no question so far may be one that answers none: then only bytes tell.
      return ms !== null || link.bytesIn !== before;
    } catch {
      return false;
    }
  }

  #armNext(firstMs: number): void {
    const { pollMs } = this.#options.tunnel;
    const delayMs = pollMs > 0 && firstMs > 0 ? firstMs : pollMs;
    if (this.#hasFailed) this.#arm(delayMs > 0 ? Math.min(delayMs, recheckMs) : recheckMs);
    else if (delayMs > 0) this.#arm(delayMs);
  }

  #arm(delayMs: number): void {
    this.#timer.value = scheduleLong(this.#options.clock, delayMs, () => {
      this.#timer.clear();
      void this.check().then(() => {
        if (!this.#store.isDisposed) this.#armNext(0);
      });
    });
  }

  #tell(outcome: ProbeOutcome): void {
    if (!this.#isOn) return;
    this.#hasFailed = outcome.error !== null;
    this.#onDidProbe.fire(outcome);
  }
}

/** What failed because the link is silent is mended by another link. */
function replaces(error: HoldfastError): HoldfastError {
  if (error.code !== 'probe-failed') return error;
  return new HoldfastError({
    code: error.code,
    where: error.where,
    phase: error.phase,
    message: error.message,
    next: 'Holdfast replaces the connection by itself. If it goes on, look at the probe setting of the tunnel.',
  });
}

/** autossh: with a short poll time the time limit is half of it. Ours needs no such cut: the next round begins after the one before. */
export function probeTimeoutMs(tunnel: Pick<TunnelConfig, 'probeTimeoutMs' | 'pollMs' | 'backoff'>): number {
  const { probeTimeoutMs: limitMs, pollMs, backoff } = tunnel;
  return backoff.kind === 'autossh' && pollMs > 0 ? Math.min(limitMs, pollMs / 2) : limitMs;
}
