import type { Clock } from './clock.ts';
import { type Disposable, MutableDisposable } from './disposable.ts';

/**
 * A time limit that can be paused while a person is being asked. Pauses nest: the clock runs again when the last one is released.
 * When the limit is reached, `expire` is called once.
 */
export class Deadline implements Disposable {
  readonly #clock: Clock;
  readonly #expire: () => void;
  readonly #timer = new MutableDisposable();
  #remainingMs: number;
  #runningSince: number | null = null;
  #pauses = 0;
  #over = false;

  /** Starts at once. `limitMs` of 0 means no limit. */
  constructor(clock: Clock, limitMs: number, expire: () => void) {
    this.#clock = clock;
    this.#remainingMs = limitMs;
    this.#expire = expire;
    if (limitMs > 0) this.#run();
    else this.#over = true;
  }

  /** Stops the clock until the result is disposed of. */
  pause(): Disposable {
    this.#pauses += 1;
    if (this.#runningSince !== null) {
      this.#remainingMs -= this.#clock.now() - this.#runningSince;
      this.#runningSince = null;
      this.#timer.clear();
    }
    let released = false;
    return {
      dispose: () => {
        if (released) return;
        released = true;
        this.#pauses -= 1;
        if (this.#pauses === 0) this.#run();
      },
    };
  }

  dispose(): void {
    this.#over = true;
    this.#timer.dispose();
  }

  #run(): void {
    if (this.#over) return;
    this.#runningSince = this.#clock.now();
    this.#timer.value = this.#clock.schedule(Math.max(0, this.#remainingMs), () => {
      if (this.#over) return;
      this.#over = true;
      this.#expire();
    });
  }
}
