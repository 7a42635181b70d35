import type { HoldfastConfig, TunnelConfig } from '../../shared/model/config.ts';
import { HoldfastError } from '../../shared/model/failure.ts';
import type { ForwardSpec } from '../../shared/model/forward-spec.ts';
import type { TunnelStatus } from '../../shared/model/tunnel.ts';
import { diffConfig } from './config/diff.ts';
import type { ForwardRunner } from './forward/forward-runner.ts';
import type { Clock } from './lifecycle/clock.ts';
import { type Disposable, DisposableStore, toDisposable } from './lifecycle/disposable.ts';
import { Emitter } from './lifecycle/emitter.ts';
import type { Log } from './log/log.ts';
import { resolveChain } from './pool/chain.ts';
import type { ConnectionPool } from './pool/pool.ts';
import type { WantedBy } from './tunnel/machine-types.ts';
import { TunnelSupervisor } from './tunnel/supervisor.ts';

export interface TunnelSetDeps {
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly createRunner: (spec: ForwardSpec, tunnel: TunnelConfig) => ForwardRunner;
}

interface Entry {
  readonly supervisor: TunnelSupervisor;
  readonly store: DisposableStore;
}

/** A tunnel that goes on under another name. */
export interface Renaming {
  readonly from: string;
  readonly to: string;
}

/** A tunnel's server answered a probe after so many milliseconds, or did not (null). */
export interface Probed {
  readonly name: string;
  readonly ms: number | null;
}

/** The supervisors of one configuration, by name. Applying another configuration touches only what differs. */
export class TunnelSet implements Disposable {
  readonly #deps: TunnelSetDeps;
  readonly #entries = new Map<string, Entry>();
  readonly #store = new DisposableStore();
  readonly #onDidChange = this.#store.add(new Emitter<string>());
  readonly #onDidAdd = this.#store.add(new Emitter<TunnelSupervisor>());
  readonly #onDidRemove = this.#store.add(new Emitter<string>());
  readonly #onDidRename = this.#store.add(new Emitter<Renaming>());
  readonly #onDidProbe = this.#store.add(new Emitter<Probed>());
  readonly #expected = new Set<Renaming>();
  #config: HoldfastConfig;

  /** A row of `status` changed; the value is the tunnel's name. Fires once for each change: the listener coalesces. */
  readonly onDidChange = this.#onDidChange.event;
  /** A supervisor was made. Whoever subscribes to it lets go of it in `onDidRemove`: a subscription holds the tunnel. */
  readonly onDidAdd = this.#onDidAdd.event;
  readonly onDidRemove = this.#onDidRemove.event;
  /** A tunnel goes on under another name; the old one is about to be removed, and the new one to be added. */
  readonly onDidRename = this.#onDidRename.event;
  readonly onDidProbe = this.#onDidProbe.event;

  /** Starts empty: call `apply` once the listeners are in place. */
  constructor(deps: TunnelSetDeps, empty: HoldfastConfig) {
    this.#deps = deps;
    this.#config = empty;
  }

  get config(): HoldfastConfig {
    return this.#config;
  }

  /**
   * Until it is disposed of, a configuration that has new names in place of the old ones renames these tunnels: each stays up or down as it was,
   * whatever its `start` says. To a file alone, a new name is another tunnel.
   */
  expectRenames(renames: readonly Renaming[]): Disposable {
    for (const renaming of renames) this.#expected.add(renaming);
    return toDisposable(() => {
      for (const renaming of renames) this.#expected.delete(renaming);
    });
  }

