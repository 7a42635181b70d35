import type { Socket } from 'node:net';
import { ignoreError } from '../lifecycle/socket-server.ts';

/**
 * Ends a local connection so that its peer sees ECONNRESET, not a clean end. Unix sockets and pipes have no reset: they are closed, and their peer
 * sees a reset only if it had sent bytes that nobody read.
 */
export function resetSocket(socket: Socket): void {
  socket.on('error', ignoreError);
  if (socket.destroyed) return;
  if (socket.writableEnded && !socket.writableFinished && socket.writableLength === 0) {
    // libuv cannot reset while its shutdown is under way, and Node would then leave the handle open for ever.
    socket.once('finish', () => resetNow(socket));
  } else resetNow(socket);
}

function resetNow(socket: Socket): void {
  if (socket.destroyed) return;
  try {
    socket.resetAndDestroy();
  } catch {
    // Not a TCP handle (ERR_INVALID_HANDLE_TYPE).
    socket.destroy();
  }
}
