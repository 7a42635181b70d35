import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { ContractApi } from '../../../shared/contract/calls.ts';
import type { EngineEvent } from '../../../shared/contract/events.ts';
import { maxRequestBytes, type RequestFrame, requestFrameSchema } from '../../../shared/contract/frames.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, listen, MutableDisposable } from '../lifecycle/disposable.ts';
import { partingMs } from '../lifecycle/socket-server.ts';
import type { Log } from '../log/log.ts';
import { ByteBudget } from './byte-budget.ts';
import { ContractSession } from './contract-session.ts';
import { asText, parseFrame, policyViolation, tooMuch } from './panel-frames.ts';
import { maxOutgoingBytes, RequestFlow } from './request-flow.ts';

export interface PanelSessionDeps {
  readonly webSocket: WebSocket;
  /** The one below it. */
  readonly socket: Duplex;
  readonly api: ContractApi;
  readonly clock: Clock;
  readonly log: Log;
  /** Its first word came. False: it is none of the panel's pages any more. */
  readonly onFirstWord: () => boolean;
  readonly onEnd: () => void;
}

/** Calls of one page under way at once; further requests wait unread. */
const maxCallsAtOnce = 64;
/** What may come before a message is complete: the longest request, and 64 KiB for the heads of its parts and what was read with it. */
const maxMessageBytes = maxRequestBytes + 64 * 1024;

/** One page in a browser that has proved itself: a frame a message. */
export class PanelSession implements Disposable {
  readonly #deps: PanelSessionDeps;
  readonly #contract: ContractSession;
  readonly #store = new DisposableStore();
  readonly #budget: ByteBudget;
  readonly #flow: RequestFlow<RequestFrame>;
  readonly #partTimer = this.#store.add(new MutableDisposable());
  #hasSpoken = false;
  #parting = false;

  constructor(deps: PanelSessionDeps) {
    this.#deps = deps;
    this.#contract = this.#store.add(new ContractSession(deps.api, deps.log));
    const { webSocket, socket } = deps;
    this.#flow = new RequestFlow<RequestFrame>({
      maxAtOnce: maxCallsAtOnce,
      unsentBytes: () => webSocket.bufferedAmount,
      setReading: (reads) => (reads ? webSocket.resume() : webSocket.pause()),
      carryOut: (request) => this.#answer(request),
    });
    this.#store.defer(() => this.#flow.end());
    this.#store.defer(() => webSocket.terminate());
    this.#budget = this.#store.add(new ByteBudget(socket, maxMessageBytes, () => this.dispose()));
    this.#store.add(
      listen(webSocket, 'message', (data: RawData, isBinary: boolean) => this.#onMessage(data, isBinary)),
    );
    this.#store.add(listen(socket, 'drain', () => this.#flow.pump()));
    webSocket.once('close', () => {
      this.dispose();
      deps.onEnd();
    });
  }

  wants(event: EngineEvent): boolean {
    return !this.#parting && !this.#store.isDisposed && this.#contract.wants(event);
  }

  /** Sends a ready frame, or drops a page that does not read. */
  sendEvent(text: string): void {
    const { webSocket } = this.#deps;
    if (webSocket.bufferedAmount + text.length > maxOutgoingBytes) this.#drop('events');
    else webSocket.send(text);
  }

  dispose(): void {
    this.#store.dispose();
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    this.#budget.renew();
    if (this.#parting) return;
    if (!this.#hasSpoken && !this.#deps.onFirstWord()) return this.dispose();
    this.#hasSpoken = true;
    const frame = isBinary ? null : requestFrameSchema.safeParse(parseFrame(asText(data)));
    if (!frame?.success) return this.#part(policyViolation, 'not a request');
    this.#flow.push([frame.data]);
    this.#flow.pump();
  }

  async #answer({ id, call, input }: RequestFrame): Promise<void> {
    const { webSocket } = this.#deps;
    const { frame, refused } = await this.#contract.answer(id, call, input);
    if (this.#parting || this.#store.isDisposed) return;
    // An answer may be long, so what counts is what waits before it.
    if (webSocket.bufferedAmount > maxOutgoingBytes) return this.#drop('answers');
    webSocket.send(JSON.stringify(frame));
    if (refused) this.#part(policyViolation, 'refused');
  }

  #drop(what: 'events' | 'answers'): void {
    const { webSocket, log } = this.#deps;
    log.warn(`A page that does not read its ${what} was dropped`, { waitingBytes: webSocket.bufferedAmount });
    this.#part(tooMuch, `${what} were not read`);
  }

  /** Says why, then closes; a page that does not read that is cut off. */
  #part(code: number, reason: string): void {
    const { webSocket, clock } = this.#deps;
    this.#parting = true;
    this.#flow.end();
    this.#contract.dispose();
    webSocket.close(code, reason);
    // Its own good-bye is still to be read.
    webSocket.resume();
    this.#partTimer.value = clock.schedule(partingMs, () => this.dispose());
  }
}
