import type { CallOutput } from '../../shared/contract/calls.ts';
import type { EngineParts } from './engine-parts.ts';
import { findClientPrograms } from './forward/client-programs.ts';
import { resolveChain } from './pool/chain.ts';
import { prefixKeys } from './pool/key.ts';
import type { TunnelSupervisor } from './tunnel/supervisor.ts';

/** Who uses tunnels and logins now, for the status line and the page of logins. */

/** A client that is through, with the program behind it as far as the system tells. */
interface User {
  readonly program: string | null;
  readonly pid: number | null;
}

async function usersOf(supervisors: readonly TunnelSupervisor[]): Promise<ReadonlyMap<string, readonly User[]>> {
  const live = supervisors.map(
    (supervisor) => [supervisor.config.name, supervisor.connections().filter(({ isParked }) => !isParked)] as const,
  );
  const ports = new Set(live.flatMap(([, clients]) => clients.flatMap(({ peerPort }) => peerPort ?? [])));
  const programs = await findClientPrograms(ports);
  return new Map(
    live.map(([name, clients]) => [
      name,
      clients.map(({ peerPort }) => {
        const holder = peerPort === null ? undefined : programs.get(peerPort);
        return { program: holder?.program ?? null, pid: holder?.pid ?? null };
      }),
    ]),
  );
}

/** How many programs use how many logins. `programs` is null where the system does not tell all of them. */
export async function usage({ tunnels, pool }: EngineParts): Promise<CallOutput<'usage'>> {
  const users = [...(await usersOf(tunnels.all())).values()].flat();
  const isKnown = users.every(({ pid }) => pid !== null);
  return {
    clients: users.length,
    programs: isKnown ? new Set(users.map(({ pid }) => pid)).size : null,
    logins: pool.connections().length,
  };
}

/** The logins that are open, with the tunnels and programs that go over each. */
export async function logins({ tunnels, pool }: EngineParts): Promise<CallOutput<'connections'>> {
  const open = pool.connections();
  const running = tunnels.all().filter((supervisor) => supervisor.status().state.kind === 'running');
  const over = new Map<string, TunnelSupervisor[]>();
  if (open.length > 0)
    for (const supervisor of running)
      for (const key of prefixKeys(resolveChain(tunnels.config, supervisor.config.host)))
        over.set(key, [...(over.get(key) ?? []), supervisor]);
  const users = await usersOf(running);
  return open.map(({ key, ...login }) => {
    const carried = over.get(key) ?? [];
    const programs = carried.flatMap(
      ({ config }) => users.get(config.name)?.flatMap(({ program }) => program ?? []) ?? [],
    );
    return {
      ...login,
      jump: [...login.jump],
      tunnels: carried.map(({ config }) => config.name),
      programs: [...new Set(programs)],
    };
  });
}
