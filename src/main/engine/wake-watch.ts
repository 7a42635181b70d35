import { networkInterfaces } from 'node:os';
import { type Clock, every } from './lifecycle/clock.ts';
import { type Disposable, DisposableStore } from './lifecycle/disposable.ts';
import { Emitter } from './lifecycle/emitter.ts';

export type WakeReason = 'resume' | 'network';

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
  #lastMonotonicMs: number;
  #lastWallMs: number;
  #lastAddresses: string;
  #ticks = 0;

  constructor(clock: Clock, addresses: () => string = currentAddresses) {
    this.#clock = clock;
    this.#addresses = addresses;
    this.#lastMonotonicMs = clock.now();
    this.#lastWallMs = clock.wallNow();
    this.#lastAddresses = addresses();
    this.#store.add(every(clock, tickMs, () => this.#tick()));
  }

  #tick(): void {
    const monotonicMs = this.#clock.now();
    const wallMs = this.#clock.wallNow();
    const slept = Math.max(monotonicMs - this.#lastMonotonicMs, wallMs - this.#lastWallMs) - tickMs >= gapMs;
    this.#lastMonotonicMs = monotonicMs;
    this.#lastWallMs = wallMs;
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

/** The machine's non-internal addresses as one comparable text. IPv6 link-local ones come and go by themselves and are left out. */
export function currentAddresses(): string {
  const found: string[] = [];
  for (const [name, entries] of Object.entries(networkInterfaces())) {
    for (const entry of entries ?? [])
      if (!entry.internal && !entry.address.startsWith('fe80:')) found.push(`${name}=${entry.address}`);
  }
  return found.sort().join(' ');
}
