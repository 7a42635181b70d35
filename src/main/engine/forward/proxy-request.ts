import { Buffer } from 'node:buffer';
import { HttpConnectHandshake, httpOutcome } from './http-connect.ts';
import { Socks4Handshake, socks4Outcome, Socks5Handshake, socks5Outcome } from './socks.ts';

/** Where a client of a dynamic forward wants to go, and how it said so (the answer is in the same dialect). */
export interface ProxyRequest {
  readonly dialect: 'socks4' | 'socks5' | 'http';
  readonly host: string;
  readonly port: number;
}

/** What became of a request. */
export type ProxyOutcome = 'connected' | 'refused' | 'unreachable' | 'denied' | 'timeout' | 'failed';

/** `send` and go on; `connect`: the request is complete, `rest` belongs to the target; `refuse`: send the reply, then close. Nothing follows the last two. */
export type HandshakeEvent =
  | { readonly kind: 'send'; readonly bytes: Buffer }
  | { readonly kind: 'connect'; readonly request: ProxyRequest; readonly rest: Buffer }
  | { readonly kind: 'refuse'; readonly reply: Buffer; readonly reason: string };

/** A parser that takes bytes in any portions: the same bytes give the same events. It never throws. */
export interface ProxyHandshake {
  push(chunk: Buffer): HandshakeEvent[];
}

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
