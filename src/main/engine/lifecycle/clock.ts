import { performance } from 'node:perf_hooks';
import { type Disposable, toDisposable } from './disposable.ts';

/** Time as a dependency, so that supervisors run under a fake clock in tests. */
export interface Clock {
  /** Monotonic milliseconds; for every interval, wait and deadline. */
  now(): number;
  /** Wall clock in milliseconds since 1970; only for what people read and for logs. */
  wallNow(): number;
  /** Calls `fire` once after `delayMs`; dispose of the result to cancel. */
  schedule(delayMs: number, fire: () => void): Disposable;
}

/** Node's longest timer; longer waits are cut to it and must be re-armed by their owner. */
export const longestTimerMs = 2_147_483_647;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  schedule(delayMs, fire) {
    const timer = setTimeout(fire, Math.min(Math.max(0, delayMs), longestTimerMs));
    return toDisposable(() => clearTimeout(timer));
  },
};

/** Calls `fire` every `periodMs`, measured from the end of the call before; dispose of the result to end it. */
export function every(clock: Clock, periodMs: number, fire: () => void): Disposable {
  let timer: Disposable;
  const arm = (): void => {
    timer = clock.schedule(periodMs, () => {
      arm();
      fire();
    });
  };
  arm();
  return toDisposable(() => timer.dispose());
}

/** Resolves after `delayMs`, or rejects with the signal's reason. */
export function wait(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      timer.dispose();
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    const timer = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