  /**
   * Makes the set follow `next`: unchanged tunnels keep running untouched, removed ones stop, changed ones are reconfigured (a changed forward
   * alone), renamed ones go on as they were. Returns the names of new tunnels; the caller starts them as configured.
   */
  apply(next: HoldfastConfig): readonly string[] {
    const diff = diffConfig(this.#config, next);
    const renamed = [...this.#expected].filter(
      ({ from, to }) => diff.tunnels.removed.includes(from) && diff.tunnels.added.includes(to),
    );
    const wishes = renamed.map(({ from, to }) => ({ to, by: this.#wishOf(from) }));
    this.#config = next;
    for (const renaming of renamed) this.#onDidRename.fire(renaming);
    for (const name of diff.tunnels.removed) this.#remove(name);
    for (const change of diff.tunnels.changed) {
      const [entry, tunnel] = [this.#entries.get(change.name), next.tunnels.get(change.name)];
      if (entry && tunnel) entry.supervisor.reconfigure(tunnel, resolveChain(next, tunnel.host));
    }
    for (const name of diff.tunnels.added) {
      const tunnel = next.tunnels.get(name);
      if (tunnel) this.#add(tunnel);
    }
    for (const { to, by } of wishes) if (by !== null) this.get(to)?.up(by);
    return diff.tunnels.added.filter((name) => !renamed.some(({ to }) => to === name));
  }

  get(name: string): TunnelSupervisor | null {
    return this.#entries.get(name)?.supervisor ?? null;
  }

  names(): string[] {
    return [...this.#config.tunnels.keys()];
  }

  /** All supervisors, in the order of the configuration. */
  all(): TunnelSupervisor[] {
    return this.names().flatMap((name) => this.get(name) ?? []);
  }

  /** Tunnels and members of groups by name, each once, in the order asked. Throws `not-found`. */
  select(names: readonly string[]): string[] {
    const found = new Set<string>();
    for (const name of names) {
      const members = this.#config.tunnels.has(name)
        ? [name]
        : this.names().filter((tunnel) => this.#config.tunnels.get(tunnel)?.group === name);
      if (members.length === 0) throw noSuchTunnel(name);
      for (const member of members) found.add(member);
    }
    return [...found];
  }

  statuses(names: readonly string[]): TunnelStatus[] {
    const wanted = names.length === 0 ? this.names() : this.select(names);
    return wanted.flatMap((name) => this.get(name)?.status() ?? []);
  }

  /** How to put a tunnel up again as it is now; null if it is off. What ran must not be left waiting for a person who has acted already. */
  #wishOf(name: string): WantedBy | null {
    const supervisor = this.get(name);
    if (!supervisor?.status().wanted) return null;
    return supervisor.config.interactive && supervisor.status().state.kind === 'running' ? 'person' : 'login';
  }

  #add(tunnel: TunnelConfig): void {
    const store = new DisposableStore();
    const supervisor = store.add(
      new TunnelSupervisor({
        config: tunnel,
        chain: resolveChain(this.#config, tunnel.host),
        pool: this.#deps.pool,
        clock: this.#deps.clock,
        log: this.#deps.log.child({ tunnel: tunnel.name, host: tunnel.host }),
        random: this.#deps.random,
        createRunner: this.#deps.createRunner,
      }),
    );
    store.add(supervisor.onDidChange(() => this.#onDidChange.fire(tunnel.name)));
    store.add(supervisor.onDidProbe(({ ms }) => this.#onDidProbe.fire({ name: tunnel.name, ms })));
    this.#entries.set(tunnel.name, { supervisor, store });
    this.#onDidAdd.fire(supervisor);
    this.#onDidChange.fire(tunnel.name);
  }

  #remove(name: string): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    this.#entries.delete(name);
    entry.supervisor.down();
    entry.store.dispose();
    this.#onDidRemove.fire(name);
  }

  dispose(): void {
    for (const entry of this.#entries.values()) entry.store.dispose();
    this.#entries.clear();
    this.#store.dispose();
  }
}

/** The error for a name that is neither a tunnel nor a group. */
export function noSuchTunnel(name: string): HoldfastError {
  return new HoldfastError({
    code: 'not-found',
    where: name,
    message: `There is no tunnel or group named ${name}.`,
    next: 'See the names with: holdfast list',
  });
}
