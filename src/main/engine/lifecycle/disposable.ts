/**
 * lifecycle: who owns what. Every timer, listener, socket and child is registered with a disposable on the line that creates it.
 *
 * - disposable.ts  ownership: `DisposableStore`, `MutableDisposable`, `toDisposable`
 * - emitter.ts     typed events (`onDidX`)
 * - clock.ts       time as a dependency: monotonic and wall clock, timers
 * - deadline.ts    time limits that pause while a person is being asked
 * - socket-server.ts  servers whose sockets have an error listener from the first
 * - open-flags.ts  opening what somebody else may have put there
 * - turns.ts       work that is done one piece after the other
 * - atomic-file.ts files replaced as a whole or not at all; file-lock.ts: short steps that no two processes take at once
 */

/** Something that holds a resource until it is disposed of. Disposing twice is harmless. */
export interface Disposable {
  dispose(): void;
}

/** Wraps a clean-up function; it runs at most once. */
export function toDisposable(release: () => void): Disposable {
  let released = false;
  return {
    dispose() {
      if (released) return;
      released = true;
      release();
    },
  };
}

/** Owns any number of disposables and releases them in reverse order. Adding to a disposed store releases at once. */
export class DisposableStore implements Disposable {
  #items = new Set<Disposable>();
  #disposed = false;

  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** Registers `item` and returns it, so that ownership stands on the line of creation. */
  add<T extends Disposable>(item: T): T {
    if (this.#disposed) item.dispose();
    else this.#items.add(item);
    return item;
  }

  /** Registers a clean-up function. */
  defer(release: () => void): Disposable {
    return this.add(toDisposable(release));
  }

  /** Disposes of `item` now and forgets it. */
  release(item: Disposable): void {
    this.#items.delete(item);
    item.dispose();
  }

  /** Forgets `item` without disposing of it: the caller owns it from here on. */
  disown(item: Disposable): void {
    this.#items.delete(item);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const items = [...this.#items].reverse();
    this.#items.clear();
    const errors: unknown[] = [];
    for (const item of items) {
      try {
        item.dispose();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'some disposables failed');
  }
}

/** Holds at most one disposable; setting another disposes of the one before. */
export class MutableDisposable<T extends Disposable = Disposable> implements Disposable {
  #value: T | null = null;
  #disposed = false;

  get value(): T | null {
    return this.#value;
  }

  set value(next: T | null) {
    const old = this.#value;
    if (old === next) return;
    if (this.#disposed) {
      next?.dispose();
      return;
    }
    this.#value = next;
    old?.dispose();
  }

  /** Empties the holder and disposes of what was in it. */
  clear(): void {
    this.value = null;
  }

  dispose(): void {
    this.#disposed = true;
    const old = this.#value;
    this.#value = null;
    old?.dispose();
  }
}

/** What `listen` needs of an event source; streams, sockets and child processes have it. */
interface Listenable {
  on(event: string, listener: (...args: never[]) => void): unknown;
  removeListener(event: string, listener: (...args: never[]) => void): unknown;
}

/** Adds a listener to a Node emitter and returns the disposable that removes it. Annotate the listener's parameters. */
export function listen(source: Listenable, event: string, listener: (...args: never[]) => void): Disposable {
  source.on(event, listener);
  return toDisposable(() => {
    source.removeListener(event, listener);
  });
}
