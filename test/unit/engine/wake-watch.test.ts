import { describe, expect, it } from 'vitest';
import { WakeWatch } from '../../../src/main/engine/wake-watch.ts';
import type { Clock } from '../../../src/main/engine/lifecycle/clock.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function watched(addresses: () => string = () => 'eth0=10.0.0.2') {
  const clock = new FakeClock();
  const seen: string[] = [];
  const watch = new WakeWatch(clock, addresses);
  watch.onDidWake((reason) => seen.push(reason));
  return { clock, seen, watch };
}

describe('wake-up and network changes', () => {
  it('says nothing while time passes evenly', async () => {
    const { clock, seen, watch } = watched();
    await clock.advance(60_000);
    expect(seen).toEqual([]);
    watch.dispose();
    expect(clock.pending).toBe(0);
  });

  it('sees a sleep as a jump of the wall clock, once', async () => {
    const { clock, seen, watch } = watched();
    await clock.advance(2000);
    clock.jumpWall(600_000);
    await clock.advance(10_000);
    expect(seen).toEqual(['resume']);
    watch.dispose();
  });

  it.each([
    ['the monotonic clock stands still in a sleep', true],
    ['it goes on', false],
  ])('tells when the machine slept, where %s, and that before the wake-up', async (_how, monotonicStops) => {
    const clock = new FakeClock();
    let sleptMs = 0;
    const uptimeMs = () => clock.now() + sleptMs;
    const watch = new WakeWatch(clock, () => '', { uptimeMs, monotonicStops });
    const told: unknown[] = [];
    watch.onDidSleep((span) => told.push(span));
    watch.onDidWake((reason) => told.push(reason));
    await clock.advance(2000);
    const fellAsleepAtMs = clock.wallNow();
    sleptMs = 3_600_000;
    clock.jumpWall(sleptMs);
    await clock.advance(10_000);
    // To the second: the watch looks once a second.
    expect(told).toEqual([{ fromAtMs: fellAsleepAtMs + 1000, toAtMs: fellAsleepAtMs + 1000 + sleptMs }, 'resume']);
    watch.dispose();
  });

  it('takes neither a clock that was set nor a process that was stopped for a sleep', async () => {
    const inner = new FakeClock();
    let stoppedMs = 0;
    const clock: Clock = {
      now: () => inner.now() + stoppedMs,
      wallNow: () => inner.wallNow() + stoppedMs,
      schedule: (delayMs, fire) => inner.schedule(delayMs, fire),
    };
    const watch = new WakeWatch(clock, () => '', { uptimeMs: () => clock.now(), monotonicStops: true });
    const told: unknown[] = [];
    watch.onDidSleep((span) => told.push(span));
    watch.onDidWake((reason) => told.push(reason));
    inner.jumpWall(3_600_000);
    await inner.advance(5000);
    expect(told).toEqual(['resume']);
    // All clocks went on, and the next tick is late.
    stoppedMs = 60_000;
    await inner.advance(5000);
    expect(told).toEqual(['resume', 'resume']);
    watch.dispose();
  });

  it('does not take a clock set back, or small corrections, for a sleep', async () => {
    const { clock, seen, watch } = watched();
    clock.jumpWall(-86_400_000);
    await clock.advance(5000);
    clock.jumpWall(3000);
    await clock.advance(5000);
    expect(seen).toEqual([]);
    watch.dispose();
  });

  it('sees new addresses, and is silent when the last one goes', async () => {
    let addresses = 'eth0=10.0.0.2';
    const { clock, seen, watch } = watched(() => addresses);
    addresses = '';
    await clock.advance(4000);
    expect(seen).toEqual([]);
    addresses = 'wlan0=192.168.1.7';
    await clock.advance(4000);
    expect(seen).toEqual(['network']);
    watch.dispose();
  });
});
