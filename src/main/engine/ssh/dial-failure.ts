import { networkInterfaces } from 'node:os';
import { dial } from '../../../shared/i18n/sentences/dial.ts';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import type { HostConfig } from '../../../shared/model/config.ts';
import type { HoldfastError } from '../../../shared/model/failure.ts';
import { addressText, errorCode, makeFailure, type Place, textLimit, textOf } from './failure-base.ts';

/** The machine has no address but loopback. */
export function isOffline(): boolean {
  return !Object.values(networkInterfaces()).some((addresses) => addresses?.some((address) => !address.internal));
}

/** No address for a name (getaddrinfo). */
export function resolveFailure(host: HostConfig, name: string, error: unknown): HoldfastError {
  const place: Place = { host, phase: 'resolve' };
  const shown = cleanLine(name, 256);
  if (isOffline())
    return makeFailure(place, 'offline', dial.offline(), dial.untilNetwork(), { where: 'network', cause: error });
  const code = errorCode(error);
  if (code === 'EAI_AGAIN' || code === 'ETIMEOUT' || code === 'ETIMEDOUT')
    return makeFailure(place, 'dns', dial.nameServerSilent({ name: shown }), dial.checkNetworkOrName(), {
      where: 'network',
      cause: error,
    });
  return makeFailure(place, 'dns', dial.noAddress({ name: shown }), dial.checkSpelling(), {
    where: 'network',
    cause: error,
  });
}

/** The name server stayed silent for the whole time limit. */
export function resolveTimeout(host: HostConfig, name: string): HoldfastError {
  return makeFailure(
    { host, phase: 'resolve' },
    'timeout',
    dial.nameServerSlow({ name: cleanLine(name, 256), limitMs: host.connectTimeoutMs }),
    dial.checkNetworkOrName(),
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
    return makeFailure(place, 'refused', dial.refused({ to }), dial.checkSshd(), {
      cause,
    });
  if (has('ECONNRESET', 'EPIPE'))
    return makeFailure(place, 'reset', dial.reset({ to }), dial.firewallOrLoad(), {
      cause,
    });
  if (isOffline()) return makeFailure(place, 'offline', dial.offline(), dial.untilNetwork(), network);
  if (has('EADDRNOTAVAIL', 'EINVAL') && host.bindAddress !== null)
    return makeFailure(
      place,
      'unreachable',
      dial.noSuchBindAddress({ address: cleanLine(host.bindAddress, 64) }),
      dial.correctBindAddress(),
      network,
    );
  if (has('ETIMEDOUT')) return dialTimeout(host, to);
  if (has('EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'EADDRNOTAVAIL'))
    return makeFailure(place, 'unreachable', dial.noRoute({ to }), dial.checkNetwork(), network);
  if (has('EACCES', 'EPERM'))
    return makeFailure(place, 'unreachable', dial.notAllowed({ to }), dial.checkFirewall(), network);
  if (has('EMFILE', 'ENFILE'))
    return makeFailure(place, 'unreachable', dial.noFileHandles(), dial.freeHandles(), {
      where: 'this computer',
      cause,
    });
  return makeFailure(place, 'unreachable', dial.unreachable({ to, why: textOf(cause) }), dial.checkAddress(), network);
}

/** Nothing answered the connection attempts in time. */
export function dialTimeout(host: HostConfig, to: string): HoldfastError {
  return makeFailure(
    { host, phase: 'dial' },
    'timeout',
    dial.noAnswer({ to, limitMs: host.connectTimeoutMs }),
    dial.checkAddressOrVpn(),
  );
}

/** A jump host could not open the way to the next hop. */
export function jumpFailure(host: HostConfig, via: HoldfastError): HoldfastError {
  const to = addressText(host.address, host.port);
  return makeFailure(
    { host, phase: 'dial' },
    'jump-refused',
    via.code === 'forward-denied'
      ? dial.jumpForbidden({ host: host.name, to })
      : dial.jumpFailed({ host: host.name, why: via.said.message ?? cleanLine(via.message, textLimit) }),
    via.code === 'forward-denied' ? (via.said.next ?? via.next) : dial.checkBehindJump({ to }),
    { cause: via },
  );
}
