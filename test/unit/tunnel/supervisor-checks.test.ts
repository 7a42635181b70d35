import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProbeConfig, TunnelConfig } from '../../../src/shared/model/config.ts';
import { FakeLink, failure } from '../pool/fakes.ts';
import { settle } from '../../support/fake-clock.ts';
import { remoteForward } from './fakes.ts';
import { type Watched, World } from './world.ts';

// What a tunnel's own check may do to those that share its link.

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => {
  world.dispose();
  expect(world.clock.pending, 'timers left').toBe(0);
});

const autossh = { backoff: { kind: 'autossh' }, pollMs: 600_000, firstPollMs: 600_000 } as const;
const exec: ProbeConfig = { kind: 'exec', command: 'test -e /srv/ready' };

/** The command ends with `exitCode`, at once. */
function execEnds(link: FakeLink, exitCode: number): void {
  link.onExec = async () => ({ exitCode, signal: null, stdout: '', stderr: '' });
}

/** The command never ends; the check's time limit does. */
function execHangs(link: FakeLink): void {
  link.onExec = () =>
    new Promise((_resolve, reject) => {
      world.store.add(world.clock.schedule(10_000, () => reject(failure('timeout'))));
    });
}

/** A healthy tunnel with a client, and one with `changes` beside it over the same link. */
async function pair(
  changes: Partial<TunnelConfig>,
  prepare: (link: FakeLink) => void,
): Promise<{ healthy: Watched; checked: Watched; link: FakeLink }> {
  const link = new FakeLink();
  prepare(link);
  world.connector.automatic = () => link;
  const healthy = world.tunnel({ name: 'healthy' });
  healthy.supervisor.up('person');
  await settle();
  healthy.runner().knock();
  const checked = world.tunnel({ name: 'checked', ...changes });
  checked.supervisor.up('person');
  await world.clock.advance(0);
  return { healthy, checked, link };
}

function expectUntouched(healthy: Watched, link: FakeLink): void {
  expect(healthy.states).toEqual(['starting', 'running']);
  expect(healthy.runner().clients).toBe(1);
  expect(link.isClosed).toBe(false);
  expect(world.connector.calls).toHaveLength(1);
}

describe("a tunnel's own check that fails while the server answers", () => {
  const checks: readonly (readonly [string, ProbeConfig, (link: FakeLink) => void])[] = [
    ['a command that says 1', exec, (link) => execEnds(link, 1)],
    ['a command that never ends', exec, execHangs],
    ['a closed echo port', { kind: 'echo', host: 'localhost', port: 7 }, () => {}],
    ['a loop that the server forbids', { kind: 'loop' }, () => {}],
    ['a target that refuses', { kind: 'target', host: 'db', port: 1 }, () => {}],
  ];

  it.each(checks)(
    '%s: leaves the tunnel degraded, its clients and everybody else alone',
    async (_name, probe, hurt) => {
      const { healthy, checked, link } = await pair({ probe }, hurt);
      await world.clock.advance(30_000);
      expect(checked.states).toEqual(['starting', 'running']);
      expect(checked.supervisor.status().state).toMatchObject({
        kind: 'running',
        degraded: { where: expect.anything() },
      });
      checked.runner().knock();
      await world.clock.advance(600_000);
      expect(checked.runner().clients).toBe(1);
      expectUntouched(healthy, link);
    },
  );

  it.each(checks.slice(0, 4))(
    "%s: with autossh's numbers, it alone is tried again, over the same link",
    async (_name, probe, hurt) => {
      const starts: number[] = [];
      const { healthy, checked, link } = await pair({ ...autossh, probe }, hurt);
      world.store.add(
        checked.supervisor.onDidTransition(({ to }) => {
          if (to.kind === 'retrying') starts.push(world.clock.now());
        }),
      );
      await world.clock.advance(300_000);
      expect(starts.length).toBeGreaterThan(3);
      expect(checked.states).toContain('retrying');
      expectUntouched(healthy, link);
    },
  );

  it('says so, and not that the connection is replaced', async () => {
    const { checked } = await pair({ probe: exec }, (link) => execEnds(link, 1));
    expect(checked.supervisor.status().state).toMatchObject({
      kind: 'running',
      degraded: {
        code: 'probe-failed',
        message: 'The health check ended with exit status 1.',
        next: expect.not.stringContaining('replaces'),
      },
    });
  });

  it('is whole again soon when the check passes, however seldom it is made otherwise', async () => {
    const link = new FakeLink();
    world.connector.automatic = () => link;
    execEnds(link, 1);
    const tunnels = [60_000, 3_600_000].map((pollMs) =>
      world.tunnel({ probe: exec, pollMs, firstPollMs: pollMs, name: `poll ${pollMs}` }),
    );
    for (const { supervisor } of tunnels) supervisor.up('person');
    await world.clock.advance(0);
    for (const { supervisor } of tunnels)
      expect(supervisor.status().state).toMatchObject({ degraded: { code: 'probe-failed' } });
    execEnds(link, 0);
    await world.clock.advance(60_000);
    for (const { supervisor } of tunnels)
      expect(supervisor.status().state).toMatchObject({ kind: 'running', degraded: null });
  });

  it("autossh's gate time is for starts, not for checks", async () => {
    const { checked } = await pair({ ...autossh, gateTimeMs: 30_000, probe: exec }, (link) => execEnds(link, 1));
    expect(checked.supervisor.status().state.kind).toBe('retrying');
  });

  it('a keepalive that comes later than the tunnel allows is no reason to cut the others', async () => {
    const { healthy, checked, link } = await pair({ probeTimeoutMs: 100 }, () => {});
    let asked = 0;
    link.onPing = async () => {
      asked += 1;
      // What the tunnel allows is too short; what the link gets is enough.
      if (asked % 2 === 1) throw failure('link-dead');
      return 300;
    };
    await world.clock.advance(60_000);
    link.onPing = async () => 300;
    expect(checked.supervisor.status().state).toMatchObject({ kind: 'running', degraded: { code: 'probe-failed' } });
    expectUntouched(healthy, link);
  });

  it('a link without a free channel is not replaced by those who find none', async () => {
    const { healthy, checked, link } = await pair({ probe: { kind: 'echo', host: 'localhost', port: 7 } }, (each) => {
      each.onOpen = async () => {
        throw failure('forward-denied');
      };
    });
    expect(checked.supervisor.status().state).toMatchObject({ kind: 'running', degraded: { code: 'forward-denied' } });
    expectUntouched(healthy, link);
  });
});

