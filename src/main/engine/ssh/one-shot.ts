import { type Disposable, toDisposable } from '../lifecycle/disposable.ts';
import { Emitter, type Event } from '../lifecycle/emitter.ts';

/** An event that fires at most once. Who subscribes afterwards is told too, in a turn of its own: an end that came early is not missed. */
export class OneShot<T> {
  readonly #emitter = new Emitter<T>();
  #outcome: { readonly value: T } | null = null;

  get hasFired(): boolean {
    return this.#outcome !== null;
  }

  readonly event: Event<T> = (listener): Disposable => {
    const outcome = this.#outcome;
    if (outcome === null) return this.#emitter.event(listener);
    let isWanted = true;
    queueMicrotask(() => {
      if (isWanted) listener(outcome.value);
    });
    return toDisposable(() => {
      isWanted = false;
    });
  };

  /** Fires; a second call does nothing. */
  fire(value: T): void {
    if (this.#outcome !== null) return;
    this.#outcome = { value };
    this.#emitter.fire(value);
    this.#emitter.dispose();
  }
}
