import { connect, type Socket } from 'node:net';
import { ignoreError } from '../../src/main/engine/lifecycle/socket-server.ts';

/** Clients that hang up in the worst way: with a reset, in the middle of whatever they were doing. */

/** Connects to `127.0.0.1:80`, `[::1]:80` or a path. */
export function connectTo(address: string): Promise<Socket> {
  const at = address.lastIndexOf(':');
  const socket = address.startsWith('/')
    ? connect(address)
    : connect({ host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) });
  socket.on('error', ignoreError);
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}
