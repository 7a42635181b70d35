import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
import type { DesktopSession } from './session.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** In node_modules, so that its packages are found from there; not in `out`, which a build empties. */
const downFolder = fileURLToPath(
  new URL(`../../../node_modules/.cache/holdfast-desktop-test-${process.pid}`, import.meta.url),
);

/** What is started: Electron, and the folder with the app in it; a packed app has its own place for it. */
export interface BuiltApp {
  readonly electron: ElectronBinary;
  readonly folder: string | null;
}

/** The app for the Electron that is to be had; built down for an old one. */
export function buildApp(): BuiltApp & { readonly folder: string } {
  const electron = electronBinary();
  if (!electron.old) return { electron, folder: root };
  const script = fileURLToPath(new URL('./downlevel.mjs', import.meta.url));
  const done = spawnSync(process.execPath, [script, downFolder], { encoding: 'utf8' });
  process.once('exit', () => rmSync(downFolder, { recursive: true, force: true }));
  if (done.status !== 0) throw new Error(`the build for the test Electron went wrong:\n${done.stderr}${done.stdout}`);
  return { electron, folder: downFolder };
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
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : ['--in-process-gpu'];
    return startServer(
      electron.path,
      [
        // A packed app has its own folder, and refuses debuggers: `pages` and `inPage` are not for it.
        ...(folder === null ? [] : [folder, '--remote-debugging-port=0']),
        ...asRoot,
        '--disable-gpu',
        `--config=${this.configFile}`,
        ...args,
      ],
      this.session.env,
    );
  }

  /** Waits for the end of the app by itself; gives how long it took and which processes of it are left. */
  async ended(act: () => void, limitMs = 15_000): Promise<{ tookMs: number; left: number[] }> {
    const server = this.#need();
    const below = descendantsOf(server.pid);
    const startedAt = performance.now();
    act();
    await until(() => server.hasExited(), { what: 'the app to end', timeoutMs: limitMs, seen: server.log });
    const tookMs = performance.now() - startedAt;
    await until(() => below.every((pid) => !isAlive(pid)), { what: 'its processes to end', timeoutMs: 3000 }).catch(
      () => undefined,
    );
    return { tookMs, left: below.filter(isAlive) };
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
    try {
      const { result, exceptionDetails } = await client.Runtime.evaluate({
        expression,
        awaitPromise: true,
        returnByValue: true,
      });
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    } finally {
      await client.close();
    }
  }

  /** Waits until an expression in that page is true. */
  async pageShows(page: string, expression: string, what: string): Promise<void> {
    await until(async () => (await this.inPage(page, expression)) === true, { what, timeoutMs: 20_000 });
  }

  async picture(page: string, file: string): Promise<void> {
    const client = await this.#attach(page);
    try {
      const { data } = await client.Page.captureScreenshot();
      writeFileSync(file, Buffer.from(data, 'base64'));
    } finally {
      await client.close();
    }
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
    return cdp({ port: this.#debugPort(), target: target.id });
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
