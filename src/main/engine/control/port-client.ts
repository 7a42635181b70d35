import { type MessagePort } from 'node:worker_threads';
import { type CallInput, type CallName, type CallOutput, contractVersion } from '../../../shared/contract/calls.ts';
import { type Disposable, DisposableStore } from '../lifecycle/disposable.ts';
import { ContractClient } from './contract-client.ts';

/** A shell's end of a message port to the engine on another thread of this process. */
export class PortClient implements Disposable {
  readonly #store = new DisposableStore();
  readonly #contract: ContractClient;
  readonly onDidEvent;
  readonly onDidClose;

  private constructor(port: MessagePort) {
    this.#store.defer(() => port.close());
    this.#contract = this.#store.add(new ContractClient({ where: 'engine', send: (frame) => port.postMessage(frame) }));
    this.onDidEvent = this.#contract.onDidEvent;
    this.onDidClose = this.#contract.onDidClose;
    // Its listeners end with the port.
    port.on('message', (message: unknown) => this.#contract.receive(message));
    port.on('close', () => this.#contract.end(this.#contract.gone()));
  }

  /** Greets the engine behind the port, which is ours from here on. Rejects with `no-engine` if it closes first. */
  static async connect(port: MessagePort, client: string): Promise<PortClient> {
    const made = new PortClient(port);
    try {
      await made.call('hello', { client, contract: contractVersion });
      return made;
    } catch (error) {
      made.dispose();
      throw error;
    }
  }

  /** Makes one call. Rejects with the engine's error, or with `no-engine` if the port closes first. */
  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    return this.#contract.call(name, input);
  }

  dispose(): void {
    this.#store.dispose();
  }
}
