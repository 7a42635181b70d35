import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { resolveProfile } from '../../src/main/engine/config/paths.ts';
import { ControlClient } from '../../src/main/engine/control/control-client.ts';
import type { Prompt } from '../../src/shared/model/prompt.ts';
import type { TunnelStatus } from '../../src/shared/model/tunnel.ts';
import { Holdfast } from './holdfast.ts';
import type { TestServer } from './test-server.ts';
import { until } from './until.ts';

/**
 * The built engine in a process of its own, seen through its control socket: what tests of whole tunnels share. `own` things are ended after
 * each test, newest first.
 */

interface Ending {
  dispose?(): Promise<void> | void;
  stop?(): Promise<void>;
}

const owned: Ending[] = [];

/** Call once at the top of a test file. */
export function endOwned(): void {
  afterEach(async () => {
    for (const item of owned.splice(0).reverse()) await (item.dispose?.() ?? item.stop?.());
  });
}

/** Ends `item` (its `dispose`, else its `stop`) after the running test. */
export function own<T extends Ending>(item: T): T {
  owned.push(item);
  return item;
}

/** A `[hosts.NAME]` table that logs in with the server's client key. `port`: of a proxy in front of it. */
export function hostTable(
  name: string,
  server: Pick<TestServer, 'port' | 'user' | 'clientKey'>,
  more: { port?: number; lines?: readonly string[] } = {},
): string {
  return `[hosts.${name}]
address = "127.0.0.1"
port = ${more.port ?? server.port}
user = "${server.user}"
identity = ["${server.clientKey}"]
agent = false
known-hosts = ["known_hosts"]
${(more.lines ?? []).join('\n')}
`;
}

/** A `[tunnels.NAME]` table, started by hand unless `lines` say otherwise. */
export function tunnelTable(
  name: string,
  host: string,
  forwards: readonly string[],
  lines: readonly string[] = [],
): string {
  const start = lines.some((line) => line.startsWith('start')) ? '' : 'start = "manual"\n';
  const list = forwards.map((spec) => (spec.startsWith('{') ? `  ${spec}` : `  ${JSON.stringify(spec)}`)).join(',\n');
  return `[tunnels.${name}]
host = "${host}"
${start}${lines.join('\n')}
forwards = [
${list}
]
`;
}

/** One running engine with a control client. */
export class TunnelRig {
  readonly holdfast: Holdfast;
  readonly client: ControlClient;

  private constructor(holdfast: Holdfast, client: ControlClient) {
    this.holdfast = holdfast;
    this.client = client;
  }

  /** Starts an engine; `trusted` are lines of its known_hosts, `env` is added to its environment. Ended after the test. */
  static async start(config: string, trusted: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<TunnelRig> {
    const holdfast = own(await Holdfast.make(config, env));
    writeFileSync(join(holdfast.home, 'config', 'known_hosts'), trusted.map((line) => `${line}\n`).join(''), {
      mode: 0o600,
    });
    await holdfast.serve();
    const profile = resolveProfile(holdfast.configFile, holdfast.env, process.platform, holdfast.home);
    const client = own(await ControlClient.connect(profile, { timeoutMs: 20_000 }));
    return new TunnelRig(holdfast, client);
  }

  async status(name: string): Promise<TunnelStatus> {
    const row = (await this.client.call('status', { names: [name] }))[0];
    if (row === undefined) throw new Error(`no row of ${name}`);
    return row;
  }

  async up(...names: string[]): Promise<void> {
    await this.client.call('up', { names, all: names.length === 0 });
  }

  async down(...names: string[]): Promise<void> {
    await this.client.call('down', { names, all: names.length === 0 });
  }

  /** Waits until the tunnel's row satisfies `condition`. */
  async reach(
    name: string,
    condition: (row: TunnelStatus) => boolean,
    what: string,
    timeoutMs = 30_000,
  ): Promise<TunnelStatus> {
    let seen: TunnelStatus | null = null;
    return until(
      async () => {
        seen = await this.status(name);
        return condition(seen) ? seen : null;
      },
      { what: `${name}: ${what}`, timeoutMs, seen: () => seen },
    );
  }

  /** Waits until it runs with every forward up. */
  running(name: string): Promise<TunnelStatus> {
    return this.reach(name, (row) => row.state.kind === 'running' && row.state.degraded === null, 'to run whole');
  }

  /** Brings it up and gives where its forwards listen, in the order of the configuration. */
  async upWhole(name: string): Promise<string[]> {
    await this.up(name);
    return (await this.running(name)).forwards.map((forward) => forward.listen ?? '');
  }

  /** Waits for an open prompt that satisfies `condition`. */
  async prompted(condition: (prompt: Prompt) => boolean, what: string): Promise<Prompt> {
    let seen: readonly Prompt[] = [];
    return until(
      async () => {
        seen = await this.client.call('prompts', {});
        return seen.find(condition);
      },
      { what: `the prompt: ${what}`, timeoutMs: 30_000, seen: () => seen },
    );
  }

  async answer(id: string, answer: 'yes' | 'no' | 'once' | 'cancel' | { readonly value: string }): Promise<void> {
    await this.client.call('answer', {
      id,
      answer:
        typeof answer === 'string' ? { kind: answer } : { kind: 'values', values: [answer.value], remember: false },
    });
  }

  /** A field of the engine's /proc/PID/status, in KiB. */
  memory(field: 'VmRSS' | 'VmHWM'): number {
    const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(
      readFileSync(`/proc/${this.holdfast.pid ?? 0}/status`, 'utf8'),
    );
    return Number(found?.[1] ?? Number.NaN);
  }

  /** The peak (`VmHWM`) counts from now. */
  forgetPeak(): void {
    writeFileSync(`/proc/${this.holdfast.pid ?? 0}/clear_refs`, '5');
  }
}

/** A half-open client of `host:port`, `[v6]:port` or a path. */
export function clientOf(address: string): Socket {
  const socket = address.startsWith('/')
    ? connect({ path: address, allowHalfOpen: true })
    : connect({ host: hostOf(address), port: portOf(address), allowHalfOpen: true, noDelay: true });
  socket.on('error', () => {});
  return own(Object.assign(socket, { dispose: () => void socket.destroy() }));
}

export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

/** Everything up to the end of file. Rejects on an error, like a reset. */
export function readAll(socket: Socket, limitMs = 60_000): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket.setTimeout(limitMs, () => socket.destroy(new Error(`nothing moved for ${limitMs} ms`)));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('end', () => resolve(Buffer.concat(chunks)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed without an end of file')));
  });
}

/** What comes back for `bytes` and an end of file. */
export async function exchange(address: string, bytes: Buffer): Promise<Buffer> {
  const socket = clientOf(address);
  const answer = readAll(socket);
  socket.end(bytes);
  return answer;
}

/** How a connection to `address` is answered: null, or the error's code. */
export async function knock(address: string): Promise<string | null> {
  const socket = clientOf(address);
  return Promise.race([
    once(socket, 'connect').then(() => null),
    new Promise<string>((resolve) => {
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    }),
  ]).finally(() => socket.destroy());
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a client program to its end without blocking the test's own servers. */
export async function runClient(program: string, args: readonly string[], input?: Buffer | string): Promise<Ended> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: Buffer.concat(out), stderr };
}
