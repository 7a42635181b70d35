import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { cleanLine } from '../../../shared/model/clean-text.ts';

/** A program that listens on a port, as far as the system tells. */
export interface PortHolder {
  readonly pid: number;
  /** The program's short name, cleaned; null if only the pid is known. */
  readonly program: string | null;
}

const limitMs = 2000;
const longestName = 64;

/** A program's name as the system tells it, cleaned: programs choose it themselves, with any bytes. Null for none. */
export function programName(told: string): string | null {
  return cleanLine(told.trim(), longestName) || null;
}

/**
 * Who listens on this TCP port of this machine: /proc on Linux, lsof on macOS, netstat and tasklist on Windows. Null if the system does not tell us
 * (other users' programs) or not within 2 s. Never rejects.
 */
export async function findPortHolder(
  port: number,
  platform: NodeJS.Platform = process.platform,
): Promise<PortHolder | null> {
  try {
    switch (platform) {
      case 'linux':
        return await holderFromProc(port);
      case 'darwin':
        return parseLsof(await run('/usr/sbin/lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']));
      case 'win32':
        return await holderFromNetstat(port);
      default:
        return null;
    }
  } catch {
    return null;
  }
}

async function holderFromProc(port: number): Promise<PortHolder | null> {
  const endAt = performance.now() + limitMs;
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'latin1').catch(() => '')),
  );
  const inodes = new Set(tables.flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return null;
  const wanted = new Set([...inodes].map((inode) => `socket:[${inode}]`));
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    if (performance.now() > endAt) return null;
    if (!(await holdsOneOf(`/proc/${entry}/fd`, wanted))) continue;
    const name = await readFile(`/proc/${entry}/comm`, 'utf8').catch(() => '');
    return { pid: Number(entry), program: programName(name) };
  }
  return null;
}

/** Folders of other users' processes are closed to us: they hold nothing as far as we can see. */
async function holdsOneOf(folder: string, wanted: ReadonlySet<string>): Promise<boolean> {
  const fds = await readdir(folder).catch(() => []);
  const links = await Promise.all(fds.map((fd) => readlink(`${folder}/${fd}`).catch(() => '')));
  return links.some((link) => wanted.has(link));
}

/** Socket inodes that listen on `port` in a /proc/net/tcp or tcp6 table (proc_pid_net(5)); state 0A is LISTEN. */
export function listeningInodes(table: string, port: number): string[] {
  const inodes: string[] = [];
  for (const line of table.split('\n').slice(1)) {
    const fields = line.trim().split(/\s+/);
    const [, local, , state] = fields;
    const inode = fields[9];
    if (state !== '0A' || local === undefined || inode === undefined || inode === '0') continue;
    const portHex = local.split(':')[1];
    if (portHex !== undefined && Number.parseInt(portHex, 16) === port) inodes.push(inode);
  }
  return inodes;
}

/** The first process in `lsof -Fpc` output: lines `p<pid>`, `c<command>`. */
export function parseLsof(output: string): PortHolder | null {
  const lines = output.split('\n');
  const pid = Number(lines.find((line) => /^p\d+$/.test(line))?.slice(1));
  if (!Number.isInteger(pid) || pid <= 0) return null;
  return { pid, program: programName(lines.find((line) => line.startsWith('c'))?.slice(1) ?? '') };
}

async function holderFromNetstat(port: number): Promise<PortHolder | null> {
  const pid =
    parseNetstat(await run('netstat.exe', ['-ano', '-p', 'TCP']), port) ??
    parseNetstat(await run('netstat.exe', ['-ano', '-p', 'TCPv6']), port);
  if (pid === null) return null;
  const list = await run('tasklist.exe', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH']).catch(() => '');
  return { pid, program: parseTasklist(list) };
}

/** The pid that listens on `port` in `netstat -ano`. The state's name is translated on Windows: a listener is known by its foreign port 0. */
export function parseNetstat(output: string, port: number): number | null {
  for (const line of output.split('\n')) {
    const [protocol, local, foreign, , pidText] = line.trim().split(/\s+/);
    if (protocol !== 'TCP' || !local?.endsWith(`:${port}`) || !foreign?.endsWith(':0')) continue;
    const pid = Number(pidText);
    if (Number.isInteger(pid) && pid > 0) return pid;
  }
  return null;
}

/** The image name in the first line of `tasklist /FO CSV /NH`; null for its "no tasks" sentence. */
export function parseTasklist(output: string): string | null {
  return programName(/^"([^"]+)","\d+"/m.exec(output)?.[1] ?? '');
}

function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: limitMs, windowsHide: true, maxBuffer: 4 * 1024 * 1024 };
    execFile(program, args, options, (error, stdout) => {
      if (error) reject(error);
      else resolve(stdout);
    });
  });
}
