import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, MutableDisposable } from '../lifecycle/disposable.ts';

export interface RekeyOptions {
  readonly clock: Clock;
  /** Bytes both ways under one key; 0 is no limit. */
  readonly limitBytes: number;
  /** Age of a key; 0 is no limit. */
  readonly limitMs: number;
  /** How long the server may take to answer. */
  readonly answerMs: number;
  /** Bytes both ways so far. */
  readonly transferred: () => number;
  readonly isExchanging: () => boolean;
  readonly start: () => void;
  /** Called once: the server did not answer. */
  readonly onStalled: () => void;
}

/** Starts a new key exchange after so many bytes or so long (RFC 4253 section 9): ssh2 never does so by itself. */
export class RekeyTrigger implements Disposable {
  readonly #options: RekeyOptions;
  readonly #age = new MutableDisposable();
  readonly #answer = new MutableDisposable();
  #keyedAtBytes: number;

  constructor(options: RekeyOptions) {
    this.#options = options;
    this.#keyedAtBytes = options.transferred();
    this.#armAge();
  }

  /** Bytes were moved. */
  onTransfer(): void {
    const { limitBytes, transferred } = this.#options;
    if (limitBytes > 0 && transferred() - this.#keyedAtBytes >= limitBytes) this.#trigger();
  }

  /** The server began a key exchange: it must end it in the same time as one of ours, for nothing else is sent meanwhile. */
  onServerBegan(): void {
    const { clock, answerMs, onStalled } = this.#options;
    if (this.#answer.value === null) this.#answer.value = clock.schedule(answerMs, onStalled);
  }

  /** A key exchange is done, whoever started it. */
  onRekeyed(): void {
    this.#keyedAtBytes = this.#options.transferred();
    this.#answer.clear();
    this.#armAge();
  }

  dispose(): void {
    this.#age.dispose();
    this.#answer.dispose();
  }

  #armAge(): void {
    const { clock, limitMs } = this.#options;
    if (limitMs > 0) this.#age.value = clock.schedule(limitMs, () => this.#trigger());
  }

  #trigger(): void {
    const { clock, isExchanging, start, answerMs, onStalled } = this.#options;
    if (isExchanging() || this.#answer.value !== null) return;
    this.#answer.value = clock.schedule(answerMs, onStalled);
    start();
  }
}
