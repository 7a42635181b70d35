import type { Cause, FailureCode } from '../../../shared/model/failure.ts';
import type { ForwardStatus, TunnelStatus } from '../../../shared/model/tunnel.ts';

/** What can be done about a fault. The first of a list is the one that helps most. */
export type FaultStep =
  | { readonly kind: 'try' }
  | { readonly kind: 'review-key' }
  | { readonly kind: 'edit-tunnel' }
  /** Opens the host's page at the field of this key. */
  | { readonly kind: 'edit-host'; readonly host: string; readonly key: 'identity' | 'agent' }
  /** Listens on a free port in place of the one that is taken; which one is for the engine to say. */
  | { readonly kind: 'use-port'; readonly forward: ForwardStatus }
  | { readonly kind: 'copy-admin'; readonly text: string }
  | { readonly kind: 'allow-legacy'; readonly host: string; readonly names: readonly string[] };

const wantsKey: ReadonlySet<FailureCode> = new Set(['auth-failed', 'auth-no-method', 'key-unreadable']);

/** The steps for a cause, the best first. `login`: `user@host` of the tunnel's end, empty if not known. */
export function faultSteps(tunnel: TunnelStatus, cause: Cause, login: string): readonly FaultStep[] {
  const { code } = cause;
  const again: FaultStep = { kind: 'try' };
  const edit: FaultStep = { kind: 'edit-tunnel' };
  const host = isName(cause.where) ? cause.where : tunnel.host;
  if (wantsKey.has(code)) {
    // A wrong password is not helped by another key.
    const onlyTyped =
      /passwords? turned down|answers? turned down/.test(cause.message) && !/\bkeys?\b/.test(cause.message);
    return onlyTyped ? [again] : [{ kind: 'edit-host', host, key: 'identity' }, again];
  }
  switch (code) {
    case 'host-key-changed':
      return [{ kind: 'review-key' }];
    case 'agent-unavailable':
      return [
        { kind: 'edit-host', host, key: 'agent' },
        { kind: 'edit-host', host, key: 'identity' },
      ];
    case 'port-in-use':
    case 'port-forbidden': {
      const forward = tunnel.forwards.find((candidate) => candidate.spec === cause.where);
      return [...(forward === undefined ? [] : [{ kind: 'use-port' as const, forward }]), again, edit];
    }
    case 'forward-denied':
    case 'remote-port-refused': {
      const text = adminLines(tunnel, cause, login);
      return text === null ? [edit, again] : [{ kind: 'copy-admin', text }, again];
    }
    case 'target-refused':
    case 'config':
      return [edit, again];
    case 'no-common-algorithm': {
      // The message has all that the server offers; the advice names those that can be allowed.
      const names = / allow (.+) for .+ legacy-algorithms\.$/.exec(cause.next)?.[1]?.split(' or ') ?? [];
      const mayAllow = names.length > 0 && isName(cause.where);
      return mayAllow ? [{ kind: 'allow-legacy', host, names }, again] : [again];
    }
    default:
      return [again];
  }
}

function isName(where: string): boolean {
  return /^[A-Za-z0-9._][A-Za-z0-9._-]*$/.test(where) && where !== 'network' && where !== 'probe';
}

/** Lines of sshd_config that would allow what the server forbids; null if it is not its configuration that forbids it. */
export function adminLines(tunnel: TunnelStatus, cause: Cause, login: string): string | null {
  if (!/Allow(Tcp|StreamLocal)Forwarding/.test(cause.next)) return null;
  const forward =
    tunnel.forwards.find((candidate) => candidate.cause?.message === cause.message) ??
    tunnel.forwards.find((candidate) => candidate.spec.includes(cause.where));
  const spec = forward?.spec ?? tunnel.forwards[0]?.spec ?? '';
  const isRemote = spec.startsWith('remote');
  const isUnix = cause.where.includes('/');
  const user = login.slice(0, Math.max(0, login.lastIndexOf('@')));
  const allow = isUnix ? 'AllowStreamLocalForwarding' : 'AllowTcpForwarding';
  return [
    `# sshd_config of ${tunnel.host}, for: ${spec}`,
    ...(user === '' ? [] : [`Match User ${user}`]),
    `    ${allow} ${isRemote ? 'remote' : 'local'}`,
    ...(isUnix ? [] : [`    ${isRemote ? 'PermitListen' : 'PermitOpen'} ${cause.where}`]),
    '',
  ].join('\n');
}

/** The message of a cause and the next step as title and body: who did what, then where, and what to do. */
export function faultWords(message: string, next: string): { readonly title: string; readonly body: string } {
  const [, head, rest] = /^([^"“]{8,}?): (.+)$/s.exec(message) ?? [];
  const title = (head ?? message).replace(/\.$/, '');
  const detail = rest === undefined ? '' : `${rest.charAt(0).toUpperCase()}${rest.slice(1)}`;
  const closed = detail === '' || /[.!?]$/.test(detail) ? detail : `${detail}.`;
  return { title, body: [closed, next].filter((part) => part !== '').join(' ') };
}
