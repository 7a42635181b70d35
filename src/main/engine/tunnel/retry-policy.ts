import type { BackoffConfig } from '../../../shared/model/config.ts';
import { assertNever } from '../../../shared/model/failure.ts';

/** autossh's numbers where the configuration has no poll time. */
const defaultPollMs = 600_000;
/** Tries without any wait (autossh's N_FAST_TRIES). */
const fastTries = 5;

/**
 * autossh 1.4g's `grace_time`: the wait before the next start after `tries` starts that did not last (0: the last one did), in whole seconds
 * as there. No jitter.
 */
export function autosshDelayMs(tries: number, pollMs: number): number {
  const beyond = tries - fastTries;
  if (beyond <= 0) return 0;
  const pollSeconds = Math.trunc(pollMs / 1000);
  const seconds = Math.trunc((pollSeconds / 100) * ((beyond * beyond) / 3));
  return Math.min(seconds, pollSeconds) * 1000;
}

/** How long a start must last for autossh to forget the tries before: max(10 s, poll / 10). */
export function autosshMinTimeMs(pollMs: number): number {
  return Math.max(10, Math.trunc(pollMs / 10_000)) * 1000;
}

/** Exponential back-off with full jitter: `jitter` in [0, 1) times min(cap, first · 2^(tries − 1)). 0 tries (a link that was stable) is as 1. */
export function exponentialDelayMs(tries: number, jitter: number, firstMs: number, capMs: number): number {
  const doublings = Math.min(Math.max(0, tries - 1), 64);
  return Math.round(jitter * Math.min(capMs, firstMs * 2 ** doublings));
}

/** What the machine needs to know for its waits. */
export interface WaitPolicy {
  readonly backoff: BackoffConfig;
  readonly pollMs: number;
  readonly stableMs: number;
}

/** The wait before the next try. `tries`: starts since the last stable link or since a person acted. */
export function retryDelayMs(policy: WaitPolicy, tries: number, jitter: number): number {
  const { backoff } = policy;
  switch (backoff.kind) {
    case 'exponential':
      return exponentialDelayMs(tries, jitter, backoff.firstMs, backoff.capMs);
    case 'autossh':
      return autosshDelayMs(tries, pollOf(policy));
    default:
      return assertNever(backoff);
  }
}

/** What just ended. */
export interface PastTry {
  readonly sinceStartMs: number;
  /** How long the link was up; null: it never was. */
  readonly upMs: number | null;
  /** The wait before it. */
  readonly waitedMs: number;
}

/**
 * True if what just ended lasted long enough to forget the tries before it. autossh counts from the start of the try, so that a connect that
 * takes long to fail resets as well; ours only counts the time that the link was up, which must also be as long as it was waited for: a link
 * that is there more than it is away is worth a try at once.
 */
export function wasStable(policy: WaitPolicy, { sinceStartMs, upMs, waitedMs }: PastTry): boolean {
  if (policy.backoff.kind === 'autossh') return sinceStartMs >= autosshMinTimeMs(pollOf(policy));
  return upMs !== null && upMs >= policy.stableMs && upMs >= waitedMs;
}

function pollOf(policy: WaitPolicy): number {
  return policy.pollMs > 0 ? policy.pollMs : defaultPollMs;
}
