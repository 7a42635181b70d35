import type { Clock } from '../lifecycle/clock.ts';
import type { Log, LogFields } from './log.ts';

const usualEveryMs = 10_000;
/** For what strangers cause, who may go on for days. */
export const strangersEveryMs = 60_000;

export interface RareLinesOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** At most one line of a kind in so long; 10 s unless told. */
  readonly everyMs?: number;
}

/** Writes at most one line of each kind in a while; the next one of that kind says how many were left out before it (`skipped`). */
export class RareLines {
  readonly #options: RareLinesOptions;
  readonly #kinds = new Map<string, { nextAtMs: number; skipped: number }>();

  constructor(options: RareLinesOptions) {
    this.#options = options;
  }

  /** `kind` is one of few that the caller knows, here and below: each is kept. */
  error(kind: string, message: string, fields?: LogFields): void {
    this.#tell('error', kind, message, fields);
  }

  warn(kind: string, message: string, fields?: LogFields): void {
    this.#tell('warn', kind, message, fields);
  }

  info(kind: string, message: string, fields?: LogFields): void {
    this.#tell('info', kind, message, fields);
  }

  #tell(level: 'error' | 'warn' | 'info', kind: string, message: string, fields: LogFields = {}): void {
    const { log, clock, everyMs = usualEveryMs } = this.#options;
    const now = clock.now();
    const entry = this.#kinds.get(kind) ?? { nextAtMs: now, skipped: 0 };
    this.#kinds.set(kind, entry);
    if (now < entry.nextAtMs) {
      entry.skipped += 1;
      return;
    }
    log[level](message, { ...fields, skipped: entry.skipped });
    entry.nextAtMs = now + everyMs;
    entry.skipped = 0;
  }
}
