import type { Socket } from 'node:net';
import type { Clock } from '../lifecycle/clock.ts';
import { Deadline } from '../lifecycle/deadline.ts';
import { type Disposable, DisposableStore, listen } from '../lifecycle/disposable.ts';
import { ignoreError } from '../lifecycle/socket-server.ts';

/** How a wait ended: go on, or why not. `gone`: the client left by itself. */
export type ParkEnd = 'admitted' | 'timeout' | 'released' | 'gone' | 'full';

/** Waits at most so many at once; more are turned away, so that a busy client cannot fill the engine's memory. */
export const maxParked = 256;

interface Parked {
  readonly socket: Socket;
  readonly sinceAtMs: number;
  readonly store: DisposableStore;
  readonly deadline: Deadline;
  held: Disposable | null;
  readonly settle: (end: ParkEnd) => void;
}

/**
 * Local clients that wait for the SSH link, in order of their coming. Nothing is taken from a waiting socket: Node fills its own buffer up to its
 * high-water mark and then stops reading, which is enough to notice a client that goes away.
 */
export class ParkingLot implements Disposable {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onDidChange: () => void;
  readonly #waiting = new Set<Parked>();
  #held = false;

  constructor(clock: Clock, limitMs: number, onDidChange: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onDidChange = onDidChange;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Who waits, first come first. */
  list(): readonly { readonly socket: Socket; readonly sinceAtMs: number }[] {
    return [...this.#waiting];
  }

  /** Resolves when the client may go on, or must be given up. The socket stays the caller's. */
  wait(socket: Socket): Promise<ParkEnd> {
    if (socket.destroyed) return Promise.resolve('gone');
    if (this.#waiting.size >= maxParked) return Promise.resolve('full');
    return new Promise((resolve) => {
      const store = new DisposableStore();
      const settle = (end: ParkEnd): void => {
        if (!this.#waiting.delete(parked)) return;
        store.dispose();
        this.#onDidChange();
        resolve(end);
      };
      const deadline = store.add(new Deadline(this.#clock, this.#limitMs, () => settle('timeout')));
      const parked: Parked = {
        socket,
        sinceAtMs: this.#clock.wallNow(),
        store,
        deadline,
        held: this.#held ? deadline.pause() : null,
        settle,
      };
      this.#waiting.add(parked);
      socket.on('error', ignoreError);
      store.defer(() => socket.removeListener('error', ignoreError));
      store.add(listen(socket, 'close', () => settle('gone')));
      // `end` comes only while nothing is buffered: a client that sent nothing and closed. One that sent its request and half-closed still waits.
      store.add(listen(socket, 'end', () => settle('gone')));
      if (socket.readableEnded) settle('gone');
      else this.#onDidChange();
    });
  }

  /** While held no wait times out. */
  hold(held: boolean): void {
    if (held === this.#held) return;
    this.#held = held;
    for (const parked of this.#waiting) {
      if (held) parked.held = parked.deadline.pause();
      else {
        parked.held?.dispose();
        parked.held = null;
      }
    }
  }

  /** Lets all go on, first come first. */
  admitAll(): void {
    for (const parked of [...this.#waiting]) parked.settle('admitted');
  }

  /** Turns all away. */
  releaseAll(): void {
    for (const parked of [...this.#waiting]) parked.settle('released');
  }

  dispose(): void {
    this.releaseAll();
  }
}
