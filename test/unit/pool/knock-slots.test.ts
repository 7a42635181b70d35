import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { knockEveryMs, KnockSlots } from '../../../src/main/engine/pool/knock-slots.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('tries for clients that knock', () => {
  it('the first begins at once; who comes within 3 s shares the next one', async () => {
    const clock = new FakeClock();
    const slots = new KnockSlots(clock);
    expect(slots.take(['web'])).toBe(0);
    await clock.advance(1000);
    expect([slots.take(['web']), slots.take(['web'])]).toEqual([2000, 2000]);
    await clock.advance(1500);
    expect(slots.take(['web'])).toBe(500);
    await clock.advance(600);
    expect(slots.take(['web'])).toBe(2900);
    await clock.advance(60_000);
    expect(slots.take(['web'])).toBe(0);
  });

  it('each host has its own; a way over several waits for the last of them', async () => {
    const clock = new FakeClock();
    const slots = new KnockSlots(clock);
    expect([slots.take(['bastion', 'a']), slots.take(['web'])]).toEqual([0, 0]);
    await clock.advance(1000);
    expect(slots.take(['bastion', 'b'])).toBe(2000);
    expect(slots.take(['b'])).toBe(2000);
  });

  it('no host is tried twice within 3 s, whatever comes', () => {
    const knocks = fc.array(
      fc.record({ laterMs: fc.nat(4000), keys: fc.subarray(['a', 'b', 'c'], { minLength: 1 }) }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(knocks, (all) => {
        const clock = new FakeClock();
        const slots = new KnockSlots(clock);
        const tries = new Map<string, Set<number>>();
        for (const { laterMs, keys } of all) {
          clock.spend(laterMs);
          const inMs = slots.take(keys);
          expect(inMs).toBeLessThanOrEqual(2 * knockEveryMs);
          const key = keys.join();
          tries.set(key, (tries.get(key) ?? new Set()).add(clock.now() + inMs));
        }
        for (const times of tries.values()) {
          const sorted = [...times].sort((a, b) => a - b);
          sorted
            .slice(1)
            .forEach((at, index) => expect(at - (sorted[index] ?? 0)).toBeGreaterThanOrEqual(knockEveryMs));
        }
        expect(slots.size).toBeLessThanOrEqual(3);
      }),
    );
  });

  it('remembers nothing of what is long over', async () => {
    const clock = new FakeClock();
    const slots = new KnockSlots(clock);
    for (let i = 0; i < 100; i += 1) {
      slots.take([`host ${i}`]);
      await clock.advance(knockEveryMs);
    }
    expect(slots.size).toBe(1);
  });
});
