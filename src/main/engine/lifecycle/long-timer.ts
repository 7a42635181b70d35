import { type Clock, longestTimerMs } from './clock.ts';
import { type Disposable, MutableDisposable } from './disposable.ts';

/** Like `clock.schedule`, for waits that may be longer than Node's longest timer (24.8 days): armed again until the time has come. */
export function scheduleLong(clock: Clock, delayMs: number, fire: () => void): Disposable {
  const timer = new MutableDisposable();
  const endMs = clock.now() + delayMs;
  const arm = (): void => {
    const leftMs = endMs - clock.now();
    timer.value =
      leftMs > longestTimerMs ? clock.schedule(longestTimerMs, arm) : clock.schedule(Math.max(0, leftMs), fire);
  };
  arm();
  return timer;
}
