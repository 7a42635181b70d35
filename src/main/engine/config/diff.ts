import { isDeepStrictEqual } from 'node:util';
import type { HoldfastConfig, TunnelConfig } from '../../../shared/model/config.ts';
import type { ForwardSpec } from '../../../shared/model/forward-spec.ts';

export interface NameDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** How a tunnel that is in both configurations differs. */
export interface TunnelChange {
  readonly name: string;
  /** Keys of the tunnel itself that differ. */
  readonly changedKeys: readonly (keyof TunnelConfig)[];
  /** A host of its chain differs (or is another one): the link must be made anew. */
  readonly hostChanged: boolean;
  /** Nothing but forwards differs: they change alone, the link and the other forwards stay. */
  readonly forwardsOnly: boolean;
  readonly addedForwards: readonly ForwardSpec[];
  readonly removedForwards: readonly ForwardSpec[];
  /** The same `spec`, with another name, switch or limit. */
  readonly changedForwards: readonly { readonly before: ForwardSpec; readonly after: ForwardSpec }[];
}

/** What a new configuration changes. What is not named here keeps running untouched. */
export interface ConfigDiff {
  readonly hosts: NameDiff;
  readonly tunnels: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly TunnelChange[];
  };
  readonly settingsChanged: boolean;
}

export function diffConfig(before: HoldfastConfig, after: HoldfastConfig): ConfigDiff {
  const hosts = diffNames(before.hosts, after.hosts);
  const touched = new Set([...hosts.added, ...hosts.removed, ...hosts.changed]);
  const tunnels = diffNames(before.tunnels, after.tunnels);
  const changed: TunnelChange[] = [];
  for (const [name, tunnel] of after.tunnels) {
    const old = before.tunnels.get(name);
    if (old === undefined) continue;
    const change = diffTunnel(old, tunnel, chainChanged(before, old, after, tunnel, touched));
    if (change !== null) changed.push(change);
  }
  return {
    hosts,
    tunnels: { added: tunnels.added, removed: tunnels.removed, changed },
    settingsChanged: !isDeepStrictEqual(before.settings, after.settings),
  };
}

/** The names of the hosts that a tunnel's link goes through, outermost first, its own host last. */
export function hostChain(config: HoldfastConfig, tunnel: TunnelConfig): readonly string[] {
  return [...(config.hosts.get(tunnel.host)?.jump ?? []), tunnel.host];
}

function chainChanged(
  before: HoldfastConfig,
  old: TunnelConfig,
  after: HoldfastConfig,
  tunnel: TunnelConfig,
  touched: ReadonlySet<string>,
): boolean {
  const chain = hostChain(after, tunnel);
  return !isDeepStrictEqual(hostChain(before, old), chain) || chain.some((name) => touched.has(name));
}

function diffTunnel(old: TunnelConfig, tunnel: TunnelConfig, hostChanged: boolean): TunnelChange | null {
  const keys = Object.keys(tunnel) as (keyof TunnelConfig)[];
  const changedKeys = keys.filter((key) => !isDeepStrictEqual(old[key], tunnel[key]));
  if (changedKeys.length === 0 && !hostChanged) return null;
  const olds = new Map(old.forwards.map((forward) => [forward.spec, forward]));
  const news = new Map(tunnel.forwards.map((forward) => [forward.spec, forward]));
  const changedForwards: { before: ForwardSpec; after: ForwardSpec }[] = [];
  for (const [spec, forward] of news) {
    const same = olds.get(spec);
    if (same !== undefined && !isDeepStrictEqual(same, forward)) changedForwards.push({ before: same, after: forward });
  }
  return {
    name: tunnel.name,
    changedKeys,
    hostChanged,
    forwardsOnly: !hostChanged && changedKeys.length === 1 && changedKeys[0] === 'forwards',
    addedForwards: tunnel.forwards.filter(({ spec }) => !olds.has(spec)),
    removedForwards: old.forwards.filter(({ spec }) => !news.has(spec)),
    changedForwards,
  };
}

function diffNames(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): NameDiff {
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed: [...after.keys()].filter(
      (name) => before.has(name) && !isDeepStrictEqual(before.get(name), after.get(name)),
    ),
  };
}
