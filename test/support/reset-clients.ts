import { connect, type Socket } from 'node:net';
import { ignoreError } from '../../src/main/engine/lifecycle/socket-server.ts';

/** Clients that hang up in the worst way: with a reset, in the middle of whatever they were doing. */

/** One way to be in the middle of something: what is said, piece by piece, and whether an answer is waited for before the reset. */
export interface ResetPoint {
  readonly name: string;
  readonly says: readonly (string | Buffer)[];
  readonly awaitsAnswer?: boolean;
  /** Ends its own side first. */
  readonly halfCloses?: boolean;
}

/** Connects to `127.0.0.1:80`, `[::1]:80` or a path. */
export function connectTo(address: string): Promise<Socket> {
  const at = address.lastIndexOf(':');
  const socket = address.startsWith('/')
    ? connect({ path: address, allowHalfOpen: true })
    : connect({
        host: address.slice(0, at).replace(/^\[|\]$/g, ''),
        port: Number(address.slice(at + 1)),
        allowHalfOpen: true,
      });
  socket.on('error', ignoreError);
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Goes to the point and resets the connection there. An unix socket knows no reset: it is closed with bytes unread, which its peer sees as one. */
export async function resetAt(address: string, point: ResetPoint): Promise<void> {
  const socket = await connectTo(address).catch((error: NodeJS.ErrnoException) => {
    // A parked client that is given up in the moment of its coming: the other side was first.
    if (error.code === 'ECONNRESET') return null;
    throw error;
  });
  if (socket === null) return;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  for (const piece of point.says) await new Promise((resolve) => socket.write(piece, resolve));
  if (point.halfCloses === true) await new Promise<void>((resolve) => socket.end(() => resolve()));
  if (point.awaitsAnswer === true)
    await Promise.race([closed, new Promise((resolve) => socket.once('readable', resolve))]);
  if (address.startsWith('/')) socket.destroy();
  else socket.resetAndDestroy();
  await closed;
}

/** A WebSocket text frame as a client sends it (RFC 6455 section 5.2), of at most 65,535 bytes. */
export function clientFrame(text: string): Buffer {
  const body = Buffer.from(text);
  const head = body.length < 126 ? [0x81, 0x80 | body.length] : [0x81, 0xfe, body.length >> 8, body.length & 0xff];
  // Masked by zeros, which changes nothing.
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), body]);
}
