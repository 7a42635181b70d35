import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HoldfastError } from '../../../src/shared/model/failure.ts';
import { FakeLink, failure, hostNamed } from '../pool/fakes.ts';
import { settle } from '../../support/fake-clock.ts';
import { World } from './world.ts';

// Clients that come while a tunnel waits for its next try.

let world: World;
beforeEach(() => {
  world = new World();
  world.jitters = [0.999];
});
afterEach(() => {
  world.dispose();
  expect(world.clock.pending, 'timers left').toBe(0);
});

/** Fails at once, as often as it takes for waits near the cap. */
async function worn(error: HoldfastError, names: readonly string[] = ['db']) {
  world.connector.automatic = () => error;
  const tunnels = names.map((name) => world.tunnel({ name }));
  for (const { supervisor } of tunnels) supervisor.up('person');
  await world.clock.advance(64_000);
  return tunnels;
}

describe('a client that knocks during a wait', () => {
  it('has the try made at once, and is let through', async () => {
    const [db] = await worn(failure('refused'));
    const tries = world.connector.calls.length;
    world.connector.automatic = () => new FakeLink();
    db?.runner().knock();
    await settle();
    expect(db?.supervisor.status()).toMatchObject({ state: { kind: 'running' }, parked: 0 });
    expect(world.connector.calls).toHaveLength(tries + 1);
  });

  it('has it made every 3 s while it waits, however many tunnels and clients there are', async () => {
    const tunnels = await worn(failure('unreachable'), ['one', 'two', 'three']);
    const at: number[] = [];
    world.connector.automatic = () => {
      at.push(world.clock.now());
      const call = world.connector.call(-1);
      world.store.add(world.clock.schedule(10, () => call.fail(failure('unreachable'))));
      return null;
    };
    const startMs = world.clock.now();
    for (let second = 0; second < 10; second += 1) {
      for (const { runner } of tunnels) runner().knock();
      await world.clock.advance(1000);
    }
    expect(at.map((ms) => ms - startMs)).toEqual([0, 3000, 6000, 9000]);
    const { state } = tunnels[0]?.supervisor.status() ?? {};
    expect(state).toMatchObject({ kind: 'retrying' });
    if (state?.kind === 'retrying') expect(state.nextTryAtMs - world.clock.wallNow()).toBeLessThanOrEqual(3000);
  });

  it('counts for the jump host that has to be dialled, but not for one that is connected', async () => {
    const bastion = hostNamed('bastion');
    const ways = [hostNamed('a'), hostNamed('b')].map((host) => world.tunnel({ name: host.name }, [bastion, host]));
    const up = new FakeLink();
    world.connector.automatic = ({ host }) => (host.name === 'bastion' ? up : failure('refused', host.name));
    for (const { supervisor } of ways) supervisor.up('person');
    await world.clock.advance(64_000);
    const tried = (name: string): number =>
      world.connector.calls.filter(({ request }) => request.host.name === name).length;
    let before = [tried('a'), tried('b')];
    for (const { runner } of ways) runner().knock();
    await settle();
    expect([tried('a'), tried('b')]).toEqual(before.map((count) => count + 1));
    for (const { runner } of ways) runner().parked = 0;

    world.connector.automatic = ({ host }) => failure('unreachable', host.name);
    up.die(failure('link-lost', 'bastion'));
    await world.clock.advance(120_000);
    before = [tried('bastion')];
    for (const { runner } of ways) runner().knock();
    await settle();
    expect([tried('bastion')]).toEqual(before.map((count) => count + 1));
  });

  it.each(['auth-failed'] as const)('never has a refused login tried again: %s', async (code) => {
    world.connector.automatic = () => failure(code);
    const { supervisor, runner } = world.tunnel();
    supervisor.up('person');
    await settle();
    expect(supervisor.status().state.kind).toBe('retrying');
    for (let i = 0; i < 5; i += 1) runner().knock();
    await settle();
    expect(world.connector.calls).toHaveLength(1);
  });

  it('a server that drops its links every 15 s but answers at once is there again within a second, for hours', async () => {
    let link = new FakeLink();
    world.connector.automatic = () => {
      link = new FakeLink();
      return link;
    };
    const { supervisor } = world.tunnel({ stableMs: 10_000 });
    supervisor.up('person');
    for (let drops = 0; drops < 200; drops += 1) {
      await world.clock.advance(15_000);
      link.die(failure('link-lost'));
      await world.clock.advance(1000);
      expect(supervisor.status().state.kind, `after ${drops} drops`).toBe('running');
    }
  });
});
