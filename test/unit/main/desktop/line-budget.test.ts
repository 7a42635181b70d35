import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineBudget } from '../../../../src/main/desktop/line-budget.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

function budgetOf(lines: number) {
  const clock = new FakeClock();
  const told: number[] = [];
  return { clock, told, budget: new LineBudget({ clock, lines, onLeftOut: (count) => told.push(count) }) };
}

describe('a budget of lines', () => {
  it('lets so many through within a minute, and tells of the rest with the next line that comes later', async () => {
    const { clock, told, budget } = budgetOf(2);
    expect([budget.take(), budget.take(), budget.take(), budget.take()]).toEqual([true, true, false, false]);
    await clock.advance(59_999);
    expect(budget.take()).toBe(false);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(budget.take()).toBe(true);
    expect(told).toEqual([3]);
    expect(clock.pending).toBe(0);
  });

  it('loses count of no line, whenever they come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 70_000 }), { maxLength: 60 }), async (waits) => {
        const { clock, told, budget } = budgetOf(3);
        let passed = 0;
        for (const waitMs of waits) {
          await clock.advance(waitMs);
          if (budget.take()) passed += 1;
        }
        await clock.advance(60_000);
        if (budget.take()) passed += 1;
        expect(passed + told.reduce((sum, count) => sum + count, 0)).toBe(waits.length + 1);
      }),
    );
  });
});
