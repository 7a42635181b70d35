import { Buffer } from 'node:buffer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeLink, failure, hostNamed } from '../pool/fakes.ts';
import { settle } from '../../support/fake-clock.ts';
import { localForward, remoteForward, tunnelConfig } from './fakes.ts';
import { World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => {
  world.dispose();
  expect(world.clock.pending, 'timers left').toBe(0);
});

describe('a tunnel that is put up', () => {
  it('opens its port, logs in, attaches, checks, and runs', async () => {
    const { supervisor, states, runner, probes } = world.tunnel();
    supervisor.up('person');
    await settle();
    expect(supervisor.status()).toMatchObject({ state: { kind: 'starting' }, attempt: 1, wanted: true });
    expect(runner().calls).toEqual(['open']);
    world.connector.call(0).request.observer.onPhase('key-exchange', 'web');
    expect(supervisor.status().state).toEqual({ kind: 'starting', phase: 'key-exchange', hop: 'web' });
    world.connector.call(0).succeed();
    await settle();
    expect(states).toEqual(['starting', 'running']);
    expect(supervisor.status()).toMatchObject({
      state: { kind: 'running', degraded: null },
      attempt: 0,
      reconnects: 0,
    });
    expect(probes).toEqual([12]);
    expect(supervisor.probeMs).toEqual([12]);
  });

  it('goes through up, running, lost, retrying, running, down', async () => {
    const { supervisor, states, causes, link, runner, log } = await world.running();
    link.die(failure('link-lost'));
    link.die(failure('protocol'));
    await settle();
    expect(supervisor.status()).toMatchObject({
      state: { kind: 'retrying', cause: { code: 'link-lost' } },
      attempt: 0,
    });
    expect(runner().calls).toEqual(['open', 'attach', 'detach']);
    await world.clock.advance(500);
    expect(supervisor.status()).toMatchObject({ state: { kind: 'starting' }, attempt: 1 });
    world.connector.call(1).succeed();
    await settle();
    expect(supervisor.status()).toMatchObject({ state: { kind: 'running' }, attempt: 0, reconnects: 1 });
    supervisor.down();
    expect(supervisor.status()).toMatchObject({ state: { kind: 'stopped' }, wanted: false });
    expect(runner().disposed).toBe(true);
    expect(states).toEqual(['starting', 'running', 'retrying', 'starting', 'running', 'stopped']);
    expect(causes).toEqual([null, null, 'link-lost', null, null, null]);
    expect(log.lines.filter((line) => line.includes('→'))).toEqual([
      'info stopped → starting: somebody asked for it',
      'info starting → running: the forwards are up',
      'info running → retrying: It went wrong: link-lost.',
      'info retrying → starting: the wait is over',
      'info starting → running: the forwards are up',
      'info running → stopped: somebody took it down',
    ]);
  });

  it('logs a wait as it was decided, however long its steps took', async () => {
    const { link, runner, log, supervisor } = await world.running();
    const first = runner();
    const detach = first.detach.bind(first);
    first.detach = () => {
      world.clock.spend(7);
      detach();
    };
    link.die(failure('link-lost'));
    await settle();
    expect(supervisor.status().state.kind).toBe('retrying');
    expect(log.fields.at(-1)).toMatchObject({ to: 'retrying', waitMs: 500 });
  });

  it('does nothing when it runs and is put up again', async () => {
    const { supervisor, states } = await world.running();
    supervisor.up('person');
    await settle();
    expect(states).toEqual(['starting', 'running']);
    expect(world.connector.calls).toHaveLength(1);
  });

  it('stops at once while it connects, and ends the attempt', async () => {
    const { supervisor } = world.tunnel();
    supervisor.up('person');
    await settle();
    supervisor.down();
    expect(supervisor.status().state.kind).toBe('stopped');
    expect(world.connector.call(0).request.signal.aborted).toBe(true);
    await settle();
    expect(supervisor.status().state.kind).toBe('stopped');
  });

  it('runs without forwards when the link is up', async () => {
    const { supervisor } = await world.running({ forwards: [] });
    expect(supervisor.status().state).toMatchObject({ kind: 'running', degraded: null });
  });

  it('refuses the openssh transport with a next step and without a login', async () => {
    const { supervisor } = world.tunnel({}, [hostNamed('web', { transport: 'openssh' })]);
    supervisor.up('person');
    await settle();
    const { state } = supervisor.status();
    expect(state).toMatchObject({ kind: 'dead', cause: { code: 'transport-unsupported', where: 'web' } });
    expect(world.connector.calls).toHaveLength(0);
  });
});

