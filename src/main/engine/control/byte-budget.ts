import type { Duplex } from 'node:stream';
import { type Disposable, toDisposable } from '../lifecycle/disposable.ts';

/**
 * Counts what comes over a WebSocket's own socket before `ws` takes it apart. `ws` measures a message by what it says, not by what it costs: a message
 * in parts of a byte, with pongs between them, holds the whole piece of the socket that each part came in.
 */
export class ByteBudget implements Disposable {
  readonly #limitBytes: number;
  readonly #listener: Disposable;
  #gotBytes = 0;

  /** `onSpent` is called when more than `limitBytes` came since `renew`, before `ws` sees the last of it. */
  constructor(socket: Duplex, limitBytes: number, onSpent: () => void) {
    this.#limitBytes = limitBytes;
    const count = (chunk: Buffer): void => {
      this.#gotBytes += chunk.length;
      if (this.#gotBytes > this.#limitBytes) onSpent();
    };
    socket.prependListener('data', count);
    this.#listener = toDisposable(() => void socket.removeListener('data', count));
  }

  /** A message is complete and holds nothing any more. */
  renew(): void {
    this.#gotBytes = 0;
  }

  dispose(): void {
    this.#listener.dispose();
  }
}
