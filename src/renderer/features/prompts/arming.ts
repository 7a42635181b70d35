import { useEffect, useRef } from 'react';

/** Input that was meant for another window is ignored for so long after a question appears. */
export const settleMs = 400;

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
  useEffect(() => {
    const restart = (): void => {
      if (document.visibilityState === 'visible') shownAt.current = performance.now();
    };
    document.addEventListener('visibilitychange', restart);
    return () => document.removeEventListener('visibilitychange', restart);
  }, []);
  return () => performance.now() - shownAt.current >= settleMs;
}
