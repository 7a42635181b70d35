import type { CallOutput } from '../../shared/contract/calls.ts';
import type { EngineParts } from './engine-parts.ts';
import { findClientPrograms } from './forward/client-programs.ts';
import { resolveChain } from './pool/chain.ts';
import { tunnelPath } from './tunnel-path.ts';
import { noSuchTunnel } from './tunnel-set.ts';
import type { TunnelSupervisor } from './tunnel/supervisor.ts';

type Detail = CallOutput<'tunnel.detail'>;

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
    path: tunnelPath({
      config: supervisor.config,
      chain,
      status: supervisor.status(),
      askingHop: askingHop(supervisor, parts),
      roundTripMs: pool.roundTrips(chain),
      targetMs: targetMs(supervisor),
      lastCause: supervisor.lastCause,
    }),
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

function askingHop(supervisor: TunnelSupervisor, { broker }: EngineParts): string | null {
  const { state } = supervisor.status();
  if (state.kind !== 'interactive' || state.promptId === null) return null;
  return broker.list().find((prompt) => prompt.id === state.promptId)?.hop ?? null;
}

/** Only a check that opens the target of the first forward says how long the way to it takes. */
function targetMs({ config, probeMs }: TunnelSupervisor): number | null {
  const { probe, forwards } = config;
  const goesThere = probe.kind === 'target' && probe.host === null && forwards[0]?.kind === 'local';
  return goesThere ? (probeMs.at(-1) ?? null) : null;
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
