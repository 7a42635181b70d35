import { homedir } from 'node:os';
import { join } from 'node:path';
import { hasHidden } from '../../../shared/model/clean-text.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { Endpoint, ForwardSpec, ListenEndpoint } from '../../../shared/model/forward-spec.ts';
import { nearest } from './nearest.ts';

export const forwardKinds = ['local', 'remote', 'dynamic', 'remote-dynamic'] as const;
export type ForwardKind = (typeof forwardKinds)[number];

/** What the table form can say beside the addresses. */
export interface ForwardOptions {
  readonly name?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly maxConnections?: number | undefined;
  readonly unlink?: boolean | undefined;
  /** For `~` in paths of this machine; default: the user's. */
  readonly home?: string | undefined;
}

const example: Readonly<Record<ForwardKind, string>> = {
  local: 'local 127.0.0.1:5432 -> db.internal:5432',
  remote: 'remote 9000 -> 127.0.0.1:3000',
  dynamic: 'dynamic 1080',
  'remote-dynamic': 'remote-dynamic 1080',
};

/**
 * Reads the short form: `KIND LISTEN -> TARGET`, or `KIND LISTEN` for the dynamic kinds. LISTEN is `PORT`, `FIRST-LAST`, `HOST:PORT`,
 * `[V6]:PORT`, `*:PORT` or a socket path; TARGET is `HOST:PORT` or a socket path. Throws a `HoldfastError` of code `config`.
 */
export function parseForwardSpec(text: string, options: ForwardOptions = {}): ForwardSpec {
  const words = /^\s*(\S+)(?:\s+([\s\S]*?))?\s*$/.exec(text);
  const kindText = words?.[1] ?? '';
  const kind = forwardKinds.find((known) => known === kindText);
  if (kind === undefined) {
    const guess = nearest(kindText, forwardKinds);
    throw bad(
      text,
      `a forward begins with local, remote, dynamic or remote-dynamic, got ${quoted(kindText)}`,
      guess === null ? example.local : example[guess],
    );
  }
  const rest = words?.[2] ?? '';
  const arrow = rest.indexOf('->');
  const listen = (arrow < 0 ? rest : rest.slice(0, arrow)).trim();
  return buildForwardSpec(kind, listen, arrow < 0 ? null : rest.slice(arrow + 2).trim(), options, text);
}

/** Puts a forward together from its parts, as the table form has them. Throws a `HoldfastError` of code `config`. */
export function buildForwardSpec(
  kind: ForwardKind,
  listenText: string,
  targetText: string | null,
  options: ForwardOptions = {},
  shown = `${kind} ${listenText}${targetText === null ? '' : ` -> ${targetText}`}`,
): ForwardSpec {
  const fail = (what: string): HoldfastError => bad(shown, what, example[kind]);
  const hasTarget = kind === 'local' || kind === 'remote';
  if (listenText === '') throw fail(`${kind} needs a place to listen`);
  if (hasTarget && !targetText) throw fail(`${kind} needs "-> TARGET"`);
  if (!hasTarget && targetText !== null) throw fail(`${kind} has no target: its clients choose theirs`);
  if (listenText.includes('->') || targetText?.includes('->')) throw fail('"->" stands once, between the two ends');
  const home = options.home ?? homedir();
  const listensHere = kind === 'local' || kind === 'dynamic';
  const base = {
    spec: targetText === null ? `${kind} ${listenText}` : `${kind} ${listenText} -> ${targetText}`,
    name: options.name ?? null,
    enabled: options.enabled ?? true,
    maxConnections: options.maxConnections ?? 0,
    unlink: options.unlink ?? false,
  };
  const listen = parseListen(listenText, listensHere ? home : null, fail);
  if (kind === 'dynamic' || kind === 'remote-dynamic') return { ...base, kind, listen };
  return { ...base, kind, listen, target: parseTarget(targetText ?? '', listensHere ? null : home, fail) };
}

/** The short form of a forward's parts; `parseForwardSpec` reads it back. */
export function formatForwardSpec(
  forward:
    | { readonly kind: 'local' | 'remote'; readonly listen: ListenEndpoint; readonly target: Endpoint }
    | { readonly kind: 'dynamic' | 'remote-dynamic'; readonly listen: ListenEndpoint },
): string {
  const head = `${forward.kind} ${formatListen(forward.listen)}`;
  return forward.kind === 'local' || forward.kind === 'remote' ? `${head} -> ${formatEndpoint(forward.target)}` : head;
}

/** `8080`, `8000-8010`, `127.0.0.1:8080`, `[::1]:8080` or a path. */
export function formatListen(listen: ListenEndpoint): string {
  if (listen.kind === 'unix') return listen.path;
  const ports = listen.lastPort > listen.port ? `${listen.port}-${listen.lastPort}` : String(listen.port);
  return listen.host === null ? ports : `${bracketed(listen.host)}:${ports}`;
}

/** `db.internal:5432`, `[::1]:5432` or a path. */
export function formatEndpoint(end: Endpoint): string {
  return end.kind === 'unix' ? end.path : `${bracketed(end.host)}:${end.port}`;
}

type Fail = (what: string) => HoldfastError;

