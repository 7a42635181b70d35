import { lookup } from 'node:dns';
import { type Socket, connect, isIP, isIPv4, isIPv6 } from 'node:net';
import type { HostConfig } from '../../../shared/model/config.ts';
import { assertNever } from '../../../shared/model/failure.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { Deadline } from '../lifecycle/deadline.ts';
import { type Disposable, DisposableStore, toDisposable } from '../lifecycle/disposable.ts';
import { dialFailure, resolveFailure, resolveTimeout } from './dial-failure.ts';
import { addressText } from './failure-base.ts';

/** One address to try; IPv6 with its scope, as in `fe80::1%eth0`. */
export interface DialAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** RFC 8305 section 5: the wait before the next address is tried beside the one under way. */
export const staggerMs = 250;

export type LookUp = (name: string, family: 0 | 4 | 6) => Promise<readonly DialAddress[]>;

/** The system's resolver (getaddrinfo), in its own order. */
export const systemLookUp: LookUp = (name, family) =>
  new Promise((resolve, reject) => {
    lookup(name, { all: true, family, order: 'verbatim' }, (error, addresses) => {
      if (error) reject(error);
      else resolve(addresses.map(({ address, family: f }) => ({ address, family: f === 6 ? 6 : 4 })));
    });
  });

/**
 * Addresses of `name` in the order in which they are tried (RFC 8305 section 4: the families take turns). Rejects with `dns`, `offline` or,
 * after the host's connect-timeout, `timeout`; with the signal's reason when it aborts.
 */
export async function resolveAddresses(
  host: HostConfig,
  name: string,
  clock: Clock,
  signal: AbortSignal,
  lookUp: LookUp = systemLookUp,
): Promise<readonly DialAddress[]> {
  const bare = name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
  const family = wantedFamily(host);
  const literal = isIP(bare);
  if (literal === 4 || literal === 6) {
    if (family !== 0 && family !== literal) {
      throw resolveFailure(host, name, Object.assign(new Error('wrong family'), { code: 'ENOTFOUND' }));
    }
    return [{ address: bare, family: literal }];
  }
  const store = new DisposableStore();
  try {
    const addresses = await new Promise<readonly DialAddress[]>((resolve, reject) => {
      store.add(new Deadline(clock, host.connectTimeoutMs, () => reject(resolveTimeout(host, name))));
      store.add(onAbort(signal, () => reject(reasonOf(signal))));
      lookUp(bare, family).then(resolve, (error: unknown) => reject(resolveFailure(host, name, error)));
    });
    const usable = addresses.filter((address) => family === 0 || address.family === family);
    if (usable.length === 0) throw resolveFailure(host, name, new Error('no address'));
    return interleave(usable);
  } finally {
    store.dispose();
  }
}

function wantedFamily(host: HostConfig): 0 | 4 | 6 {
  if (host.bindAddress !== null) {
    if (isIPv4(host.bindAddress)) return 4;
    if (isIPv6(host.bindAddress)) return 6;
  }
  switch (host.addressFamily) {
    case 'any':
      return 0;
    case 'inet':
      return 4;
    case 'inet6':
      return 6;
    default:
      return assertNever(host.addressFamily);
  }
}

/** The families take turns, the family of the first address first; within a family the order stays. */
export function interleave(addresses: readonly DialAddress[]): readonly DialAddress[] {
  const first = addresses[0]?.family;
  const own = addresses.filter((address) => address.family === first);
  const other = addresses.filter((address) => address.family !== first);
  const out: DialAddress[] = [];
  for (let i = 0; i < Math.max(own.length, other.length); i += 1) {
    const a = own[i];
    const b = other[i];
    if (a) out.push(a);
    if (b) out.push(b);
  }
  return out;
}

/** Opens one TCP connection; a seam for tests. */
export type ConnectSocket = (to: DialAddress, port: number, from: string | null) => Socket;

const connectSocket: ConnectSocket = (to, port, from) =>
  connect({
    host: to.address,
    port,
    family: to.family,
    noDelay: true,
    ...(from === null ? {} : { localAddress: from }),
  });

/**
 * The first connection that stands (RFC 8305): the next address starts 250 ms after the one before, or at once when that failed. The losers are
 * destroyed. No time limit of its own: the caller's signal ends it. Rejects with the failure that tells most, or the signal's reason.
 */
export function dialFirst(
  host: HostConfig,
  to: { readonly name: string; readonly port: number },
  addresses: readonly DialAddress[],
  clock: Clock,
  signal: AbortSignal,
  connectTo: ConnectSocket = connectSocket,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const store = new DisposableStore();
    const open = new Set<Socket>();
    const errors: unknown[] = [];
    let next = 0;
    let stagger: Disposable = toDisposable(() => {});
    store.defer(() => stagger.dispose());
    store.defer(() => {
      for (const socket of open) socket.destroy();
    });
    const lose = (error: unknown): void => {
      store.dispose();
      reject(error);
    };
    const start = (): void => {
      stagger.dispose();
      const address = addresses[next];
      if (!address) return;
      next += 1;
      let socket: Socket;
      try {
        socket = connectTo(address, to.port, host.bindAddress);
      } catch (error) {
        failed(error);
        return;
      }
      open.add(socket);
      let isSettled = false;
      // Stays on: an error after the race is over must not take the process with it.
      socket.on('error', (error) => {
        if (isSettled || store.isDisposed) return;
        isSettled = true;
        open.delete(socket);
        failed(error);
      });
      socket.once('connect', () => {
        if (isSettled || store.isDisposed) return;
        isSettled = true;
        open.delete(socket);
        store.dispose();
        // Quiet until its new owner reads.
        socket.pause();
        if (host.tcpKeepAlive) socket.setKeepAlive(true, 30_000);
        resolve(socket);
      });
      if (next < addresses.length) stagger = clock.schedule(staggerMs, start);
    };
    const failed = (error: unknown): void => {
      errors.push(error);
      if (next < addresses.length) start();
      else if (open.size === 0) lose(dialFailure(host, addressText(to.name, to.port), errors));
    };
    store.add(onAbort(signal, () => lose(reasonOf(signal))));
    if (!signal.aborted) start();
  });
}

/** Calls `fire` when the signal aborts, at once if it did. */
export function onAbort(signal: AbortSignal, fire: () => void): Disposable {
  if (signal.aborted) {
    fire();
    return toDisposable(() => {});
  }
  signal.addEventListener('abort', fire, { once: true });
  return toDisposable(() => signal.removeEventListener('abort', fire));
}

/** The reason of an aborted signal as an error. */
export function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}
