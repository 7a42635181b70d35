import type { Buffer } from 'node:buffer';

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
