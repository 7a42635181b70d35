import { webcrypto } from 'node:crypto';
import type { Socket } from 'node:net';
import { answerProof, sayProven, secretId } from '../../../shared/contract/proof.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, listen } from '../lifecycle/disposable.ts';
import { partingMs } from '../lifecycle/socket-server.ts';
import type { RareLines } from '../log/rare-lines.ts';
import { LineFrames } from './line-frames.ts';

export interface ClientEntranceDeps {
  readonly socket: Socket;
  /** The engine's key, and what a proof is bound to. */
  readonly secret: string;
  readonly place: string;
  readonly clock: Clock;
  /** For what strangers can say as often as they like. */
  readonly rareLines: RareLines;
  /** It has proved itself: the socket is the callee's from here on. */
  readonly onEnter: (socket: Socket) => void;
  /** It is gone, or let in. */
  readonly onEnd: () => void;
}

/** A shell must have proved itself within this time. */
const entranceMs = 10_000;

/** A shell that has not proved yet that it can read the engine's key. It gets nothing but the engine's own proof. */
export class ClientEntrance implements Disposable {
  readonly #deps: ClientEntranceDeps;
  readonly #frames: LineFrames;
  readonly #store = new DisposableStore();

  constructor(deps: ClientEntranceDeps) {
    this.#deps = deps;
    this.#store.defer(() => deps.onEnd());
    this.#frames = this.#store.add(new LineFrames(deps.socket));
    this.#store.add(listen(deps.socket, 'close', () => this.#store.dispose()));
    this.#store.add(deps.clock.schedule(entranceMs, () => this.dispose()));
    void this.#run().catch(() => this.dispose());
  }

  /** Ends it without a word. */
  dispose(): void {
    if (this.#store.isDisposed) return;
    this.#deps.socket.destroy();
    this.#store.dispose();
  }

  async #run(): Promise<void> {
    const { socket, secret, place, clock, rareLines, onEnter } = this.#deps;
    const own = await secretId(webcrypto, secret);
    const proof = await answerProof(webcrypto, (id) => (id === own ? secret : null), place, this.#frames);
    if (this.#store.isDisposed) return;
    if (proof === null || !this.#frames.isEmpty) {
      rareLines.warn('refused', "A shell was not let in: it did not prove that it can read this engine's key");
      this.#store.add(clock.schedule(partingMs, () => this.dispose()));
      socket.resume();
      socket.end();
      return;
    }
    sayProven(this.#frames);
    this.#store.dispose();
    onEnter(socket);
  }
}
