import { networkInterfaces, uptime } from 'node:os';
import { type Clock, every } from './lifecycle/clock.ts';
import { type Disposable, DisposableStore } from './lifecycle/disposable.ts';
import { Emitter } from './lifecycle/emitter.ts';

export type WakeReason = 'resume' | 'network';

/** When the machine was asleep, by the wall clock. */
export interface SleepSpan {
  readonly fromAtMs: number;
  readonly toAtMs: number;
}

const tickMs = 1000;
/** A tick so late, or a wall clock so far ahead of the monotonic one, means that the machine slept. */
const gapMs = 5000;
/** Interfaces are compared every so many ticks. */
const interfaceTicks = 3;

/**
 * Notices wake-up and network changes in every shell alike: a gap between two ticks (the monotonic clock stands still during sleep on some
 * systems, the wall clock does not: both are watched), and the set of non-internal addresses. A person who sets the clock causes no drop:
 * listeners only check and hurry, they never tear down what answers.
 */
export class WakeWatch implements Disposable {
  readonly #clock: Clock;
  readonly #addresses: () => string;
  readonly #store = new DisposableStore();
  readonly #onDidWake = this.#store.add(new Emitter<WakeReason>());
  readonly onDidWake = this.#onDidWake.event;
  readonly #onDidSleep = this.#store.add(new Emitter<SleepSpan>());
  /** The machine slept; told after the wake-up, before `onDidWake`. */
  readonly onDidSleep = this.#onDidSleep.event;
  readonly #uptimeMs: () => number;
  readonly #monotonicStops: boolean;
  #lastUptimeMs: number;
  #lastMonotonicMs: number;
  #lastWallMs: number;
  #lastAddresses: string;
  #ticks = 0;

  constructor(clock: Clock, addresses: () => string = currentAddresses, sleep: SleepClock = systemSleepClock) {
    this.#clock = clock;
    this.#addresses = addresses;
    this.#uptimeMs = sleep.uptimeMs;
    this.#monotonicStops = sleep.monotonicStops;
    this.#lastUptimeMs = sleep.uptimeMs();
    this.#lastMonotonicMs = clock.now();
    this.#lastWallMs = clock.wallNow();
    this.#lastAddresses = addresses();
    this.#store.add(every(clock, tickMs, () => this.#tick()));
  }

  #tick(): void {
    const monotonicMs = this.#clock.now();
    const wallMs = this.#clock.wallNow();
    const slept = Math.max(monotonicMs - this.#lastMonotonicMs, wallMs - this.#lastWallMs) - tickMs >= gapMs;
    const uptimeMs = this.#uptimeMs();
    const awakeMs = this.#monotonicStops ? monotonicMs - this.#lastMonotonicMs : tickMs;
    const asleepMs = Math.round(uptimeMs - this.#lastUptimeMs - awakeMs);
    this.#lastUptimeMs = uptimeMs;
    this.#lastMonotonicMs = monotonicMs;
    this.#lastWallMs = wallMs;
    if (asleepMs >= gapMs) this.#onDidSleep.fire({ fromAtMs: wallMs - asleepMs, toAtMs: wallMs });
    if (slept) this.#onDidWake.fire('resume');
    this.#ticks += 1;
    if (!slept && this.#ticks % interfaceTicks !== 0) return;
    const addresses = this.#addresses();
    if (addresses === this.#lastAddresses) return;
    this.#lastAddresses = addresses;
    // Losing the last address is no reason to hurry: nothing can be reached. The link's own watchdog decides.
    if (addresses !== '') this.#onDidWake.fire('network');
  }

  dispose(): void {
    this.#store.dispose();
  }
}

/** What tells a sleep from a clock that was set: the time since the machine was started, which goes on while it sleeps. */
export interface SleepClock {
  readonly uptimeMs: () => number;
  /** The monotonic clock stands still during sleep (Linux), so that a process which was merely stopped is no sleep. */
  readonly monotonicStops: boolean;
}

const systemSleepClock: SleepClock = {
  uptimeMs: () => uptime() * 1000,
  monotonicStops: process.platform === 'linux',
};

/** The machine's non-internal addresses as one comparable text. IPv6 link-local ones come and go by themselves and are left out. */
export function currentAddresses(): string {
  const found: string[] = [];
  for (const [name, entries] of Object.entries(networkInterfaces())) {
    for (const entry of entries ?? [])
      if (!entry.internal && !entry.address.startsWith('fe80:')) found.push(`${name}=${entry.address}`);
  }
  return found.sort().join(' ');
}
