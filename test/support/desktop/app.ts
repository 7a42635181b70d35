import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnSync } from 'node:child_process';
import type { TunnelStatus } from '../../../src/shared/model/tunnel.ts';
import { resolveProfile, type Profile } from '../../../src/main/engine/config/paths.ts';
import { ControlClient } from '../../../src/main/engine/control/control-client.ts';
import { descendantsOf, endServer, type ServerProcess, startServer } from '../processes.ts';
import { until } from '../until.ts';
import { electronBinary, type ElectronBinary } from './electron-binary.ts';
import { oldLibc } from './old-libc.ts';
import { noteElectron } from './sandbox.ts';
import type { DesktopSession } from './session.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Where the app built down for an old Electron lies: set by `buildOnce` for all test files. */
const downVariable = 'HOLDFAST_TEST_APP';
/** What the old Electron needs in its environment, as JSON. */
const libcVariable = 'HOLDFAST_TEST_LIBC';
/** Why there is no Electron here, if there is none. */
export const noElectronVariable = 'HOLDFAST_NO_ELECTRON';
export const noElectron: string | null = process.env[noElectronVariable] ?? null;

/** What is started: Electron, and the folder with the app in it; a packed app has its own place for it. */
export interface BuiltApp {
  readonly electron: ElectronBinary;
  readonly folder: string | null;
}

export interface UnpackedApp extends BuiltApp {
  readonly folder: string;
}

/** The app for the Electron that is to be had; built down for an old one. */
export function buildApp(): UnpackedApp {
  const electron = electronBinary();
  if (!electron.old) return { electron, folder: root };
  const folder = process.env[downVariable];
  if (folder === undefined) throw new Error('the app was not built for this Electron: see setup.ts');
  return { electron, folder };
}

/** Builds the app down if the Electron that is to be had is an old one; gives the folder to remove at the end. */
export function buildOnce(): string {
  // In node_modules, so that its packages are found from there; not in `out`, which a build empties.
  const folder = join(root, 'node_modules', '.cache', `holdfast-desktop-test-${process.pid}`);
  if (!electronBinary().old) return folder;
  const script = fileURLToPath(new URL('./downlevel.mjs', import.meta.url));
  const done = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`the build for the test Electron went wrong:\n${done.stderr}${done.stdout}`);
  process.env[downVariable] = folder;
  const libc = join(folder, 'libc');
  mkdirSync(libc);
  process.env[libcVariable] = JSON.stringify(oldLibc(libc));
  return folder;
}

/** The environment for an Electron of the tests, made of that of its session. */
export function electronEnv({ electron }: BuiltApp, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  noteElectron(electron.sandbox);
  return { ...env, ...(JSON.parse(process.env[libcVariable] ?? '{}') as NodeJS.ProcessEnv) };
}

interface CdpTarget {
  readonly id: string;
  readonly type: string;
  readonly url: string;
}

interface CdpClient {
  readonly Runtime: {
    evaluate(options: { expression: string; awaitPromise: boolean; returnByValue: boolean }): Promise<{
      readonly result: { readonly value?: unknown };
      readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
    }>;
  };
  readonly Page: { captureScreenshot(): Promise<{ readonly data: string }> };
  readonly SystemInfo: {
    getProcessInfo(): Promise<{ readonly processInfo: readonly { readonly type: string; readonly id: number }[] }>;
  };
  on(event: 'disconnect', listener: () => void): void;
  close(): Promise<void>;
}

interface Cdp {
  (options: { port: number; target: string }): Promise<CdpClient>;
  List(options: { port: number }): Promise<CdpTarget[]>;
}

const cdp = createRequire(import.meta.url)('chrome-remote-interface') as Cdp;

/** The app in a session, with a profile in that session's home. Start and end it as often as the test wants. */
export class DesktopApp {
  readonly session: DesktopSession;
  readonly folder: string;
  readonly configFile: string;
  readonly profile: Profile;
  readonly #built: BuiltApp;
  #server: ServerProcess | null = null;
  /**
   * Kept while the page is there: to close one waits for the other side, and children of Electron 9 hold its sockets open.
   */
  readonly #attached = new Map<string, CdpClient>();

  constructor(built: BuiltApp, session: DesktopSession) {
    this.#built = built;
    this.session = session;
    // A profile of its own: what one test wanted up is nothing to the next.
    this.folder = mkdtempSync(session.folder.file('profile-'));
    this.configFile = join(this.folder, 'config.toml');
    this.profile = resolveProfile(this.configFile, session.env, process.platform, session.folder.path);
  }

  configure(config: string): void {
    writeFileSync(this.configFile, config, { mode: 0o600 });
  }

  get pid(): number {
    return this.#need().pid;
  }

  get log(): string {
    return this.#need().log();
  }

  /** Everything it said so far, on its output and in the log of its shell: for people who look into a failure. */
  get said(): string {
    const file = join(this.profile.logFolder, 'desktop.log');
    return `${this.#server?.log() ?? 'not started'}\n${existsSync(file) ? readFileSync(file, 'utf8') : 'no desktop.log'}`;
  }

  get hasEnded(): boolean {
    return this.#server?.hasExited() ?? true;
  }

