import type { TunnelConfig } from '../../../shared/model/config.ts';
import { asHoldfastError, type HoldfastError } from '../../../shared/model/failure.ts';
import type { ForwardSpec } from '../../../shared/model/forward-spec.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, MutableDisposable } from '../lifecycle/disposable.ts';
import { Emitter } from '../lifecycle/emitter.ts';
import { scheduleLong } from '../lifecycle/long-timer.ts';
import type { SshLink } from '../ssh/link.ts';
import { answersNothing, runProbe } from './probes.ts';

/** What a round of probing found. `ms` null: it failed, or nothing could be measured. `note`: it passed, but this is to be known. */
export interface ProbeOutcome {
  readonly ms: number | null;
  readonly error: HoldfastError | null;
  readonly note: HoldfastError | null;
}

export interface ProbeLoopOptions {
  readonly link: SshLink;
  readonly tunnel: TunnelConfig;
  readonly forwards: () => readonly ForwardSpec[];
  readonly clock: Clock;
}

/** Tries of one round: a single lost answer is no verdict. */
const triesPerRound = 2;

/** Asks one link again and again whether the tunnel works from end to end. */
export class ProbeLoop implements Disposable {
  readonly #options: ProbeLoopOptions;
  readonly #store = new DisposableStore();
  readonly #timer = this.#store.add(new MutableDisposable());
  readonly #abort = new AbortController();
  readonly #onDidProbe = this.#store.add(new Emitter<ProbeOutcome>());
  /** Each round's outcome, the one of `check` as well. */
  readonly onDidProbe = this.#onDidProbe.event;

  constructor(options: ProbeLoopOptions) {
    this.#options = options;
    this.#store.defer(() => this.#abort.abort());
  }

  /** One round now: two tries at the most. Never rejects. */
  async check(): Promise<ProbeOutcome> {
    const { link, tunnel, forwards, clock } = this.#options;
    let error: HoldfastError | null = null;
    for (let round = 1; round <= triesPerRound && !this.#abort.signal.aborted && !link.isClosed; round += 1) {
      try {
        const ms = await runProbe({
          link,
          probe: tunnel.probe,
          forwards: forwards(),
          timeoutMs: probeTimeoutMs(tunnel),
          clock,
          signal: this.#abort.signal,
        });
        return this.#tell({ ms, error: null, note: ms === null ? answersNothing(tunnel.host) : null });
      } catch (thrown) {
        error = asHoldfastError(thrown, 'probe');
      }
    }
    return this.#tell({ ms: null, error, note: null });
  }

  /** Begins the rounds: the first after `firstPollMs`, then every `pollMs` from the end of the round before. A poll time of 0: none. */
  start(): void {
    const { tunnel } = this.#options;
    if (tunnel.pollMs > 0) this.#arm(tunnel.firstPollMs > 0 ? tunnel.firstPollMs : tunnel.pollMs);
  }

  /** The next round now instead of later. */
  hurry(): void {
    if (this.#timer.value !== null) this.#arm(0);
  }

  dispose(): void {
    this.#store.dispose();
  }

  #arm(delayMs: number): void {
    const { clock, tunnel } = this.#options;
    this.#timer.value = scheduleLong(clock, delayMs, () => {
      this.#timer.clear();
      void this.check().then(() => {
        if (!this.#store.isDisposed) this.#arm(tunnel.pollMs);
      });
    });
  }

  #tell(outcome: ProbeOutcome): ProbeOutcome {
    // A link that closed meanwhile tells its own story.
    if (!this.#abort.signal.aborted && !this.#options.link.isClosed) this.#onDidProbe.fire(outcome);
    return outcome;
  }
}

/** autossh: with a short poll time the time limit is half of it. Ours needs no such cut: the next round begins after the one before. */
export function probeTimeoutMs(tunnel: Pick<TunnelConfig, 'probeTimeoutMs' | 'pollMs' | 'backoff'>): number {
  const { probeTimeoutMs: limitMs, pollMs, backoff } = tunnel;
  return backoff.kind === 'autossh' && pollMs > 0 ? Math.min(limitMs, pollMs / 2) : limitMs;
}
