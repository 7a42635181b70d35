import type { Clock } from '../lifecycle/clock.ts';

/** A host is tried so often at most because somebody knocks. */
export const knockEveryMs = 3000;

/** When hosts may be tried for clients that do not want to wait: once in `knockEveryMs` each, and all who come meanwhile share the next time. */
export class KnockSlots {
  readonly #clock: Clock;
  /** The time of the last such try, or of the one to come, of each key. */
  readonly #slots = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a try that dials all of `keys`; gives the milliseconds until it may begin, 0 for at once. */
  take(keys: readonly string[]): number {
    const now = this.#clock.now();
    for (const [key, at] of this.#slots) if (at + knockEveryMs <= now) this.#slots.delete(key);
    const earliest = keys.map((key) => {
      const slot = this.#slots.get(key);
      if (slot === undefined) return now;
      return slot > now ? slot : slot + knockEveryMs;
    });
    const at = Math.max(now, ...earliest);
    for (const key of keys) this.#slots.set(key, at);
    return at - now;
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#slots.size;
  }
}
