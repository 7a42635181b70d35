import { type Disposable, toDisposable } from './disposable.ts';

/** Subscribes to an event; dispose of the result to unsubscribe. */
export type Event<T> = (listener: (value: T) => void) => Disposable;

/**
 * A typed event source. Private `#onDidX = new Emitter<T>()`, public `readonly onDidX = this.#onDidX.event`.
 * Listeners run in order of subscription; one that throws does not stop the others: its error goes to `onError`.
 */
export class Emitter<T> implements Disposable {
  #listeners = new Set<(value: T) => void>();
  #disposed = false;
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void = reportLater) {
    this.#onError = onError;
  }

  readonly event: Event<T> = (listener) => {
    if (this.#disposed) return toDisposable(() => {});
    const own = (value: T): void => listener(value);
    this.#listeners.add(own);
    return toDisposable(() => this.#listeners.delete(own));
  };

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  fire(value: T): void {
    for (const listener of [...this.#listeners]) {
      if (!this.#listeners.has(listener)) continue;
      try {
        listener(value);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#listeners.clear();
  }
}

/** A listener's own fault is a bug of ours: it becomes an uncaught exception instead of being swallowed. */
function reportLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** Resolves with the next value of `event`, or rejects when `signal` aborts. */
export function once<T>(event: Event<T>, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const subscription = event((value) => {
      subscription.dispose();
      signal?.removeEventListener('abort', onAbort);
      resolve(value);
    });
    const onAbort = (): void => {
      subscription.dispose();
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
