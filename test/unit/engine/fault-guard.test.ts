import { expect, test } from 'vitest';
import { FaultGuard } from '../../../src/main/engine/fault-guard.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function guarded(): { clock: FakeClock; guard: FaultGuard; faults: unknown[]; storms: unknown[] } {
  const clock = new FakeClock();
  const faults: unknown[] = [];
  const storms: unknown[] = [];
  const guard = new FaultGuard({
    clock,
    onFault: (thrown) => {
      faults.push(thrown);
      throw new Error('the teller fails too');
    },
    onStorm: (thrown) => void storms.push(thrown),
  });
  return { clock, guard, faults, storms };
}

test('bears faults that come one by one for ever', async () => {
  const { clock, guard, faults, storms } = guarded();
  for (let i = 0; i < 200; i += 1) {
    guard.take(i);
    await clock.advance(500);
  }
  expect([faults.length, storms.length]).toEqual([200, 0]);
});

test('gives up once at the 21st within 10 s', async () => {
  const { clock, guard, faults, storms } = guarded();
  for (let i = 1; i <= 30; i += 1) {
    guard.take(i);
    await clock.advance(490);
  }
  expect([faults.length, storms]).toEqual([20, [21]]);
});
