import type { Buffer } from 'node:buffer';
import { type Disposable, toDisposable } from '../lifecycle/disposable.ts';
import type { ConnectMemory } from '../ssh/link.ts';

/** Keeps a `ConnectMemory` for each key for as long as anybody holds it, and forgets it then. */
export class MemoryShelf {
  readonly #kept = new Map<string, { readonly memory: ConnectMemory; holders: number }>();

  /** Takes hold of the key's memory; dispose of the result to let go. */
  hold(key: string): Disposable & { readonly memory: ConnectMemory } {
    const kept = this.#kept.get(key) ?? { memory: { trustedOnce: new Map<string, Buffer>() }, holders: 0 };
    this.#kept.set(key, kept);
    kept.holders += 1;
    const release = toDisposable(() => {
      kept.holders -= 1;
      if (kept.holders === 0) this.#kept.delete(key);
    });
    return { memory: kept.memory, dispose: () => release.dispose() };
  }

  /** Keys that are held now. */
  get size(): number {
    return this.#kept.size;
  }
}
