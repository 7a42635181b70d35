import {
  buildForwardSpec,
  type ForwardKind,
  formatEndpoint,
  formatListen,
  isHostName,
  isIpv6,
} from '../config/forward-spec.ts';
import { configWords } from './ssh-config-line.ts';
import type { Said } from '../../../shared/i18n/said.ts';
import { sshOption } from '../../../shared/i18n/sentences/ssh-option.ts';
import type { Endpoint, ForwardSpec, ListenEndpoint } from '../../../shared/model/forward-spec.ts';
import { asHoldfastError, assertNever } from '../../../shared/model/failure.ts';

/** Where a hop is: what `[user@]host[:port]` and `ssh://[user@]host[:port]` say. */
export interface SshDestination {
  readonly user: string | null;
  readonly host: string;
  readonly port: number | null;
}

/** A destination of a command (`hop` false: a port only in the ssh:// form) or a hop of ProxyJump; null if it is none. */
export function parseDestination(text: string, hop: boolean): SshDestination | null {
  const uri = /^ssh:\/\/([^/]*)\/?$/i.exec(text);
  const rest = uri?.[1] ?? text;
  // The last @: a user name may hold one.
  const at = rest.lastIndexOf('@');
  const userText = at < 0 ? null : rest.slice(0, at);
  // In the ssh:// form the user is percent-coded, and may carry parameters behind a semicolon (a fingerprint) that ssh ignores.
  const user = userText === null || uri === null ? userText : decode(userText.split(';')[0] ?? '');
  const place = rest.slice(at + 1);
  const match = hop || uri !== null ? /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(place) : null;
  const bare =
    match === null ? (isIpv6(place.replace(/^\[|\]$/g, '')) || !hop ? place : null) : (match[1] ?? match[2] ?? null);
  const host = bare?.replace(/^\[([^\]]*)\]$/, '$1') ?? '';
  const port = match?.[3] === undefined ? null : Number(match[3]);
  if (!isHostName(host) && !isIpv6(host)) return null;
  if (port !== null && (port < 1 || port > 65_535)) return null;
  if (user !== null && !/^[^\s-]\S*$/u.test(user)) return null;
  return { user, host, port };
}

