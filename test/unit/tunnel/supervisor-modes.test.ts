import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeLink, failure, hostNamed } from '../pool/fakes.ts';
import { settle } from '../../support/fake-clock.ts';
import { localForward, remoteForward } from './fakes.ts';
import { World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => {
  world.dispose();
  expect(world.clock.pending, 'timers left').toBe(0);
});

describe('on demand', () => {
  const demand = { start: 'demand', idleMs: 5000 } as const;

  it('listens, connects at the first client, and rests when nobody uses it', async () => {
    const { supervisor, runner, states } = world.tunnel(demand);
    supervisor.up('login');
    await settle();
    expect(supervisor.status()).toMatchObject({
      state: { kind: 'listening' },
      attempt: 0,
      forwards: [{ state: 'listening' }],
    });
    expect(world.connector.calls).toHaveLength(0);
    runner().knock();
    await settle();
    expect(supervisor.status()).toMatchObject({ state: { kind: 'starting' }, parked: 1 });
    const link = world.connector.call(0).succeed();
    await settle();
    expect(supervisor.status()).toMatchObject({ state: { kind: 'running' }, parked: 0, forwards: [{ clients: 1 }] });
    await world.clock.advance(60_000);
    expect(supervisor.status().state.kind).toBe('running');
    runner().leave();
    await world.clock.advance(4999);
    expect(supervisor.status().state.kind).toBe('running');
    await world.clock.advance(1);
    expect(supervisor.status()).toMatchObject({ state: { kind: 'listening' }, reconnects: 0 });
    expect(states).toEqual(['starting', 'listening', 'starting', 'running', 'listening']);
    expect(world.pool.connections()).toMatchObject([{ leases: 0 }]);
    await world.clock.advance(60_000);
    expect(link.isClosed).toBe(true);
  });

  it('a client within the idle time keeps it up', async () => {
    const { supervisor, runner } = world.tunnel(demand);
    supervisor.up('login');
    await settle();
    runner().knock();
    await settle();
    world.connector.call(0).succeed();
    await settle();
    runner().leave();
    await world.clock.advance(4000);
    runner().knock();
    await world.clock.advance(4000);
    runner().leave();
    await world.clock.advance(4000);
    expect(supervisor.status().state.kind).toBe('running');
  });

  it('tries again for a client that waits', async () => {
    const { supervisor, runner } = world.tunnel(demand);
    supervisor.up('login');
    await settle();
    runner().knock();
    await settle();
    world.connector.call(0).fail(failure('unreachable'));
    await settle();
    expect(supervisor.status()).toMatchObject({
      state: { kind: 'retrying', cause: { code: 'unreachable' } },
      parked: 1,
    });
    await world.clock.advance(1000);
    world.connector.call(1).succeed();
    await settle();
    expect(supervisor.status()).toMatchObject({ state: { kind: 'running' }, attempt: 0, parked: 0 });
  });

  it('listens again with the cause when the attempt fails and no client waits any more', async () => {
    const { supervisor, runner, causes } = world.tunnel(demand);
    supervisor.up('login');
    await settle();
    runner().knock();
    await settle();
    runner().parked = 0;
    world.connector.call(0).fail(failure('unreachable'));
    await settle();
    expect(supervisor.status()).toMatchObject({
      state: { kind: 'listening' },
      parked: 0,
      forwards: [{ state: 'listening', cause: { code: 'unreachable' } }],
    });
    expect(supervisor.lastCause).toMatchObject({ code: 'unreachable' });
    expect(causes.at(-1)).toBe('unreachable');
    await world.clock.advance(3_600_000);
    expect(world.connector.calls).toHaveLength(1);
    runner().knock();
    await settle();
    expect(supervisor.status()).toMatchObject({ state: { kind: 'starting' }, attempt: 2 });
  });

  it('dies of a cause that needs a person', async () => {
    const { supervisor, runner } = world.tunnel(demand);
    supervisor.up('login');
    await settle();
    runner().knock();
    await settle();
    world.connector.call(0).fail(failure('host-key-revoked'));
    await settle();
    expect(supervisor.status().state).toMatchObject({ kind: 'dead', cause: { code: 'host-key-revoked' } });
    expect(runner().disposed).toBe(true);
  });

  it('a client that was cut off while its channel opened brings it back', async () => {
    const { supervisor, runner } = world.tunnel(demand);
    supervisor.up('login');
    await settle();
    runner().knock();
    await settle();
    const link = world.connector.call(0).succeed();
    await settle();
    runner().parked = 1;
    link.die(failure('link-lost'));
    await settle();
    expect(supervisor.status().state.kind).toBe('starting');
    expect(world.connector.calls).toHaveLength(2);
  });

  it('retries a busy port without a login', async () => {
    world.prepare = (runner) => {
      runner.openError = failure('port-in-use', runner.spec.spec);
    };
    const { supervisor, runner } = world.tunnel(demand);
    supervisor.up('login');
    await settle();
    expect(supervisor.status().state).toMatchObject({ kind: 'retrying', cause: { code: 'port-in-use' } });
    runner().openError = null;
    await world.clock.advance(1000);
    expect(supervisor.status().state.kind).toBe('listening');
    expect(world.connector.calls).toHaveLength(0);
  });

  it('without a local port to knock at it starts at once', async () => {
    const { supervisor } = world.tunnel({ ...demand, forwards: [remoteForward(9000)] });
    supervisor.up('login');
    await settle();
    expect(supervisor.status().state.kind).toBe('starting');
  });
});

