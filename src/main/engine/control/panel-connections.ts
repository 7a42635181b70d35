import type { Duplex } from 'node:stream';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, MutableDisposable } from '../lifecycle/disposable.ts';
import { partingMs } from '../lifecycle/socket-server.ts';

/** Connections at once that are no proven page's, so that strangers cannot take all file descriptors. */
const maxStrangers = 512;
/** Each lasts so long, whatever it does: enough for all files of the pages over a slow way, in one connection. */
const strangerLifeMs = 120_000;

/**
 * The panel's connections until a page on them has proved itself. Each ends in time, also one that reads nothing of what was sent to it; of too many the
 * oldest goes, so that strangers who hold all places keep nobody out.
 */
export class PanelConnections implements Disposable {
  readonly #clock: Clock;
  readonly #strangers = new Map<Duplex, MutableDisposable>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A fresh connection. */
  take(socket: Duplex): void {
    const [oldest] = this.#strangers.keys();
    if (oldest !== undefined && this.#strangers.size >= maxStrangers) this.#end(oldest);
    this.#strangers.set(socket, new MutableDisposable());
    this.#limit(socket, strangerLifeMs);
    socket.once('close', () => this.release(socket));
  }

  /** It is gone, or a page on it has proved itself: no concern of this any more. */
  release(socket: Duplex): void {
    this.#strangers.get(socket)?.dispose();
    this.#strangers.delete(socket);
  }

  /** It was told that it is refused. */
  part(socket: Duplex): void {
    this.#limit(socket, partingMs);
  }

  dispose(): void {
    for (const socket of [...this.#strangers.keys()]) this.#end(socket);
  }

  #limit(socket: Duplex, afterMs: number): void {
    const timer = this.#strangers.get(socket);
    if (timer !== undefined) timer.value = this.#clock.schedule(afterMs, () => this.#end(socket));
  }

  #end(socket: Duplex): void {
    this.release(socket);
    socket.destroy();
  }
}
