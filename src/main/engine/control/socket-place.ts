import { type BigIntStats, lstatSync, type Stats } from 'node:fs';
import { chmod, lstat, mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { contractVersion } from '../../../shared/contract/calls.ts';
import type { Said } from '../../../shared/i18n/said.ts';
import { engine } from '../../../shared/i18n/sentences/engine.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { quoteShellWord } from '../../../shared/model/shell-quote.ts';
import type { Profile } from '../config/paths.ts';
import { wayTo } from '../lifecycle/file-trust.ts';
import { fitsSocketPath, longestSocketFolder, longestSocketPath } from '../lifecycle/private-socket.ts';

export const isWindows = process.platform === 'win32';

/** What is at the place of a socket. */
export type SocketProbe =
  | { readonly kind: 'absent' }
  /** A socket that nobody serves. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'live'; readonly pid: number | null }
  | { readonly kind: 'foreign'; readonly reason: Said };

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
      ? engine.pathTooLong({ bytes, most: longestSocketPath() })
      : engine.folderPathTooLong({ bytes: Buffer.byteLength(dirname(path)), most: longestSocketFolder() });
  throw new HoldfastError({ code: 'config', where: path, message, next: engine.shorterPath() });
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
  // Looked at before as well: nothing is made in a stranger's folder, or behind a link of his.
  const found = (await checkSocketFolder(profile)) ?? (await makeSocketFolder(profile, folder));
  if (!profile.socketChosen && (found.mode & 0o077) !== 0) await chmod(folder, 0o700);
}

async function makeSocketFolder(profile: Profile, folder: string): Promise<Stats> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    // A link to nowhere or a file: the check says so.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  const made = await checkSocketFolder(profile);
  if (made === null) throw unsafe(profile, engine.folderLeadsNowhere({ folder }));
  return made;
}

/**
 * Looks on either side whether the socket's folder is safe, and changes nothing: nobody else can put something in place of the socket, or of a folder or link
 * on the way to it (`file-trust.ts`). Unless HOLDFAST_SOCKET chose it, the folder itself is ours, open to nobody, and no link. Null if there is none.
 * Rejects with `config`, and with the system's error where the way cannot be gone.
 */
export async function checkSocketFolder(profile: Profile): Promise<Stats | null> {
  const folder = dirname(profile.socketPath);
  const { stats, isLink, distrustOfWay } = await wayTo(folder);
  if (isLink && !profile.socketChosen) throw unsafe(profile, engine.folderIsLink({ folder }));
  if (distrustOfWay !== null) throw unsafe(profile, distrustOfWay);
  if (stats === null) return null;
  if (!stats.isDirectory()) throw unsafe(profile, engine.notAFolder({ path: folder }));
  if (profile.socketChosen) return stats;
  if (stats.uid !== ownUserId()) throw unsafe(profile, engine.folderNotYours({ folder, uid: stats.uid }));
  if ((stats.mode & 0o022) !== 0) {
    throw unsafe(profile, engine.folderOpen({ folder, command: `chmod 700 ${quoteShellWord(folder)}` }));
  }
  return stats;
}

function unsafe(profile: Profile, why: Said): HoldfastError {
  return new HoldfastError({
    code: 'config',
    where: profile.socketPath,
    message: engine.socketNotUsed({ socket: profile.socketPath, why }),
    next: engine.ownSocketFolder(),
  });
}

/** What tells a file from any other that is or was at its path: also one that got its number after it. */
export interface PlacedSocket {
  readonly stats: BigIntStats;
  readonly identity: string;
}

/** What is at the place of the socket now. Rejects as lstat(2) does. */
export async function placedSocket(path: string): Promise<PlacedSocket> {
  const stats = await lstat(path, { bigint: true });
  return { stats, identity: `${stats.dev}:${stats.ino}:${stats.ctimeNs}` };
}

/** Looks at the place of a socket, knocking if there is one. */
export async function probeSocket(path: string): Promise<SocketProbe> {
  const found = await lstat(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  if (found === null) return { kind: 'absent' };
  if (!found.isSocket()) return { kind: 'foreign', reason: engine.notASocket({ path }) };
  if (found.uid !== ownUserId()) return { kind: 'foreign', reason: engine.ofOtherUser({ path, uid: found.uid }) };
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
        finish({ kind: 'foreign', reason: engine.mayNotOpen({ path, code: error.code }) });
      else finish({ kind: 'live', pid: null });
    });
  });
}
