import type { CallOutput } from '../../shared/contract/calls.ts';
import type { HostConfig } from '../../shared/model/config.ts';
import { assertNever, type Cause } from '../../shared/model/failure.ts';
import type { TunnelState } from '../../shared/model/tunnel.ts';
import { formatEndpoint, formatListen } from './config/forward-spec.ts';
import type { EngineParts } from './engine-api.ts';
import { findClientPrograms } from './forward/client-programs.ts';
import { resolveChain } from './pool/chain.ts';
import { noSuchTunnel } from './tunnel-set.ts';
import type { TunnelSupervisor } from './tunnel/supervisor.ts';

type Detail = CallOutput<'tunnel.detail'>;
type Station = Detail['path'][number];

/** Everything that the detail pane shows of a tunnel beyond its row. Rejects with `not-found`. */
export async function tunnelDetail(parts: EngineParts, name: string): Promise<Detail> {
  const { tunnels, pool } = parts;
  const supervisor = tunnels.get(name);
  if (!supervisor) throw noSuchTunnel(name);
  const chain = resolveChain(tunnels.config, supervisor.config.host);
  const key = pool.keyOf(chain);
  const last = chain.at(-1);
  return {
    name,
    path: stations(supervisor, chain),
    clients: await clientsOf(supervisor),
    sharedWith: tunnels.all().flatMap((other) => {
      const same = other !== supervisor && pool.keyOf(resolveChain(tunnels.config, other.config.host)) === key;
      return same && other.status().wanted ? other.config.name : [];
    }),
    login: last ? `${last.user}@${last.name}` : '',
    lastProbe: lastProbe(supervisor, parts),
    cause: supervisor.lastCause,
  };
}

function lastProbe(supervisor: TunnelSupervisor, parts: EngineParts): Detail['lastProbe'] {
  const at = parts.probes.get(supervisor.config.name);
  return at ?? null;
}

async function clientsOf(supervisor: TunnelSupervisor): Promise<Detail['clients']> {
  const clients = supervisor.connections();
  const programs = await findClientPrograms(new Set(clients.flatMap((client) => client.peerPort ?? [])));
  return clients.map((client) => {
    const holder = client.peerPort === null ? undefined : programs.get(client.peerPort);
    return {
      spec: client.spec,
      program: holder?.program ?? null,
      pid: holder?.pid ?? null,
      peer: client.peer,
      sinceMs: client.sinceAtMs,
      bytesIn: client.bytesIn,
      bytesOut: client.bytesOut,
      parkedLeftMs: client.isParked ? Math.max(0, client.sinceAtMs + supervisor.config.parkMs - Date.now()) : null,
    };
  });
}

function stations(supervisor: TunnelSupervisor, chain: readonly HostConfig[]): Station[] {
  const { state, forwards } = supervisor.status();
  const first = supervisor.config.forwards[0];
  const here: Station = {
    kind: 'here',
    name: '',
    address: first ? hereAddress(formatListen(first.listen), forwards[0]?.listen ?? null) : '',
    state: state.kind === 'stopped' ? 'idle' : 'ok',
    legMs: null,
    reason: null,
  };
  const names = chain.map((host) => host.name);
  const { at, how, reason } = progress(state, names, supervisor.lastCause);
  const hops = chain.map(
    (host, index): Station => ({
      kind: 'hop',
      name: host.name,
      address: `${host.address}:${host.port}`,
      state: index < at ? 'ok' : index === at ? how : how === 'idle' ? 'idle' : 'later',
      legMs: index === chain.length - 1 && state.kind === 'running' ? (supervisor.probeMs.at(-1) ?? null) : null,
      reason: index === at ? reason : null,
    }),
  );
  if (!first || !('target' in first)) return [here, ...hops];
  const address = formatEndpoint(first.target);
  const degraded = state.kind === 'running' ? state.degraded : null;
  const target: Station = {
    kind: 'target',
    name: first.target.kind === 'tcp' ? first.target.host : first.target.path,
    address,
    state: at < names.length ? (how === 'idle' ? 'idle' : 'later') : degraded ? 'broken' : 'ok',
    legMs: null,
    reason: degraded?.message ?? null,
  };
  // A remote forward is entered at the far end: its target is on this side.
  return first.kind === 'remote' ? [target, here, ...hops] : [here, ...hops, target];
}

/** Of a port that the system chose, the one it chose. */
function hereAddress(configured: string, actual: string | null): string {
  return /(^|:)0$/.test(configured) ? (actual ?? configured) : configured;
}

/** The station up to which all is well, and how it stands there. */
function progress(
  state: TunnelState,
  names: readonly string[],
  last: Cause | null,
): { at: number; how: Station['state']; reason: string | null } {
  switch (state.kind) {
    case 'running':
      return { at: names.length, how: 'ok', reason: null };
    case 'starting':
      return { at: Math.max(0, names.indexOf(state.hop ?? names[0] ?? '')), how: 'working', reason: null };
    case 'interactive':
      return { at: 0, how: 'working', reason: null };
    case 'retrying':
    case 'dead':
      return { at: placeOf(state.cause, names), how: 'broken', reason: state.cause.message };
    case 'stopped':
    case 'listening':
      return { at: 0, how: 'idle', reason: state.kind === 'listening' ? (last?.message ?? null) : null };
    default:
      return assertNever(state);
  }
}

/** The hop that a cause names; a cause that names none lies before the first. */
function placeOf(cause: Cause, names: readonly string[]): number {
  const named = names.findIndex((name) => cause.where === name || cause.where.split(/[\s:,]+/).includes(name));
  return Math.max(0, named);
}
