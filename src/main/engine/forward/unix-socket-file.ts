import { Buffer } from 'node:buffer';
import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { fitsSocketPath, longestSocketFolder, longestSocketPath } from '../lifecycle/private-socket.ts';

/** True for `\\.\pipe\…`, the only kind of path that Windows can listen on here. */
export function isNamedPipe(path: string): boolean {
  return /^\\\\[.?]\\pipe\\./i.test(path);
}

/**
 * Makes room for a unix listener. A stale socket (nobody answers) is removed if it is ours, or with `unlink`; a live one, another user's and
 * anything that is not a socket stay. Rejects with `port-in-use` or `bind-failed`.
 */
export async function makeRoomForSocket(
  path: string,
  options: { where: string; unlink: boolean; holder: string | null },
): Promise<void> {
  const { where } = options;
  if (process.platform === 'win32') {
    if (isNamedPipe(path)) return;
    const next = 'Use a port, or a pipe with a name like \\\\.\\pipe\\db.';
    throw new HoldfastError({
      code: 'bind-failed',
      where,
      message: `Windows cannot listen at ${path}.`,
      next,
      retry: 'person',
    });
  }
  if (!fitsSocketPath(path)) {
    const bytes = Buffer.byteLength(path);
    const message =
      bytes > longestSocketPath()
        ? `The socket path has ${bytes} bytes; this system takes ${longestSocketPath()} at most: ${path}.`
        : `The folder of the socket has a path of ${Buffer.byteLength(dirname(path))} bytes; with the private folder in which the socket is made this system takes ${longestSocketFolder()} at most: ${path}.`;
    throw new HoldfastError({ code: 'bind-failed', where, message, next: 'Choose a shorter path.', retry: 'person' });
  }
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw unixBindError(error, path, where);
  });
  if (found === null) return;
  if (!found.isSocket()) {
    const next = 'Choose another path, or move the file away. Holdfast removes nothing that is not a socket.';
    throw new HoldfastError({ code: 'bind-failed', where, message: `${path} exists and is not a socket.`, next });
  }
  // Not knocking at our own door: the other tunnel would take it for a client.
  const stale = options.holder === null && (await isStale(path));
  const ours = found.uid === process.getuid?.();
  if (stale && (ours || options.unlink)) {
    await unlink(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw unixBindError(error, path, where);
    });
    return;
  }
  const next = stale
    ? 'It is stale and belongs to another user: remove it, or choose another path.'
    : 'Choose another path, or stop that program. Holdfast tries again by itself.';
  throw new HoldfastError({
    code: 'port-in-use',
    where,
    message: `${path} is taken by ${options.holder ?? 'another program'}.`,
    next,
  });
}

/** The error of a failed bind or look at `path`. */
export function unixBindError(error: NodeJS.ErrnoException, path: string, where: string): HoldfastError {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new HoldfastError({
        code: 'bind-failed',
        where,
        message: `The folder of ${path} does not exist.`,
        next: 'Make the folder, or choose another path.',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new HoldfastError({
        code: 'port-forbidden',
        where,
        message: `This account may not make a socket at ${path}.`,
        next: 'Choose a path in a folder of your own.',
        cause: error,
      });
    case 'EADDRINUSE':
      return new HoldfastError({
        code: 'port-in-use',
        where,
        message: `${path} is taken by another program.`,
        next: 'Choose another path, or stop that program. Holdfast tries again by itself.',
        cause: error,
      });
    default:
      return new HoldfastError({
        code: 'bind-failed',
        where,
        message: `The system does not let Holdfast listen at ${path} (${error.code ?? error.message}).`,
        next: 'Holdfast tries again by itself.',
        cause: error,
      });
  }
}

/** Refused means that no process has the socket open; every other answer counts as alive. */
function isStale(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const settle = (stale: boolean) => (): void => {
      socket.destroy();
      resolve(stale);
    };
    socket.once('connect', settle(false));
    socket.on('error', (error: NodeJS.ErrnoException) => settle(error.code === 'ECONNREFUSED')());
  });
}
