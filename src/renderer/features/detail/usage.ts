import type { CallOutput } from '../../../shared/contract/calls.ts';

export type Client = CallOutput<'tunnel.detail'>['clients'][number];

/** Connections of one program to one forward. */
export interface UsageRow {
  readonly key: string;
  readonly program: string | null;
  readonly spec: string;
  readonly clients: readonly Client[];
  readonly sinceMs: number;
  /** Bytes a second of all of them; null until two readings were made. */
  readonly rate: number | null;
  /** For those that wait: the least time left. */
  readonly leftMs: number | null;
}

/** What tells one connection from another. */
export function clientKey({ spec, peer, sinceMs }: Client): string {
  return `${spec}\n${peer}\n${sinceMs}`;
}

/** Bytes a second of each connection, by `clientKey`, between two readings; those that came in between count from nothing. */
export function clientRates(
  before: readonly Client[],
  now: readonly Client[],
  passedMs: number,
): ReadonlyMap<string, number> {
  const old = new Map(before.map((client) => [clientKey(client), client.bytesIn + client.bytesOut]));
  return new Map(
    now.map((client) => {
      const grown = client.bytesIn + client.bytesOut - (old.get(clientKey(client)) ?? 0);
      return [clientKey(client), (1000 * Math.max(0, grown)) / passedMs];
    }),
  );
}

/** Clients by program and forward, those that wait apart from those that are through; in the order they came. */
export function usageRows(
  clients: readonly Client[],
  rates: ReadonlyMap<string, number> | null = null,
): readonly UsageRow[] {
  const groups = new Map<string, Client[]>();
  for (const client of [...clients].sort((one, other) => one.sinceMs - other.sinceMs)) {
    const key = `${client.program ?? ''}\n${client.spec}\n${client.parkedLeftMs !== null}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [client]);
    else group.push(client);
  }
  return [...groups].flatMap(([key, group]) => {
    const [first] = group;
    if (first === undefined) return [];
    const left = group.flatMap((client) => client.parkedLeftMs ?? []);
    return {
      key,
      program: first.program,
      spec: first.spec,
      clients: group,
      sinceMs: first.sinceMs,
      rate: rates === null ? null : group.reduce((sum, client) => sum + (rates.get(clientKey(client)) ?? 0), 0),
      leftMs: left.length === 0 ? null : Math.min(...left),
    };
  });
}
