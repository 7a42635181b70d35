import { lookup } from 'node:dns';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { type FailureCode, HoldfastError } from '../../../shared/model/failure.ts';
import type { Endpoint } from '../../../shared/model/forward-spec.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { DisposableStore, listen } from '../lifecycle/disposable.ts';
import { ignoreError } from '../lifecycle/socket-server.ts';
import { endpointText } from './address-text.ts';
import { isOwnAddress, isOwnPath } from './own-places.ts';
import type { LocalPlace } from './port-registry.ts';

/** A target on this side must answer within this time. */
export const dialTargetMs = 10_000;

export interface DialTargetOptions {
  /** The forward's spec, for errors. */
  readonly where: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Where Holdfast itself answers: never dialled. */
  readonly own: readonly LocalPlace[];
}

/**
 * Connects to a remote forward's target from this machine. The socket is half-open, without delay, and its errors are taken until the pump takes over.
 * Rejects with `target-refused`, `forward-denied`, `dns`, `unreachable` or `timeout`; an aborted signal destroys the socket.
 */
export async function dialTarget(target: Endpoint, options: DialTargetOptions): Promise<Socket> {
  const { where, own } = options;
  const isOwn =
    target.kind === 'unix'
      ? await isOwnPath(target.path, own)
      : isIP(target.host) > 0 && isOwnAddress(target.host, target.port, own);
  if (isOwn) throw dialError(target, where, ownPlace, undefined);
  return dial(target, options);
}

/** The code of our own refusal, among those of the system. */
const ownPlace = 'HOLDFAST';

/** Resolves names, and refuses those that lead to a place of ours: what is connected to is what was looked at. */
function lookUpOthers(port: number, own: readonly LocalPlace[]): LookupFunction {
  return (name, options, callback) => {
    lookup(name, options, (error, found, family) => {
      const addresses = typeof found === 'string' ? [found] : (found ?? []).map(({ address }) => address);
      const refusal = addresses.some((address) => isOwnAddress(address, port, own))
        ? Object.assign(new Error('a place of our own'), { code: ownPlace })
        : null;
      callback(error ?? refusal, found, family);
    });
  };
}

function dial(target: Endpoint, { where, clock, signal, own }: DialTargetOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const store = new DisposableStore();
    const place =
      target.kind === 'unix'
        ? { path: target.path }
        : { host: target.host, port: target.port, noDelay: true, lookup: lookUpOthers(target.port, own) };
    const socket = connect({ ...place, allowHalfOpen: true });
    socket.on('error', ignoreError);
    const refuse = (error: HoldfastError): void => {
      store.dispose();
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => refuse(dialError(target, where, 'ABORTED', signal.reason));
    store.add(
      listen(socket, 'connect', () => {
        const { remoteAddress, remotePort } = socket;
        if (remoteAddress !== undefined && isOwnAddress(remoteAddress, remotePort ?? 0, own)) {
          refuse(dialError(target, where, ownPlace, undefined));
          return;
        }
        store.dispose();
        resolve(socket);
      }),
    );
    store.add(
      listen(socket, 'error', (error: NodeJS.ErrnoException) =>
        refuse(dialError(target, where, error.code ?? '', error)),
      ),
    );
    store.add(clock.schedule(dialTargetMs, () => refuse(dialError(target, where, 'ETIMEDOUT', undefined))));
    signal.addEventListener('abort', onAbort, { once: true });
    store.defer(() => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
  });
}

function dialError(target: Endpoint, where: string, code: string, cause: unknown): HoldfastError {
  const text = endpointText(target);
  const make = (failure: FailureCode, message: string, next: string): HoldfastError =>
    new HoldfastError({ code: failure, where, message, next, cause });
  switch (code) {
    case ownPlace:
      return make(
        'forward-denied',
        `${text} is Holdfast's own: no server gets there.`,
        'Choose another target. What controls Holdfast is for programs of this machine alone.',
      );
    case 'ECONNREFUSED':
      return make(
        'target-refused',
        `${text} on this machine's side refuses connections.`,
        'Start the service, or correct the target.',
      );
    case 'ENOENT':
      return make('target-refused', `There is no socket at ${text}.`, 'Start the service, or correct the target.');
    case 'EACCES':
    case 'EPERM':
      return make(
        'target-refused',
        `This account may not connect to ${text}.`,
        'Check the rights of the socket, or correct the target.',
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return make('dns', `No address for ${text}.`, 'Check the spelling; inside names may need the VPN.');
    case 'ETIMEDOUT':
      return make(
        'timeout',
        `${text} does not answer from this machine.`,
        'Check that the service runs and can be reached from here.',
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return make('unreachable', `${text} cannot be reached from this machine.`, 'Check the target and the network.');
    default:
      return make(
        'target-refused',
        `${text} could not be connected (${code}).`,
        'Check that the service runs and can be reached from here.',
      );
  }
}
