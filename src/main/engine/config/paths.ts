import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fitsSocketPath } from '../lifecycle/private-socket.ts';

/** The places of one profile. A profile is its configuration file. */
export interface Profile {
  readonly configFile: string;
  /** Short name of the profile, from the real path of its file. */
  readonly id: string;
  /** History, wanted tunnels, index of secrets, lock; 0700. */
  readonly stateFolder: string;
  readonly logFolder: string;
  readonly lockFile: string;
  /** Unix socket path, or `\\.\pipe\…` on Windows. */
  readonly socketPath: string;
  /** True if HOLDFAST_SOCKET chose the socket; then its folder is not ours to make or to check for mode. */
  readonly socketChosen: boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** `~`, `~/x` made absolute; other paths are taken relative to `base`. */
export function expandPath(path: string, base: string, home: string = homedir()): string {
  if (path === '~') return home;
  if (path.startsWith('~/') || path.startsWith('~\\')) return join(home, path.slice(2));
  return resolve(base, path);
}

/** Where relative paths start. A shell may still stand in a folder that was removed; what is named in full is found from there all the same. */
function workingFolder(env: Environment, home: string): string {
  try {
    return process.cwd();
  } catch {
    return absolute(env['PWD']) ?? home;
  }
}

/** The configuration file when none is named: HOLDFAST_CONFIG, else the platform's configuration folder. */
export function defaultConfigFile(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  const chosen = env['HOLDFAST_CONFIG'];
  if (chosen) return expandPath(chosen, workingFolder(env, home), home);
  if (platform === 'win32') return join(env['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'Holdfast', 'config.toml');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Holdfast', 'config.toml');
  return join(absolute(env['XDG_CONFIG_HOME']) ?? join(home, '.config'), 'holdfast', 'config.toml');
}

function stateRoot(env: Environment, platform: NodeJS.Platform, home: string): string {
  const chosen = env['HOLDFAST_STATE'];
  if (chosen) return resolve(chosen);
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Holdfast');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Holdfast', 'state');
  return join(absolute(env['XDG_STATE_HOME']) ?? join(home, '.local', 'state'), 'holdfast');
}

/** XDG: a relative path in these variables is to be ignored. */
function absolute(path: string | undefined): string | null {
  return path?.startsWith('/') ? path : null;
}

/** The profile of `configFile` (default: `defaultConfigFile`). Reads nothing but the link target of the file's path. */
export function resolveProfile(
  configFile: string | null,
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): Profile {
  const file =
    configFile === null
      ? defaultConfigFile(env, platform, home)
      : expandPath(configFile, workingFolder(env, home), home);
  const id = createHash('sha256').update(realPath(file)).digest('hex').slice(0, 12);
  const stateFolder = join(stateRoot(env, platform, home), id);
  const chosen = env['HOLDFAST_SOCKET'];
  return {
    configFile: file,
    id,
    stateFolder,
    logFolder: join(stateFolder, 'logs'),
    lockFile: join(stateFolder, 'engine.lock'),
    socketPath: chosen ? (platform === 'win32' ? chosen : resolve(chosen)) : socketPath(id, stateFolder, env, platform),
    socketChosen: Boolean(chosen),
  };
}

function socketPath(id: string, stateFolder: string, env: Environment, platform: NodeJS.Platform): string {
  if (platform === 'win32')
    return `\\\\.\\pipe\\holdfast-${createHash('sha256').update(userInfo().username).digest('hex').slice(0, 8)}-${id}`;
  const runtime = absolute(env['XDG_RUNTIME_DIR']);
  const first = runtime ? join(runtime, 'holdfast', `${id}.sock`) : join(stateFolder, 'control.sock');
  if (fitsSocketPath(first, platform)) return first;
  return join(tmpdir(), `holdfast-${userInfo().uid}`, `${id}.sock`);
}

/** The real path even if the file (or its folder) does not exist yet, so that the profile keeps its name when the file is made. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPath(folder), basename(path));
  }
}
