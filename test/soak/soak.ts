import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { resolveProfile } from '../../src/main/engine/config/paths.ts';
import { ControlClient } from '../../src/main/engine/control/control-client.ts';
import { serveEcho } from '../support/echo-servers.ts';
import { Holdfast } from '../support/holdfast.ts';
import { freePort } from '../support/processes.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';
import { type AttackContext, attacks } from './attacks.ts';
import { CarriedBytes } from './carried-bytes.ts';

/** One engine, one good tunnel that carries checked bytes, and all attacks at once, in rounds. Linux: memory is read from /proc. */

/** A round: all attacks begin, go on for so long, and end. */
const roundMs = 30_000;
/** A busy machine makes stalls of its own; longer ones are the engine's. */
const longestStallMs = 10_000;
/**
 * After a collection. The first round compiles code; after it the engine's objects grow by nothing. The process as a whole is allowed more: the allocator keeps
 * pages of what was held at the height of a round, and each round's height is another.
 */
const warmMiB = 160;
const grownMiB = 64;
const heldMiB = 8;

/** Memory at rest, after all threads have collected garbage. */
interface Rest {
  /** Of the whole process. */
  readonly processMiB: number;
  /** What the objects of its threads hold. */
  readonly heldMiB: number;
}

/** Of an engine that ended. */
const nowhere: Rest = { processMiB: Number.NaN, heldMiB: Number.NaN };

export interface SoakOptions {
  readonly minutes: number;
  /** Only attacks with this in their name; empty: all. */
  readonly only: string;
  /** No attacks with this in their name; null: all. */
  readonly without: string | null;
}

