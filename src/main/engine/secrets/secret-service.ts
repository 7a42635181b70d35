import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Said } from '../../../shared/i18n/said.ts';
import { secret as words } from '../../../shared/i18n/sentences/secret.ts';
import type { Environment } from '../config/paths.ts';
import type { SecretStoreState } from './secret-store.ts';

/** What the Secret Service says of itself. `unknown`: no program here can ask it. */
export type ServiceState = SecretStoreState | { readonly kind: 'unknown' };

const service = 'org.freedesktop.secrets';
const collection = '/org/freedesktop/secrets/aliases/default';
const interfaceName = 'org.freedesktop.Secret.Collection';
const limitMs = 5000;

/** The programs that can ask, with how; the first one that is installed is used. */
const askers: readonly (readonly [string, readonly string[]])[] = [
  [
    'gdbus',
    [
      ...['call', '--session', '--timeout', '4', '--dest', service, '--object-path', collection],
      ...['--method', 'org.freedesktop.DBus.Properties.Get', interfaceName, 'Locked'],
    ],
  ],
  ['busctl', ['--user', '--timeout=4', 'get-property', service, collection, interfaceName, 'Locked']],
  [
    'dbus-send',
    [
      ...['--session', '--print-reply', '--reply-timeout=4000', `--dest=${service}`, collection],
      ...['org.freedesktop.DBus.Properties.Get', `string:${interfaceName}`, 'string:Locked'],
    ],
  ],
];

/**
 * Asks the desktop's Secret Service (GNOME Keyring, KWallet, KeePassXC) whether its default collection is locked, without making it
 * prompt. libsecret itself cannot be asked: on a locked keyring it says "no password", or hangs on a prompt that nobody sees.
 */
export async function secretServiceState(store: Said, env: Environment = process.env): Promise<ServiceState> {
  const runtime = env['XDG_RUNTIME_DIR'];
  const hasBus = Boolean(env['DBUS_SESSION_BUS_ADDRESS']) || (runtime !== undefined && existsSync(`${runtime}/bus`));
  if (!hasBus) return { kind: 'absent', reason: words.noBus() };
  for (const [program, args] of askers) {
    const said = await ask(program, args, env);
    if (said === null) continue;
    return readAnswer(store, said);
  }
  return { kind: 'unknown' };
}

/** What a program said; null: it is not installed. */
function ask(program: string, args: readonly string[], env: Environment): Promise<string | null> {
  return new Promise((resolve) => {
    const locale = { ...env, LC_ALL: 'C' };
    execFile(program, [...args], { env: locale, timeout: limitMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error !== null && error.code === 'ENOENT') resolve(null);
      else if (error !== null && error.killed === true) resolve('timed out');
      else resolve(`${stdout}\n${stderr}`);
    });
  });
}

/** Reads the answer of any of the programs. */
export function readAnswer(store: Said, said: string): SecretStoreState {
  // gdbus: (<true>,)   busctl: b true   dbus-send: variant boolean true
  const value = /\(<(true|false)>,\)|^b (true|false)$|boolean (true|false)/m.exec(said);
  if (value !== null) return value.slice(1).includes('true') ? { kind: 'locked', store } : { kind: 'available', store };
  if (/ServiceUnknown|was not provided by any \.service|not activatable|NameHasNoOwner/i.test(said))
    return { kind: 'absent', reason: words.noService() };
  if (
    /UnknownObject|UnknownMethod|UnknownInterface|NoSuchObject|No such (?:object|interface|property)|does not exist at path|Unknown object/i.test(
      said,
    )
  )
    return { kind: 'absent', reason: words.noDefaultKeyring() };
  if (/timed out|timeout|NoReply/i.test(said)) return { kind: 'error', reason: words.serviceSilent() };
  if (/connect|No such file|refused|address/i.test(said)) return { kind: 'absent', reason: words.busUnreachable() };
  return { kind: 'error', reason: words.serviceUnclear() };
}
