import { secret as words } from '../../../shared/i18n/sentences/secret.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { Clock } from '../lifecycle/clock.ts';

/**
 * One call at a time, each within a time limit. A call that is over its limit is given up by its caller, but the next one still waits for
 * its real end: a keychain that hangs on a prompt holds one thread of the process and not all of them.
 */
export class CallQueue {
  readonly #clock: Clock;
  readonly #limitMs: number;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /** Runs `call` after those before it. Rejects with `secret-store` if it has not ended within the limit, waiting included. */
  run<T>(where: string, call: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let givenUp = false;
      const timer = this.#clock.schedule(this.#limitMs, () => {
        givenUp = true;
        reject(
          new HoldfastError({
            code: 'secret-store',
            where,
            message: words.keychainSilent({ limitMs: this.#limitMs }),
            next: words.answerKeychain(),
          }),
        );
      });
      const turn = this.#tail.then(async () => {
        // Nobody waits for it any more: do not begin.
        if (givenUp) return;
        try {
          resolve(await call());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        } finally {
          timer.dispose();
        }
      });
      this.#tail = turn;
    });
  }
}