describe('interactive tunnels', () => {
  it('wait for a person when the engine starts, then ask', async () => {
    const { supervisor, states } = world.tunnel({ interactive: true });
    supervisor.up('login');
    await settle();
    expect(supervisor.status().state).toEqual({ kind: 'interactive', promptId: null });
    await world.clock.advance(3_600_000);
    supervisor.wake();
    expect(world.connector.calls).toHaveLength(0);
    supervisor.up('person');
    await settle();
    world.connector.call(0).request.observer.onWaiting('p1');
    expect(supervisor.status().state).toEqual({ kind: 'interactive', promptId: 'p1' });
    world.connector.call(0).request.observer.onWaiting(null);
    world.connector.call(0).succeed();
    await settle();
    expect(states).toEqual(['interactive', 'starting', 'interactive', 'starting', 'running']);
  });

  it('do not dial after a loss, but join what somebody else opened', async () => {
    const one = await world.running({ name: 'one', interactive: true });
    one.link.die(failure('link-lost'));
    await settle();
    expect(one.supervisor.status()).toMatchObject({
      state: { kind: 'interactive', promptId: null },
      forwards: [{ state: 'listening', cause: { code: 'link-lost' } }],
    });
    await world.clock.advance(3_600_000);
    expect(world.connector.calls).toHaveLength(1);
    const two = world.tunnel({ name: 'two', interactive: true });
    two.supervisor.up('person');
    await settle();
    expect(one.supervisor.status().state.kind).toBe('interactive');
    world.connector.call(1).succeed();
    await settle();
    expect(one.supervisor.status()).toMatchObject({ state: { kind: 'running' }, reconnects: 1 });
    expect(world.connector.calls).toHaveLength(2);
  });

  it('do not dial when the link that they were to join is gone again', async () => {
    const one = world.tunnel({ name: 'one', interactive: true });
    one.supervisor.up('login');
    const two = world.tunnel({ name: 'two', interactive: true });
    world.store.add(world.pool.onDidConnect(() => world.connector.links.at(-1)?.die(failure('reset'))));
    two.supervisor.up('person');
    await settle();
    world.connector.call(0).succeed();
    await settle();
    expect(one.states).toEqual(['interactive', 'starting', 'interactive']);
    expect(one.supervisor.status().state).toEqual({ kind: 'interactive', promptId: null });
    expect(world.connector.calls).toHaveLength(1);
  });

  it('take a link that is up already', async () => {
    await world.running({ name: 'one' });
    const two = world.tunnel({ name: 'two', interactive: true });
    two.supervisor.up('login');
    await settle();
    expect(two.supervisor.status().state.kind).toBe('running');
    expect(world.connector.calls).toHaveLength(1);
  });

  it('dial when a client knocks, which waits as long as the person is asked', async () => {
    const { supervisor, runner } = world.tunnel({ interactive: true });
    supervisor.up('login');
    await settle();
    runner().knock();
    await settle();
    expect(world.connector.calls).toHaveLength(1);
    expect(runner().held).toBe(false);
    world.connector.call(0).request.observer.onWaiting('p1');
    expect(runner().held).toBe(true);
    world.connector.call(0).fail(failure('unreachable'));
    await settle();
    expect(supervisor.status()).toMatchObject({ state: { kind: 'interactive', promptId: null }, parked: 0 });
    expect(world.connector.calls).toHaveLength(1);
  });

  it('keep the port closed without parking', async () => {
    const { supervisor, runners } = world.tunnel({ interactive: true, parkMs: 0 });
    supervisor.up('login');
    await settle();
    expect(runners).toHaveLength(0);
    expect(supervisor.status().forwards).toMatchObject([{ state: 'off' }]);
  });
});

