import { lstatSync } from 'node:fs';
import { chmod, lstat, mkdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { Stats } from 'node:fs';
import { contractVersion } from '../../../shared/contract/calls.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { Profile } from '../config/paths.ts';
import { fitsSocketPath, longestSocketFolder, longestSocketPath } from '../lifecycle/private-socket.ts';

export const isWindows = process.platform === 'win32';

/** What is at the place of a socket. */
export type SocketProbe =
  | { readonly kind: 'absent' }
  /** A socket that nobody serves. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'live'; readonly pid: number | null }
  | { readonly kind: 'foreign'; readonly reason: string };

const probeTimeoutMs = 2000;

/** Who we are, or null where there are no user ids. */
export function ownUserId(): number | null {
  return process.getuid?.() ?? null;
}

/** Throws `config` for a path at which no socket can be made. */
export function assertPathFits(path: string): void {
  if (fitsSocketPath(path)) return;
  const bytes = Buffer.byteLength(path);
  const message =
    bytes > longestSocketPath()
      ? `The path of the control socket has ${bytes} bytes; the system takes ${longestSocketPath()}.`
      : `The path of the control socket's folder has ${Buffer.byteLength(dirname(path))} bytes; with the private folder in which the socket is made the system takes ${longestSocketFolder()}.`;
  throw new HoldfastError({ code: 'config', where: path, message, next: 'Name a shorter one with HOLDFAST_SOCKET.' });
}

/** Device and inode, or null if there is nothing. */
export function fileIdentity(path: string): string | null {
  try {
    const found = lstatSync(path);
    return `${found.dev}:${found.ino}`;
  } catch {
    return null;
  }
}

/**
 * Makes the socket's folder (0700) if it is missing and checks it; rejects with `config` and changes nothing if it is not safe. A folder of
 * ours that others can only read is closed to them. A folder that HOLDFAST_SOCKET chose keeps its mode: it must merely not be one in which
 * others could swap the socket.
 */
export async function prepareSocketFolder(profile: Profile): Promise<void> {
  if (isWindows) return;
  const folder = dirname(profile.socketPath);
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    // A link to nowhere or a file: the checks below say so.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  const found = await checkSocketFolder(profile);
  if (!profile.socketChosen && (found.mode & 0o077) !== 0) await chmod(folder, 0o700);
}

/**
 * Looks whether the socket's folder is safe, on either side, and changes nothing: it is ours, and nobody else can put something in place of the socket.
 * Rejects with `config`, and as stat(2) does.
 */
export async function checkSocketFolder(profile: Profile): Promise<Stats> {
  const folder = dirname(profile.socketPath);
  if (profile.socketChosen) {
    const chosen = await stat(folder);
    assertNotSwappable(folder, chosen);
    return chosen;
  }
  const parent = dirname(folder);
  assertNotSwappable(parent, await stat(parent));
  const found = await lstat(folder);
  if (found.isSymbolicLink()) throw unsafe(folder, 'is a symbolic link', `remove the link ${folder}`);
  if (!found.isDirectory()) throw unsafe(folder, 'is not a folder', `move ${folder} away`);
  if (found.uid !== ownUserId()) throw unsafe(folder, `belongs to user id ${found.uid}`, `remove ${folder}`);
  if ((found.mode & 0o022) !== 0)
    throw unsafe(folder, 'can be written by others', `look what is in it, then: chmod 700 ${folder}`);
  return found;
}

/**
 * Others could rename or replace what is in the folder: it belongs to somebody else, or its group or everybody may write. A sticky one is fine (`/tmp`):
 * there each removes only what is his own, and a client looks at the socket's owner.
 */
function assertNotSwappable(folder: string, found: Stats): void {
  if (!found.isDirectory()) throw unsafe(folder, 'is not a folder', `move ${folder} away`);
  const own = ownUserId();
  if (found.uid !== own && found.uid !== 0)
    throw unsafe(folder, `belongs to user id ${found.uid}`, 'use a folder of your own (XDG_RUNTIME_DIR)');
  if ((found.mode & 0o022) === 0 || (found.mode & 0o1000) !== 0) return;
  const who = (found.mode & 0o002) === 0 ? 'its group' : 'everybody';
  throw unsafe(folder, `can be written by ${who}`, `close it: chmod go-w ${folder}`);
}

function unsafe(folder: string, what: string, remedy: string): HoldfastError {
  return new HoldfastError({
    code: 'config',
    where: folder,
    message: `The folder of the control socket ${what}, so it is not used.`,
    next: `${remedy[0]?.toUpperCase() ?? ''}${remedy.slice(1)}, or name another socket with HOLDFAST_SOCKET.`,
  });
}

/** Looks at the place of a socket, knocking if there is one. */
export async function probeSocket(path: string): Promise<SocketProbe> {
  const found = await lstat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (found === null) return { kind: 'absent' };
  if (!found.isSocket()) return { kind: 'foreign', reason: `${path} is not a socket` };
  if (found.uid !== ownUserId()) return { kind: 'foreign', reason: `${path} belongs to user id ${found.uid}` };
  return knock(path);
}

/** A live engine answers a greeting with its pid; one that accepts and says nothing is live all the same. */
function knock(path: string): Promise<SocketProbe> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(path);
    const finish = (probe: SocketProbe): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(probe);
    };
    const timer = setTimeout(() => finish({ kind: 'live', pid: null }), probeTimeoutMs);
    socket.on('connect', () =>
      socket.write(
        `${JSON.stringify({ id: 0, call: 'hello', input: { client: 'probe', contract: contractVersion } })}\n`,
      ),
    );
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const pid = /"pid":(\d+)/.exec(text)?.[1];
      if (pid !== undefined) finish({ kind: 'live', pid: Number(pid) });
      else if (text.includes('\n') || text.length > 65_536) finish({ kind: 'live', pid: null });
    });
    socket.on('close', () => finish({ kind: 'live', pid: null }));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') finish({ kind: 'stale' });
      else if (error.code === 'ENOENT') finish({ kind: 'absent' });
      else if (error.code === 'EACCES' || error.code === 'EPERM')
        finish({ kind: 'foreign', reason: `${path} may not be opened (${error.code})` });
      else finish({ kind: 'live', pid: null });
    });
  });
}
