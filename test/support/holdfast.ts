import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The built command and engine as a person or script uses them: `out/cli.js` in child processes, with a profile of its own.
 */

const command = fileURLToPath(new URL('../../out/cli.js', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A row of `status --json` as interface.md fixes it. */
export interface StatusRow {
  readonly name: string;
  readonly state: string;
  readonly degraded: boolean;
  readonly cause: {
    readonly code: string;
    readonly where: string;
    readonly message: string;
    readonly next: string;
  } | null;
  readonly attempt: number;
  readonly nextTryMs: number | null;
  readonly reconnects: number;
  readonly forwards: readonly { readonly spec: string; readonly state: string; readonly listen: string | null }[];
}

export interface PromptRow {
  readonly id: string;
  readonly kind: string;
  readonly tunnel: string;
  readonly host: string;
  readonly hop: string;
  readonly address: string;
  readonly message: string;
}

/** One profile: a home folder, a configuration, at most one engine. */
export class Holdfast {
  readonly home: string;
  readonly configFile: string;
  readonly env: NodeJS.ProcessEnv;
  #engine: ChildProcess | null = null;
  #engineOutput = '';
  #engineErrors = '';

  private constructor(home: string, env: NodeJS.ProcessEnv) {
    this.home = home;
    this.configFile = join(home, 'config', 'config.toml');
    this.env = env;
  }

  /** Makes the profile; nothing of the machine's own configuration, agent or keyring is seen by it. */
  static async make(config: string, extraEnv: NodeJS.ProcessEnv = {}): Promise<Holdfast> {
    const home = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
    await mkdir(join(home, 'config'), { mode: 0o700 });
    await mkdir(join(home, 'run'), { mode: 0o700 });
    const env: NodeJS.ProcessEnv = {
      PATH: process.env['PATH'],
      HOME: home,
      USERPROFILE: home,
      XDG_CONFIG_HOME: join(home, 'xdg-config'),
      XDG_STATE_HOME: join(home, 'state'),
      XDG_RUNTIME_DIR: join(home, 'run'),
      LANG: 'C.UTF-8',
      ...extraEnv,
    };
    const holdfast = new Holdfast(home, env);
    await holdfast.configure(config);
    return holdfast;
  }

  /** Replaces the configuration, as an editor does. */
  async configure(config: string): Promise<void> {
    await writeFile(this.configFile, config, { mode: 0o600 });
  }

  /** What the engine has printed so far. */
  get output(): string {
    return this.#engineOutput;
  }

  get errors(): string {
    return this.#engineErrors;
  }

  get pid(): number | null {
    return this.#engine?.pid ?? null;
  }

  /** Starts `holdfast serve` and waits for its first line. */
  async serve(args: readonly string[] = []): Promise<void> {
    const child = spawn(process.execPath, [command, 'serve', '--config', this.configFile, ...args], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#engine = child;
    this.#engineOutput = '';
    this.#engineErrors = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        this.#engineOutput += text;
        if (this.#engineOutput.includes('\n')) resolve();
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        this.#engineErrors += text;
      });
      child.once('exit', (code, signal) =>
        reject(new Error(`the engine ended (${code ?? signal}): ${this.#engineOutput}${this.#engineErrors}`)),
      );
      child.once('error', reject);
    });
  }

  /** Waits until the engine ends by itself; resolves with its exit code. */
  ended(): Promise<number | null> {
    const child = this.#engine;
    if (!child || child.exitCode !== null) return Promise.resolve(child?.exitCode ?? null);
    return new Promise((resolve) => child.once('close', (code) => resolve(code)));
  }

  /** Sends a signal and waits for the end; resolves with the exit code and how long it took. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<{ code: number | null; tookMs: number }> {
    const child = this.#engine;
    this.#engine = null;
    if (!child) return { code: null, tookMs: 0 };
    if (child.exitCode !== null || child.signalCode !== null) return { code: child.exitCode, tookMs: 0 };
    const startedAt = performance.now();
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill(signal);
    const code = await ended;
    return { code, tookMs: performance.now() - startedAt };
  }

  /** Runs one command with `--config`. `input` goes to its standard input, which is never a terminal. */
  run(args: readonly string[], input = ''): Promise<Ran> {
    const [name = '', ...rest] = args;
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [command, name, '--config', this.configFile, ...rest], {
        env: this.env,
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
  }

  async status(...names: string[]): Promise<StatusRow[]> {
    const ran = await this.run(['status', ...names, '--json']);
    if (ran.code !== 0) throw new Error(`status ended with ${ran.code}: ${ran.stderr}${ran.stdout}`);
    return JSON.parse(ran.stdout) as StatusRow[];
  }

  async prompts(): Promise<PromptRow[]> {
    const ran = await this.run(['prompts', '--json']);
    if (ran.code !== 0) throw new Error(`prompts ended with ${ran.code}: ${ran.stderr}`);
    return JSON.parse(ran.stdout) as PromptRow[];
  }

  /** Waits until the tunnel's row satisfies `condition`; fails with the last row seen. */
  async reach(
    name: string,
    condition: (row: StatusRow) => boolean,
    what: string,
    limitMs = 30_000,
  ): Promise<StatusRow> {
    const endMs = performance.now() + limitMs;
    for (;;) {
      const row = (await this.status(name))[0];
      if (row && condition(row)) return row;
      if (performance.now() > endMs) throw new Error(`waited in vain until ${what}; last seen: ${JSON.stringify(row)}`);
    }
  }

  /** Waits for an open prompt that satisfies `condition`. */
  async prompted(condition: (prompt: PromptRow) => boolean, limitMs = 30_000): Promise<PromptRow> {
    const endMs = performance.now() + limitMs;
    for (;;) {
      const prompts = await this.prompts();
      const found = prompts.find(condition);
      if (found) return found;
      if (performance.now() > endMs) throw new Error(`no such prompt; open: ${JSON.stringify(prompts)}`);
    }
  }

  /** Ends the engine and removes the profile. */
  async dispose(): Promise<void> {
    await this.end('SIGKILL');
    await rm(this.home, { recursive: true, force: true });
  }
}