describe('prompts of ordinary tunnels', () => {
  it('are shown, and go on when answered', async () => {
    const { supervisor, runner } = world.tunnel();
    supervisor.up('login');
    await settle();
    const { observer } = world.connector.call(0).request;
    observer.onPhase('auth', 'web');
    observer.onWaiting('p1');
    expect(supervisor.status().state).toEqual({ kind: 'interactive', promptId: 'p1' });
    expect(runner().held).toBe(true);
    observer.onWaiting(null);
    expect(supervisor.status().state).toEqual({ kind: 'starting', phase: 'auth', hop: 'web' });
    expect(runner().held).toBe(false);
  });

  it('are shown to those who come later', async () => {
    const one = world.tunnel({ name: 'one' });
    one.supervisor.up('person');
    await settle();
    world.connector.call(0).request.observer.onPhase('host-key', 'web');
    world.connector.call(0).request.observer.onWaiting('p1');
    const two = world.tunnel({ name: 'two' });
    two.supervisor.up('person');
    await settle();
    expect(two.supervisor.status().state).toEqual({ kind: 'interactive', promptId: 'p1' });
    expect(world.connector.call(0).request.tunnels()).toEqual(['one', 'two']);
  });

  it.each(['cancelled', 'host-key-refused'] as const)('that are refused (%s) end it for good', async (code) => {
    const { supervisor } = world.tunnel();
    supervisor.up('login');
    await settle();
    world.connector.call(0).request.observer.onWaiting('p1');
    world.connector.call(0).fail(failure(code));
    await world.clock.advance(3_600_000);
    expect(supervisor.status().state).toMatchObject({ kind: 'dead', cause: { code } });
    expect(world.connector.calls).toHaveLength(1);
  });
});

describe("autossh's numbers", () => {
  const autossh = { backoff: { kind: 'autossh' }, pollMs: 600_000, firstPollMs: 600_000 } as const;

  it('starts after exactly the waits of its schedule', async () => {
    world.connector.automatic = () => failure('refused');
    const starts: number[] = [];
    const { supervisor } = world.tunnel(autossh);
    world.store.add(
      supervisor.onDidTransition(({ to }) => {
        if (to.kind === 'starting') starts.push(world.clock.now() / 1000);
      }),
    );
    supervisor.up('person');
    await world.clock.advance(120_000);
    expect(starts).toEqual([0, 0, 0, 0, 0, 0, 2, 10, 28, 60, 110]);
  });

  it('ends within the gate time of the first start, but not when the engine started it', async () => {
    world.connector.automatic = () => failure('refused');
    const asked = world.tunnel({ ...autossh, gateTimeMs: 30_000, name: 'asked' });
    asked.supervisor.up('person');
    const login = world.tunnel({ ...autossh, gateTimeMs: 30_000, name: 'login' });
    login.supervisor.up('login');
    await settle();
    expect(asked.supervisor.status().state).toMatchObject({ kind: 'dead', cause: { code: 'failed-early' } });
    expect(login.supervisor.status().state.kind).toBe('retrying');
  });

  it('ends after max-starts starts', async () => {
    world.connector.automatic = () => failure('refused');
    const { supervisor } = world.tunnel({ maxStarts: 3 });
    supervisor.up('person');
    await world.clock.advance(600_000);
    expect(world.connector.calls).toHaveLength(3);
    expect(supervisor.status().state).toMatchObject({ kind: 'dead', cause: { code: 'too-many-starts' } });
  });

  it('ends when its lifetime is over, by the monotonic clock', async () => {
    const { supervisor, runner } = await world.running({ maxLifetimeMs: 5000 });
    world.clock.jumpWall(3_600_000);
    await world.clock.advance(4999);
    expect(supervisor.status().state.kind).toBe('running');
    await world.clock.advance(1);
    expect(supervisor.status().state).toMatchObject({ kind: 'dead', cause: { code: 'lifetime-over' } });
    expect(runner().disposed).toBe(true);
  });
});

