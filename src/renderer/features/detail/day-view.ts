import type { HistoryEvent } from '../../../shared/contract/calls.ts';

/** What the strip of the last day shows. Times are wall clock. */
export interface DayView {
  /** `up`: bytes got through; `off`: not asked for, or asleep. What is in neither was down. */
  readonly spans: readonly { readonly kind: 'up' | 'off'; readonly fromMs: number; readonly toMs: number }[];
  readonly drops: readonly Drop[];
  /** Of the time the tunnel was asked for; null when nothing is known. */
  readonly upShare: number | null;
  readonly downMs: number;
}

export interface Drop {
  readonly fromMs: number;
  /** Null: it still lasts. */
  readonly toMs: number | null;
  /** The person switched the tunnel off before it came back. */
  readonly switchedOff: boolean;
  readonly reason: string | null;
}

export const dayMs = 24 * 60 * 60_000;

type Mode = 'up' | 'down' | 'off';

/** The mode that follows an event. */
function after(what: string): Mode {
  switch (what) {
    case 'up':
    case 'healed':
      return 'up';
    case 'stopped':
    // A first start, and the questions it asks a person, are no fault.
    case 'started':
      return 'off';
    default:
      return 'down';
  }
}

/**
 * The last 24 hours of a tunnel out of its history (oldest first). `upSinceMs`: since when it runs, null if it does not; a history that
 * was read before that is behind. Before the first known event, a loss says that it was up; anything else says nothing, which counts as off.
 */
export function dayView(events: readonly HistoryEvent[], nowMs: number, upSinceMs: number | null): DayView {
  const startMs = nowMs - dayMs;
  const earlier = events.findLast((event) => event.atMs < startMs);
  const inside = events.filter((event) => event.atMs >= startMs && event.atMs <= nowMs);
  const [first] = inside;
  let mode: Mode =
    earlier !== undefined
      ? after(earlier.what)
      : first?.what === 'lost'
        ? 'up'
        : first === undefined && upSinceMs !== null && upSinceMs <= startMs
          ? 'up'
          : 'off';
  let sinceMs = startMs;
  const spans: { kind: 'up' | 'off'; fromMs: number; toMs: number }[] = [];
  const drops: Drop[] = [];
  let drop: Drop | null = null;
  const totals = { up: 0, down: 0, off: 0 };
  const close = (untilMs: number) => {
    totals[mode] += untilMs - sinceMs;
    if (mode !== 'down' && untilMs > sinceMs) spans.push({ kind: mode, fromMs: sinceMs, toMs: untilMs });
    sinceMs = untilMs;
  };
  for (const event of inside) {
    const next = after(event.what);
    if (next !== mode) close(event.atMs);
    if (event.what === 'lost')
      drop = { fromMs: event.atMs, toMs: null, switchedOff: false, reason: event.cause?.message ?? null };
    else if (drop !== null && next !== 'down') {
      drops.push({ ...drop, toMs: event.atMs, switchedOff: next === 'off' });
      drop = null;
    }
    mode = next;
  }
  if (upSinceMs !== null && mode !== 'up' && upSinceMs > sinceMs && upSinceMs <= nowMs) {
    close(upSinceMs);
    if (drop !== null) drops.push({ ...drop, toMs: upSinceMs });
    drop = null;
    mode = 'up';
  }
  close(nowMs);
  if (drop !== null) drops.push(drop);
  const asked = totals.up + totals.down;
  return { spans, drops, upShare: asked === 0 ? null : totals.up / asked, downMs: totals.down };
}
