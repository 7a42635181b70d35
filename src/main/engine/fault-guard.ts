import type { Clock } from './lifecycle/clock.ts';

/** So many faults within the window are no accident any more: going on would only burn the machine. */
const stormFaults = 20;
const stormWindowMs = 10_000;

export interface FaultGuardOptions {
  readonly clock: Clock;
  /** Called for each fault that is borne. */
  readonly onFault: (thrown: unknown) => void;
  /** Called once, with the fault that was too much. */
  readonly onStorm: (thrown: unknown) => void;
}

/** Bears what nobody caught, one at a time, but no storm of it. */
export class FaultGuard {
  readonly #options: FaultGuardOptions;
  #times: number[] = [];
  #isOver = false;

  constructor(options: FaultGuardOptions) {
    this.#options = options;
  }

  /** Takes something that was thrown past everybody. Never throws. */
  take(thrown: unknown): void {
    if (this.#isOver) return;
    const now = this.#options.clock.now();
    this.#times = [...this.#times.filter((at) => now - at < stormWindowMs), now];
    this.#isOver = this.#times.length > stormFaults;
    try {
      if (this.#isOver) this.#options.onStorm(thrown);
      else this.#options.onFault(thrown);
    } catch {
      // What tells of faults must not be one.
    }
  }
}
