import { webcrypto } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { answerProof, FrameInbox, sayEnded, sayProven } from '../../../shared/contract/proof.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, listen } from '../lifecycle/disposable.ts';
import type { Log } from '../log/log.ts';
import type { RareLines } from '../log/rare-lines.ts';
import { ByteBudget } from './byte-budget.ts';
import type { PanelSecrets, PanelShare } from './panel-secrets.ts';
import { asText, parseFrame, policyViolation } from './panel-frames.ts';

export interface PanelEntranceDeps {
  readonly webSocket: WebSocket;
  /** The one below it. */
  readonly socket: Duplex;
  /** The origin that the page was asked for by. */
  readonly place: string;
  readonly secrets: PanelSecrets;
  readonly clock: Clock;
  readonly log: Log;
  /** For what strangers can say as often as they like. */
  readonly rareLines: RareLines;
  /** It has proved itself: the socket and the share are the callee's from here on. */
  readonly onEnter: (webSocket: WebSocket, share: PanelShare) => void;
  /** It is gone, or let in. */
  readonly onEnd: () => void;
}

/** A page must have proved itself within this time. */
const entranceMs = 10_000;
/** No frame of the proof is longer. */
const maxFrameBytes = 1024;
/** All that a page says of the proof, frames and all, is less than a sixth of it. */
const maxProofBytes = 2048;

/** A page that has not proved yet that it knows a link or a session. It gets nothing but the server's own proof. */
export class PanelEntrance implements Disposable {
  readonly #deps: PanelEntranceDeps;
  readonly #inbox = new FrameInbox();
  readonly #store = new DisposableStore();

  constructor(deps: PanelEntranceDeps) {
    this.#deps = deps;
    const { webSocket, socket, clock } = deps;
    // Outlives this: an error after the end must not become an uncaught one.
    webSocket.on('error', (error) => deps.log.debug('A page went away', { reason: error.message }));
    this.#store.add(new ByteBudget(socket, maxProofBytes, () => this.dispose()));
    // No browser says these by itself, and a stranger has no business to. After a frame that is none `ws` would go on reading for its good-bye.
    for (const event of ['ping', 'pong', 'error']) this.#store.add(listen(webSocket, event, () => this.dispose()));
    this.#store.defer(() => {
      this.#inbox.end(new Error('the page went away'));
      deps.onEnd();
    });
    this.#store.add(
      listen(webSocket, 'message', (data: RawData, isBinary: boolean) => this.#onMessage(data, isBinary)),
    );
    this.#store.add(listen(webSocket, 'close', () => this.#store.dispose()));
    this.#store.add(clock.schedule(entranceMs, () => this.dispose()));
    void this.#run().catch(() => this.dispose());
  }

  /** Ends it without a word. */
  dispose(): void {
    if (this.#store.isDisposed) return;
    this.#deps.webSocket.terminate();
    this.#store.dispose();
  }

  async #run(): Promise<void> {
    const { webSocket, secrets, place, onEnter, rareLines } = this.#deps;
    const wire = {
      send: (frame: object) => webSocket.send(JSON.stringify(frame)),
      next: () => this.#inbox.next(),
    };
    const proof = await answerProof(webcrypto, (id) => secrets.secretOf(id), place, wire);
    const share = proof === null ? null : await secrets.admit(proof.id, proof.exchange);
    if (this.#store.isDisposed || share === null || !this.#inbox.isEmpty) {
      share?.dispose();
      if (this.#store.isDisposed) return;
      rareLines.info('refused', 'A page was not let in: its link or session is none of this panel, or none any more');
      // The one that lost a race for its link has not heard it yet.
      if (proof !== null) sayEnded(wire);
      webSocket.close(policyViolation, 'not proven');
      return;
    }
    this.#store.dispose();
    sayProven(wire);
    onEnter(webSocket, share);
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    const text = isBinary ? '' : asText(data);
    if (text === '' || text.length > maxFrameBytes || !this.#inbox.push(parseFrame(text))) this.dispose();
  }
}
