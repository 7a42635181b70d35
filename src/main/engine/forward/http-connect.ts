import { Buffer } from 'node:buffer';
import { isIPv6 } from 'node:net';
import type { HandshakeEvent, ProxyHandshake, ProxyOutcome } from './proxy-request.ts';

/** Longest request head, its empty line included. */
const longestHead = 8 * 1024;

/** Server side of HTTP's CONNECT (RFC 9110 section 9.3.6). Header fields are read over. */
export class HttpConnectHandshake implements ProxyHandshake {
  #buffer: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): HandshakeEvent[] {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    const end = headEnd(this.#buffer);
    if (end === null ? this.#buffer.length > longestHead : end > longestHead) {
      return [refuse(431, 'Request Header Fields Too Large', 'its HTTP request is too long')];
    }
    if (end === null) return [];
    const line = this.#buffer.toString('latin1', 0, this.#buffer.indexOf(0x0a)).trimEnd();
    const request = /^(\S+) (\S+) HTTP\/1\.[01]$/.exec(line);
    if (!request) return [refuse(400, 'Bad Request', 'its request line is not HTTP')];
    if (request[1] !== 'CONNECT')
      return [refuse(405, 'Method Not Allowed', 'only CONNECT is served', 'Allow: CONNECT\r\n')];
    const target = parseAuthority(request[2] ?? '');
    if (target === null) return [refuse(400, 'Bad Request', 'its target is not host:port')];
    return [{ kind: 'connect', request: { dialect: 'http', ...target }, rest: this.#buffer.subarray(end) }];
  }
}

const failures: Readonly<Record<Exclude<ProxyOutcome, 'connected'>, readonly [number, string, string]>> = {
  denied: [403, 'Forbidden', 'The SSH server does not allow this target.'],
  timeout: [504, 'Gateway Timeout', 'The target does not answer.'],
  refused: [502, 'Bad Gateway', 'The target refuses connections.'],
  unreachable: [502, 'Bad Gateway', 'The target cannot be reached, or its name has no address.'],
  failed: [502, 'Bad Gateway', 'The connection could not be opened.'],
};

/** The answer once the channel is open, or is known not to open. */
export function httpOutcome(outcome: ProxyOutcome): Buffer {
  if (outcome === 'connected') return Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n');
  return response(...failures[outcome]);
}

function refuse(status: number, phrase: string, reason: string, fields = ''): HandshakeEvent {
  const text = 'This is a tunnel. It serves SOCKS 4, 4a and 5, and of HTTP the CONNECT method.';
  return { kind: 'refuse', reply: response(status, phrase, text, fields), reason };
}

function response(status: number, phrase: string, text: string, fields = ''): Buffer {
  const head = `HTTP/1.1 ${status} ${phrase}\r\n${fields}Content-Type: text/plain\r\nContent-Length: ${text.length + 1}\r\nConnection: close\r\n\r\n`;
  return Buffer.from(`${head}${text}\n`, 'latin1');
}

/** Where the bytes after the head begin; null while it is not complete. A bare line feed ends a line too (RFC 9112 section 2.2). */
function headEnd(buffer: Buffer): number | null {
  for (let at = buffer.indexOf(0x0a); at !== -1; at = buffer.indexOf(0x0a, at + 1)) {
    if (buffer[at + 1] === 0x0a) return at + 2;
    if (buffer[at + 1] === 0x0d && buffer[at + 2] === 0x0a) return at + 3;
  }
  return null;
}

function parseAuthority(text: string): { host: string; port: number } | null {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) return null;
  if (match?.[1] !== undefined && !isIPv6(host)) return null;
  return /^[\x21-\x7e]+$/.test(host) ? { host, port } : null;
}