function parseListen(text: string, home: string | null, fail: Fail): ListenEndpoint {
  const path = parsePath(text, home, fail);
  if (path !== null) return { kind: 'unix', path };
  const { host, port } = splitAddress(text, fail);
  const range = /^(\d+)(?:-(\d+))?$/.exec(port);
  if (range === null)
    throw fail(`${quoted(port)} is no port: expected a number from 0 to 65535, or a range like 8000-8010`);
  const first = parsePort(range[1] ?? '', 0, fail);
  if (range[2] === undefined) return { kind: 'tcp', host, port: first, lastPort: first };
  const last = parsePort(range[2], 1, fail);
  if (first === 0 || last <= first) throw fail(`the range ${port} must go up, from 1 at least`);
  return { kind: 'tcp', host, port: first, lastPort: last };
}

function parseTarget(text: string, home: string | null, fail: Fail): Endpoint {
  const path = parsePath(text, home, fail);
  if (path !== null) return { kind: 'unix', path };
  const { host, port } = splitAddress(text, fail);
  if (host === null) throw fail(`the target ${quoted(text)} needs a host: write 127.0.0.1:${port}`);
  if (host === '*') throw fail('* is no address to connect to');
  return { kind: 'tcp', host, port: parsePort(port, 1, fail) };
}

/** `HOST:PORT`, `[V6]:PORT` or `PORT`; what stands for the port is checked by the caller. */
function splitAddress(text: string, fail: Fail): { host: string | null; port: string } {
  if (text.startsWith('[')) {
    const match = /^\[([^[\]]*)\]:(.*)$/s.exec(text);
    const host = match?.[1] ?? '';
    if (match === null) throw fail(`${quoted(text)} is no address: expected [IPv6]:PORT`);
    if (!isIpv6(host)) throw fail(`${quoted(host)} is no IPv6 address; only those stand in brackets`);
    return { host, port: match[2] ?? '' };
  }
  const colon = text.lastIndexOf(':');
  if (colon < 0) return { host: null, port: text };
  const host = text.slice(0, colon);
  if (host.includes(':')) throw fail(`an IPv6 address stands in brackets: [${host}]:${text.slice(colon + 1)}`);
  if (host === '')
    throw fail(`${quoted(text)} has no host before the colon: write *:PORT for all addresses, or the port alone`);
  if (host !== '*' && !isHostName(host)) throw fail(`${quoted(host)} is no host name or address`);
  return { host, port: text.slice(colon + 1) };
}

function parsePort(text: string, least: number, fail: Fail): number {
  const port = /^(0|[1-9]\d{0,4})$/.test(text) ? Number(text) : Number.NaN;
  if (!(port >= least && port <= 65_535))
    throw fail(`${quoted(text)} is no port: expected a number from ${least} to 65535`);
  return port;
}

/** Longest `sun_path` of Linux without its NUL; Windows pipes may be longer. */
const longestSocketPath = 107;

/** A unix socket or a pipe, or null if the text is none. `home` null: the path is on the server, where `~` means nothing. */
function parsePath(text: string, home: string | null, fail: Fail): string | null {
  const windows = /^[A-Za-z]:[\\/]|^\\\\/.test(text);
  if (!windows && !text.startsWith('/') && !text.startsWith('~')) return null;
  if (hasHidden(text)) throw fail('a path has no control characters');
  let path = text;
  if (text.startsWith('~')) {
    if (home === null)
      throw fail(`the path on the server must be a full one: the server does not know ${quoted(text)}`);
    if (!/^~[\\/]./.test(text)) throw fail(`${quoted(text)} is no path: expected ~/…`);
    path = join(home, text.slice(2));
  }
  if (path.endsWith('/') || (windows && path.endsWith('\\')))
    throw fail(`${quoted(text)} names a folder, not a socket`);
  if (!windows && byteLength(path) > longestSocketPath) {
    throw fail(`the path has ${byteLength(path)} bytes; a unix socket's has at most ${longestSocketPath}`);
  }
  return path;
}

/** A name or an IPv4 address as SSH passes it on: checked for what could be taken for something else, not for being a real one. */
export function isHostName(text: string): boolean {
  return text.length <= 255 && /^[^\s:[\]/\\"'<>,;@-][^\s:[\]/\\"'<>,;@]*$/u.test(text) && !hasHidden(text);
}

/** An IPv6 address, perhaps with a zone: `::1`, `fe80::1%eth0`. */
export function isIpv6(text: string): boolean {
  const match = /^([0-9A-Fa-f:.]{2,45})(?:%[A-Za-z0-9._-]{1,32})?$/.exec(text);
  const address = match?.[1];
  if (address === undefined) return false;
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const all = groups.flat();
  const lastGroup = all.at(-1);
  const ipv4 = lastGroup?.includes('.') === true;
  if (ipv4 && (address.endsWith('::') || !isIpv4(lastGroup))) return false;
  const hex = ipv4 ? all.slice(0, -1) : all;
  if (!hex.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false;
  const width = hex.length + (ipv4 ? 2 : 0);
  return halves.length === 2 ? width <= 7 : width === 8;
}

export function isIpv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

/** Half of a surrogate pair on its own: no character, and not to be encoded. */
export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function bad(text: string, what: string, like: string): HoldfastError {
  return new HoldfastError({
    code: 'config',
    where: text.trim().slice(0, 200),
    message: `${what}; expected something like "${like}"`,
    next: 'Correct the forward.',
  });
}
