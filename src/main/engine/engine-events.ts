import type { EngineEvent } from '../../shared/contract/events.ts';
import type { TunnelStatus } from '../../shared/model/tunnel.ts';
import type { Clock } from './lifecycle/clock.ts';
import { type Disposable, DisposableStore, MutableDisposable } from './lifecycle/disposable.ts';
import { Emitter } from './lifecycle/emitter.ts';

/** Changes within so long become one event: a shell redraws once. */
const coalesceMs = 25;

/** What the engine tells its shells: collects changed rows into revisioned events, and passes the others on. */
export class EngineEvents implements Disposable {
  readonly #clock: Clock;
  readonly #row: (name: string) => TunnelStatus | null;
  readonly #store = new DisposableStore();
  readonly #timer = this.#store.add(new MutableDisposable());
  readonly #changed = new Set<string>();
  readonly #onDidHappen = this.#store.add(new Emitter<EngineEvent>());
  readonly event = this.#onDidHappen.event;
  #revision = 0;

  /** `row` gives a tunnel's present status, null if it is gone. */
  constructor(clock: Clock, row: (name: string) => TunnelStatus | null) {
    this.#clock = clock;
    this.#row = row;
  }

  get revision(): number {
    return this.#revision;
  }

  /** This tunnel's row is new, different, or gone. */
  tunnelChanged(name: string): void {
    this.#changed.add(name);
    if (this.#timer.value === null) this.#timer.value = this.#clock.schedule(coalesceMs, () => this.#flush());
  }

  tell(event: Exclude<EngineEvent, { kind: 'tunnels' }>): void {
    this.#onDidHappen.fire(event);
  }

  #flush(): void {
    this.#timer.clear();
    const names = [...this.#changed];
    this.#changed.clear();
    if (names.length === 0) return;
    this.#revision += 1;
    const changed: TunnelStatus[] = [];
    const removed: string[] = [];
    for (const name of names) {
      const row = this.#row(name);
      if (row) changed.push(row);
      else removed.push(name);
    }
    this.#onDidHappen.fire({ kind: 'tunnels', revision: this.#revision, changed, removed });
  }

  dispose(): void {
    this.#store.dispose();
  }
}
