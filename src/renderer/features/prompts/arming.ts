import { type RefObject, useEffect, useRef, useState } from 'react';

/** Input that was meant for another window is ignored for so long after a question appears. */
export const settleMs = 400;

/** Calls `restart` now and whenever the window comes into view. */
function onView(restart: () => void): () => void {
  const seen = (): void => {
    if (document.visibilityState === 'visible') restart();
  };
  document.addEventListener('visibilitychange', seen);
  return () => document.removeEventListener('visibilitychange', seen);
}

/**
 * Says whether input counts yet. Starts anew whenever `key` changes and whenever the window comes into view. The clock is monotonic.
 */
export function useSettled(key: string): () => boolean {
  const shownAt = useRef(performance.now());
  const lastKey = useRef(key);
  if (lastKey.current !== key) {
    lastKey.current = key;
    shownAt.current = performance.now();
  }
  useEffect(
    () =>
      onView(() => {
        shownAt.current = performance.now();
      }),
    [],
  );
  return () => performance.now() - shownAt.current >= settleMs;
}

const inputs = ['keydown', 'beforeinput', 'paste', 'drop', 'click'] as const;

/** True while it holds. Keeps keys, pasted text and clicks away from everything in `root` until it has settled, so that nothing half typed elsewhere lands in a field. */
export function useInputHold(root: RefObject<HTMLElement | null>): boolean {
  const [isHeld, setHeld] = useState(true);
  useEffect(() => {
    const element = root.current;
    if (element === null) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let startedAt = performance.now();
    const start = (): void => {
      clearTimeout(timer);
      startedAt = performance.now();
      setHeld(true);
      timer = setTimeout(() => setHeld(false), settleMs);
    };
    const hold = (event: Event): void => {
      // By the clock: timers of a window that comes into view may be late.
      if (performance.now() - startedAt >= settleMs) return;
      event.preventDefault();
      event.stopPropagation();
    };
    start();
    const stopWatching = onView(start);
    for (const name of inputs) element.addEventListener(name, hold, { capture: true });
    return () => {
      clearTimeout(timer);
      stopWatching();
      for (const name of inputs) element.removeEventListener(name, hold, { capture: true });
    };
  }, [root]);
  return isHeld;
}