describe('probes', () => {
  it('ask again after the first poll and then every poll', async () => {
    const { link, probes } = await world.running({ firstPollMs: 1000, pollMs: 10_000 });
    await world.clock.advance(1000);
    expect(link.pings).toBe(2);
    await world.clock.advance(20_000);
    expect(link.pings).toBe(4);
    expect(probes).toEqual([12, 12, 12, 12]);
  });

  it('a dead link is replaced after two tries, with one transition', async () => {
    const { supervisor, link, states, causes } = await world.running();
    link.onPing = async () => {
      throw failure('timeout');
    };
    await world.clock.advance(60_000);
    expect(link.pings).toBe(3);
    expect(link.disposed).toBe(true);
    expect(states).toEqual(['starting', 'running', 'retrying']);
    expect(causes.at(-1)).toBe('timeout');
    await world.clock.advance(500);
    world.connector.call(1).succeed();
    await settle();
    expect(supervisor.status()).toMatchObject({ state: { kind: 'running' }, reconnects: 1 });
  });

  it('one lost answer is no verdict', async () => {
    const { supervisor, link, probes } = await world.running();
    let asked = 0;
    link.onPing = async () => {
      asked += 1;
      if (asked === 1) throw failure('timeout');
      return 30;
    };
    await world.clock.advance(60_000);
    expect(supervisor.status().state).toMatchObject({ kind: 'running', degraded: null });
    expect(probes).toEqual([12, 30]);
  });

  it('late answers on a busy link do not count as dead', async () => {
    const { supervisor, link } = await world.running();
    link.onPing = async () => {
      link.bytesIn += 1;
      throw failure('timeout');
    };
    await world.clock.advance(60_000);
    expect(supervisor.status().state.kind).toBe('running');
  });

  it('a first probe that fails leaves it degraded, with its link', async () => {
    const { supervisor, states } = world.tunnel({ probe: { kind: 'exec', command: 'false' } });
    supervisor.up('person');
    await settle();
    const link = new FakeLink();
    link.onExec = async () => ({ exitCode: 1, signal: null, stdout: '', stderr: '' });
    world.connector.call(0).succeed(link);
    await settle();
    expect(states).toEqual(['starting', 'running']);
    expect(supervisor.status().state).toMatchObject({ kind: 'running', degraded: { code: 'probe-failed' } });
    expect(link.disposed).toBe(false);
  });

  it('a target that refuses leaves the tunnel degraded and the link alone', async () => {
    const { supervisor, link } = await world.running({ probe: { kind: 'target', host: null, port: null } });
    await settle();
    expect(supervisor.status().state).toMatchObject({ kind: 'running', degraded: { code: 'target-refused' } });
    expect(link.isClosed).toBe(false);
  });
});

describe('parking off', () => {
  it('keeps the port closed until the link is up', async () => {
    const { supervisor, runner } = world.tunnel({ parkMs: 0 });
    supervisor.up('person');
    await settle();
    expect(runner().isListening).toBe(false);
    const link = world.connector.call(0).succeed();
    await settle();
    expect(runner().isListening).toBe(true);
    link.die(failure('link-lost'));
    await settle();
    expect(runner().isListening).toBe(false);
  });
});

it('a jump chain that loses its bastion names it, and comes back through a new one', async () => {
  const chain = [hostNamed('bastion'), hostNamed('web')];
  world.connector.automatic = () => new FakeLink();
  const { supervisor, states } = world.tunnel({}, chain);
  supervisor.up('person');
  await settle();
  const [bastion] = world.connector.links;
  bastion?.die(failure('link-dead', 'bastion', 'The bastion does not answer.'));
  await settle();
  expect(states).toEqual(['starting', 'running', 'retrying']);
  expect(supervisor.status().state).toMatchObject({ kind: 'retrying', cause: { code: 'link-dead', where: 'bastion' } });
  await world.clock.advance(1000);
  expect(supervisor.status().state.kind).toBe('running');
  expect(world.connector.links).toHaveLength(4);
});

it('random commands and faults never leave it beyond saving', async () => {
  world.connector.automatic = null;
  const { supervisor } = world.tunnel({ forwards: [localForward(1), remoteForward(2)] });
  let seed = 42;
  const next = (limit: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * limit);
  };
  const acts: (() => void)[] = [
    () => supervisor.up('person'),
    () => supervisor.down(),
    () => supervisor.restart(),
    () => supervisor.now(),
    () => supervisor.wake(),
    () => world.connector.calls.at(-1)?.succeed(),
    () => world.connector.calls.at(-1)?.fail(failure('reset')),
    () => world.connector.calls.at(-1)?.request.observer.onWaiting('p'),
    () => world.connector.links.at(-1)?.die(failure('link-lost')),
    () => supervisor.setForwardEnabled(localForward(1).spec, next(2) === 0),
  ];
  for (let i = 0; i < 2000; i += 1) {
    acts[next(acts.length)]?.();
    if (next(3) === 0) await world.clock.advance(next(3000));
  }
  supervisor.down();
  expect(supervisor.status()).toMatchObject({
    state: { kind: 'stopped' },
    forwards: [{ state: 'off' }, { state: 'off' }],
  });
  supervisor.setForwardEnabled(localForward(1).spec, true);
  supervisor.up('person');
  world.connector.automatic = () => new FakeLink();
  await world.clock.advance(120_000);
  if (supervisor.status().state.kind !== 'running') {
    world.connector.calls.at(-1)?.succeed();
    await settle();
  }
  expect(supervisor.status().state.kind).toBe('running');
});
