import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { until } from './until.ts';

/** The path of a program, looked for in PATH and in the folders of system programs; null: not installed. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'];
  for (const folder of folders) {
    if (folder === '') continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** Like `findProgram`, but a missing program fails the test with the package to install: nothing is skipped silently. */
export function needProgram(name: string, debianPackage: string): string {
  const path = findProgram(name);
  if (path === null) throw new Error(`${name} is not installed; on Debian: apt-get install ${debianPackage}`);
  return path;
}

/** A port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('no port'));
      });
    });
  });
}

/** Pids of the processes whose parent is `pid`. */
export function childrenOf(pid: number): number[] {
  if (process.platform !== 'linux') {
    const listed = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
    return listed.stdout.split('\n').filter(Boolean).map(Number);
  }
  const found: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // The command's name may hold spaces and parentheses; the fields behind the last one are plain.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(fields[1]) === pid && fields[0] !== 'Z') found.push(Number(name));
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

/** Pids of all processes below `pid`, nearest first. */
export function descendantsOf(pid: number): number[] {
  const found: number[] = [];
  const queue = [pid];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const children = childrenOf(next);
    found.push(...children);
    queue.push(...children);
  }
  return found;
}

/** Sends `signal`; a process that is gone already is fine. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const servers = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of servers) if (child.pid !== undefined) killTree(child.pid, 'SIGKILL');
});

/** Sends `signal` to `pid` and everything below it. */
export function killTree(pid: number, signal: NodeJS.Signals): void {
  const below = descendantsOf(pid);
  signalProcess(pid, signal);
  for (const child of below) signalProcess(child, signal);
}

/** A server process of a test, with its standard error and output kept as the log. */
export interface ServerProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly exited: Promise<void>;
  readonly log: () => string;
  readonly hasExited: () => boolean;
}

/** Starts a server that dies with the test process, even if that is killed (Linux: parent-death signal). */
export function startServer(
  path: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ServerProcess {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : null;
  const child =
    setpriv === null
      ? spawn(path, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
      : spawn(setpriv, ['--pdeathsig', 'KILL', '--', path, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: string[] = [];
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  let gone = false;
  servers.add(child);
  const exited = new Promise<void>((resolve) => {
    const end = (): void => {
      gone = true;
      servers.delete(child);
      resolve();
    };
    child.once('exit', end);
    child.once('error', (error) => {
      chunks.push(`${error.message}\n`);
      end();
    });
  });
  return { child, pid: child.pid ?? -1, exited, log: () => chunks.join(''), hasExited: () => gone };
}

/** Sends `signal` to the server and everything below it, wakes what was frozen, and waits for its end. */
export async function endServer(server: ServerProcess, signal: NodeJS.Signals): Promise<void> {
  if (!server.hasExited() && server.pid > 0) {
    const below = descendantsOf(server.pid);
    for (const pid of [server.pid, ...below]) {
      signalProcess(pid, signal);
      signalProcess(pid, 'SIGCONT');
    }
    await until(() => server.hasExited(), { what: `process ${server.pid} to end after ${signal}`, seen: server.log });
    for (const pid of below) signalProcess(pid, 'SIGKILL');
  }
  await server.exited;
  // Its pipes are held open by children that outlive it for a moment.
  server.child.stdout?.destroy();
  server.child.stderr?.destroy();
}

/** Runs a program to its end; fails with its output if it does not exit 0. */
export function run(
  path: string,
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv } = {},
): string {
  const result = spawnSync(path, args, {
    encoding: 'utf8',
    input: options.input ?? '',
    env: options.env ?? process.env,
  });
  if (result.error) throw result.error;
  if (result.status !== 0)
    throw new Error(
      `${path} ${args.join(' ')} ended with ${result.status ?? result.signal}: ${result.stderr}${result.stdout}`,
    );
  return result.stdout;
}
