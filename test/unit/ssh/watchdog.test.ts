import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Watchdog } from '../../../src/main/engine/ssh/watchdog.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function watched(intervalMs: number, countMax: number) {
  const clock = new FakeClock();
  const state = {
    lastInboundAtMs: 0,
    probes: [] as number[],
    deadAt: [] as number[],
    silentMs: [] as number[],
    answer: false,
    isMute: false,
  };
  const watchdog = new Watchdog({
    clock,
    intervalMs,
    countMax,
    lastInboundAtMs: () => state.lastInboundAtMs,
    probe: (answered) => {
      state.probes.push(clock.now());
      if (state.answer) answered();
    },
    isSilenceProof: () => !state.isMute,
    onDead: (silentMs) => {
      state.deadAt.push(clock.now());
      state.silentMs.push(silentMs);
    },
  });
  return { clock, state, watchdog };
}

describe('a silent peer', () => {
  test.each([
    [15_000, 3, 60_000],
    [1000, 1, 2000],
    [10_000, 0, 10_000],
  ])('interval %i, max %i: dead at %i ms, once', async (intervalMs, countMax, deadAtMs) => {
    const { clock, state } = watched(intervalMs, countMax);
    await clock.advance(deadAtMs - 1);
    expect(state.deadAt).toEqual([]);
    await clock.advance(1);
    expect(state.deadAt).toEqual([deadAtMs]);
    expect(state.silentMs).toEqual([deadAtMs]);
    await clock.advance(deadAtMs * 3);
    expect(state.deadAt).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test('is asked at each interval', async () => {
    const { clock, state } = watched(15_000, 3);
    await clock.advance(59_999);
    expect(state.probes).toEqual([15_000, 30_000, 45_000]);
  });
});

test('any inbound byte starts the count anew: no question while bytes come', async () => {
  const { clock, state, watchdog } = watched(15_000, 3);
  for (let i = 0; i < 100; i += 1) {
    await clock.advance(10_000);
    state.lastInboundAtMs = clock.now();
  }
  expect(state).toMatchObject({ probes: [], deadAt: [] });
  await clock.advance(59_999);
  expect(state.deadAt).toEqual([]);
  await clock.advance(1);
  expect(state.deadAt).toEqual([1_060_000]);
  watchdog.dispose();
});

test('interval 0 turns it off', async () => {
  const { clock, state } = watched(0, 3);
  await clock.advance(10_000_000);
  expect(state).toMatchObject({ probes: [], deadAt: [] });
  expect(clock.pending).toBe(0);
});

test('dispose leaves no timer', async () => {
  const { clock, state, watchdog } = watched(1000, 3);
  watchdog.verifySoon(500);
  watchdog.dispose();
  expect(clock.pending).toBe(0);
  watchdog.verifySoon(500);
  expect(clock.pending).toBe(0);
  await clock.advance(10_000);
  expect(state.deadAt).toEqual([]);
});

describe('verifySoon', () => {
  test('asks at once and kills the silent', async () => {
    const { clock, state, watchdog } = watched(0, 3);
    await clock.advance(100_000);
    watchdog.verifySoon(3000);
    expect(state.probes).toEqual([100_000]);
    await clock.advance(3000);
    expect(state.deadAt).toEqual([103_000]);
  });

  test('spares who answers at once, not who only had bytes under way', async () => {
    for (const answers of [true, false]) {
      const { clock, state, watchdog } = watched(0, 3);
      state.answer = answers;
      await clock.advance(100_000);
      watchdog.verifySoon(3000);
      await clock.advance(100);
      state.lastInboundAtMs = clock.now();
      await clock.advance(10_000);
      expect(state.deadAt).toEqual(answers ? [] : [103_000]);
      watchdog.dispose();
    }
  });

  test('spares a link on which bytes go on coming', async () => {
    const { clock, state, watchdog } = watched(0, 3);
    await clock.advance(100_000);
    watchdog.verifySoon(3000);
    await clock.advance(2999);
    state.lastInboundAtMs = clock.now();
    await clock.advance(10_000);
    expect(state.deadAt).toEqual([]);
    watchdog.dispose();
  });
});

test('after sleep the peer is asked before it is judged', async () => {
  // A clock whose timers stand still while time goes on, as during sleep.
  let nowMs = 0;
  let due: (() => void) | null = null;
  const probes: number[] = [];
  const dead: number[] = [];
  const watchdog = new Watchdog({
    clock: {
      now: () => nowMs,
      wallNow: () => nowMs,
      schedule: (_delayMs, fire) => {
        due = fire;
        return {
          dispose() {
            due = null;
          },
        };
      },
    },
    isSilenceProof: () => true,
    intervalMs: 15_000,
    countMax: 3,
    lastInboundAtMs: () => 0,
    probe: () => probes.push(nowMs),
    onDead: () => dead.push(nowMs),
  });
  const fire = (): void => {
    const run = due;
    due = null;
    run?.();
  };
  nowMs = 3_600_000;
  fire();
  expect(probes).toEqual([3_600_000]);
  expect(dead).toEqual([]);
  watchdog.dispose();
});

test('property: never dead within interval × (max + 1) of a byte, always dead by one interval after that', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 10, max: 1000 }),
      fc.integer({ min: 0, max: 5 }),
      fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 20 }),
      async (intervalMs, countMax, gaps) => {
        const { clock, state, watchdog } = watched(intervalMs, countMax);
        const patienceMs = intervalMs * (countMax + 1);
        for (const gapMs of gaps) {
          await clock.advance(Math.min(gapMs, patienceMs - 1));
          expect(state.deadAt).toEqual([]);
          state.lastInboundAtMs = clock.now();
        }
        const lastMs = clock.now();
        await clock.advance(patienceMs + intervalMs);
        expect(state.deadAt).toEqual([lastMs + patienceMs]);
        watchdog.dispose();
      },
    ),
    { numRuns: 50 },
  );
});

test('a peer that answers no question is not judged by its silence, until that proves something', async () => {
  const { clock, state, watchdog } = watched(1000, 3);
  state.isMute = true;
  watchdog.verifySoon(500);
  await clock.advance(60_000);
  expect(state.deadAt).toEqual([]);
  state.lastInboundAtMs = clock.now();
  await clock.advance(3000);
  state.isMute = false;
  await clock.advance(5000);
  expect(state.deadAt).toHaveLength(1);
  expect(clock.pending).toBe(0);
});
