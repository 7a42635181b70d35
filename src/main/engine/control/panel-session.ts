import type { RawData, WebSocket } from 'ws';
import type { ContractApi } from '../../../shared/contract/calls.ts';
import type { EngineEvent } from '../../../shared/contract/events.ts';
import { requestFrameSchema } from '../../../shared/contract/frames.ts';
import { type Disposable, DisposableStore, listen } from '../lifecycle/disposable.ts';
import type { Log } from '../log/log.ts';
import { maxOutgoingBytes } from './client-session.ts';
import { ContractSession } from './contract-session.ts';
import { asText, parseFrame, policyViolation, tooMuch } from './panel-frames.ts';

export interface PanelSessionDeps {
  readonly webSocket: WebSocket;
  readonly api: ContractApi;
  readonly log: Log;
  readonly onEnd: () => void;
}

/** Calls of one page under way at once. */
const maxCallsAtOnce = 64;

/** One page in a browser that has proved itself: a frame a message. */
export class PanelSession implements Disposable {
  readonly #deps: PanelSessionDeps;
  readonly #contract: ContractSession;
  readonly #store = new DisposableStore();
  #active = 0;

  constructor(deps: PanelSessionDeps) {
    this.#deps = deps;
    this.#contract = this.#store.add(new ContractSession(deps.api, deps.log));
    const { webSocket } = deps;
    this.#store.defer(() => webSocket.terminate());
    this.#store.add(
      listen(webSocket, 'message', (data: RawData, isBinary: boolean) => this.#onMessage(data, isBinary)),
    );
    webSocket.once('close', () => {
      this.dispose();
      deps.onEnd();
    });
  }

  wants(event: EngineEvent): boolean {
    return !this.#store.isDisposed && this.#contract.wants(event);
  }

  /** Sends a ready frame, or drops a page that does not read. */
  sendEvent(text: string): void {
    const { webSocket, log } = this.#deps;
    if (webSocket.bufferedAmount + text.length > maxOutgoingBytes) {
      log.warn('A page that does not read its events was dropped', { waitingBytes: webSocket.bufferedAmount });
      webSocket.close(tooMuch, 'events were not read');
      this.#contract.dispose();
      return;
    }
    webSocket.send(text);
  }

  dispose(): void {
    this.#store.dispose();
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    const { webSocket } = this.#deps;
    const frame = isBinary ? null : requestFrameSchema.safeParse(parseFrame(asText(data)));
    if (!frame?.success || this.#active >= maxCallsAtOnce) {
      webSocket.close(policyViolation, frame?.success ? 'too many calls at once' : 'not a request');
      this.#contract.dispose();
      return;
    }
    const { id, call, input } = frame.data;
    this.#active += 1;
    void this.#contract.answer(id, call, input).then(({ frame: answer, refused }) => {
      this.#active -= 1;
      if (this.#store.isDisposed) return;
      webSocket.send(JSON.stringify(answer));
      if (refused) webSocket.close(policyViolation, 'refused');
    });
  }
}
