import { useSyncExternalStore } from 'react';

/** At most one announcement in so many milliseconds; the newest of those that wait wins. */
const quietMs = 2000;

let said = '';
let waiting: string | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function say(text: string): void {
  // The same text twice would be no change to a screen reader: a no-break space makes it one.
  said = text === said ? `${text}\u00a0` : text;
  for (const listener of listeners) listener();
  timer = setTimeout(() => {
    timer = undefined;
    const next = waiting;
    waiting = null;
    if (next !== null) say(next);
  }, quietMs);
}

/** Tells screen readers something in the page's one polite region. */
export function announce(text: string): void {
  if (timer === undefined) say(text);
  else waiting = text;
}

/** Forgets everything said; for tests. */
export function resetAnnouncements(): void {
  clearTimeout(timer);
  timer = undefined;
  waiting = null;
  said = '';
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The region itself; once a page. */
export function LiveRegion() {
  const text = useSyncExternalStore(subscribe, () => said);
  return (
    <div className="vh" role="status" aria-live="polite" data-testid="live">
      {text}
    </div>
  );
}
