import type { HistoryEvent } from '../../../shared/contract/calls.ts';
import type { Cause } from '../../../shared/model/failure.ts';
import type { ShownState } from '../../../shared/model/shown-state.ts';
import { sameDay } from '../../format.ts';

export type What = 'started' | 'up' | 'healed' | 'lost' | 'failed' | 'dead' | 'stopped' | 'awake';

const shapes: Record<What, ShownState> = {
  started: 'starting',
  up: 'running',
  healed: 'running',
  lost: 'retrying',
  failed: 'retrying',
  dead: 'dead',
  stopped: 'stopped',
  awake: 'stopped',
};

/** A line of the activity, newest first within its day. */
export interface ActivityLine {
  readonly event: HistoryEvent;
  readonly what: What;
  readonly shape: ShownState;
  /** For a loss: when the tunnel was back. */
  readonly backAtMs: number | null;
  /** For a wake-up: since when the computer slept. */
  readonly asleepAtMs: number | null;
}

export interface ActivityDay {
  readonly atMs: number;
  readonly lines: readonly ActivityLine[];
}

/** The history by day, newest first, each loss with its repair. `events` come oldest first. */
export function activityDays(
  events: readonly HistoryEvent[],
  find: string,
  onlyDrops: boolean,
  causeSays: (cause: Cause) => string,
): readonly ActivityDay[] {
  const needle = find.trim().toLowerCase();
  const lines: ActivityLine[] = [];
  const backAt = new Map<string, number>();
  let awake: { event: HistoryEvent; line: number } | null = null;
  for (const event of [...events].reverse()) {
    if (event.what === 'asleep') {
      const line = awake === null ? undefined : lines[awake.line];
      if (awake !== null && line?.event === awake.event) lines[awake.line] = { ...line, asleepAtMs: event.atMs };
      awake = null;
      continue;
    }
    const what = whatOf(event.what);
    if (what === 'healed' || what === 'up') backAt.set(event.tunnel, event.atMs);
    else if (what === 'stopped' || what === 'dead') backAt.delete(event.tunnel);
    const shown =
      (!onlyDrops || what === 'lost' || what === 'dead') &&
      `${event.tunnel} ${event.cause === null ? '' : causeSays(event.cause)}`.toLowerCase().includes(needle);
    if (what === 'awake') awake = { event, line: lines.length };
    if (shown)
      lines.push({
        event,
        what,
        shape: shapes[what],
        backAtMs: what === 'lost' ? (backAt.get(event.tunnel) ?? null) : null,
        asleepAtMs: null,
      });
    if (what === 'lost') backAt.delete(event.tunnel);
  }
  const days: { atMs: number; lines: ActivityLine[] }[] = [];
  for (const line of lines) {
    const day = days.at(-1);
    if (day !== undefined && sameDay(day.atMs, line.event.atMs)) day.lines.push(line);
    else days.push({ atMs: line.event.atMs, lines: [line] });
  }
  return days;
}

function whatOf(what: string): What {
  return Object.hasOwn(shapes, what) ? (what as What) : 'started';
}
