import { Buffer } from 'node:buffer';
import type { HandshakeEvent, ProxyHandshake, ProxyOutcome } from './proxy-request.ts';

/** Longest user id (SOCKS4) and name that is taken, in bytes. */
const longestText = 1024;

const refused = (reply: Buffer, reason: string): HandshakeEvent => ({ kind: 'refuse', reply, reason });

/** SOCKS5 server side (RFC 1928): no authentication, CONNECT, IPv4, IPv6 and domain names. */
export class Socks5Handshake implements ProxyHandshake {
  #buffer: Buffer = Buffer.alloc(0);
  #greeted = false;

  push(chunk: Buffer): HandshakeEvent[] {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    const events: HandshakeEvent[] = [];
    if (!this.#greeted) {
      const count = this.#buffer[1];
      if (count === undefined || this.#buffer.length < 2 + count) return events;
      const methods = this.#buffer.subarray(2, 2 + count);
      if (!methods.includes(0)) return [refused(Buffer.from([5, 0xff]), 'it offered no method without a login')];
      this.#buffer = this.#buffer.subarray(2 + count);
      this.#greeted = true;
      events.push({ kind: 'send', bytes: Buffer.from([5, 0]) });
    }
    const event = this.#parseRequest();
    if (event !== null) events.push(event);
    return events;
  }

  #parseRequest(): HandshakeEvent | null {
    const [version, command, , type, nameLength] = this.#buffer;
    if (version === undefined) return null;
    if (version !== 5) return refused(socks5Reply(1), `its request has version ${version}`);
    if (command === undefined) return null;
    if (command !== 1) return refused(socks5Reply(7), `it asked for command ${command}; only CONNECT is served`);
    if (type === undefined) return null;
    switch (type) {
      case 1:
        return this.#finish(4, 4, (bytes) => bytes.join('.'));
      case 4:
        return this.#finish(4, 16, ipv6Text);
      case 3:
        if (nameLength === undefined) return null;
        return this.#finish(5, nameLength, (bytes) => nameText(bytes));
      default:
        return refused(socks5Reply(8), `it named its target by address type ${type}`);
    }
  }

  #finish(start: number, length: number, text: (bytes: Buffer) => string | null): HandshakeEvent | null {
    const end = start + length;
    if (this.#buffer.length < end + 2) return null;
    const host = text(this.#buffer.subarray(start, end));
    const port = this.#buffer.readUInt16BE(end);
    if (host === null) return refused(socks5Reply(1), 'the name of its target is empty or has control characters');
    if (port === 0) return refused(socks5Reply(1), 'it asked for port 0');
    return { kind: 'connect', request: { dialect: 'socks5', host, port }, rest: this.#buffer.subarray(end + 2) };
  }
}

/** SOCKS4 and 4a server side: CONNECT, with the name of 4a when the address is 0.0.0.x. The user id is ignored. */
export class Socks4Handshake implements ProxyHandshake {
  #buffer: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): HandshakeEvent[] {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    const event = this.#parse();
    return event === null ? [] : [event];
  }

  #parse(): HandshakeEvent | null {
    const buffer = this.#buffer;
    const command = buffer[1];
    if (command === undefined) return null;
    if (command !== 1) return refused(socks4Reply(0x5b), `it asked for command ${command}; only CONNECT is served`);
    if (buffer.length < 8) return null;
    const port = buffer.readUInt16BE(2);
    if (port === 0) return refused(socks4Reply(0x5b), 'it asked for port 0');
    const address = buffer.subarray(4, 8);
    const user = readText(buffer, 8);
    if (user === null) return null;
    if (user === 'too-long') return refused(socks4Reply(0x5b), 'its user id is too long');
    const isName = address[0] === 0 && address[1] === 0 && address[2] === 0 && address[3] !== 0;
    if (!isName)
      return {
        kind: 'connect',
        request: { dialect: 'socks4', host: address.join('.'), port },
        rest: buffer.subarray(user.end),
      };
    const name = readText(buffer, user.end);
    if (name === null) return null;
    if (name === 'too-long') return refused(socks4Reply(0x5b), 'the name of its target is too long');
    const host = nameText(name.bytes);
    if (host === null) return refused(socks4Reply(0x5b), 'the name of its target is empty or has control characters');
    return { kind: 'connect', request: { dialect: 'socks4', host, port }, rest: buffer.subarray(name.end) };
  }
}

/** RFC 1928 section 6. */
const socks5Codes: Readonly<Record<ProxyOutcome, number>> = {
  connected: 0,
  failed: 1,
  denied: 2,
  unreachable: 4,
  timeout: 4,
  refused: 5,
};

/** The answer to a SOCKS5 request; it names no bound address. */
export function socks5Outcome(outcome: ProxyOutcome): Buffer {
  return socks5Reply(socks5Codes[outcome]);
}

/** SOCKS4 knows only granted and rejected. */
export function socks4Outcome(outcome: ProxyOutcome): Buffer {
  return socks4Reply(outcome === 'connected' ? 0x5a : 0x5b);
}

function socks5Reply(code: number): Buffer {
  return Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
}

function socks4Reply(code: number): Buffer {
  return Buffer.from([0, code, 0, 0, 0, 0, 0, 0]);
}

/** A zero-ended text at `start`; null while it is not complete. */
function readText(buffer: Buffer, start: number): { bytes: Buffer; end: number } | 'too-long' | null {
  const zero = buffer.indexOf(0, start);
  const length = (zero === -1 ? buffer.length : zero) - start;
  if (length > longestText) return 'too-long';
  return zero === -1 ? null : { bytes: buffer.subarray(start, zero), end: zero + 1 };
}

/** A host name; null if it is empty or could confuse a log or the server. */
function nameText(bytes: Buffer): string | null {
  if (bytes.length === 0 || bytes.some((byte) => byte <= 0x20 || byte === 0x7f)) return null;
  return bytes.toString('utf8');
}

function ipv6Text(bytes: Buffer): string {
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(bytes.readUInt16BE(i).toString(16));
  return groups.join(':');
}
