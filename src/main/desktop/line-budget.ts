import type { Clock } from '../engine/lifecycle/clock.ts';

const minuteMs = 60_000;

export interface LineBudgetOptions {
  readonly clock: Clock;
  /** Lines that may pass within a minute. */
  readonly lines: number;
  /** Told with the first line of a later minute, of how many were not let through. */
  readonly onLeftOut: (count: number) => void;
}

/** Lets so many lines a minute through, and counts the rest. Needs no timer: what was left out is told when the next one comes. */
export class LineBudget {
  readonly #options: LineBudgetOptions;
  #beganMs = Number.NEGATIVE_INFINITY;
  #passed = 0;
  #leftOut = 0;

  constructor(options: LineBudgetOptions) {
    this.#options = options;
  }

  /** True if this line may pass. */
  take(): boolean {
    const { clock, lines, onLeftOut } = this.#options;
    const now = clock.now();
    if (now - this.#beganMs >= minuteMs) {
      const leftOut = this.#leftOut;
      this.#beganMs = now;
      this.#passed = 0;
      this.#leftOut = 0;
      if (leftOut > 0) onLeftOut(leftOut);
    }
    if (this.#passed >= lines) {
      this.#leftOut += 1;
      return false;
    }
    this.#passed += 1;
    return true;
  }
}
