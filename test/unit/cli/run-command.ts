import { PassThrough } from 'node:stream';
import { writeFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { resolveProfile, type Environment, type Profile } from '../../../src/main/engine/config/paths.ts';
import { ControlServer } from '../../../src/main/engine/control/control-server.ts';
import { systemClock } from '../../../src/main/engine/lifecycle/clock.ts';
import { toDisposable } from '../../../src/main/engine/lifecycle/disposable.ts';
import { silentLog } from '../../../src/main/engine/log/log.ts';
import { runCommandLine } from '../../../src/main/cli/run.ts';
import type { InputStream, OutputStream, Terminal } from '../../../src/main/cli/terminal.ts';
import { FakeEngine } from '../../support/fake-engine.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

/** One run of the command in this process, with streams of the test's own. */
export class Running {
  stdout = '';
  stderr = '';
  exitCode: number | null = null;
  readonly ended: Promise<number>;
  readonly input = new PassThrough();
  /** `true` when the command took the terminal raw; each change is noted. */
  readonly raw: boolean[] = [];
  readonly #interrupts = new Set<() => void>();

  constructor(
    args: readonly string[],
    options: { env: Environment; tty?: boolean; outTty?: boolean; input?: string | null },
  ) {
    const stdin: InputStream = Object.assign(this.input, {
      isTTY: options.tty ?? false,
      setRawMode: (raw: boolean) => this.raw.push(raw),
    });
    const output = (take: (text: string) => void, isTTY: boolean): OutputStream =>
      Object.assign(
        new PassThrough().on('data', (chunk: Buffer) => take(chunk.toString('utf8'))),
        { isTTY, columns: 100, rows: 20 },
      );
    const terminal: Terminal = {
      stdin,
      stdout: output((text) => (this.stdout += text), options.outTty ?? false),
      stderr: output((text) => (this.stderr += text), options.tty ?? false),
      env: options.env,
      outliveReaders: () => {},
      onInterrupt: (handle) => {
        this.#interrupts.add(handle);
        return toDisposable(() => this.#interrupts.delete(handle));
      },
    };
    if (options.input !== null) this.input.end(options.input ?? '');
    this.ended = runCommandLine(args, terminal).then(async (code) => {
      // What was written last is on its way through the streams.
      await new Promise((resolve) => setImmediate(resolve));
      this.exitCode = code;
      return code;
    });
  }

  interrupt(): void {
    for (const handle of [...this.#interrupts]) handle();
  }

  type(text: string): void {
    this.input.write(text);
  }

  async sees(pattern: RegExp, where: 'stdout' | 'stderr' = 'stderr'): Promise<void> {
    await until(() => pattern.test(this[where]), { what: `${where} to match ${pattern}`, seen: () => this });
  }

  toJSON() {
    return { stdout: this.stdout, stderr: this.stderr, exitCode: this.exitCode };
  }
}

/** A profile in a temp folder, with a fake engine if the test starts one. */
export class Bench {
  readonly folder = tempFolder().path;
  readonly env: Environment = {
    HOME: this.folder,
    HOLDFAST_CONFIG: `${this.folder}/config.toml`,
    HOLDFAST_SOCKET: `${this.folder}/control.sock`,
    XDG_STATE_HOME: `${this.folder}/state`,
    LANG: 'C.UTF-8',
    PATH: process.env['PATH'],
  };
  readonly engine = new FakeEngine();
  #server: ControlServer | null = null;

  get profile(): Profile {
    return resolveProfile(null, this.env);
  }

  get configFile(): string {
    return `${this.folder}/config.toml`;
  }

  configure(text: string): void {
    writeFileSync(this.configFile, text, { mode: 0o600 });
  }

  async serve(): Promise<this> {
    const server = new ControlServer({
      api: this.engine.api,
      events: this.engine.events.event,
      profile: this.profile,
      log: silentLog,
      clock: systemClock,
    });
    this.#server = server;
    onTestFinished(() => server.dispose());
    await server.start();
    return this;
  }

  /** Waits until the engine got this call. */
  async saw(call: string): Promise<void> {
    await until(() => this.engine.inputsOf(call).length > 0, { what: `the call ${call}` });
  }

  /** The engine goes. */
  dispose(): void {
    this.#server?.dispose();
  }

  start(
    args: readonly string[],
    options: { env?: Environment; tty?: boolean; outTty?: boolean; input?: string | null } = {},
  ) {
    return new Running(args, { ...options, env: { ...this.env, ...options.env } });
  }

  /** Runs to the end. */
  async run(args: readonly string[], options: Parameters<Bench['start']>[1] = {}): Promise<Running> {
    const running = this.start(args, options);
    await running.ended;
    return running;
  }

  async json(args: readonly string[], options: Parameters<Bench['start']>[1] = {}): Promise<unknown> {
    const ran = await this.run([...args, '--json'], options);
    return JSON.parse(ran.stdout);
  }
}

export const goodConfig = `# mine
[hosts.box]
address = "box.example.org"
user = "me"
port = 2222

[tunnels.db]
host = "box"
group = "work"
start = "login"
forwards = ["local 127.0.0.1:5432 -> db:5432"]

[tunnels.web]
host = "box"
start = "manual"
forwards = ["dynamic 1080"]
`;
