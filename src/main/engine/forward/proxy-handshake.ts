import type { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { HoldfastError } from '../../../shared/model/failure.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { DisposableStore, listen } from '../lifecycle/disposable.ts';
import { AnyProxyHandshake } from './proxy-dialects.ts';
import type { ProxyOutcome, ProxyRequest } from './proxy-request.ts';

/** A client must say where it wants to go within this time. */
export const handshakeMs = 10_000;

/** `silent`: too slow. `ended`: it hung up or the stream broke. `refused`: it was told no. The caller closes the stream after all of these. */
export type NegotiationEnd =
  | { readonly kind: 'request'; readonly request: ProxyRequest }
  | { readonly kind: 'silent' }
  | { readonly kind: 'ended' }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Speaks the server side of SOCKS or HTTP CONNECT on a stream up to the request. The stream is paused afterwards and gives, when read again, exactly
 * the bytes that came behind the request. The answer is the caller's, once the channel is open. Never rejects; an aborted signal
 * counts as a hang-up.
 */
export function negotiateProxy(stream: Duplex, clock: Clock, signal?: AbortSignal): Promise<NegotiationEnd> {
  return new Promise((resolve) => {
    const store = new DisposableStore();
    const parser = new AnyProxyHandshake();
    const settle = (end: NegotiationEnd): void => {
      if (store.isDisposed) return;
      stream.pause();
      store.dispose();
      resolve(end);
    };
    const onData = (chunk: Buffer): void => {
      for (const event of parser.push(chunk)) {
        switch (event.kind) {
          case 'send':
            stream.write(event.bytes);
            break;
          case 'connect':
            settle({ kind: 'request', request: event.request });
            if (event.rest.length > 0) stream.unshift(event.rest);
            return;
          case 'refuse':
            if (event.reply.length > 0) stream.write(event.reply);
            settle({ kind: 'refused', reason: event.reason });
            return;
        }
      }
    };
    store.add(clock.schedule(handshakeMs, () => settle({ kind: 'silent' })));
    store.add(listen(stream, 'end', () => settle({ kind: 'ended' })));
    store.add(listen(stream, 'error', () => settle({ kind: 'ended' })));
    store.add(listen(stream, 'close', () => settle({ kind: 'ended' })));
    store.add(listen(stream, 'data', onData));
    const onAbort = (): void => settle({ kind: 'ended' });
    signal?.addEventListener('abort', onAbort, { once: true });
    store.defer(() => signal?.removeEventListener('abort', onAbort));
    if (signal?.aborted || stream.destroyed || stream.readableEnded) settle({ kind: 'ended' });
    else stream.resume();
  });
}

/** How a failed open is told to the client. */
export function outcomeOf(error: HoldfastError): ProxyOutcome {
  switch (error.code) {
    case 'forward-denied':
      return 'denied';
    case 'timeout':
      return 'timeout';
    case 'dns':
    case 'unreachable':
    case 'offline':
      return 'unreachable';
    case 'refused':
    case 'reset':
      return 'refused';
    case 'target-refused':
      return targetOutcome(error);
    default:
      return 'failed';
  }
}

/** The server has one code for "connect failed" (RFC 4254 section 5.1); only its words tell a name without address from a closed port. */
function targetOutcome(error: HoldfastError): ProxyOutcome {
  const words = error.cause instanceof Error ? error.cause.message : '';
  if (/timed out|timeout/i.test(words)) return 'timeout';
  if (/name or service|not known|unknown host|no address|name resolution|no route|unreachable/i.test(words))
    return 'unreachable';
  return 'refused';
}
