import { expect, test } from 'vitest';
import { ExchangeBudget } from '../../../src/main/engine/ssh/exchange-budget.ts';
import { FakeClock } from '../../support/fake-clock.ts';

test('key exchanges of a server: 32 at once, then one each 250 ms or for a MiB', async () => {
  const clock = new FakeClock();
  let bytes = 0;
  const budget = new ExchangeBudget(clock, () => bytes);
  expect(Array.from({ length: 32 }, () => budget.take())).toEqual(Array.from({ length: 32 }, () => 0));
  expect([budget.take(), budget.take()]).toEqual([250, 500]);
  await clock.advance(500);
  expect(budget.take()).toBe(250);
  bytes += 2 * 1024 * 1024;
  expect([budget.take(), budget.take()]).toEqual([0, 250]);
  // What was not used is not kept beyond that.
  await clock.advance(1_000_000);
  expect(Array.from({ length: 33 }, () => budget.take()).at(-1)).toBe(250);
});
