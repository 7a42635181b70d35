import type { Clock } from '../../src/main/engine/lifecycle/clock.ts';
import { toDisposable } from '../../src/main/engine/lifecycle/disposable.ts';

/** A clock that moves only when told. Timers fire in order of their time; equal times in order of their making. */
export class FakeClock implements Clock {
  #now = 0;
  #wallOffset = Date.parse('2026-01-01T00:00:00Z');
  #timers = new Set<{ at: number; seq: number; fire: () => void }>();
  #seq = 0;

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#now + this.#wallOffset;
  }

  schedule(delayMs: number, fire: () => void) {
    const timer = { at: this.#now + Math.max(0, delayMs), seq: this.#seq++, fire };
    this.#timers.add(timer);
    return toDisposable(() => this.#timers.delete(timer));
  }

  /** Timers not yet fired; the leak check of a test. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves the wall clock only, as NTP or a person does. */
  jumpWall(byMs: number): void {
    this.#wallOffset += byMs;
  }

  /** Time goes by within a step: no timer fires. */
  spend(byMs: number): void {
    this.#now += byMs;
  }

  /** Lets `byMs` pass, firing what is due; promise callbacks run between timers. */
  async advance(byMs: number): Promise<void> {
    const end = this.#now + byMs;
    await settle();
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.seq - b.seq)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.fire();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets pending promise callbacks run. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}
