import { describe, expect, it } from 'vitest';
import { WakeWatch } from '../../../src/main/engine/wake-watch.ts';
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
