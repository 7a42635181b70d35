import { contractVersion } from '../../../src/shared/contract/calls.ts';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { resolveProfile } from '../../../src/main/engine/config/paths.ts';
import { DesktopApp, electronEnv, noElectron } from '../../support/desktop/app.ts';
import { DesktopSession } from '../../support/desktop/session.ts';
import type { StatusRow } from '../../support/holdfast.ts';
import { type InstalledApp, installApp } from '../../support/installed-app.ts';
import { descendantsOf, endServer, type ServerProcess, startServer } from '../../support/processes.ts';
import { makeTempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

/** The command of an installed app: the app's own program in a real Electron, from an archive, by the launcher that ships. */

const folder = makeTempFolder('holdfast-installed-');
let session: DesktopSession;
let installed: InstalledApp;
const open: { dispose(): Promise<void> | void }[] = [];

beforeAll(async () => {
  session = await DesktopSession.start({ panel: false });
  installed = await installApp(folder.path);
}, 120_000);

afterEach(async () => {
  for (const item of open.splice(0).toReversed()) await item.dispose();
});

afterAll(async () => {
  await session?.stop();
  folder.dispose();
});

/** With the folder of the link on the PATH. The buses only for what needs them: the old Electron, which does not wait, asks around on them. */
function env(buses: boolean): NodeJS.ProcessEnv {
  const { DBUS_SESSION_BUS_ADDRESS, DBUS_SYSTEM_BUS_ADDRESS, ...rest } = session.env;
  const both = { DBUS_SESSION_BUS_ADDRESS, DBUS_SYSTEM_BUS_ADDRESS };
  const ours = electronEnv(installed.built, rest);
  return { ...ours, ...(buses ? both : {}), PATH: `${dirname(installed.command)}:${session.env['PATH'] ?? ''}` };
}

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `holdfast …` as found on the PATH. */
function holdfast(args: readonly string[], input = '', buses = false): Ran {
  const { status, stdout, stderr } = spawnSync('holdfast', args, {
    env: env(buses),
    encoding: 'utf8',
    input,
    timeout: 60_000,
  });
  return { code: status, stdout, stderr };
}

const hosts = `[hosts.box]
address = "127.0.0.1"
port = 9
user = "me"

[tunnels.web]
host = "box"
start = "manual"
forwards = ["local 127.0.0.1:0 -> 127.0.0.1:9"]
`;

/** A configuration in a folder whose name has spaces and what shells take amiss. */
function configured(config = hosts): string {
  const place = folder.file(`a place; $(of) "${open.length}" ${Math.random()}`);
  mkdirSync(place, { mode: 0o700 });
  const file = join(place, 'config.toml');
  writeFileSync(file, config, { mode: 0o600 });
  return file;
}

/** Titles of windows that are the app's, not the session's. */
function ourWindows(): string[] {
  return session.visibleWindows().filter((title) => title.includes('Holdfast'));
}

function serve(args: readonly string[]): ServerProcess {
  const server = startServer(installed.command, args, env(true));
  open.push({ dispose: () => endServer(server, 'SIGKILL') });
  return server;
}

/** Tells the end of a server that was started, and which of its processes are left. */
async function endsAfter(server: ServerProcess, act: () => void): Promise<{ code: number | null; left: number[] }> {
  const below = descendantsOf(server.pid);
  act();
  await until(() => server.hasExited(), { what: 'the engine to end', timeoutMs: 15_000, seen: server.log });
  const isAlive = (pid: number): boolean => spawnSync('kill', ['-0', String(pid)]).status === 0;
  await until(() => below.every((pid) => !isAlive(pid)), { what: 'its processes to end' }).catch(() => undefined);
  return { code: server.child.exitCode, left: below.filter(isAlive) };
}

// The old Electron now and then needs a quarter of a minute to start or to end; no test is about that.
describe.skipIf(noElectron !== null)('the command of an installed app', { timeout: 300_000 }, () => {
  it('says its version, as text and as JSON', () => {
    const plain = holdfast(['version']);
    expect(plain).toMatchObject({ code: 0, stderr: '' });
    expect(plain.stdout).toMatch(/^holdfast \d+\.\d+\.\d+\n$/);
    expect(JSON.parse(holdfast(['version', '--json']).stdout)).toMatchObject({ contract: contractVersion });
  });

  it('gets its arguments as they were typed, those that Chromium or Electron would take too', () => {
    expect(holdfast(['--version']).stdout).toMatch(/^holdfast \d/);
    expect(holdfast(['--help']).stdout).toContain('Usage: holdfast COMMAND');
    expect(holdfast(['-h']).stdout).toContain('Usage: holdfast COMMAND');
    // Each of these would make Chromium another process, another app, or end it.
    for (const word of [
      '--type=renderer',
      '--no-sandbox',
      '--remote-debugging-port=0',
      '--inspect-brk',
      '--user-data-dir=/x',
    ]) {
      const ran = holdfast(['status', word]);
      expect(ran.code, ran.stdout + ran.stderr).toBe(2);
      expect(ran.stderr).toContain(/^--[^=]+/.exec(word)?.[0]);
    }
    const odd = 'no such "command" $(x) ; --command -- ü';
    expect(holdfast([odd])).toMatchObject({ code: 2 });
    expect(holdfast([odd]).stderr).toContain(odd);
    expect(holdfast(['', '--']).code).toBe(2);
  });

  it('ends with the exit code of the command', () => {
    const good = configured();
    expect(holdfast(['--config', good, 'check'])).toMatchObject({ code: 0 });
    expect(holdfast(['check', good])).toMatchObject({ code: 0 });
    const bad = configured('[hosts.box]\nadress = "x"\n');
    expect(holdfast(['check', bad, '--json'])).toMatchObject({ code: 2 });
    const noEngine = holdfast(['--config', good, 'status', '--json']);
    expect(noEngine.code).toBe(3);
    expect(JSON.parse(noEngine.stdout)).toMatchObject({ error: { code: 'no-engine' } });
  });

  it('reads standard input, and reaches the keychain by its native part beside the archive', () => {
    const config = configured();
    const set = holdfast(['--config', config, 'secret', 'set', 'box', 'password'], 'pass wörd\n', true);
    expect(set, set.stderr).toMatchObject({ code: 0 });
    const { id } = resolveProfile(config, session.env, 'linux', session.folder.path);
    const script = `require('keytar').getPassword('Holdfast', ${JSON.stringify(`${id}/box/password`)}).then((v) => process.stdout.write(String(v)))`;
    const root = fileURLToPath(new URL('../../..', import.meta.url));
    const kept = spawnSync(process.execPath, ['-e', script], { cwd: root, env: session.env, encoding: 'utf8' });
    expect(kept.stdout, kept.stderr).toBe('pass wörd');
    expect(holdfast(['--config', config, 'secret', 'list'], '', true).stdout).toContain('box');
    expect(holdfast(['--config', config, 'secret', 'remove', 'box', 'password'], '', true).code).toBe(0);
  });

  it('ends quietly when nobody reads on', () => {
    const ran = spawnSync('/bin/sh', ['-c', 'holdfast --help | head -1; echo done'], {
      env: env(false),
      encoding: 'utf8',
    });
    expect(ran.stdout).toBe('Holdfast keeps SSH tunnels up.\ndone\n');
    expect(ran.stderr).toBe('');
  });

  it('runs the engine from the archive, without a window, and leaves nothing behind', async () => {
    const config = configured();
    const server = serve(['--config', config, 'serve']);
    await until(() => server.log().includes('holdfast is ready'), {
      what: 'the ready line',
      timeoutMs: 30_000,
      seen: server.log,
    });
    const status = holdfast(['--config', config, 'status', '--json']);
    expect(status.code, status.stderr).toBe(0);
    expect((JSON.parse(status.stdout) as StatusRow[]).map(({ name, state }) => [name, state])).toEqual([
      ['web', 'stopped'],
    ]);
    // ssh2 is loaded and works as far as the port that nobody serves.
    expect(holdfast(['--config', config, 'up', 'web']).code).toBe(0);
    await until(() => /refused/.test(holdfast(['--config', config, 'status', '--json']).stdout), {
      what: 'a refused connection',
    });
    expect(ourWindows()).toEqual([]);
    // Another engine on this profile is refused; another profile is not (the app's lock is not in the way).
    expect(holdfast(['--config', config, 'serve']).code).toBe(1);
    // What was built for Node does not load here, and the log says so.
    const { stateFolder } = resolveProfile(config, session.env, 'linux', session.folder.path);
    expect(readFileSync(join(stateFolder, 'logs', 'engine.log'), 'utf8')).toMatch(/"crypto":"(javascript|native)"/);
    const second = serve(['--config', configured(), 'serve']);
    await until(() => second.log().includes('holdfast is ready'), {
      what: 'the second engine',
      timeoutMs: 30_000,
      seen: second.log,
    });

    for (const [running, signal] of [
      [second, 'SIGINT'],
      [server, 'SIGTERM'],
    ] as const)
      expect(await endsAfter(running, () => process.kill(running.pid, signal))).toEqual({ code: 0, left: [] });
    expect(holdfast(['--config', config, 'status']).code).toBe(3);
  });

  it('talks with the engine of the installed app, and opens that app', async () => {
    const app = new DesktopApp(installed.built, session);
    open.push({ dispose: () => app.kill() });
    app.configure(hosts);
    await app.start();
    await until(() => ourWindows().length === 1, { what: 'the window', timeoutMs: 30_000 });
    const status = holdfast(['--config', app.configFile, 'status', '--json']);
    expect((JSON.parse(status.stdout) as StatusRow[]).map(({ name }) => name)).toEqual(['web']);
    // Others cannot have its pages.
    for (const word of ['--remote-debugging-port=0', '--remote-debugging-pipe']) {
      const debugged = app.launch([word]);
      await until(() => debugged.hasExited(), { what: `the end of an app with ${word}`, seen: debugged.log });
      expect([debugged.child.exitCode, debugged.log()]).toEqual([
        1,
        'Holdfast does not start with its pages open to a debugger.\n',
      ]);
    }
    await app.kill();

    const config = configured();
    const opened = serve(['--config', config, 'app']);
    await until(() => holdfast(['--config', config, 'status']).code === 0, {
      what: 'the engine of the app',
      timeoutMs: 30_000,
      seen: opened.log,
    });
    await until(() => ourWindows().length === 1, { what: 'its window', timeoutMs: 30_000 });
    const { left } = await endsAfter(opened, () => process.kill(opened.pid, 'SIGTERM'));
    expect(left).toEqual([]);
  });
});
