import { type MessagePort } from 'node:worker_threads';
import type { ContractApi } from '../../../shared/contract/calls.ts';
import { type EngineEvent, eventSchema } from '../../../shared/contract/events.ts';
import { requestFrameSchema } from '../../../shared/contract/frames.ts';
import { type Disposable, DisposableStore } from '../lifecycle/disposable.ts';
import type { Event } from '../lifecycle/emitter.ts';
import type { Log } from '../log/log.ts';
import { ContractSession } from './contract-session.ts';

export interface PortSessionDeps {
  readonly port: MessagePort;
  readonly api: ContractApi;
  readonly events: Event<EngineEvent>;
  readonly log: Log;
}

/** The contract for the shell of this very process, on another thread: a frame a message. Ends with the port, from either side. */
export class PortSession implements Disposable {
  readonly #deps: PortSessionDeps;
  readonly #contract: ContractSession;
  readonly #store = new DisposableStore();

  constructor(deps: PortSessionDeps) {
    this.#deps = deps;
    const { port, api, events, log } = deps;
    this.#contract = this.#store.add(new ContractSession(api, log));
    this.#store.defer(() => port.close());
    // Its listeners end with the port.
    port.on('message', (message: unknown) => this.#onMessage(message));
    port.on('close', () => this.dispose());
    this.#store.add(events((event) => this.#onEvent(event)));
  }

  dispose(): void {
    this.#store.dispose();
  }

  #onMessage(message: unknown): void {
    const { log } = this.#deps;
    const request = requestFrameSchema.safeParse(message);
    if (!request.success) {
      log.error('A message of the shell is not a request; it is cut off');
      this.dispose();
      return;
    }
    const { id, call, input } = request.data;
    void this.#contract.answer(id, call, input).then(({ frame, refused }) => {
      if (this.#store.isDisposed) return;
      this.#deps.port.postMessage(frame);
      if (refused) this.dispose();
    });
  }

  #onEvent(event: EngineEvent): void {
    if (!this.#contract.wants(event)) return;
    const checked = eventSchema.safeParse(event);
    if (checked.success) this.#deps.port.postMessage({ event: checked.data });
    else this.#deps.log.error('An event does not fit the contract and was not sent', { event: event.kind });
  }
}
