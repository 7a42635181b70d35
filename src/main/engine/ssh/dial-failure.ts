import { networkInterfaces } from 'node:os';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import type { HostConfig } from '../../../shared/model/config.ts';
import type { HoldfastError } from '../../../shared/model/failure.ts';
import { addressText, errorCode, makeFailure, type Place, seconds, textLimit, textOf } from './failure-base.ts';

/** The machine has no address but loopback. */
export function isOffline(): boolean {
  return !Object.values(networkInterfaces()).some((addresses) => addresses?.some((address) => !address.internal));
}

const offlineNext = 'Holdfast goes on the moment the network is back.';

/** No address for a name (getaddrinfo). */
export function resolveFailure(host: HostConfig, name: string, error: unknown): HoldfastError {
  const place: Place = { host, phase: 'resolve' };
  const shown = cleanLine(name, 256);
  if (isOffline())
    return makeFailure(place, 'offline', 'This computer is offline.', offlineNext, { where: 'network', cause: error });
  const code = errorCode(error);
  if (code === 'EAI_AGAIN' || code === 'ETIMEOUT' || code === 'ETIMEDOUT')
    return makeFailure(
      place,
      'dns',
      `The name server did not answer for ${shown}.`,
      'Check the network; inside names may need the VPN.',
      {
        where: 'network',
        cause: error,
      },
    );
  return makeFailure(place, 'dns', `No address for ${shown}.`, 'Check the spelling; inside names may need the VPN.', {
    where: 'network',
    cause: error,
  });
}

/** The name server stayed silent for the whole time limit. */
export function resolveTimeout(host: HostConfig, name: string): HoldfastError {
  return makeFailure(
    { host, phase: 'resolve' },
    'timeout',
    `No answer from the name server for ${cleanLine(name, 256)} in ${seconds(host.connectTimeoutMs)}.`,
    'Check the network; inside names may need the VPN.',
    { where: 'network' },
  );
}

/** Nothing could be connected: `errors` of all addresses tried, in order. The most telling one decides. */
export function dialFailure(host: HostConfig, to: string, errors: readonly unknown[]): HoldfastError {
  const place: Place = { host, phase: 'dial' };
  const codes = errors.map(errorCode);
  const has = (...wanted: string[]): boolean => codes.some((code) => wanted.includes(code));
  const cause = errors[0];
  const network = { where: 'network', cause };
  if (has('ECONNREFUSED'))
    return makeFailure(
      place,
      'refused',
      `${to} refuses the connection.`,
      'Check that sshd runs there and that the port is right.',
      {
        cause,
      },
    );
  if (has('ECONNRESET', 'EPIPE'))
    return makeFailure(
      place,
      'reset',
      `${to} reset the connection.`,
      'A firewall or an overloaded server does that; see its log.',
      {
        cause,
      },
    );
  if (isOffline()) return makeFailure(place, 'offline', 'This computer is offline.', offlineNext, network);
  if (has('EADDRNOTAVAIL', 'EINVAL') && host.bindAddress !== null)
    return makeFailure(
      place,
      'unreachable',
      `This computer does not have the address ${cleanLine(host.bindAddress, 64)} to dial from.`,
      'Correct bind-address, or bring up the network or VPN that has it.',
      network,
    );
  if (has('ETIMEDOUT')) return dialTimeout(host, to);
  if (has('EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'EADDRNOTAVAIL'))
    return makeFailure(
      place,
      'unreachable',
      `There is no route to ${to}.`,
      'Check the network, and the VPN if it needs one.',
      network,
    );
  if (has('EACCES', 'EPERM'))
    return makeFailure(
      place,
      'unreachable',
      `This computer does not let Holdfast connect to ${to}.`,
      'Check the local firewall.',
      network,
    );
  if (has('EMFILE', 'ENFILE'))
    return makeFailure(
      place,
      'unreachable',
      'This computer has no free file handles.',
      'Close other programs or raise the limit (ulimit -n).',
      {
        where: 'this computer',
        cause,
      },
    );
  return makeFailure(
    place,
    'unreachable',
    `${to} could not be reached: ${textOf(cause)}.`,
    'Check the address and the network.',
    network,
  );
}

/** Nothing answered the connection attempts in time. */
export function dialTimeout(host: HostConfig, to: string): HoldfastError {
  return makeFailure(
    { host, phase: 'dial' },
    'timeout',
    `${to} does not answer: nothing came in ${seconds(host.connectTimeoutMs)}.`,
    'Check the address, and the VPN if it needs one.',
  );
}

/** A jump host could not open the way to the next hop. */
export function jumpFailure(host: HostConfig, via: HoldfastError): HoldfastError {
  const to = addressText(host.address, host.port);
  return makeFailure(
    { host, phase: 'dial' },
    'jump-refused',
    via.code === 'forward-denied'
      ? `The jump host does not let Holdfast go on to ${host.name} (${to}).`
      : `The jump host could not reach ${host.name}: ${cleanLine(via.message, textLimit)}`,
    via.code === 'forward-denied' ? via.next : `Check that sshd runs at ${to} and that the jump host may reach it.`,
    { cause: via },
  );
}