/** A hop as ProxyJump writes it. */
export function formatDestination({ user, host, port }: SshDestination): string {
  return `${user === null ? '' : `${user}@`}${bracketed(host)}${port === null ? '' : `:${port}`}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `[a:b]:1` and `a/1` alike: the fields of a forward as ssh(1) splits them, brackets removed; null if the brackets are broken. */
function splitFields(text: string): string[] | null {
  const fields: string[] = [];
  let rest = text;
  for (;;) {
    const match = /^(?:\[([^\]]*)\]|((?:\\.|[^:\\])*))(?::|$)/s.exec(rest);
    if (match === null) return null;
    fields.push(match[1] ?? (match[2] ?? '').replaceAll(/\\(.)/g, '$1'));
    if (match[0].length === rest.length && !match[0].endsWith(':')) return fields;
    rest = rest.slice(match[0].length);
    if (fields.length > 8) return null;
  }
}

export interface ReadForwardOptions {
  /** -g: a bare port listens at all addresses. */
  readonly gatewayPorts: boolean;
  readonly home: string;
}

export type ReadForward =
  | { readonly spec: ForwardSpec; readonly problem: null }
  | { readonly spec: null; readonly problem: Said };

/**
 * A forward as -L, -R and -D take it: `[bind:]port:host:hostport`, `[bind:]port:socket`, `socket:host:hostport`, `socket:socket`, and
 * `[bind:]port` for -D and -R. An address in brackets; an empty bind address or `*` means all addresses.
 */
export function readSshForward(flag: 'L' | 'R' | 'D', text: string, options: ReadForwardOptions): ReadForward {
  const fields = splitFields(text);
  if (fields === null) return unread(flag, text);
  const isPath = (field: string | undefined): field is string => field !== undefined && /^[/~]/.test(field);
  const [first = '', second = '', third = '', fourth = ''] = fields;
  if (
    flag === 'D' ||
    (flag === 'R' && (fields.length === 1 || (fields.length === 2 && !isPath(first) && !isPath(second))))
  ) {
    const kind = flag === 'D' ? 'dynamic' : 'remote-dynamic';
    if (fields.length === 1) return build(kind, isPath(first) ? first : bare(first, kind, options), null, options);
    if (fields.length === 2 && !isPath(first)) return build(kind, listenAt(first, second), null, options);
    return unread(flag, text);
  }
  const kind = flag === 'L' ? 'local' : 'remote';
  if (isPath(first)) {
    if (fields.length === 2 && isPath(second)) return build(kind, first, second, options);
    if (fields.length === 3) return build(kind, first, targetAt(second, third), options);
    return unread(flag, text);
  }
  if (fields.length === 2 && isPath(second)) return build(kind, bare(first, kind, options), second, options);
  if (fields.length === 3 && isPath(third)) return build(kind, listenAt(first, second), third, options);
  if (fields.length === 3) return build(kind, bare(first, kind, options), targetAt(second, third), options);
  if (fields.length === 4) return build(kind, listenAt(first, second), targetAt(third, fourth), options);
  return unread(flag, text);
}

/** The same as ssh_config(5) writes it: listener and target as two words. `[socks]:0` is how `ssh -G` shows a remote SOCKS proxy. */
export function readConfigForward(flag: 'L' | 'R' | 'D', value: string, options: ReadForwardOptions): ReadForward {
  const words = configWords(value.trim());
  const [listen = '', target] = words.length > 2 ? (unquotedWords(value.trim()) ?? words) : words;
  if (words.length > 2 && unquotedWords(value.trim()) === null)
    return { spec: null, problem: sshOption.blankInPath({ what: `${forwardName(flag)} ${value}` }) };
  if (target === undefined) return readSshForward(flag, listen, options);
  if (flag === 'D') return unread(flag, value);
  if (flag === 'R' && target === '[socks]:0') return readSshForward('R', listen, options);
  return readSshForward(flag, `${escapedPath(listen)}:${escapedPath(target)}`, options);
}

/** `ssh -G` prints paths with blanks without quotes: told apart where there is one way to. */
function unquotedWords(text: string): readonly [string, string] | null {
  const match =
    /^(.*) (\[[^\]]*\]:\d+)$/.exec(text) ??
    /^((?:\[[^\]]*\]:)?\d+) (\/.*)$/.exec(text) ??
    /^(\/(?:(?! \/).)*) (\/(?:(?! \/).)*)$/.exec(text);
  return match === null ? null : [match[1] ?? '', match[2] ?? ''];
}

function escapedPath(text: string): string {
  return text.startsWith('/') ? sshPath(text) : text;
}

function bare(port: string, kind: ForwardKind, options: ReadForwardOptions): string {
  return options.gatewayPorts && (kind === 'local' || kind === 'dynamic') ? `*:${port}` : port;
}

function listenAt(host: string, port: string): string {
  return host === '' || host === '*' ? `*:${port}` : `${bracketed(host)}:${port}`;
}

function targetAt(host: string, port: string): string {
  return `${bracketed(host)}:${port}`;
}

export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function build(kind: ForwardKind, listen: string, target: string | null, options: ReadForwardOptions): ReadForward {
  try {
    return {
      spec: buildForwardSpec(kind, service(listen), target === null ? null : service(target), { home: options.home }),
      problem: null,
    };
  } catch (error) {
    const { said, message } = asHoldfastError(error, kind);
    return { spec: null, problem: sshOption.forwardProblem({ why: said.message ?? message }) };
  }
}

/** ssh takes names of services as ports. */
const services: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  ssh: 22,
  smtp: 25,
  imap: 143,
  imaps: 993,
  pop3: 110,
  ldap: 389,
  ldaps: 636,
  mysql: 3306,
  postgresql: 5432,
  socks: 1080,
  domain: 53,
  ftp: 21,
  telnet: 23,
  'ms-sql-s': 1433,
  redis: 6379,
};

function service(address: string): string {
  if (/^[/~]/.test(address)) return address;
  return address.replace(/(^|:)([a-z][a-z0-9-]*)$/i, (whole, colon: string, name: string) => {
    const port = Object.hasOwn(services, name.toLowerCase()) ? services[name.toLowerCase()] : undefined;
    return port === undefined ? whole : `${colon}${port}`;
  });
}

function forwardName(flag: 'L' | 'R' | 'D'): string {
  return { L: 'LocalForward', R: 'RemoteForward', D: 'DynamicForward' }[flag];
}

function unread(flag: 'L' | 'R' | 'D', text: string): ReadForward {
  const like = { L: '-L 5432:db.internal:5432', R: '-R 9000:localhost:3000', D: '-D 1080' }[flag];
  return {
    spec: null,
    problem: sshOption.noForward({ text: text.slice(0, 200), flag, like }),
  };
}

/** The option that makes the forward with ssh(1). A range begins with its first port: ssh has none. */
export function formatSshForward(forward: ForwardSpec): readonly [option: string, value: string] {
  const listen = sshListen(forward.listen);
  switch (forward.kind) {
    case 'dynamic':
      return ['-D', listen];
    case 'remote-dynamic':
      return ['-R', listen];
    case 'local':
      return ['-L', `${listen}:${sshTarget(forward.target)}`];
    case 'remote':
      return ['-R', `${listen}:${sshTarget(forward.target)}`];
    default:
      return assertNever(forward);
  }
}

function sshListen(listen: ListenEndpoint): string {
  return listen.kind === 'unix' ? sshPath(listen.path) : formatListen({ ...listen, lastPort: listen.port });
}

function sshTarget(target: Endpoint): string {
  return target.kind === 'unix' ? sshPath(target.path) : formatEndpoint(target);
}

/** A colon in a path would part the fields. */
function sshPath(path: string): string {
  return path.replaceAll(/[:\\]/g, '\\$&');
}
