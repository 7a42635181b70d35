import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { needProgram } from '../support/processes.ts';
import { makeTempFolder, type TempFolder, tempFolder } from '../support/temp.ts';
import { inEnglish } from '../../src/shared/i18n/sentences/index.ts';
import { secret as words } from '../../src/shared/i18n/sentences/secret.ts';

/** The system's keychain for real: gnome-keyring on a D-Bus session of its own, keytar on a worker thread. */

let bundle: TempFolder;

beforeAll(async () => {
  bundle = makeTempFolder('holdfast-secret-child-');
  const keytar = fileURLToPath(import.meta.resolve('keytar'));
  await build({
    entryPoints: [fileURLToPath(new URL('../support/secret-child.ts', import.meta.url))],
    outfile: bundle.file('child.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    plugins: [
      {
        name: 'keytar-stays-a-package',
        setup: (builder) => builder.onResolve({ filter: /^keytar$/ }, () => ({ path: keytar, external: true })),
      },
    ],
  });
});
afterAll(() => bundle.dispose());

interface Child {
  ask(
    command: Record<string, unknown>,
  ): Promise<{ result?: unknown; error?: { code: string; message: string; next: string } }>;
  end(): Promise<void>;
}

/** `daemon`: unlocked with this password, started but left locked, or none at all. `bus`: with or without services, or none. */
function start(
  home: TempFolder,
  options: { daemon: { password: string } | 'locked' | 'none'; bus: 'full' | 'empty' | 'none' },
): Child {
  mkdirSync(home.file('run'), { recursive: true, mode: 0o700 });
  writeFileSync(home.file('empty-bus.conf'), emptyBus);
  const { DISPLAY: _d, WAYLAND_DISPLAY: _w, DBUS_SESSION_BUS_ADDRESS: _b, HOLDFAST_CONFIG: _c, ...rest } = process.env;
  const env = {
    ...rest,
    HOME: home.path,
    XDG_RUNTIME_DIR: home.file('run'),
    XDG_DATA_HOME: home.file('data'),
    XDG_STATE_HOME: home.file('state'),
    XDG_CONFIG_HOME: home.file('config'),
    KEYRING_PASSWORD: typeof options.daemon === 'object' ? options.daemon.password : '',
  };
  const node = `exec '${process.execPath}' '${bundle.file('child.mjs')}'`;
  const unlock = `printf %s "$KEYRING_PASSWORD" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1;`;
  const locked = 'gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1 </dev/null;';
  const script = `${typeof options.daemon === 'object' ? unlock : options.daemon === 'locked' ? locked : ''} ${node}`;
  needProgram('gnome-keyring-daemon', 'gnome-keyring');
  const session = needProgram('dbus-run-session', 'dbus');
  const config = options.bus === 'empty' ? [`--config-file=${home.file('empty-bus.conf')}`] : [];
  const child =
    options.bus === 'none'
      ? spawn('sh', ['-c', script], { env, stdio: ['pipe', 'pipe', 'ignore'] })
      : spawn(session, [...config, '--', 'sh', '-c', script], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = async (): Promise<void> => {
    child.stdin.end();
    await closed;
  };
  onTestFinished(end);
  return {
    async ask(command) {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      const line = await lines.next();
      if (line.done === true) throw new Error('the child has ended');
      return JSON.parse(line.value) as Awaited<ReturnType<Child['ask']>>;
    },
    end,
  };
}

const emptyBus = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`;

const indexFile = (home: TempFolder): string | null => {
  const root = home.file('state', 'holdfast');
  const names = existsSync(root) ? readdirSync(root, { recursive: true, encoding: 'utf8' }) : [];
  const name = names.find((file) => file.endsWith('secrets-index.json'));
  return name === undefined ? null : join(root, name);
};

describe.skipIf(process.platform !== 'linux')('GNOME Keyring', () => {
  test('keeps a secret over restarts of engine and keyring, under its name alone', async () => {
    const home = tempFolder('holdfast-keyring-');
    const first = start(home, { daemon: { password: 'test' }, bus: 'full' });
    expect(await first.ask({ call: 'state' })).toEqual({
      result: { kind: 'available', store: words.desktopKeyring() },
    });
    expect(await first.ask({ call: 'get' })).toEqual({ result: null });
    expect(await first.ask({ call: 'set', value: 'pä$$ wörd "x"' })).toEqual({ result: true });
    expect(await first.ask({ call: 'set', host: 'web', kind: 'passphrase', value: 'other' })).toEqual({ result: true });
    await first.end();
    const index = indexFile(home);
    expect(index).not.toBeNull();
    const text = readFileSync(index ?? '', 'utf8');
    expect(text).not.toContain('wörd');
    expect(text).toContain('bastion');

    const second = start(home, { daemon: { password: 'test' }, bus: 'full' });
    expect(await second.ask({ call: 'get' })).toEqual({ result: 'pä$$ wörd "x"' });
    expect(await second.ask({ call: 'list' })).toEqual({
      result: [
        { host: 'bastion', kind: 'password' },
        { host: 'web', kind: 'passphrase' },
      ],
    });
    expect(await second.ask({ call: 'remove' })).toEqual({ result: true });
    expect(await second.ask({ call: 'remove' })).toEqual({ result: false });
    expect(await second.ask({ call: 'get' })).toEqual({ result: null });
    expect(await second.ask({ call: 'list' })).toEqual({ result: [{ host: 'web', kind: 'passphrase' }] });
  });

  test('many calls at once are done one after the other', async () => {
    const child = start(tempFolder('holdfast-keyring-'), { daemon: { password: 'test' }, bus: 'full' });
    expect(await child.ask({ call: 'many' })).toEqual({ result: Array.from({ length: 20 }, (_, n) => `v${n}`) });
  });

  test('a locked keyring is told apart from one without the secret, and nothing is written', async () => {
    const home = tempFolder('holdfast-keyring-');
    const first = start(home, { daemon: { password: 'test' }, bus: 'full' });
    expect(await first.ask({ call: 'set', value: 'kept' })).toEqual({ result: true });
    await first.end();
    const before = readFileSync(indexFile(home) ?? '', 'utf8');

    const second = start(home, { daemon: 'locked', bus: 'full' });
    expect(await second.ask({ call: 'state' })).toEqual({ result: { kind: 'locked', store: words.desktopKeyring() } });
    expect(await second.ask({ call: 'get' })).toEqual({ result: null });
    const refused = await second.ask({ call: 'set', host: 'web', value: 'x' });
    expect(refused.error).toMatchObject({ code: 'secret-store', message: 'The desktop keyring is locked.' });
    expect(refused.error?.next).toContain('Unlock it');
    expect((await second.ask({ call: 'remove' })).error).toMatchObject({ code: 'secret-store' });
    expect(readFileSync(indexFile(home) ?? '', 'utf8')).toBe(before);
  });

  test.each([
    ['no D-Bus session', { daemon: 'none', bus: 'none' }, words.noBus()],
    ['a session without a keeper of secrets', { daemon: 'none', bus: 'empty' }, words.noService()],
    ['a keyring service without a keyring', { daemon: 'locked', bus: 'full' }, words.noDefaultKeyring()],
  ] as const)('%s is absent: saving is refused, nothing is written', async (_, options, reason) => {
    const home = tempFolder('holdfast-keyring-');
    const child = start(home, options);
    expect(await child.ask({ call: 'state' })).toEqual({ result: { kind: 'absent', reason } });
    expect(await child.ask({ call: 'get' })).toEqual({ result: null });
    const refused = await child.ask({ call: 'set', value: 'x' });
    expect(refused.error).toMatchObject({
      code: 'secret-store',
      message: `The desktop keyring cannot be used: ${inEnglish(reason)}.`,
    });
    expect(indexFile(home)).toBeNull();
  });
});
