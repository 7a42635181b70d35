import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  autosshDelayMs,
  autosshMinTimeMs,
  exponentialDelayMs,
  retryDelayMs,
  wasStable,
} from '../../../src/main/engine/tunnel/retry-policy.ts';

/** Waits in seconds before start 1, 2, 3, … of starts that do not last. */
function schedule(pollSeconds: number, starts: number): number[] {
  return Array.from({ length: starts }, (_, before) => autosshDelayMs(before, pollSeconds * 1000) / 1000);
}

describe("autossh's schedule", () => {
  it('is that of 1.4g with the default poll time', () => {
    const waits = [2, 8, 18, 32, 50, 72, 98, 128, 162, 200, 242, 288, 338, 392, 450, 512, 578, 600, 600];
    expect(schedule(600, 25)).toEqual([0, 0, 0, 0, 0, 0, ...waits]);
  });

  it('is that of 1.4g with a poll time of 10 s', () => {
    const waits = [1, 1, 2, 2, 3, 4, 4, 5, 6, 7, 8, 9, 10, 10];
    expect(schedule(10, 25)).toEqual([...Array<number>(11).fill(0), ...waits]);
  });

  it('forgets tries after max(10 s, poll / 10)', () => {
    expect([600, 100, 10, 109].map((poll) => autosshMinTimeMs(poll * 1000))).toEqual([60_000, 10_000, 10_000, 10_000]);
  });

  it('counts the time from the start, so that a slow failure resets too', () => {
    const policy = { backoff: { kind: 'autossh' as const }, pollMs: 600_000, stableMs: 1 };
    expect(wasStable(policy, { sinceStartMs: 60_000, upMs: null, waitedMs: 0 })).toBe(true);
    expect(wasStable(policy, { sinceStartMs: 59_999, upMs: 59_999, waitedMs: 0 })).toBe(false);
  });

  it('has no jitter', () => {
    const policy = { backoff: { kind: 'autossh' as const }, pollMs: 600_000, stableMs: 1 };
    fc.assert(
      fc.property(fc.nat(100), fc.double({ min: 0, max: 1, noNaN: true }), (tries, jitter) => {
        expect(retryDelayMs(policy, tries, jitter)).toBe(autosshDelayMs(tries, 600_000));
      }),
    );
  });
});

describe('exponential back-off', () => {
  it('doubles from the first wait up to the cap', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 1000].map((tries) => exponentialDelayMs(tries, 1, 1000, 60_000))).toEqual([
      1000, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('stays within zero and the cap, and grows with jitter and with tries', () => {
    const unit = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(
        fc.nat(5000),
        unit,
        unit,
        fc.integer({ min: 10, max: 10_000 }),
        fc.integer({ min: 0, max: 100_000 }),
        (tries, a, b, first, more) => {
          const cap = first + more;
          const wait = exponentialDelayMs(tries, a, first, cap);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(cap);
          expect(exponentialDelayMs(tries + 1, a, first, cap)).toBeGreaterThanOrEqual(wait);
          expect(exponentialDelayMs(tries, Math.max(a, b), first, cap)).toBeGreaterThanOrEqual(wait);
        },
      ),
    );
  });

  it('calls a link stable by the time it was up, if it was waited no longer for it', () => {
    const policy = {
      backoff: { kind: 'exponential' as const, firstMs: 1000, capMs: 60_000 },
      pollMs: 600_000,
      stableMs: 5000,
    };
    const sinceStartMs = 3_600_000;
    expect(wasStable(policy, { sinceStartMs, upMs: null, waitedMs: 0 })).toBe(false);
    expect(wasStable(policy, { sinceStartMs, upMs: 4999, waitedMs: 0 })).toBe(false);
    expect(wasStable(policy, { sinceStartMs: 5000, upMs: 5000, waitedMs: 5000 })).toBe(true);
    expect(wasStable(policy, { sinceStartMs, upMs: 30_000, waitedMs: 30_001 })).toBe(false);
  });
});
