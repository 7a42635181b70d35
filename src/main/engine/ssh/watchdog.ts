import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, MutableDisposable } from '../lifecycle/disposable.ts';

export interface WatchdogOptions {
  readonly clock: Clock;
  /** Silence after which the peer is asked; 0 turns the watchdog off (`verifySoon` still works). */
  readonly intervalMs: number;
  /** Questions that may stay unanswered. */
  readonly countMax: number;
  /** When the last byte came in, by the clock's `now`. */
  readonly lastInboundAtMs: () => number;
  /** Asks the peer for a sign of life; `answered` is called with its reply, if it replies. */
  readonly probe: (answered: () => void) => void;
  /** False: this peer answers no question, so that its silence means nothing. */
  readonly isSilenceProof: () => boolean;
  /** Called once: nothing came for `silentMs`. */
  readonly onDead: (silentMs: number) => void;
}

/**
 * Whether the peer is still there. Any inbound byte counts, not only replies to our questions: a link whose uplink is full answers late but is
 * alive. Dead after interval × (max + 1) without one. A machine that slept asks first and judges then.
 */
export class Watchdog implements Disposable {
  readonly #options: WatchdogOptions;
  readonly #timer = new MutableDisposable();
  readonly #soon = new MutableDisposable();
  /** Questions since the last inbound byte. */
  #asked = 0;
  #seenInboundAtMs: number;
  #isOver = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#seenInboundAtMs = options.lastInboundAtMs();
    if (options.intervalMs > 0) this.#arm();
  }

  /**
   * Asks now; dead if within `withinMs` neither the answer came nor, in the later half of that time, any byte: what comes at once may have been
   * under way before the machine slept or the network changed.
   */
  verifySoon(withinMs: number): void {
    if (this.#isOver) return;
    const { clock, lastInboundAtMs, probe, isSilenceProof } = this.#options;
    let isAnswered = false;
    probe(() => {
      isAnswered = true;
    });
    const halfAtMs = clock.now() + withinMs / 2;
    this.#soon.value = clock.schedule(withinMs, () => {
      this.#soon.clear();
      if (!isAnswered && lastInboundAtMs() < halfAtMs && isSilenceProof()) this.#die();
    });
  }

  dispose(): void {
    this.#isOver = true;
    this.#timer.dispose();
    this.#soon.dispose();
  }

  /** Questions are spread evenly: at each interval of silence, and with countMax 0 one at half of it, since silence alone proves nothing. */
  #arm(): void {
    const { clock, intervalMs, countMax } = this.#options;
    const stepMs = countMax === 0 ? intervalMs / 2 : intervalMs;
    const dueAtMs = this.#seenInboundAtMs + stepMs * (this.#asked + 1);
    const delayMs = dueAtMs - clock.now();
    // A timer that is late by a whole step means that we slept: the peer gets a step to answer from now.
    this.#timer.value = clock.schedule(delayMs > -stepMs ? Math.max(0, delayMs) : stepMs, () => this.#onDue());
  }

  #onDue(): void {
    const { clock, intervalMs, lastInboundAtMs, probe, countMax, isSilenceProof } = this.#options;
    const last = lastInboundAtMs();
    if (last !== this.#seenInboundAtMs) {
      this.#seenInboundAtMs = last;
      this.#asked = 0;
      this.#arm();
      return;
    }
    if (this.#asked >= Math.max(1, countMax)) {
      if (isSilenceProof()) this.#die();
      else this.#timer.value = clock.schedule(intervalMs, () => this.#onDue());
      return;
    }
    this.#asked += 1;
    probe(() => {});
    this.#arm();
  }

  #die(): void {
    if (this.#isOver) return;
    const { clock, lastInboundAtMs, onDead } = this.#options;
    const silentMs = clock.now() - lastInboundAtMs();
    this.dispose();
    onDead(silentMs);
  }
}
