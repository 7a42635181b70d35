import type { Clock } from '../lifecycle/clock.ts';

/** Key exchanges that a server may begin at once. */
const most = 32;
/** One more each so long, or for so many bytes: `RekeyLimit 1M` is the least that anybody sets. */
const everyMs = 250;
const everyBytes = 1024 * 1024;

/** How many key exchanges a server may begin: each costs us powers and signatures. What is too many waits, for a small `RekeyLimit` is no attack. */
export class ExchangeBudget {
  readonly #clock: Clock;
  readonly #transferred: () => number;
  #left = most;
  #atMs: number;
  #atBytes: number;

  /** `transferred`: bytes both ways so far. */
  constructor(clock: Clock, transferred: () => number) {
    this.#clock = clock;
    this.#transferred = transferred;
    this.#atMs = clock.now();
    this.#atBytes = transferred();
  }

  /** Takes one; returns the milliseconds for which nothing more is to be read from this server. */
  take(): number {
    const nowMs = this.#clock.now();
    const bytes = this.#transferred();
    this.#left = Math.min(most, this.#left + (nowMs - this.#atMs) / everyMs + (bytes - this.#atBytes) / everyBytes);
    this.#atMs = nowMs;
    this.#atBytes = bytes;
    this.#left -= 1;
    return this.#left >= 0 ? 0 : Math.ceil(-this.#left * everyMs);
  }
}