describe('retries', () => {
  it('wait twice as long each time, up to the cap, for ever', async () => {
    world.jitters = [0.999];
    world.connector.automatic = () => failure('refused');
    const { supervisor } = world.tunnel();
    const waits: number[] = [];
    world.store.add(
      supervisor.onDidTransition(({ to }) => {
        if (to.kind === 'retrying') waits.push(Math.round((to.nextTryAtMs - world.clock.wallNow()) / 999));
      }),
    );
    supervisor.up('person');
    await world.clock.advance(400_000);
    expect(waits.slice(0, 9)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(supervisor.status()).toMatchObject({ state: { kind: 'retrying', cause: { code: 'refused' } } });
    expect(supervisor.status().attempt).toBe(waits.length);
  });

  it('count from one again only after a stable link', async () => {
    world.jitters = [1];
    world.connector.automatic = () => new FakeLink();
    const { supervisor } = world.tunnel({ stableMs: 60_000 });
    const nextTry = (): number => {
      const { state } = supervisor.status();
      return state.kind === 'retrying' ? state.nextTryAtMs - world.clock.wallNow() : -1;
    };
    const lose = async (): Promise<void> => {
      world.connector.links.at(-1)?.die(failure('link-lost'));
      await settle();
    };
    supervisor.up('person');
    await settle();
    for (const wait of [1000, 2000, 4000]) {
      await world.clock.advance(59_000);
      await lose();
      expect(nextTry()).toBe(wait);
      await world.clock.advance(wait);
      expect(supervisor.status()).toMatchObject({ state: { kind: 'running' }, attempt: 0 });
    }
    await world.clock.advance(60_000);
    await lose();
    expect(nextTry()).toBe(1000);
  });

  it('are skipped by now and by wake-up, and by restart', async () => {
    const { supervisor } = world.tunnel();
    supervisor.up('person');
    for (const skip of ['now', 'wake', 'restart'] as const) {
      await settle();
      world.connector.call(-1).fail(failure('unreachable'));
      await settle();
      expect(supervisor.status().state.kind).toBe('retrying');
      const before = world.connector.calls.length;
      supervisor[skip]();
      await settle();
      expect(supervisor.status().state.kind).toBe('starting');
      expect(world.connector.calls).toHaveLength(before + 1);
    }
  });

  it('show the same wait when somebody sets the clock', async () => {
    const { supervisor } = world.tunnel();
    supervisor.up('person');
    await settle();
    world.connector.call(0).fail(failure('refused'));
    await settle();
    world.clock.jumpWall(3_600_000);
    const { state } = supervisor.status();
    expect(state).toMatchObject({ kind: 'retrying', nextTryAtMs: world.clock.wallNow() + 500 });
  });

  it('end after auth-tries refused logins in a row', async () => {
    world.connector.automatic = () => failure('auth-failed');
    const { supervisor } = world.tunnel();
    supervisor.up('person');
    await world.clock.advance(60_000);
    expect(world.connector.calls).toHaveLength(2);
    expect(supervisor.status()).toMatchObject({
      state: { kind: 'dead', cause: { code: 'auth-failed' } },
      wanted: true,
    });
  });

  it('never follow a cause that needs a person; up starts again', async () => {
    const { supervisor, runner } = world.tunnel();
    supervisor.up('person');
    await settle();
    world.connector.call(0).fail(failure('host-key-changed'));
    await settle();
    expect(supervisor.status().state).toMatchObject({ kind: 'dead', cause: { code: 'host-key-changed' } });
    expect(runner().disposed).toBe(true);
    supervisor.wake();
    supervisor.now();
    await world.clock.advance(3_600_000);
    expect(world.connector.calls).toHaveLength(1);
    supervisor.up('person');
    await settle();
    expect(supervisor.status()).toMatchObject({ state: { kind: 'starting' }, attempt: 1 });
  });
});

describe('tunnels over one host', () => {
  it('make one attempt and retry together', async () => {
    world.jitters = [0.1, 0.9, 0.3, 0.7];
    const tunnels = Array.from({ length: 10 }, (_, index) => world.tunnel({ name: `t${index}` }));
    for (const { supervisor } of tunnels) supervisor.up('login');
    await settle();
    expect(world.connector.calls).toHaveLength(1);
    expect(world.connector.call(0).request.tunnels()).toEqual(tunnels.map(({ supervisor }) => supervisor.config.name));
    world.connector.call(0).fail(failure('timeout'));
    await settle();
    const tries = new Set(
      tunnels.map(({ supervisor }) => {
        const { state } = supervisor.status();
        return state.kind === 'retrying' ? state.nextTryAtMs : 0;
      }),
    );
    expect(tries.size).toBe(1);
    await world.clock.advance(1000);
    expect(world.connector.calls).toHaveLength(2);
    world.connector.call(1).succeed();
    await settle();
    expect(tunnels.map(({ supervisor }) => supervisor.status().state.kind)).toEqual(Array(10).fill('running'));
    expect(world.pool.connections()).toMatchObject([{ host: 'web', leases: 10 }]);
  });

  it('lose the link with one transition each and come back with one login', async () => {
    world.jitters = [0.2, 0.4, 0.6, 0.8];
    const first = await world.running({ name: 'one' });
    const second = world.tunnel({ name: 'two' });
    second.supervisor.up('person');
    await settle();
    first.link.die(failure('link-dead'));
    await settle();
    expect([first.states, second.states]).toEqual([
      ['starting', 'running', 'retrying'],
      ['starting', 'running', 'retrying'],
    ]);
    await world.clock.advance(200);
    // The second had not waited its time out: it joined.
    expect([first, second].map(({ supervisor }) => supervisor.status().state.kind)).toEqual(['starting', 'starting']);
    expect(world.connector.calls).toHaveLength(2);
  });

  it('all move to the new link when one is restarted', async () => {
    const first = await world.running({ name: 'one' });
    const second = world.tunnel({ name: 'two' });
    second.supervisor.up('person');
    await settle();
    first.supervisor.restart();
    await settle();
    expect(first.link.disposed).toBe(true);
    expect(world.connector.calls).toHaveLength(2);
    world.connector.call(1).succeed();
    await settle();
    expect(first.states).toEqual(['starting', 'running', 'starting', 'running']);
    expect(second.states).toEqual(['starting', 'running', 'retrying', 'starting', 'running']);
    expect(second.causes).toContain('link-expired');
    expect(first.supervisor.status().reconnects).toBe(0);
    expect(second.supervisor.status().reconnects).toBe(1);
  });
});

describe('restart', () => {
  it('starts what is stopped or dead', async () => {
    const { supervisor } = world.tunnel();
    supervisor.restart();
    await settle();
    expect(supervisor.status().state.kind).toBe('starting');
    world.connector.call(0).fail(failure('cancelled'));
    await settle();
    expect(supervisor.status().state.kind).toBe('dead');
    supervisor.restart();
    await settle();
    expect(supervisor.status().state.kind).toBe('starting');
  });
});

describe('forwards', () => {
  const two = [localForward(1001), localForward(1002)];

  it('leave the tunnel degraded when one fails, and it retries alone', async () => {
    world.prepare = (runner) => {
      if (runner.spec === two[1]) runner.openError = failure('port-in-use', 'local 1002');
    };
    const { supervisor, runner, states } = await world.running({ forwards: two });
    expect(supervisor.status()).toMatchObject({
      state: { kind: 'running', degraded: { code: 'port-in-use' } },
      forwards: [{ state: 'up' }, { state: 'waiting', cause: { code: 'port-in-use' } }],
    });
    runner(1).openError = null;
    await world.clock.advance(60_000);
    expect(supervisor.status()).toMatchObject({
      state: { kind: 'running', degraded: null },
      forwards: [{ state: 'up' }, { state: 'up' }],
    });
    expect(runner(0).calls).toEqual(['open', 'attach']);
    expect(states).toEqual(['starting', 'running']);
  });

  it('that cannot listen at all keep it from logging in', async () => {
    world.prepare = (runner) => {
      runner.openError = failure('port-in-use', runner.spec.spec);
    };
    const { supervisor } = world.tunnel({ forwards: two });
    supervisor.up('person');
    await settle();
    expect(supervisor.status().state).toMatchObject({ kind: 'retrying', cause: { code: 'port-in-use' } });
    expect(world.connector.calls).toHaveLength(0);
  });

  it('none up on the link: it retries over the same link', async () => {
    world.prepare = (runner) => {
      runner.attachError = failure('remote-port-refused', runner.spec.spec);
    };
    const { supervisor, runner, link } = await world.running({ forwards: [remoteForward(9000)] });
    expect(supervisor.status().state).toMatchObject({ kind: 'retrying', cause: { code: 'remote-port-refused' } });
    runner().attachError = null;
    await world.clock.advance(1000);
    expect(supervisor.status().state.kind).toBe('running');
    expect(world.connector.calls).toHaveLength(1);
    expect(link.isClosed).toBe(false);
  });

  it('the last one failing takes it to retrying, once', async () => {
    const { supervisor, runner, states } = await world.running({ forwards: two });
    runner(0).breakDown(failure('bind-failed', 'local 1001'));
    await settle();
    expect(supervisor.status().state).toMatchObject({ kind: 'running', degraded: { code: 'bind-failed' } });
    runner(1).breakDown(failure('bind-failed', 'local 1002'));
    await settle();
    expect(supervisor.status().state).toMatchObject({ kind: 'retrying', cause: { code: 'bind-failed' } });
    expect(states).toEqual(['starting', 'running', 'retrying']);
  });

  it('that hang do not keep the others from running', async () => {
    world.prepare = (runner) => {
      if (runner.spec.kind === 'remote') runner.attachHangs = true;
    };
    const { supervisor } = await world.running({ forwards: [localForward(1001), remoteForward(9000)] });
    expect(supervisor.status().state).toMatchObject({ kind: 'starting', phase: 'forwards' });
    await world.clock.advance(15_000);
    expect(supervisor.status().state).toMatchObject({ kind: 'running', degraded: { code: 'timeout' } });
  });

  it('are switched alone', async () => {
    const { supervisor, runner, runners, states } = await world.running({ forwards: two });
    const spec = two[1]?.spec ?? '';
    supervisor.setForwardEnabled(spec, false);
    expect(runner(1).disposed).toBe(true);
    expect(supervisor.status()).toMatchObject({
      state: { kind: 'running', degraded: null },
      forwards: [{ state: 'up' }, { state: 'off', listen: null }],
    });
    supervisor.setForwardEnabled(spec, true);
    await settle();
    expect(supervisor.status().forwards).toMatchObject([{ state: 'up' }, { state: 'up' }]);
    expect(runners).toHaveLength(3);
    expect(runner(0).calls).toEqual(['open', 'attach']);
    expect(states).toEqual(['starting', 'running']);
  });

  it('that are configured off stay off', async () => {
    const { supervisor, runners } = await world.running({
      forwards: [localForward(1001), localForward(1002, { enabled: false })],
    });
    expect(runners).toHaveLength(1);
    expect(supervisor.status()).toMatchObject({
      state: { kind: 'running', degraded: null },
      forwards: [{ state: 'up' }, { state: 'off' }],
    });
  });
});

describe('late and untimely news', () => {
  it('a link that dies between login and forwards is lost, not used', async () => {
    const { supervisor, states, runner } = world.tunnel();
    world.store.add(world.pool.onDidConnect(() => world.connector.links.at(-1)?.die(failure('reset'))));
    supervisor.up('person');
    await settle();
    world.connector.call(0).succeed();
    await settle();
    expect(states).toEqual(['starting', 'retrying']);
    expect(runner().calls).not.toContain('attach');
  });

  it('a forward that fails after the link is gone counts for nothing', async () => {
    let refuse: (error: Error) => void = () => {};
    world.prepare = (runner) => {
      if (runner.spec.kind !== 'remote') return;
      runner.attachGate = new Promise((_resolve, reject) => {
        refuse = reject;
      });
    };
    const { supervisor, link } = await world.running({ forwards: [localForward(1001), remoteForward(9000)] });
    link.die(failure('link-lost'));
    await settle();
    const pending = world.clock.pending;
    refuse(failure('remote-port-refused'));
    await settle();
    expect(world.clock.pending).toBe(pending);
    expect(supervisor.status().forwards[1]).toMatchObject({ cause: null });
    expect(supervisor.status().state).toMatchObject({ kind: 'retrying', cause: { code: 'link-lost' } });
  });

  it('a forward switched on while a person is asked holds its clients too', async () => {
    const { supervisor, runners } = world.tunnel({
      forwards: [localForward(1001), localForward(1002, { enabled: false })],
    });
    supervisor.up('person');
    await settle();
    world.connector.call(0).request.observer.onWaiting('p1');
    supervisor.setForwardEnabled(localForward(1002).spec, true);
    await settle();
    expect(runners.map(({ held, isListening }) => [held, isListening])).toEqual([
      [true, true],
      [true, true],
    ]);
  });
});

describe('keys trusted once', () => {
  it('last over losses and waits until the tunnel is down', async () => {
    const { supervisor } = world.tunnel();
    const trusted = (): number => world.connector.call(-1).request.memory.trustedOnce.size;
    supervisor.up('person');
    await settle();
    world.connector.call(0).request.memory.trustedOnce.set('web', Buffer.from('key'));
    world.connector.call(0).fail(failure('reset'));
    await world.clock.advance(1000);
    expect(trusted()).toBe(1);
    supervisor.down();
    await settle();
    supervisor.up('person');
    await settle();
    expect(trusted()).toBe(0);
  });

  it('of the new host last when the host was changed meanwhile', async () => {
    const { supervisor } = world.tunnel();
    supervisor.up('person');
    await settle();
    supervisor.reconfigure(tunnelConfig(), [hostNamed('web', { user: 'other' })]);
    await settle();
    world.connector.call(-1).request.memory.trustedOnce.set('web', Buffer.from('key'));
    world.connector.call(-1).fail(failure('reset'));
    await world.clock.advance(1000);
    expect(world.connector.calls).toHaveLength(3);
    expect(world.connector.call(-1).request.memory.trustedOnce.size).toBe(1);
  });
});

describe('reconfigure', () => {
  it('of the probe takes effect on the link in use', async () => {
    const { supervisor, link, states } = await world.running();
    supervisor.reconfigure(tunnelConfig({ pollMs: 5000, firstPollMs: 5000 }), [hostNamed('web')]);
    await world.clock.advance(15_000);
    expect(link.pings).toBe(4);
    expect(states).toEqual(['starting', 'running']);
  });

  it('changes one forward and leaves the others with their clients', async () => {
    const { supervisor, runner, runners, states } = await world.running({
      forwards: [localForward(1001), localForward(1002)],
    });
    runner(0).knock();
    supervisor.reconfigure(tunnelConfig({ forwards: [localForward(1001), localForward(1003)] }), [hostNamed('web')]);
    await settle();
    expect(runner(0).calls).toEqual(['open', 'attach']);
    expect(runner(0).clients).toBe(1);
    expect(runner(1).disposed).toBe(true);
    expect(runners).toHaveLength(3);
    expect(supervisor.status().forwards.map(({ spec, state }) => [spec, state])).toEqual([
      ['local 127.0.0.1:1001 -> db:5432', 'up'],
      ['local 127.0.0.1:1003 -> db:5432', 'up'],
    ]);
    expect(states).toEqual(['starting', 'running']);
  });

  it('of the host makes a new link', async () => {
    const { supervisor, states, link } = await world.running();
    supervisor.reconfigure(tunnelConfig(), [hostNamed('web', { user: 'other' })]);
    await settle();
    expect(states).toEqual(['starting', 'running', 'starting']);
    expect(world.connector.call(1).request.host.user).toBe('other');
    world.connector.call(1).succeed();
    await settle();
    expect(supervisor.status()).toMatchObject({ state: { kind: 'running' }, reconnects: 0 });
    await world.clock.advance(60_000);
    expect(link.isClosed).toBe(true);
  });

  it('of a timeout drops nothing', async () => {
    const { supervisor, states } = await world.running();
    supervisor.reconfigure(tunnelConfig({ probeTimeoutMs: 3000, stableMs: 5 }), [
      hostNamed('web', { aliveIntervalMs: 99 }),
    ]);
    await settle();
    expect(states).toEqual(['starting', 'running']);
  });

  it('of parking waits for the clients to be gone', async () => {
    const { supervisor, runner, runners, link } = await world.running();
    runner(0).knock();
    supervisor.reconfigure(tunnelConfig({ parkMs: 0 }), [hostNamed('web')]);
    expect(runner(0).disposed).toBe(false);
    link.die(failure('link-lost'));
    await settle();
    expect(runner(0).disposed).toBe(true);
    await world.clock.advance(1000);
    expect(runners.at(-1)?.tunnel.parkMs).toBe(0);
  });

  it('mends a dead tunnel', async () => {
    const { supervisor } = world.tunnel();
    supervisor.up('login');
    await settle();
    world.connector.call(0).fail(failure('auth-no-method'));
    await settle();
    expect(supervisor.status().state.kind).toBe('dead');
    supervisor.reconfigure(tunnelConfig(), [hostNamed('web', { identity: ['/home/me/.ssh/other'] })]);
    await settle();
    expect(supervisor.status().state.kind).toBe('starting');
  });
});
