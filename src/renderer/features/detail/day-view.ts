import type { HistoryEvent } from '../../../shared/contract/calls.ts';
import type { Cause } from '../../../shared/model/failure.ts';
import { thisMachine } from '../../../shared/model/tunnel.ts';

/** What the strip of the last day shows. Times are wall clock. */
export interface DayView {
  /** `up`: bytes got through; `off`: not asked for; `asleep`: the computer slept. What is in none was down. */
  readonly spans: readonly Span[];
  readonly drops: readonly Drop[];
  /** Of the time the tunnel was asked for and the computer awake; null when nothing is known. */
  readonly upShare: number | null;
  readonly downMs: number;
}

export interface Span {
  readonly kind: 'up' | 'off' | 'asleep';
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Drop {
  readonly fromMs: number;
  /** Null: it still lasts. */
  readonly toMs: number | null;
  /** The person switched the tunnel off before it came back. */
  readonly switchedOff: boolean;
  readonly cause: Cause | null;
  /** The computer had just woken up: links do not outlive a sleep, whatever they say of it. */
  readonly afterSleep: boolean;
}

export const dayMs = 24 * 60 * 60_000;

/** After a wake-up every link proves within seconds that it still answers; what is found lost so soon was lost to the sleep. */
const afterSleepMs = 15_000;

type Mode = 'up' | 'down' | 'off' | 'asleep';

/** The mode that follows an event of a tunnel. */
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

/** How a tunnel was when the day began. Before its first known event, a loss says that it was up; anything else says nothing, which counts as off. */
function modeBefore(own: readonly HistoryEvent[], startMs: number, upSinceMs: number | null): Mode {
  const earlier = own.findLast((event) => event.atMs < startMs);
  if (earlier !== undefined) return after(earlier.what);
  const first = own.find((event) => event.atMs >= startMs);
  if (first !== undefined) return first.what === 'lost' ? 'up' : 'off';
  return upSinceMs !== null && upSinceMs <= startMs ? 'up' : 'off';
}

/**
 * The last 24 hours of a tunnel out of its history and the machine's (oldest first). `upSinceMs`: since when it runs, null if it does not; a
 * history that was read before that is behind.
 */
export function dayView(events: readonly HistoryEvent[], nowMs: number, upSinceMs: number | null): DayView {
  const startMs = nowMs - dayMs;
  const known = events.filter((event) => event.atMs <= nowMs);
  let mode = modeBefore(
    known.filter((event) => event.tunnel !== thisMachine),
    startMs,
    upSinceMs,
  );
  const slept = known.findLast((event) => event.tunnel === thisMachine && event.atMs < startMs);
  /** How the tunnel is apart from the sleep; null while awake. */
  let dormant: Mode | null = null;
  if (slept?.what === 'asleep') {
    dormant = mode;
    mode = 'asleep';
  }
  let sinceMs = startMs;
  let awakeAtMs = -Infinity;
  const spans: Span[] = [];
  const drops: Drop[] = [];
  let drop: Drop | null = null;
  const totals = { up: 0, down: 0, off: 0, asleep: 0 };
  const turn = (next: Mode, atMs: number) => {
    if (next === mode) return;
    totals[mode] += atMs - sinceMs;
    if (mode !== 'down' && atMs > sinceMs) spans.push({ kind: mode, fromMs: sinceMs, toMs: atMs });
    sinceMs = atMs;
    mode = next;
  };
  const endDrop = (atMs: number, switchedOff: boolean) => {
    if (drop !== null) drops.push({ ...drop, toMs: atMs, switchedOff });
    drop = null;
  };
  for (const event of known) {
    if (event.atMs < startMs) continue;
    if (event.tunnel === thisMachine) {
      if (event.what === 'asleep' && dormant === null) {
        dormant = mode;
        turn('asleep', event.atMs);
      } else if (event.what === 'awake' && dormant !== null) {
        turn(dormant, event.atMs);
        dormant = null;
        awakeAtMs = event.atMs;
      }
      continue;
    }
    const next = after(event.what);
    if (event.what === 'lost') {
      const afterSleep = event.atMs - awakeAtMs <= afterSleepMs;
      drop = { fromMs: event.atMs, toMs: null, switchedOff: false, cause: event.cause, afterSleep };
    } else if (next !== 'down') endDrop(event.atMs, next === 'off');
    if (dormant === null) turn(next, event.atMs);
    else dormant = next;
  }
  const running = dormant ?? mode;
  if (upSinceMs !== null && running !== 'up' && upSinceMs > sinceMs && upSinceMs <= nowMs) {
    turn('up', upSinceMs);
    endDrop(upSinceMs, false);
  }
  totals[mode] += nowMs - sinceMs;
  if (mode !== 'down' && nowMs > sinceMs) spans.push({ kind: mode, fromMs: sinceMs, toMs: nowMs });
  if (drop !== null) drops.push(drop);
  const asked = totals.up + totals.down;
  return { spans, drops, upShare: asked === 0 ? null : totals.up / asked, downMs: totals.down };
}
