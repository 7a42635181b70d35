import { calls, type CallInput, type CallName, type CallOutput } from '../../../shared/contract/calls.ts';
import type { EngineEvent } from '../../../shared/contract/events.ts';
import { type RequestFrame, responseFrameSchema } from '../../../shared/contract/frames.ts';
import { contract } from '../../../shared/i18n/sentences/contract.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { Disposable } from '../lifecycle/disposable.ts';
import { Emitter } from '../lifecycle/emitter.ts';

export interface ContractClientOptions {
  /** Names the way to the engine in errors. */
  readonly where: string;
  readonly send: (frame: RequestFrame) => void;
}

interface Pending {
  readonly call: CallName;
  resolve(output: unknown): void;
  reject(error: HoldfastError): void;
}

/** A shell's side of the contract, whatever carries the frames: calls under way, events, the end. */
export class ContractClient implements Disposable {
  readonly #options: ContractClientOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #onDidEvent = new Emitter<EngineEvent>();
  readonly #onDidClose = new Emitter<HoldfastError>();
  #nextId = 1;
  #ended: HoldfastError | null = null;

  /** Events asked for with the call `subscribe`. */
  readonly onDidEvent = this.#onDidEvent.event;
  /** It ended (not by `dispose`), with the reason. */
  readonly onDidClose = this.#onDidClose.event;

  constructor(options: ContractClientOptions) {
    this.#options = options;
  }

  get hasEnded(): boolean {
    return this.#ended !== null;
  }

  /** Makes one call. Rejects with the engine's error, or with the reason if the connection ends first. */
  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) {
        reject(this.#ended);
        return;
      }
      const id = this.#nextId++;
      this.#pending.set(id, {
        call: name,
        resolve: (output) => resolve(output as CallOutput<N>),
        reject,
      });
      this.#options.send({ id, call: name, input });
    });
  }

  /** Takes one frame of the engine as it came; one that does not fit the contract ends the connection. */
  receive(raw: unknown): void {
    if (this.#ended !== null) return;
    const frame = responseFrameSchema.safeParse(raw);
    if (!frame.success) {
      this.end(this.badAnswer());
      return;
    }
    if ('event' in frame.data) {
      this.#onDidEvent.fire(frame.data.event);
      return;
    }
    const { id } = frame.data;
    if (id === null) {
      if (!frame.data.ok) this.end(new HoldfastError(frame.data.error));
      return;
    }
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    if (!frame.data.ok) {
      pending.reject(new HoldfastError(frame.data.error));
      return;
    }
    const output = calls[pending.call].output.safeParse(frame.data.output);
    if (output.success) pending.resolve(output.data);
    else pending.reject(this.badAnswer());
  }

  /** The connection is over: what is under way gets the reason, and no event comes any more. */
  end(reason: HoldfastError): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    for (const pending of this.#pending.values()) pending.reject(reason);
    this.#pending.clear();
    this.#onDidEvent.dispose();
    this.#onDidClose.fire(reason);
    this.#onDidClose.dispose();
  }

  dispose(): void {
    this.#onDidClose.dispose();
    this.end(this.gone());
  }

  gone(): HoldfastError {
    return new HoldfastError({
      code: 'no-engine',
      where: this.#options.where,
      message: contract.engineClosed(),
      next: contract.seeWhetherItRuns(),
    });
  }

  badAnswer(): HoldfastError {
    return new HoldfastError({
      code: 'protocol',
      where: this.#options.where,
      message: contract.badAnswer(),
      next: contract.sameVersion(),
    });
  }
}
