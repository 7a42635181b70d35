import type { HostConfig } from '../../../shared/model/config.ts';
import type { HoldfastError } from '../../../shared/model/failure.ts';
import type { Redact } from '../log/redact.ts';
import type { Endpoint } from '../../../shared/model/forward-spec.ts';
import { endpointText, makeFailure, type Place, textOf } from './failure-base.ts';

/** SSH_MSG_CHANNEL_OPEN_FAILURE or no answer to an open (RFC 4254 section 5.1). */
export function channelOpenFailure(
  host: HostConfig,
  target: Endpoint | 'session',
  error: unknown,
  redact: Redact,
): HoldfastError {
  const reason = typeof error === 'object' && error !== null && 'reason' in error ? error.reason : undefined;
  const description = textOf(error, redact).replace(/^\(SSH\) Channel open failure: ?/, '');
  const said = description === '' ? '' : ` (${description})`;
  const to = target === 'session' ? 'a session' : endpointText(target);
  const place: Place = { host, phase: 'forwards' };
  switch (reason) {
    case 1:
      return makeFailure(
        place,
        'forward-denied',
        target === 'session' ? `${host.name} does not allow a session.` : `${host.name} does not allow this forward.`,
        `Its sshd forbids forwarding to ${to} (${isUnix(target) ? 'AllowStreamLocalForwarding' : 'AllowTcpForwarding or PermitOpen'}).`,
        { where: to, cause: error },
      );
    case 3:
      return makeFailure(
        place,
        'forward-denied',
        `${host.name} does not know this kind of forward.`,
        'Its SSH server lacks it; use a TCP forward, or another server.',
        { where: to, cause: error },
      );
    case 4:
      return makeFailure(
        place,
        'forward-denied',
        `${host.name} has no room for another channel${said}.`,
        'Close connections that go through it, or raise its limits.',
        { where: to, cause: error },
      );
    default:
      return makeFailure(
        place,
        'target-refused',
        target === 'session'
          ? `${host.name} did not open a session${said}.`
          : `From ${host.name}, ${to} cannot be reached${said}.`,
        `The tunnel works as far as ${host.name}. Start the service or correct the target${isUnix(target) ? '; or its sshd forbids it (AllowStreamLocalForwarding)' : ''}.`,
        { where: to, cause: error },
      );
  }
}

/** OpenSSH's sshd answers a forbidden socket like a missing one. */
function isUnix(target: Endpoint | 'session'): boolean {
  return target !== 'session' && target.kind === 'unix';
}

/** The link is closed, so nothing can be asked of it. */
export function linkGone(host: HostConfig): HoldfastError {
  return makeFailure(
    { host, phase: 'forwards' },
    'link-lost',
    `The link to ${host.name} is closed.`,
    'Holdfast connects again by itself.',
  );
}

/** tcpip-forward or streamlocal-forward was refused. OpenSSH's sshd leaves the socket files of ended sessions behind, unless told otherwise. */
export function remoteListenFailure(host: HostConfig, at: Endpoint): HoldfastError {
  const place = endpointText(at);
  return makeFailure(
    { host, phase: 'forwards' },
    'remote-port-refused',
    `${host.name} does not listen on ${place}.`,
    at.kind === 'unix'
      ? 'A file is in the way there (perhaps left by a session of your own: remove it, or set StreamLocalBindUnlink yes in its sshd_config), or its sshd forbids it (AllowStreamLocalForwarding).'
      : 'It is taken there (perhaps by a lost session of your own), or its sshd forbids it (AllowTcpForwarding, PermitListen, GatewayPorts).',
    { where: place },
  );
}
