import { Buffer } from 'node:buffer';
import { HttpConnectHandshake, httpOutcome } from './http-connect.ts';
import type { HandshakeEvent, ProxyHandshake, ProxyOutcome, ProxyRequest } from './proxy-request.ts';
import { Socks4Handshake, socks4Outcome, Socks5Handshake, socks5Outcome } from './socks.ts';

/** Tells the dialects of one port apart by the first byte: 4, 5, or a capital letter for HTTP. */
export class AnyProxyHandshake implements ProxyHandshake {
  #inner: ProxyHandshake | null = null;

  push(chunk: Buffer): HandshakeEvent[] {
    const first = chunk[0];
    if (this.#inner === null) {
      if (first === undefined) return [];
      if (first === 4) this.#inner = new Socks4Handshake();
      else if (first === 5) this.#inner = new Socks5Handshake();
      else if (first >= 0x41 && first <= 0x5a) this.#inner = new HttpConnectHandshake();
      else return [{ kind: 'refuse', reply: Buffer.alloc(0), reason: 'it speaks neither SOCKS nor HTTP' }];
    }
    return this.#inner.push(chunk);
  }
}

const replies: Readonly<Record<ProxyRequest['dialect'], (outcome: ProxyOutcome) => Buffer>> = {
  socks4: socks4Outcome,
  socks5: socks5Outcome,
  http: httpOutcome,
};

/** The answer to a request, in its dialect. */
export function proxyReply(dialect: ProxyRequest['dialect'], outcome: ProxyOutcome): Buffer {
  return replies[dialect](outcome);
}
