import type { Duplex } from 'node:stream';
import type { Disposable } from '../lifecycle/disposable.ts';
import type { Event } from '../lifecycle/emitter.ts';

/**
 * The bytes to and from one SSH server, however it is reached: a socket, a proxy, a proxy command, a channel of the jump host before it.
 * Whoever owns it disposes of it; then nothing of it is left.
 */
export interface HopStream extends Disposable {
  readonly stream: Duplex;
  /** Fires once when the stream is gone without our doing: the error, or null after a plain end. */
  readonly onDidEnd: Event<Error | null>;
  readonly localAddress: string | null;
  readonly remoteAddress: string | null;
  /** What the transport has to say of its end (a proxy command's last words), cleaned. */
  lastWords(): string | null;
  /** Says good-bye: what was written goes out, then the stream ends. Gone within `graceMs` at the latest. */
  close(graceMs: number): void;
  /** Destroys the stream now. */
  dispose(): void;
}
