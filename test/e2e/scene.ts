import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import { Holdfast, type StatusRow } from '../support/holdfast.ts';
import { startEcho } from '../support/lines-server.ts';
import { signalProcess } from '../support/processes.ts';
import { type SshdOptions, startSshd, type TestSshd } from '../support/sshd.ts';
import { until } from '../support/until.ts';

/** What the robustness tests share: servers, profiles and clients that end with the test. */

const open: { dispose(): unknown }[] = [];

/** Call once at the top of a test file. */
export function endSceneAfterEach(): void {
  afterEach(async () => {
    for (const item of open.splice(0).reverse()) await item.dispose();
  });
}

/** Disposed of after the running test, last come first. */
export function own<T extends { dispose(): unknown }>(item: T): T {
  open.push(item);
  return item;
}

export async function sshd(options: SshdOptions = {}): Promise<TestSshd> {
  const server = await startSshd(options);
  own({ dispose: () => server.stop() });
  return server;
}

export async function echo(): Promise<{ port: number }> {
  const server = await startEcho();
  own({ dispose: () => server.stop() });
  return server;
}

export function hostTable(name: string, server: TestSshd, extra = '', port = server.port): string {
  return `[hosts.${name}]
address = "127.0.0.1"
port = ${port}
user = "${server.user}"
identity = ["${server.clientKey}"]
agent = false
known-hosts = ["known_hosts"]
${extra}
`;
}

/** A tunnel's table; `forwards` are short forms. */
export function tunnelTable(name: string, host: string, start: string, ...forwards: string[]): string {
  return `[tunnels.${name}]\nhost = "${host}"\nstart = "${start}"\nforwards = ${JSON.stringify(forwards)}\n`;
}

export async function holdfast(config: string): Promise<Holdfast> {
  return own(await Holdfast.make(config));
}

/** A profile with the host `box`, whose known_hosts (beside the configuration) trusts the servers. */
export async function trusting(
  servers: TestSshd | readonly TestSshd[],
  tunnels: string,
  extra = '',
): Promise<Holdfast> {
  const all = 'port' in servers ? [servers] : servers;
  const first = all[0];
  if (first === undefined) throw new Error('name a server');
  const made = await holdfast(hostTable('box', first, extra) + tunnels);
  trust(made, ...all);
  return made;
}

export function trust(hf: Holdfast, ...servers: TestSshd[]): void {
  const lines = servers.map((server) => `${server.knownHostsLine()}\n`).join('');
  writeFileSync(join(hf.home, 'config', 'known_hosts'), lines, { mode: 0o600 });
}

export function runs(row: StatusRow): boolean {
  return row.state === 'running' && !row.degraded;
}

/** Waits until these tunnels (default: all) run, with one command a look. */
export async function allRun(hf: Holdfast, names: readonly string[] = [], timeoutMs = 30_000): Promise<StatusRow[]> {
  let rows: StatusRow[] = [];
  await until(
    async () => {
      rows = await hf.status(...names);
      return rows.every(runs);
    },
    { what: 'all tunnels to run', timeoutMs, seen: () => rows },
  );
  return rows;
}

/** The address that the tunnel's forward number `index` listens at. */
export async function listenOf(hf: Holdfast, name: string, index = 0): Promise<string> {
  const listen = (await hf.status(name))[0]?.forwards[index]?.listen;
  if (!listen) throw new Error(`${name} does not listen`);
  return listen;
}

/** A client that stays connected to an echo behind a tunnel. */
export class EchoClient {
  readonly #socket: Socket;
  #got = '';
  #fault: Error | null = null;
  #closed = false;

  private constructor(address: string) {
    const at = address.lastIndexOf(':');
    this.#socket = address.startsWith('/')
      ? connect(address)
      : connect({ host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) });
    this.#socket.setEncoding('utf8').on('data', (text: string) => {
      this.#got += text;
    });
    this.#socket.on('error', (error) => {
      this.#fault = error;
    });
    this.#socket.on('close', () => {
      this.#closed = true;
    });
  }

  /** Connects and proves that bytes come back. */
  static async open(address: string): Promise<EchoClient> {
    const client = own(new EchoClient(address));
    await client.exchange(`hello-${Math.random()}\n`);
    return client;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Sends `text` and waits until it came back. */
  async exchange(text: string): Promise<void> {
    this.#got = '';
    this.#socket.write(text);
    await until(() => this.#closed || this.#got.includes(text), { what: 'the echo', timeoutMs: 20_000 });
    if (!this.#got.includes(text)) throw this.#fault ?? new Error('the connection was closed');
  }

  async closed(timeoutMs = 10_000): Promise<void> {
    await until(() => this.#closed, { what: 'the client to be let go', timeoutMs });
  }

  dispose(): void {
    this.#socket.destroy();
  }
}

/** Pids of all processes that have `word` in their environment or command line: what belongs to a profile is found by its home folder. */
export function processesWith(word: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        if (readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')) return false;
        return (
          readFileSync(`/proc/${pid}/environ`, 'latin1').includes(word) ||
          readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(word)
        );
      } catch {
        return false;
      }
    });
}

/** Waits until no process of the profile is left; ends what stays, so that a failing test leaves nothing. */
export async function nothingRuns(hf: Holdfast, timeoutMs = 5000): Promise<void> {
  const left = (): number[] => processesWith(hf.home);
  try {
    await until(() => left().length === 0, {
      what: 'the last process of the profile to end',
      timeoutMs,
      seen: describe,
    });
  } finally {
    for (const pid of left()) signalProcess(pid, 'SIGKILL');
  }
  function describe(): string {
    return left()
      .map((pid) => `${pid}: ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`)
      .join('\n');
  }
}

/** The control socket as the ready line names it. */
export function socketOf(hf: Holdfast): string {
  const path = /\(([^()]+)\)\s*$/.exec(hf.output.split('\n')[0] ?? '')?.[1];
  if (path === undefined) throw new Error(`no socket in: ${hf.output}`);
  return path;
}

/** What is in the folder of the control socket. */
export function socketFolder(hf: Holdfast): string[] {
  return readdirSync(dirname(socketOf(hf)));
}
