import { lookup } from 'node:dns/promises';
import { chmodSync, linkSync, lstatSync, rmSync } from 'node:fs';
import { isIP, type Server, type Socket } from 'node:net';
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { ListenEndpoint } from '../../../shared/model/forward-spec.ts';
import { type Disposable, DisposableStore } from '../lifecycle/disposable.ts';
import { inPrivateFolder } from '../lifecycle/private-socket.ts';
import { createSocketServer } from '../lifecycle/socket-server.ts';
import { hostPortText } from './address-text.ts';
import { BindFailure, tcpBindError } from './bind-errors.ts';
import type { PortRegistry } from './port-registry.ts';
import { isNamedPipe, makeRoomForSocket, unixBindError } from './unix-socket-file.ts';

export interface ListenerOptions {
  /** The forward's spec, for errors. */
  readonly where: string;
  /** The tunnel, for the registry. */
  readonly tunnel: string;
  readonly registry: PortRegistry;
  /** Unix: a stale socket of another user may be removed. */
  readonly unlink: boolean;
  readonly onConnect: (socket: Socket) => void;
  /** Accepting one client went wrong (no file descriptors left); the listener goes on. */
  readonly onAcceptError: (error: Error) => void;
}

/** A bound listener; disposing of it closes it before it returns. */
export interface BoundListener extends Disposable {
  /** What it listens on, as shown: `127.0.0.1:5432`, `[::1]:5432` or a path. */
  readonly address: string;
  /** False if clients cannot find it any more: somebody removed or replaced the socket file. */
  isIntact(): boolean;
}

/** One address of a listener; the second family of a bare port may be missing on this machine. */
interface Wanted {
  readonly address: string;
  readonly optional: boolean;
}

const portZeroTries = 16;

/**
 * Binds a local endpoint, all of its addresses or none. A bare port and `localhost` are both loopback addresses, `*` and the empty host every
 * interface; other names are looked up. Rejects with `port-in-use`, `port-forbidden` or `bind-failed`.
 */
export async function bindListener(endpoint: ListenEndpoint, options: ListenerOptions): Promise<BoundListener> {
  if (endpoint.kind === 'unix') return bindUnix(endpoint.path, options);
  const wanted = await addressesOf(endpoint.host, options.where);
  if (endpoint.port === 0) return bindAnyPort(wanted, options);
  let firstError: HoldfastError | null = null;
  for (let port = endpoint.port; port <= Math.max(endpoint.port, endpoint.lastPort); port += 1) {
    const result = await bindTcp(wanted, port, options);
    if (!(result instanceof BindFailure)) return result;
    firstError ??= await tcpBindError(result, {
      ...options,
      addresses: wanted.map((w) => w.address),
      lastPort: endpoint.lastPort,
    });
    // A busy or reserved port: the next of the range may be free. An address that is not ours stays wrong.
    if (result.code !== 'EADDRINUSE' && result.code !== 'EACCES') break;
  }
  throw firstError ?? new Error('an empty range of ports');
}

async function addressesOf(host: string | null, where: string): Promise<Wanted[]> {
  if (host === null || host === 'localhost') {
    return [
      { address: '127.0.0.1', optional: false },
      { address: '::1', optional: true },
    ];
  }
  if (host === '*' || host === '') {
    return [
      { address: '0.0.0.0', optional: false },
      { address: '::', optional: true },
    ];
  }
  if (isIP(host)) return [{ address: host, optional: false }];
  try {
    const found = await lookup(host, { all: true });
    return [...new Set(found.map((entry) => entry.address))].map((address) => ({ address, optional: false }));
  } catch (error) {
    const message = `The name ${host} to listen on has no address.`;
    throw new HoldfastError({
      code: 'bind-failed',
      where,
      message,
      next: 'Check the spelling, or use 127.0.0.1.',
      cause: error,
    });
  }
}

/** The system chooses the port for the first address; the others must get the same one. */
async function bindAnyPort(wanted: readonly Wanted[], options: ListenerOptions): Promise<BoundListener> {
  let failure: BindFailure | null = null;
  for (let i = 0; i < portZeroTries; i += 1) {
    const result = await bindTcp(wanted, 0, options);
    if (!(result instanceof BindFailure)) return result;
    failure = result;
    if (result.code !== 'EADDRINUSE') break;
  }
  if (failure === null) throw new Error('no try was made');
  throw await tcpBindError(failure, { ...options, addresses: wanted.map((w) => w.address), lastPort: 0 });
}

