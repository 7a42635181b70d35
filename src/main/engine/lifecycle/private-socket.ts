import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * How a unix socket is made so that nobody else can connect before its mode is right: bind(2) makes it with what the umask leaves, which a worker
 * thread cannot set, and a client that came before chmod(2) waits in the queue like any other. So it is bound in a folder of 0700 beside its place
 * and put there once it is closed to others. There is no other way: a path without room for that folder is not listened at.
 */

/** The private folder's name up to its six random characters. */
export const hiddenFolderStart = '.hf-';
const longestHiddenName = 16;

/** unix(7): `sun_path` holds 108 bytes with its NUL; 104 on macOS and the BSDs. */
export function longestSocketPath(platform: NodeJS.Platform = process.platform): number {
  return platform === 'linux' ? 107 : 103;
}

/** Bytes that the path of a socket's folder may have. */
export function longestSocketFolder(platform: NodeJS.Platform = process.platform): number {
  return longestSocketPath(platform) - `/${hiddenFolderStart}XXXXXX/s`.length;
}

/** True if a socket can be made at this path. */
export function fitsSocketPath(path: string, platform: NodeJS.Platform = process.platform): boolean {
  return bytesOf(path) <= longestSocketPath(platform) && bytesOf(dirname(path)) <= longestSocketFolder(platform);
}

/** True for names of sockets in the private folder. */
export function isHiddenName(name: string): boolean {
  return /^s[0-9a-f]*$/.test(name) && name.length <= longestHiddenName;
}

/**
 * Runs `make` with the path of a socket in a private folder beside `path`; it is to bind there, close the socket to others and move it to its place. Then the
 * folder is removed. Rejects with the system's error if the folder cannot be made, and as `make` does. The path must fit (`fitsSocketPath`).
 */
export async function inPrivateFolder<T>(path: string, make: (hidden: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(dirname(path), hiddenFolderStart));
  try {
    return await make(join(folder, hiddenName(folder)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * libuv removes the path that it bound when the server closes, long after the folder is gone. In a folder for all a stranger may have put a link of that name by
 * then: behind it there must be no file that is called so.
 */
function hiddenName(folder: string): string {
  const room = longestSocketPath() - bytesOf(folder) - 1;
  return `s${randomBytes(8).toString('hex')}`.slice(0, Math.max(1, Math.min(room, longestHiddenName)));
}

function bytesOf(path: string): number {
  return Buffer.byteLength(path);
}
