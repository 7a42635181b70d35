import {
  createServer as createHttp,
  type RequestListener,
  type Server as HttpServer,
  type ServerOptions,
} from 'node:http';
import { createServer as createNet, type Server, type ServerOpts, type Socket } from 'node:net';

/** Who is sent away has so long to read why. */
export const partingMs = 2000;

/** A listener for sockets nobody looks at any more: an `error` without a listener would end the process. */
export const ignoreError = (): void => {};

/**
 * A server of sockets, not listening yet. Each socket has an error listener before anybody else sees it, so that one that is reset at whatever moment
 * is no uncaught fault; whoever uses it adds its own. Neither is an `accept` that fails (no file descriptors left): `onFault` hears of it and
 * the server goes on. That it could not begin to listen is told by `error` alone. Every server of sockets is made here or by `createHttpServer`.
 */
export function createSocketServer(options: ServerOpts, onFault: (error: Error) => void): Server {
  return guarded(createNet(options), onFault);
}

/** The same for HTTP; upgraded sockets keep the listener too, which Node's own HTTP server takes off them. */
export function createHttpServer(
  options: ServerOptions,
  onRequest: RequestListener,
  onFault: (error: Error) => void,
): HttpServer {
  return guarded(createHttp(options, onRequest), onFault);
}

function guarded<S extends Server>(server: S, onFault: (error: Error) => void): S {
  server.prependListener('connection', (socket: Socket) => {
    socket.on('error', ignoreError);
  });
  server.on('error', (error) => {
    if (server.listening) onFault(error);
  });
  return server;
}
