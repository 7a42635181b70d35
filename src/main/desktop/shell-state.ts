import type { EngineEvent } from '../../shared/contract/events.ts';
import type { Prompt } from '../../shared/model/prompt.ts';
import { isLiveProduction, type TunnelStatus } from '../../shared/model/tunnel.ts';
import { type Disposable, DisposableStore } from '../engine/lifecycle/disposable.ts';
import { Emitter } from '../engine/lifecycle/emitter.ts';
import type { EngineLink } from './engine-host.ts';
import type { TraySource } from './tray-model.ts';

/** What happened, for those who judge changes and not states. */
export type ShellEvent =
  | { readonly kind: 'joined' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'tunnels'; readonly changed: readonly TunnelStatus[]; readonly removed: readonly string[] }
  | { readonly kind: 'prompt-opened'; readonly prompt: Prompt }
  | { readonly kind: 'prompt-closed'; readonly prompt: Prompt };

/** The engine's state as this shell was told last: one snapshot, then changes. */
export class ShellState implements Disposable {
  readonly #onDidHappen = new Emitter<ShellEvent>();
  readonly onDidHappen = this.#onDidHappen.event;
  readonly #onDidEngineEvent = new Emitter<EngineEvent>();
  /** The engine's events as they came, for the pages. */
  readonly onDidEngineEvent = this.#onDidEngineEvent.event;
  #tunnels = new Map<string, TunnelStatus>();
  #prompts = new Map<string, Prompt>();
  #engine: TraySource['engine'] = 'starting';
  #link = new DisposableStore();

  get tunnels(): ReadonlyMap<string, TunnelStatus> {
    return this.#tunnels;
  }

  get prompts(): readonly Prompt[] {
    return [...this.#prompts.values()];
  }

  get source(): TraySource {
    return { engine: this.#engine, tunnels: [...this.#tunnels.values()], prompts: this.prompts };
  }

  /** Connections of programs through tunnels, waiting ones too. */
  get clients(): number {
    let count = 0;
    for (const { forwards, parked } of this.#tunnels.values()) {
      count += parked;
      for (const forward of forwards) count += forward.clients;
    }
    return count;
  }

  /** Tunnels that programs use or wait for. */
  get busyTunnels(): string[] {
    return [...this.#tunnels.values()]
      .filter(({ forwards, parked }) => parked > 0 || forwards.some(({ clients }) => clients > 0))
      .map(({ name }) => name);
  }

  /** Tunnels that are up or on their way. */
  get tunnelsUp(): number {
    return [...this.#tunnels.values()].filter(({ state }) => state.kind !== 'stopped' && state.kind !== 'dead').length;
  }

  /** Those of the names (all of them: null) that production depends on and that are up, with their clients. */
  liveProduction(names: readonly string[] | null): { readonly names: string[]; readonly clients: number } {
    const live = [...this.#tunnels.values()].filter(
      (tunnel) => isLiveProduction(tunnel) && (names === null || names.includes(tunnel.name)),
    );
    const clients = live.flatMap(({ forwards }) => forwards).reduce((sum, forward) => sum + forward.clients, 0);
    return { names: live.map(({ name }) => name), clients };
  }

  /** Tunnels of these names, and those of groups of these names. */
  membersOf(names: readonly string[]): string[] {
    const wanted = new Set(names);
    return [...this.#tunnels.values()]
      .filter(({ name, group }) => wanted.has(name) || (group !== null && wanted.has(group)))
      .map(({ name }) => name);
  }

  /** Follows this engine from now on. Events that come before the snapshot are held back until it is there. */
  async join(link: EngineLink): Promise<void> {
    this.#link.dispose();
    const store = new DisposableStore();
    this.#link = store;
    const early: EngineEvent[] = [];
    let ready = false;
    store.add(
      link.onDidEvent((event) => {
        if (ready) this.#take(event);
        else early.push(event);
      }),
    );
    await link.call('subscribe', { tunnels: true, prompts: true, log: false, logTunnel: null });
    const snapshot = await link.call('snapshot', {});
    if (store.isDisposed) return;
    this.#tunnels = new Map(snapshot.tunnels.map((tunnel) => [tunnel.name, tunnel]));
    this.#prompts = new Map(snapshot.prompts.map((prompt) => [prompt.id, prompt]));
    this.#engine = 'running';
    ready = true;
    this.#onDidHappen.fire({ kind: 'joined' });
    for (const prompt of snapshot.prompts) this.#onDidHappen.fire({ kind: 'prompt-opened', prompt });
    for (const event of early) {
      const known = event.kind === 'tunnels' && event.revision <= snapshot.revision;
      if (!known && !(event.kind === 'prompt-opened' && this.#prompts.has(event.prompt.id))) this.#take(event);
    }
  }

  /** No engine: nothing is up and nothing is asked. */
  lose(engine: 'starting' | 'gone'): void {
    this.#link.dispose();
    this.#engine = engine;
    this.#tunnels = new Map();
    for (const prompt of this.#prompts.values()) this.#onDidHappen.fire({ kind: 'prompt-closed', prompt });
    this.#prompts = new Map();
    this.#onDidHappen.fire({ kind: 'gone' });
  }

  dispose(): void {
    this.#link.dispose();
    this.#onDidHappen.dispose();
    this.#onDidEngineEvent.dispose();
  }

  #take(event: EngineEvent): void {
    switch (event.kind) {
      case 'tunnels':
        for (const tunnel of event.changed) this.#tunnels.set(tunnel.name, tunnel);
        for (const name of event.removed) this.#tunnels.delete(name);
        this.#onDidHappen.fire({ kind: 'tunnels', changed: event.changed, removed: event.removed });
        break;
      case 'prompt-opened':
        this.#prompts.set(event.prompt.id, event.prompt);
        this.#onDidHappen.fire({ kind: 'prompt-opened', prompt: event.prompt });
        break;
      case 'prompt-closed': {
        const prompt = this.#prompts.get(event.id);
        this.#prompts.delete(event.id);
        if (prompt) this.#onDidHappen.fire({ kind: 'prompt-closed', prompt });
        break;
      }
      case 'log':
      case 'config':
        break;
    }
    this.#onDidEngineEvent.fire(event);
  }
}
