import { HoldfastError, type Phase } from '../../../shared/model/failure.ts';
import { type Disposable, DisposableStore } from '../lifecycle/disposable.ts';
import type { AcquireObserver, AcquireResult } from './pool.ts';

/** Somebody who waits for an attempt: a tunnel, or the attempt of a host further down the jump chain. */
export interface Waiter {
  /** Names for prompts: a tunnel's own, or all those that wait for the attempt behind. */
  readonly tunnels: () => readonly string[];
  readonly observer: AcquireObserver;
  readonly signal: AbortSignal;
}

interface Joined {
  readonly waiter: Waiter;
  readonly store: DisposableStore;
  readonly resolve: (result: AcquireResult) => void;
}

/** One attempt and all who wait for it. It is aborted when the last of them gives up. */
export class SharedAttempt implements AcquireObserver {
  readonly #abort = new AbortController();
  readonly #joined = new Set<Joined>();
  readonly #onDeserted: () => void;
  #phase: { readonly phase: Phase; readonly hop: string } | null = null;
  #promptId: string | null = null;
  #settled = false;

  /** `onDeserted` is called when the last waiter has given up, before the signal aborts. */
  constructor(onDeserted: () => void) {
    this.#onDeserted = onDeserted;
  }

  /** Aborts when nobody waits any more. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Everybody who waits now, each once, the first asker first. */
  tunnels(): readonly string[] {
    return [...new Set([...this.#joined].flatMap((joined) => [...joined.waiter.tunnels()]))];
  }

  /** Adds a waiter and tells it how things stand. */
  join(waiter: Waiter): Promise<AcquireResult> {
    return new Promise((resolve) => {
      const store = new DisposableStore();
      const joined: Joined = { waiter, store, resolve };
      this.#joined.add(joined);
      store.add(onAbort(waiter.signal, () => this.#leave(joined)));
      if (!this.#joined.has(joined)) return;
      if (this.#phase) waiter.observer.onPhase(this.#phase.phase, this.#phase.hop);
      if (this.#promptId !== null) waiter.observer.onWaiting(this.#promptId);
    });
  }

  onPhase(phase: Phase, hop: string): void {
    if (this.#settled) return;
    this.#phase = { phase, hop };
    for (const joined of [...this.#joined]) joined.waiter.observer.onPhase(phase, hop);
  }

  onWaiting(promptId: string | null): void {
    if (this.#settled || promptId === this.#promptId) return;
    this.#promptId = promptId;
    for (const joined of [...this.#joined]) joined.waiter.observer.onWaiting(promptId);
  }

  /** Gives each waiter its result, which is made for it alone (a lease each). */
  settle(resultFor: () => AcquireResult): void {
    if (this.#settled) return;
    this.#settled = true;
    const all = [...this.#joined];
    this.#joined.clear();
    for (const joined of all) {
      joined.store.dispose();
      joined.resolve(resultFor());
    }
  }

  /** Ends the attempt for everybody. */
  cancel(error: HoldfastError): void {
    this.settle(() => ({ kind: 'failed', error, jitter: 0 }));
    this.#abort.abort(error);
  }

  #leave(joined: Joined): void {
    if (!this.#joined.delete(joined)) return;
    joined.store.dispose();
    joined.resolve({ kind: 'failed', error: givenUp(), jitter: 0 });
    if (this.#joined.size > 0 || this.#settled) return;
    this.#settled = true;
    this.#onDeserted();
    this.#abort.abort(givenUp());
  }
}

/** What a waiter gets that gave up. */
export function givenUp(): HoldfastError {
  return new HoldfastError({
    code: 'cancelled',
    where: 'network',
    message: 'Nobody waits for this connection any more.',
    next: 'Nothing needs to be done.',
  });
}

/** Calls `listener` when the signal aborts, at once if it already has. */
function onAbort(signal: AbortSignal, listener: () => void): Disposable {
  if (signal.aborted) {
    listener();
    return { dispose() {} };
  }
  signal.addEventListener('abort', listener, { once: true });
  return { dispose: () => signal.removeEventListener('abort', listener) };
}