  /** Starts the app and waits for its engine. */
  async start(args: readonly string[] = []): Promise<void> {
    this.#server = this.launch(args);
    await until(() => this.status(), { what: 'the engine to answer', timeoutMs: 30_000, seen: () => this.log });
  }

  /** Starts a process of the app and leaves it to the caller. */
  launch(args: readonly string[] = []): ServerProcess {
    const { electron, folder } = this.#built;
    return startServer(
      electron.path,
      [
        // A packed app has its own folder, and refuses debuggers: `pages` and `inPage` are not for it.
        ...(folder === null ? [] : [folder, '--remote-debugging-port=0']),
        ...(electron.sandbox.kind === 'on' ? [] : ['--no-sandbox']),
        '--disable-gpu',
        `--config=${this.configFile}`,
        ...args,
      ],
      electronEnv(this.#built, this.session.env),
    );
  }

  /**
   * Waits for the end of the app by itself; gives how long it took, its exit code (null: by a signal), when it was gone (wall clock), and which
   * processes of it are left.
   */
  async ended(
    act: () => void,
    limitMs = 15_000,
  ): Promise<{ tookMs: number; code: number | null; goneAtMs: number; left: number[] }> {
    const server = this.#need();
    const below = descendantsOf(server.pid);
    const startedAt = performance.now();
    act();
    await until(() => server.hasExited(), { what: 'the app to end', timeoutMs: limitMs, seen: server.log });
    const tookMs = performance.now() - startedAt;
    const goneAtMs = Date.now();
    await until(() => below.every((pid) => !isAlive(pid)), { what: 'its processes to end', timeoutMs: 3000 }).catch(
      () => undefined,
    );
    return { tookMs, code: server.child.exitCode, goneAtMs, left: below.filter(isAlive) };
  }

  async kill(): Promise<void> {
    if (this.#server) await endServer(this.#server, 'SIGKILL');
    this.#server = null;
  }

  /** The tunnels' rows, asked over the control socket like the command does. */
  async status(): Promise<readonly TunnelStatus[]> {
    return this.ask((client) => client.call('status', { names: [] }));
  }

  async ask<T>(question: (client: ControlClient) => Promise<T>): Promise<T> {
    const client = await ControlClient.connect(this.profile, { client: 'test' });
    try {
      return await question(client);
    } finally {
      client.dispose();
    }
  }

  /** Waits until the tunnel's row satisfies `condition`. */
  async reach(name: string, condition: (row: TunnelStatus) => boolean, what: string): Promise<TunnelStatus> {
    let last: unknown;
    return until(
      async () => {
        const row = (await this.status()).find((found) => found.name === name);
        last = row;
        return row !== undefined && condition(row) ? row : null;
      },
      { what, timeoutMs: 30_000, seen: () => last },
    );
  }

  /** Addresses of the pages that exist now, hidden windows too. */
  async pages(): Promise<string[]> {
    return (await this.#targets()).map(({ url }) => url);
  }

  /** Evaluates an expression in the page whose address ends like this. */
  async inPage(page: string, expression: string): Promise<unknown> {
    const client = await this.#attach(page);
    const { result, exceptionDetails } = await client.Runtime.evaluate({
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Waits until an expression in that page is true. */
  async pageShows(page: string, expression: string, what: string): Promise<void> {
    await until(async () => (await this.inPage(page, expression)) === true, { what, timeoutMs: 20_000 });
  }

  async picture(page: string, file: string): Promise<void> {
    const client = await this.#attach(page);
    const { data } = await client.Page.captureScreenshot();
    writeFileSync(file, Buffer.from(data, 'base64'));
  }

  /** Process numbers of the pages' processes. */
  pageProcesses(): Promise<number[]> {
    return this.processes('renderer');
  }

  /** Process numbers by what DevTools calls their kind: `renderer`, `GPU`, … */
  async processes(kind: string): Promise<number[]> {
    const browser = /DevTools listening on (ws:\S+)/.exec(this.log)?.[1];
    if (browser === undefined) throw new Error(`no debugging port yet: ${this.log}`);
    const client = await cdp({ port: this.#debugPort(), target: browser });
    const { processInfo } = await client.SystemInfo.getProcessInfo();
    void client.close();
    return processInfo.filter(({ type }) => type === kind).map(({ id }) => id);
  }

  async #attach(page: string): Promise<CdpClient> {
    const target = await until(
      async () => (await this.#targets()).find(({ url }) => url.split(/[?#]/)[0]?.endsWith(page)),
      {
        what: `the page ${page}`,
        timeoutMs: 20_000,
        seen: () => this.log,
      },
    );
    const known = this.#attached.get(target.id);
    if (known !== undefined) return known;
    const client = await cdp({ port: this.#debugPort(), target: target.id });
    this.#attached.set(target.id, client);
    client.on('disconnect', () => this.#attached.delete(target.id));
    return client;
  }

  async #targets(): Promise<CdpTarget[]> {
    const all = await cdp.List({ port: this.#debugPort() });
    return all.filter(({ type }) => type === 'page');
  }

  #debugPort(): number {
    const port = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(this.log)?.[1];
    if (port === undefined) throw new Error(`no debugging port yet: ${this.log}`);
    return Number(port);
  }

  #need(): ServerProcess {
    if (this.#server === null) throw new Error('the app is not started');
    return this.#server;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
