import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { needProgram } from './processes.ts';
import { makeTempFolder } from './temp.ts';

/** A desktop's keyring: gnome-keyring, unlocked, on a D-Bus session of its own. */
export interface TestKeyring {
  /** What a program needs to find it. */
  readonly env: Readonly<Record<string, string>>;
  lock(): void;
  stop(): Promise<void>;
}

/** Starts the session and the keyring; resolves when it is unlocked. */
export async function startKeyring(): Promise<TestKeyring> {
  needProgram('gnome-keyring-daemon', 'gnome-keyring');
  const gdbus = needProgram('gdbus', 'libglib2.0-bin');
  const home = makeTempFolder('holdfast-keyring-');
  mkdirSync(home.file('run'), { mode: 0o700 });
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home.path,
    XDG_RUNTIME_DIR: home.file('run'),
    XDG_DATA_HOME: home.file('data'),
  };
  const script =
    'printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat';
  const child = spawn(needProgram('dbus-run-session', 'dbus'), ['--', 'sh', '-c', script], {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const line = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  if (line.done === true) throw new Error('the D-Bus session did not start');
  const bus = { DBUS_SESSION_BUS_ADDRESS: line.value };
  return {
    env: bus,
    lock() {
      const service = 'org.freedesktop.secrets';
      const path = '/org/freedesktop/secrets';
      const call = ['call', '--session', '--dest', service, '--object-path', path];
      const method = ['--method', 'org.freedesktop.Secret.Service.Lock', `['${path}/collection/login']`];
      execFileSync(gdbus, [...call, ...method], { env: { ...env, ...bus }, stdio: 'pipe' });
    },
    async stop() {
      const closed = once(child, 'close');
      child.stdin.end();
      await closed;
      home.dispose();
    },
  };
}