describe('a check that fails by silence', () => {
  it('asks the link, and replaces it for everybody if that is silent too', async () => {
    const { healthy, checked, link } = await pair({ probe: exec, pollMs: 30_000, firstPollMs: 30_000 }, () => {});
    execHangs(link);
    link.onPing = async () => {
      throw failure('link-dead');
    };
    await world.clock.advance(40_000);
    expect(link.disposed).toBe(true);
    expect(checked.states.slice(0, 3)).toEqual(['starting', 'running', 'retrying']);
    expect(healthy.states.slice(0, 3)).toEqual(['starting', 'running', 'retrying']);
  });

  it('joins the attempt of another one then: it is the link that it waits for', async () => {
    world.connector.automatic = null;
    const { supervisor, link } = await world.running({ probe: exec });
    execHangs(link);
    link.onPing = async () => {
      throw failure('link-dead');
    };
    world.jitters = [0.999];
    await world.clock.advance(70_000);
    expect(supervisor.status().state).toMatchObject({ kind: 'retrying' });
    const other = world.tunnel({ name: 'other' });
    other.supervisor.up('person');
    await settle();
    expect(supervisor.status().state.kind).toBe('starting');
    world.connector.call(-1).succeed();
    await settle();
    expect(supervisor.status().state.kind).toBe('running');
    expect(world.connector.calls).toHaveLength(2);
  });

  it('any byte that comes meanwhile is an answer', async () => {
    const { healthy, checked, link } = await pair({ probe: exec }, () => {});
    execHangs(link);
    link.onPing = async () => {
      link.bytesIn += 1;
      throw failure('link-dead');
    };
    await world.clock.advance(120_000);
    expect(checked.supervisor.status().state).toMatchObject({ kind: 'running', degraded: { code: 'timeout' } });
    expectUntouched(healthy, link);
  });
});

describe('a tunnel that is tried again over the link that it has', () => {
  it('keeps the link through waits that are longer than an idle one stays: no new login, no new code', async () => {
    world = new World({ idleMs: 5000 });
    const link = new FakeLink();
    execEnds(link, 1);
    world.connector.automatic = () => link;
    const checked = world.tunnel({ ...autossh, probe: exec });
    checked.supervisor.up('person');
    // In steps: a try is longer than one turn of the clock waits for.
    for (let second = 0; second < 1000; second += 1) await world.clock.advance(1000);
    expect(checked.states.filter((state) => state === 'starting').length).toBeGreaterThan(10);
    expect(link.isClosed).toBe(false);
    expect(world.connector.calls).toHaveLength(1);
    checked.supervisor.down();
    await world.clock.advance(5000);
    expect(link.isClosed).toBe(true);
  });

  it('also if a forward is what fails, and also if an idle link goes at once', async () => {
    for (const idleMs of [0, 5000]) {
      world = new World({ idleMs });
      world.jitters = [0.999];
      const link = new FakeLink();
      world.connector.automatic = () => link;
      world.prepare = (runner) => {
        runner.attachError = failure('remote-port-refused', runner.spec.spec);
      };
      const { supervisor, states } = world.tunnel({ forwards: [remoteForward(9000)] });
      supervisor.up('person');
      await world.clock.advance(300_000);
      expect(states.filter((state) => state === 'starting').length).toBeGreaterThan(5);
      expect(world.connector.calls, `pool-idle ${idleMs}`).toHaveLength(1);
      supervisor.down();
      await world.clock.advance(5000);
      expect(link.isClosed).toBe(true);
      world.dispose();
    }
  });
});
