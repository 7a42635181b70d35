import { assertNever } from '../../../shared/model/failure.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, MutableDisposable, toDisposable } from '../lifecycle/disposable.ts';

/** How long the first question may stay without an answer before the other one is asked. */
const patienceMs = 3000;
/** How long a global request waits for the answer to a question that may never come. */
const settleMs = 8000;

export interface SignOfLifeOptions {
  readonly clock: Clock;
  /** Sends keepalive@openssh.com; disposing of it means that no reply is expected any more. */
  readonly keepalive: (answered: () => void) => Disposable;
  /** Asks for a channel of a type that no server has. */
  readonly open: (answered: () => void) => void;
  /** When the last byte came in, by the clock's `now`. */
  readonly lastInboundAtMs: () => number;
}

/** The first question, as long as it has no answer. */
interface Trial {
  readonly waiting: Set<() => void>;
  readonly keepalive: Disposable;
  /** When the other question went out; null before. */
  openedAtMs: number | null;
}

/**
 * Asks a server whether it is there. Servers must answer a global request (RFC 4254 section 4), but some do not, and a few answer no question at all. So
 * the first question that stays without an answer is followed by another that must be refused; what was answered first is asked from then on.
 * A server that ignores keepalives gets none, for replies carry no number: the next one would be taken for the answer to it.
 */
export class SignOfLife implements Disposable {
  readonly #options: SignOfLifeOptions;
  readonly #store = new DisposableStore();
  readonly #patience = this.#store.add(new MutableDisposable());
  #answersTo: 'keepalive' | 'open' | null = null;
  #trial: Trial | null = null;

  constructor(options: SignOfLifeOptions) {
    this.#options = options;
  }

  /** Asks; `answered` is called with the answer, if one comes. Disposing of the result forgets `answered`. */
  ask(answered: () => void, waitMs: number = patienceMs): Disposable {
    const { clock, keepalive, open } = this.#options;
    switch (this.#answersTo) {
      case 'keepalive':
        keepalive(answered);
        return toDisposable(() => {});
      case 'open':
        open(answered);
        return toDisposable(() => {});
      case null: {
        this.#trial ??= {
          waiting: new Set(),
          keepalive: keepalive(() => this.#onAnswer('keepalive')),
          openedAtMs: null,
        };
        const { waiting, openedAtMs } = this.#trial;
        waiting.add(answered);
        if (openedAtMs === null && this.#patience.value === null)
          this.#patience.value = clock.schedule(Math.min(waitMs, patienceMs), () => this.#askOtherwise());
        return toDisposable(() => waiting.delete(answered));
      }
      default:
        return assertNever(this.#answersTo);
    }
  }

  /** No question has been answered so far, and both were asked. */
  get isMute(): boolean {
    return this.#trial !== null && this.#trial.openedAtMs !== null;
  }

  /** Silence of a server that answers nothing, but from which bytes came since it was asked, proves nothing. */
  get isSilenceProof(): boolean {
    const openedAtMs = this.#trial?.openedAtMs ?? null;
    return openedAtMs === null || this.#options.lastInboundAtMs() <= openedAtMs;
  }

  /** Waits until no keepalive is under way of which nobody knows whether it will be answered: to be called before any other global request. */
  settled(): Promise<void> {
    const trial = this.#trial;
    if (trial === null) return Promise.resolve();
    this.#askOtherwise();
    return new Promise((resolve) => {
      const store = this.#store.add(new DisposableStore());
      const done = (): void => this.#store.release(store);
      store.defer(() => {
        trial.waiting.delete(done);
        trial.keepalive.dispose();
        resolve();
      });
      trial.waiting.add(done);
      store.add(this.#options.clock.schedule(settleMs, done));
    });
  }

  /** The link is gone: nobody hears an answer any more. */
  dispose(): void {
    this.#store.dispose();
    this.#trial = null;
  }

  #askOtherwise(): void {
    const trial = this.#trial;
    this.#patience.clear();
    if (trial === null || trial.openedAtMs !== null) return;
    trial.openedAtMs = this.#options.clock.now();
    this.#options.open(() => this.#onAnswer('open'));
  }

  #onAnswer(kind: 'keepalive' | 'open'): void {
    const trial = this.#trial;
    if (trial === null) return;
    this.#trial = null;
    this.#answersTo = kind;
    this.#patience.clear();
    trial.keepalive.dispose();
    for (const answered of [...trial.waiting]) answered();
  }
}
