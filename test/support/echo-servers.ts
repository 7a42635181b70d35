import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Disposable } from '../../src/main/engine/lifecycle/disposable.ts';

export interface TestServer extends Disposable {
  /** 0 for a unix socket. */
  readonly port: number;
  readonly sockets: ReadonlySet<Socket>;
}

/** A half-open server on 127.0.0.1, or at a path, that does `serve` with each client. Disposing of it resets them. */
export async function serveTcp(serve: (socket: Socket) => void, path?: string): Promise<TestServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  if (path === undefined) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
  const address = server.address() as AddressInfo | string;
  return {
    port: typeof address === 'string' ? 0 : address.port,
    sockets,
    dispose() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Sends back what it gets, and its end of file after the client's. */
export function serveEcho(path?: string): Promise<TestServer> {
  return serveTcp((socket) => socket.pipe(socket), path);
}

/** Counts up to the client's end of file and then answers `GOT<bytes>END`. */
export function serveCount(): Promise<TestServer> {
  return serveTcp((socket) => {
    let count = 0;
    socket.on('data', (chunk: Buffer) => {
      count += chunk.length;
    });
    socket.on('end', () => socket.end(`GOT${count}END`));
  });
}
