import { Buffer } from 'node:buffer';
import type { SupportedAlgorithms } from './algorithms.ts';

/** What the guard found wrong with the server's first bytes. */
export type HelloFault =
  | { readonly kind: 'too-much' }
  /** Not SSH 2: `line` is the start of what came instead. */
  | { readonly kind: 'not-ssh'; readonly line: string };

/** OpenSSH's limits (kex.c): lines before the identification, and their length. */
const maxLines = 1024;
const maxLineBytes = 8192;
/** All of it together; ssh2 reads the greeting from its start at each chunk. */
const maxGreetingBytes = 64 * 1024;
/** ssh2's own limit of a packet. */
const maxPacketBytes = 35_000;
const messageKexInit = 20;

/**
 * Reads along with the server's first bytes: stops endless or foreign greetings (RFC 4253 section 4.2), and keeps the server's lists of its
 * first SSH_MSG_KEXINIT, which goes in clear, so that a failed negotiation can be explained.
 */
export class HelloGuard {
  #stage: 'hello' | 'kexinit' | 'done' = 'hello';
  #line = Buffer.alloc(0);
  #lines = 0;
  #greetingBytes = 0;
  #packet = Buffer.alloc(0);
  #offered: SupportedAlgorithms | null = null;
  #serverVersion = '';

  /** The identification line has come. */
  get isPast(): boolean {
    return this.#stage !== 'hello';
  }

  /** The software version of the identification line; empty before it came. */
  get serverVersion(): string {
    return this.#serverVersion;
  }

  /** The server's lists, once read. */
  get offered(): SupportedAlgorithms | null {
    return this.#offered;
  }

  /** Nothing is left to be read along. */
  get isDone(): boolean {
    return this.#stage === 'done';
  }

  /** Looks at a chunk; null if it is well so far. */
  look(chunk: Buffer): HelloFault | null {
    let rest = chunk;
    while (this.#stage === 'hello' && rest.length > 0) {
      const end = rest.indexOf(0x0a);
      const part = end === -1 ? rest : rest.subarray(0, end + 1);
      rest = rest.subarray(part.length);
      this.#greetingBytes += part.length;
      if (this.#line.length + part.length > maxLineBytes) return { kind: 'too-much' };
      this.#line = Buffer.concat([this.#line, part]);
      if (end === -1) break;
      const line = this.#line.toString('latin1');
      this.#line = Buffer.alloc(0);
      if (line.startsWith('SSH-')) {
        if (!/^SSH-(2\.0|1\.99)-/.test(line)) return { kind: 'not-ssh', line: line.trim() };
        this.#serverVersion = line.trim().replace(/^SSH-[0-9.]+-/, '');
        this.#stage = 'kexinit';
        break;
      }
      // A greeting may come first, but a web or mail server that waits for its own protocol will never say SSH.
      if (/^(HTTP\/|220[ -]|\+OK|\* OK|-ERR|<!DOCTYPE|<html)/i.test(line))
        return { kind: 'not-ssh', line: line.trim() };
      this.#lines += 1;
      if (this.#lines >= maxLines || this.#greetingBytes > maxGreetingBytes) return { kind: 'too-much' };
    }
    if (this.#stage === 'kexinit' && rest.length > 0) this.#readPackets(rest);
    return null;
  }

  #readPackets(bytes: Buffer): void {
    this.#packet = Buffer.concat([this.#packet, bytes]);
    // binary_packet_protocol, unencrypted: uint32 length, byte padding, payload, padding
    while (this.#packet.length >= 6) {
      const length = this.#packet.readUInt32BE(0);
      if (length < 2 || length > maxPacketBytes) break;
      if (this.#packet.length < 4 + length) return;
      const padding = this.#packet.readUInt8(4);
      const payload = this.#packet.subarray(5, Math.max(5, 4 + length - padding));
      this.#packet = this.#packet.subarray(4 + length);
      if (payload[0] === messageKexInit) {
        this.#offered = parseKexInit(payload);
        break;
      }
    }
    if (this.#packet.length > maxPacketBytes || this.#offered !== null || this.#packet.length >= 6) {
      this.#stage = 'done';
      this.#packet = Buffer.alloc(0);
    }
  }
}

/** The name-lists of SSH_MSG_KEXINIT (RFC 4253 section 7.1); of ciphers and the like those from server to client. Null if malformed. */
export function parseKexInit(payload: Buffer): SupportedAlgorithms | null {
  let offset = 17;
  const lists: string[][] = [];
  for (let i = 0; i < 8; i += 1) {
    if (offset + 4 > payload.length) return null;
    const length = payload.readUInt32BE(offset);
    offset += 4;
    if (offset + length > payload.length) return null;
    const text = payload.toString('latin1', offset, offset + length);
    offset += length;
    lists.push(text === '' ? [] : text.split(','));
  }
  const [kex, serverHostKey, , cipher, , mac, , compress] = lists;
  if (!kex || !serverHostKey || !cipher || !mac || !compress) return null;
  return { kex, serverHostKey, cipher, mac, compress };
}
