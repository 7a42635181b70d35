import { expect, test } from 'vitest';
import { ExchangeBudget } from '../../../src/main/engine/ssh/exchange-budget.ts';
import { FakeClock } from '../../support/fake-clock.ts';

test('key exchanges of a server: 32 at once, then one each 50 ms or for a MiB', async () => {
  const clock = new FakeClock();
  let bytes = 0;
  const budget = new ExchangeBudget(clock, () => bytes);
  expect(Array.from({ length: 32 }, () => budget.take())).toEqual(Array.from({ length: 32 }, () => 0));
  expect([budget.take(), budget.take()]).toEqual([50, 100]);
  await clock.advance(100);
  expect(budget.take()).toBe(50);
  bytes += 2 * 1024 * 1024;
  expect([budget.take(), budget.take()]).toEqual([0, 50]);
  // What was not used is not kept beyond that.
  await clock.advance(1_000_000);
  expect(Array.from({ length: 33 }, () => budget.take()).at(-1)).toBe(50);
});
