import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A service behind a tunnel: echoes every byte, keeps the half-open side open. */
export async function startEcho(): Promise<{ port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Sends `text` to `host:port`, ends its side, and resolves with all that came back. */
export function sendAndRead(address: string, text: string, limitMs = 20_000): Promise<string> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(address.slice(at + 1)) });
    let got = '';
    socket.setEncoding('utf8');
    socket.setTimeout(limitMs, () => socket.destroy(new Error('no answer in time')));
    socket.on('data', (chunk: string) => {
      got += chunk;
    });
    socket.on('end', () => resolve(got));
    socket.on('error', reject);
    socket.end(text);
  });
}
