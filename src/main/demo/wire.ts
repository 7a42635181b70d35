import { type AddressInfo, connect, type Socket } from 'node:net';
import { type Disposable, DisposableStore } from '../engine/lifecycle/disposable.ts';
import { createSocketServer } from '../engine/lifecycle/socket-server.ts';

/** A TCP cable on loopback that can be cut and mended. */
export interface Wire extends Disposable {
  readonly port: number;
  /** Breaks every connection and refuses new ones. */
  cut(): void;
  mend(): void;
}

/** Lays a wire from a free port of 127.0.0.1 to `port`. */
export async function layWire(port: number): Promise<Wire> {
  const store = new DisposableStore();
  const sockets = new Set<Socket>();
  let whole = true;
  const own = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    return socket;
  };
  const breakAll = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const server = createSocketServer({}, () => undefined);
  server.on('connection', (near) => {
    own(near);
    if (!whole) {
      near.resetAndDestroy();
      return;
    }
    const far = own(connect({ host: '127.0.0.1', port, noDelay: true }));
    near.setNoDelay(true);
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  store.defer(() => server.close());
  store.defer(breakAll);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      whole = false;
      breakAll();
    },
    mend() {
      whole = true;
    },
    dispose: () => store.dispose(),
  };
}
