import type { Detail } from './use-detail.ts';

type Client = Detail['clients'][number];

/** Connections of one program to one forward. */
export interface UsageRow {
  readonly key: string;
  readonly program: string | null;
  readonly spec: string;
  readonly count: number;
  readonly sinceMs: number;
  readonly bytes: number;
  /** For those that wait: the least time left. */
  readonly leftMs: number | null;
}

/** Clients by program and forward, those that wait apart from those that are through; in the order they came. */
export function usageRows(clients: readonly Client[]): readonly UsageRow[] {
  const rows = new Map<string, UsageRow>();
  for (const client of [...clients].sort((one, other) => one.sinceMs - other.sinceMs)) {
    const waits = client.parkedLeftMs !== null;
    const key = `${client.program ?? ''}\n${client.spec}\n${waits}`;
    const row = rows.get(key);
    const bytes = client.bytesIn + client.bytesOut;
    if (row === undefined)
      rows.set(key, {
        key,
        program: client.program,
        spec: client.spec,
        count: 1,
        sinceMs: client.sinceMs,
        bytes,
        leftMs: client.parkedLeftMs,
      });
    else
      rows.set(key, {
        ...row,
        count: row.count + 1,
        bytes: row.bytes + bytes,
        leftMs: client.parkedLeftMs === null ? row.leftMs : Math.min(row.leftMs ?? Infinity, client.parkedLeftMs),
      });
  }
  return [...rows.values()];
}
