import { connect, type Socket } from 'node:net';
import { type FailureCode, HoldfastError } from '../../../shared/model/failure.ts';
import type { Endpoint } from '../../../shared/model/forward-spec.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { DisposableStore, listen } from '../lifecycle/disposable.ts';
import { endpointText } from './address-text.ts';
import { ignoreError } from './reset-socket.ts';

/** A target on this side must answer within this time. */
export const dialTargetMs = 10_000;

/**
 * Connects to a forward's target from this machine. The socket is half-open, without delay, and its errors are taken until the pump takes over.
 * Rejects with `target-refused`, `dns`, `unreachable` or `timeout`; an aborted signal destroys the socket.
 */
export function dialTarget(target: Endpoint, where: string, clock: Clock, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const store = new DisposableStore();
    const place =
      target.kind === 'unix' ? { path: target.path } : { host: target.host, port: target.port, noDelay: true };
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