async function bindTcp(
  wanted: readonly Wanted[],
  port: number,
  options: ListenerOptions,
): Promise<BoundListener | BindFailure> {
  const store = new DisposableStore();
  const bound: { address: string; port: number }[] = [];
  for (const { address, optional } of wanted) {
    const place = { address, port: bound[0]?.port ?? port };
    // Some systems let two programs bind overlapping addresses; two tunnels of ours never do.
    const tunnel = place.port === 0 ? null : options.registry.holderOf({ kind: 'tcp', ...place });
    const result =
      tunnel === null
        ? await listenOn({ host: address, port: place.port, ipv6Only: address.includes(':') }, options)
        : inUse();
    if (result instanceof Error) {
      if (optional && bound.length > 0 && (result.code === 'EADDRNOTAVAIL' || result.code === 'EAFNOSUPPORT')) continue;
      store.dispose();
      return new BindFailure(result.code ?? '', place, tunnel, result);
    }
    store.defer(() => result.close());
    const actual = result.address();
    const place2 = { address, port: typeof actual === 'object' && actual !== null ? actual.port : place.port };
    bound.push(place2);
    store.add(options.registry.claim(options.tunnel, { kind: 'tcp', ...place2 }));
  }
  const first = bound[0];
  if (!first) throw new Error('nothing to bind');
  return { address: hostPortText(first.address, first.port), isIntact: () => true, dispose: () => store.dispose() };
}

function inUse(): NodeJS.ErrnoException {
  return Object.assign(new Error('held by a tunnel'), { code: 'EADDRINUSE' });
}

async function bindUnix(path: string, options: ListenerOptions): Promise<BoundListener> {
  const { where } = options;
  const tunnel = options.registry.holderOf({ kind: 'unix', path });
  await makeRoomForSocket(path, { where, unlink: options.unlink, holder: tunnel === null ? null : `tunnel ${tunnel}` });
  const store = new DisposableStore();
  const server = await listenOnPath(path, options);
  if (server instanceof Error) throw unixBindError(server, path, where);
  store.defer(() => server.close());
  const file = isNamedPipe(path) ? null : store.add(ownSocketFile(path));
  store.add(options.registry.claim(options.tunnel, { kind: 'unix', path }));
  return { address: path, isIntact: () => file?.isIntact() ?? true, dispose: () => store.dispose() };
}

/**
 * Binds in a private folder beside the path and links the socket into place: so it never exists with wider rights than 0600, and libuv, which removes
 * the path it bound when the server closes, cannot remove a file that took our place meanwhile.
 */
async function listenOnPath(path: string, options: ListenerOptions): Promise<Server | NodeJS.ErrnoException> {
  if (isNamedPipe(path)) return listenOn({ path }, options);
  try {
    return await inPrivateFolder(path, (hidden) => listenBehind(hidden, path, options));
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

async function listenBehind(
  hidden: string,
  path: string,
  options: ListenerOptions,
): Promise<Server | NodeJS.ErrnoException> {
  const server = await listenOn({ path: hidden }, options);
  if (server instanceof Error) return server;
  try {
    chmodSync(hidden, 0o600);
    // Unlike rename, link replaces nothing that came meanwhile.
    linkSync(hidden, path);
    return server;
  } catch (error) {
    server.close();
    const failure = error as NodeJS.ErrnoException;
    return failure.code === 'EEXIST' ? Object.assign(failure, { code: 'EADDRINUSE' }) : failure;
  }
}

/** Removes the socket file on disposal, unless another file has taken its place. */
function ownSocketFile(path: string): Disposable & { isIntact(): boolean } {
  const identity = fileIdentity(path);
  const isIntact = (): boolean => identity !== null && fileIdentity(path) === identity;
  return {
    isIntact,
    dispose: () => {
      if (isIntact()) rmSync(path, { force: true });
    },
  };
}

function fileIdentity(path: string): string | null {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.dev}:${stat.ino}` : null;
}

type ServerAddress =
  | { readonly host: string; readonly port: number; readonly ipv6Only: boolean }
  | { readonly path: string };

/** One listening server, or the reason why not. */
function listenOn(at: ServerAddress, options: ListenerOptions): Promise<Server | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    const server = createSocketServer({ allowHalfOpen: true, noDelay: true }, options.onAcceptError);
    server.once('error', resolve);
    server.on('connection', options.onConnect);
    server.listen({ ...at, exclusive: true }, () => {
      server.removeListener('error', resolve);
      resolve(server);
    });
  });
}
