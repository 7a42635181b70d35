import { readdir, readFile, readlink } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { type PortHolder, programName } from './port-holder.ts';

const limitMs = 1500;

/**
 * The programs behind clients on this machine, by the client's port. Linux only (/proc); elsewhere, and for programs of other users, a port is
 * not in the result. One walk over /proc serves all ports. Never rejects.
 */
export async function findClientPrograms(
  ports: ReadonlySet<number>,
  platform: NodeJS.Platform = process.platform,
): Promise<ReadonlyMap<number, PortHolder>> {
  if (platform !== 'linux' || ports.size === 0) return new Map();
  try {
    return await walkProc(ports);
  } catch {
    return new Map();
  }
}

async function walkProc(ports: ReadonlySet<number>): Promise<Map<number, PortHolder>> {
  const endAt = performance.now() + limitMs;
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'latin1').catch(() => '')),
  );
  const portOf = new Map(
    tables.flatMap((table) => connectedInodes(table, ports)).map(([inode, port]) => [`socket:[${inode}]`, port]),
  );
  const found = new Map<number, PortHolder>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    if (performance.now() > endAt || found.size === ports.size) break;
    const folder = `/proc/${entry}/fd`;
    const links = await Promise.all(
      (await readdir(folder).catch(() => [])).map((fd) => readlink(`${folder}/${fd}`).catch(() => '')),
    );
    const held = links.flatMap((link) => portOf.get(link) ?? []);
    if (held.length === 0) continue;
    const name = await readFile(`/proc/${entry}/comm`, 'utf8').catch(() => '');
    for (const port of held) found.set(port, { pid: Number(entry), program: programName(name) });
  }
  return found;
}

/** Sockets of a /proc/net/tcp table (proc_pid_net(5)) whose own port is asked for and that are connected: inode and port. */
export function connectedInodes(table: string, ports: ReadonlySet<number>): [string, number][] {
  const inodes: [string, number][] = [];
  for (const line of table.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [, local, , state] = fields;
    const inode = fields[9];
    if (state === '0A' || local === undefined || inode === undefined || inode === '0') continue;
    const port = Number.parseInt(local.split(':')[1] ?? '', 16);
    if (ports.has(port)) inodes.push([inode, port]);
  }
  return inodes;
}