/** Runs it and prints the report; gives the exit code: 0 if the engine bore everything. */
export async function soak({ minutes, only, without }: SoakOptions): Promise<number> {
  const chosen = attacks.filter(({ name }) => name.includes(only) && (without === null || !name.includes(without)));
  if (chosen.length === 0) {
    process.stderr.write(`No attack is left of: ${attacks.map(({ name }) => name).join(', ')}\n`);
    return 2;
  }
  const server = await startSshd();
  const echo = await serveEcho();
  const scene = await Scene.make(server, echo.port);
  const over = new AbortController();
  const interrupted = (): void => {
    over.abort();
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    const carried = new CarriedBytes('127.0.0.1', scene.ports.local);
    const before = await scene.rest();
    const endMs = performance.now() + minutes * 60_000;
    let warm: Rest | null = null;
    let rounds = 0;
    for (; performance.now() < endMs && !over.signal.aborted && scene.isRunning; rounds += 1) {
      const starts = await Promise.allSettled(chosen.map((attack) => attack.start(scene)));
      for (const start of starts) if (start.status === 'rejected' && scene.isRunning) throw start.reason;
      const stops = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
      const stopMs = Math.min(endMs, performance.now() + roundMs);
      while (performance.now() < stopMs && !over.signal.aborted && scene.isRunning) await sleep(200);
      await Promise.all(stops.map(async (stop) => stop()));
      if (scene.isRunning) await scene.forget().catch(() => scene.settled());
      if (!scene.isRunning) continue;
      const rest = await scene.rest();
      warm ??= rest;
      const stallMs = Math.round(carried.longestStallMs);
      process.stderr.write(
        `round ${rounds + 1}: ${rest.processMiB} MiB at rest, ${rest.heldMiB} MiB in objects, longest stall so far ${stallMs} ms\n`,
      );
    }
    await carried.end();
    const after = scene.isRunning ? await scene.rest() : nowhere;
    const first = warm ?? nowhere;
    const faults = scene.faults();
    const losses = scene.isRunning ? await scene.losses() : Number.NaN;
    const rows: readonly (readonly [string, string, boolean])[] = [
      ['attacks', `${chosen.length}, in ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`, true],
      ['engine', scene.isRunning ? 'runs' : 'ended', scene.isRunning],
      ['faults', `${faults.length}`, faults.length === 0],
      ['bytes lost', `${carried.lost} of ${carried.carried + carried.lost}`, carried.lost === 0 && carried.carried > 0],
      ['times the good tunnel was lost', `${losses}`, losses === 0],
      ['longest stall', `${Math.round(carried.longestStallMs)} ms`, carried.longestStallMs < longestStallMs],
      [
        'memory',
        `${before.processMiB} MiB before, ${first.processMiB} MiB after a round, ${after.processMiB} MiB at the end`,
        first.processMiB - before.processMiB < warmMiB && after.processMiB - first.processMiB < grownMiB,
      ],
      [
        'objects',
        `${before.heldMiB} MiB before, ${first.heldMiB} MiB after a round, ${after.heldMiB} MiB at the end`,
        after.heldMiB - first.heldMiB < heldMiB,
      ],
    ];
    for (const [what, found, isWell] of rows)
      process.stdout.write(`${what}: ${found}${isWell ? '' : '   <- not well'}\n`);
    for (const fault of new Set(faults)) process.stderr.write(`${fault}\n`);
    return rows.every(([, , isWell]) => isWell) ? 0 : 1;
  } finally {
    await scene.end();
    echo.dispose();
    await server.stop();
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

class Scene implements AttackContext {
  readonly #holdfast: Holdfast;
  readonly #good: string;
  readonly #goodKeys: string;
  readonly #collectFile: string;
  #added: { readonly name: string; readonly config: string; readonly knownHosts: readonly string[] }[] = [];
  #writing: Promise<void> = Promise.resolve();
  #client: ControlClient | null = null;
  #ports = { local: 0, dynamic: 0, remote: 0 };
  isRunning = true;
  controlSocket = '';

  private constructor(holdfast: Holdfast, good: string, goodKeys: string) {
    this.#holdfast = holdfast;
    this.#good = good;
    this.#goodKeys = goodKeys;
    this.#collectFile = holdfast.env['HOLDFAST_SOAK_COLLECT'] ?? '';
  }

  static async make(server: TestSshd, echoPort: number): Promise<Scene> {
    const remote = await freePort();
    const good = `[settings]
backoff-first = "200ms"
backoff-cap = "1s"
[hosts.good]
address = "127.0.0.1"
port = ${server.port}
user = "${server.user}"
identity = ["${server.clientKey}"]
agent = false
known-hosts = ["known_hosts"]
[tunnels.good]
host = "good"
start = "manual"
forwards = ["local 127.0.0.1:0 -> 127.0.0.1:${echoPort}", "dynamic 127.0.0.1:0", "remote 127.0.0.1:${remote} -> 127.0.0.1:${echoPort}"]
`;
    const preload = pathToFileURL(fileURLToPath(new URL('collect-garbage.mjs', import.meta.url))).href;
    const extra = process.env['NODE_OPTIONS'] ?? '';
    const holdfast = await Holdfast.make(good, {
      ...process.env,
      HOLDFAST_TEST_THROW: process.env['HOLDFAST_TEST_THROW'],
      NODE_OPTIONS: `${extra} --import ${preload}`.trim(),
    });
    holdfast.env['HOLDFAST_SOAK_COLLECT'] = join(holdfast.home, 'collect');
    const scene = new Scene(holdfast, good, server.knownHostsLine());
    try {
      await scene.#start(remote);
    } catch (error) {
      await scene.end();
      throw error;
    }
    return scene;
  }

  get client(): ControlClient {
    if (!this.#client) throw new Error('the engine does not run');
    return this.#client;
  }

  get ports(): AttackContext['ports'] {
    return this.#ports;
  }

  async tunnelTo(
    name: string,
    port: number,
    knownHosts: readonly string[] = [],
    settings: readonly string[] = [],
  ): Promise<void> {
    const config = `[hosts.${name}]
address = "127.0.0.1"
port = ${port}
user = "me"
agent = false
known-hosts = ["known_hosts"]
connect-timeout = "1s"
${settings.join('\n')}
[tunnels.${name}]
host = "${name}"
start = "manual"
forwards = ["local 127.0.0.1:0 -> 127.0.0.1:9"]
`;
    this.#added.push({ name, config, knownHosts });
    await this.#write();
    await this.#until(async () => {
      const ok = await this.client.call('up', { names: [name], all: false }).then(
        () => true,
        () => false,
      );
      return ok;
    }, `${name} to be known`);
  }

  /** Rejects unless the engine has ended, which the report tells. */
  async settled(): Promise<void> {
    await sleep(1000);
    if (this.isRunning) throw new Error('the engine does not take its configuration back');
  }

  /** The configuration is what it was before the round. */
  async forget(): Promise<void> {
    this.#added = [];
    await this.#write();
    await this.#until(
      async () => (await this.client.call('status', { names: [] })).length === 1,
      'the attacks to be gone',
    );
  }

  async rest(): Promise<Rest> {
    await sleep(1000);
    // Of threads that are over.
    for (const file of this.#collected()) rmSync(file);
    for (let i = 0; i < 2; i += 1) {
      writeFileSync(this.#collectFile, `${i}`);
      await sleep(700);
    }
    const held = this.#collected().map((file) => Number(readFileSync(file, 'utf8')));
    const status = readFileSync(`/proc/${this.#holdfast.pid ?? 0}/status`, 'utf8');
    return {
      processMiB: Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN) / 1024),
      heldMiB: Math.round(held.reduce((sum, bytes) => sum + bytes, 0) / 1024 / 1024),
    };
  }

  /** What nobody caught, from the engine's log and its standard error, each with where it was thrown. */
  faults(): string[] {
    const { logFolder } = this.#profile();
    const lines = readdirSync(logFolder).flatMap((name) => readFileSync(join(logFolder, name), 'utf8').split('\n'));
    return [...lines, ...this.#holdfast.errors.split('\n')]
      .filter((line) => /internal fault/.test(line))
      .map((line) => /"stack":"(.*?)"/.exec(line)?.[1]?.replaceAll('\\n', '\n') ?? line);
  }

  /** How often the good tunnel was lost, or ended. */
  async losses(): Promise<number> {
    const events = await this.client.call('history', { names: ['good'], limit: 1000 });
    return events.filter(({ what }) => what !== 'started' && what !== 'up').length;
  }

  async end(): Promise<void> {
    this.#client?.dispose();
    await this.#holdfast.dispose();
  }

  /** What the engine's threads wrote at the last collection. */
  #collected(): string[] {
    const folder = dirname(this.#collectFile);
    return readdirSync(folder)
      .filter((name) => name.startsWith(`${basename(this.#collectFile)}.`))
      .map((name) => join(folder, name));
  }

  #profile(): ReturnType<typeof resolveProfile> {
    return resolveProfile(this.#holdfast.configFile, this.#holdfast.env, process.platform, this.#holdfast.home);
  }

  async #start(remote: number): Promise<void> {
    this.#keys();
    await this.#holdfast.serve();
    void this.#holdfast.ended().then(() => {
      this.isRunning = false;
    });
    const profile = this.#profile();
    this.controlSocket = profile.socketPath;
    this.#client = await ControlClient.connect(profile, { timeoutMs: 20_000 });
    await this.client.call('up', { names: ['good'], all: false });
    await this.#until(async () => {
      const row = (await this.client.call('status', { names: ['good'] }))[0];
      const at = (index: number): number => Number(row?.forwards[index]?.listen?.split(':').at(-1) ?? 0);
      this.#ports = { local: at(0), dynamic: at(1), remote };
      return row?.state.kind === 'running' && row.state.degraded === null;
    }, 'the good tunnel to run');
  }

  #keys(): void {
    const lines = [this.#goodKeys, ...this.#added.flatMap(({ knownHosts }) => knownHosts)];
    writeFileSync(join(this.#holdfast.home, 'config', 'known_hosts'), lines.map((line) => `${line}\n`).join(''), {
      mode: 0o600,
    });
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      this.#keys();
      const { configFile } = this.#holdfast;
      writeFileSync(`${configFile}.new`, this.#good + this.#added.map(({ config }) => config).join(''), {
        mode: 0o600,
      });
      renameSync(`${configFile}.new`, configFile);
    });
    return this.#writing;
  }

  async #until(condition: () => Promise<boolean>, what: string): Promise<void> {
    const endMs = performance.now() + 60_000;
    while (!(await condition())) {
      if (!this.isRunning) throw new Error('the engine ended');
      if (performance.now() > endMs) throw new Error(`waited 60 s for ${what}`);
      await sleep(100);
    }
  }
}
