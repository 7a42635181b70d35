import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { historyEventSchema, tunnelStatsSchema } from '../../../src/shared/contract/calls.ts';
import type { Cause } from '../../../src/shared/model/failure.ts';
import type { ForwardStatus, TunnelState, TunnelStatus } from '../../../src/shared/model/tunnel.ts';
import { History } from '../../../src/main/engine/history/history.ts';
import type { FollowedTunnel } from '../../../src/main/engine/history/tunnel-record.ts';
import { Emitter } from '../../../src/main/engine/lifecycle/emitter.ts';
import { type Log, silentLog } from '../../../src/main/engine/log/log.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

checkLeaks();

const reset: Cause = { code: 'reset', where: 'network', message: 'The connection was reset.', next: 'Wait.' };
const refused: Cause = { code: 'refused', where: 'network', message: 'Refused.', next: 'Wait.' };

const states = {
  stopped: { kind: 'stopped' },
  listening: { kind: 'listening' },
  starting: { kind: 'starting', phase: 'dial', hop: null },
  running: { kind: 'running', sinceMs: 0, degraded: null },
  retrying: { kind: 'retrying', cause: reset, nextTryAtMs: 0 },
  dead: { kind: 'dead', cause: refused },
} as const satisfies Record<string, TunnelState>;

/** A tunnel that does what the test says. */
class FakeTunnel implements FollowedTunnel {
  readonly config: { readonly name: string };
  probeMs: readonly number[] = [];
  state: TunnelState = states.stopped;
  forward: ForwardStatus = {
    spec: 'dynamic 1080',
    state: 'up',
    listen: null,
    cause: null,
    clients: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
  readonly transitions = new Emitter<{ from: TunnelState; to: TunnelState; cause: Cause | null }>();
  readonly changes = new Emitter<void>();
  readonly onDidTransition = this.transitions.event;
  readonly onDidChange = this.changes.event;

  constructor(name = 'db') {
    this.config = { name };
  }

  status(): TunnelStatus {
    const { name } = this.config;
    return {
      name,
      host: 'h',
      group: null,
      production: false,
      state: this.state,
      wanted: true,
      attempt: 0,
      reconnects: 0,
      forwards: [this.forward],
      parked: 0,
    };
  }

  go(to: keyof typeof states, cause: Cause | null = null): void {
    const from = this.state;
    this.state = states[to];
    this.transitions.fire({ from, to: this.state, cause });
  }

  traffic(change: Partial<ForwardStatus>): void {
    this.forward = { ...this.forward, ...change };
    this.changes.fire();
  }
}

async function open(
  folder = tempFolder().path,
  clock = new FakeClock(),
  log: Log = silentLog,
): Promise<{ history: History; folder: string; clock: FakeClock }> {
  const history = await History.open({ folder, clock, log });
  onTestFinished(() => history.dispose());
  return { history, folder, clock };
}

test('a sleep of the machine stands in the history of every tunnel', async () => {
  const { history, clock } = await open();
  const tunnel = new FakeTunnel();
  history.follow(tunnel);
  tunnel.go('starting');
  const fromAtMs = clock.wallNow() + 1000;
  history.recordSleep({ fromAtMs, toAtMs: fromAtMs + 5000 });
  const rows = [
    { tunnel: 'db', what: 'started' },
    { tunnel: '', what: 'asleep', atMs: fromAtMs },
    { tunnel: '', what: 'awake', atMs: fromAtMs + 5000 },
  ];
  expect(await history.list(['db'], 10)).toMatchObject(rows);
  expect(await history.list(null, 10)).toMatchObject(rows);
});

test('a renamed tunnel keeps its past, its totals and that it is wanted', async () => {
  const { history, folder, clock } = await open();
  const tunnel = new FakeTunnel();
  history.follow(tunnel);
  history.setWanted('db', true);
  tunnel.go('starting');
  tunnel.go('running');
  await clock.advance(5000);
  history.rename('db', 'store');
  history.forget('db');
  const renamed = new FakeTunnel('store');
  history.follow(renamed);
  renamed.go('running');
  expect(history.wanted()).toEqual(['store']);
  expect(history.stats(['store', 'db'])).toMatchObject([{ totalUptimeMs: 5000 }, { totalUptimeMs: 0 }]);
  await history.flush();
  expect((await history.list(['store'], 10)).map(({ what, tunnel: name }) => `${name} ${what}`)).toEqual([
    'store started',
    'store up',
    'store up',
  ]);
  expect(await history.list(['db'], 10)).toEqual([]);
  expect((await open(folder)).history.wanted()).toEqual(['store']);
});

test('a life of a tunnel: rows with causes, uptime, reconnects by cause', async () => {
  const { history, clock } = await open();
  const tunnel = new FakeTunnel();
  history.follow(tunnel);
  tunnel.go('starting');
  await clock.advance(1000);
  tunnel.go('running');
  await clock.advance(10_000);
  expect(history.stats(['db'])[0]).toMatchObject({ uptimeMs: 10_000, totalUptimeMs: 10_000, reconnects: 0 });
  tunnel.go('retrying', reset);
  await clock.advance(2000);
  tunnel.go('starting');
  tunnel.go('retrying', refused);
  tunnel.go('starting');
  tunnel.go('retrying', refused);
  tunnel.go('starting');
  tunnel.go('running');
  await clock.advance(5000);
  tunnel.go('stopped');
  tunnel.go('starting');
  tunnel.go('dead', refused);
  const rows = await history.list(['db'], 100);
  expect(rows.map((row) => [row.what, row.cause?.code ?? null])).toEqual([
    ['started', null],
    ['up', null],
    ['lost', 'reset'],
    ['failed', 'refused'],
    ['healed', 'reset'],
    ['stopped', null],
    ['started', null],
    ['dead', 'refused'],
  ]);
  for (const row of rows) expect(historyEventSchema.parse(row)).toEqual(row);
  const [stats] = history.stats(['db']);
  expect(stats).toMatchObject({ uptimeMs: 0, totalUptimeMs: 15_000, reconnects: 1, reconnectsByCause: { reset: 1 } });
  expect(tunnelStatsSchema.parse(stats)).toEqual(stats);
});

test('a restart by a person and an idle on-demand tunnel are no losses', async () => {
  const { history } = await open();
  const tunnel = new FakeTunnel();
  history.follow(tunnel);
  tunnel.go('listening');
  tunnel.go('starting');
  tunnel.go('running');
  tunnel.go('listening');
  tunnel.go('starting');
  tunnel.go('running');
  tunnel.go('starting');
  tunnel.go('running');
  expect((await history.list(null, 100)).map((row) => row.what)).toEqual(['up', 'up', 'started', 'up']);
  expect(history.stats(['db'])[0]?.reconnects).toBe(0);
});

test('bytes and connections add up, also when a counter begins anew', async () => {
  const { history } = await open();
  const tunnel = new FakeTunnel();
  history.follow(tunnel);
  tunnel.traffic({ clients: 2, bytesIn: 100, bytesOut: 10 });
  tunnel.traffic({ clients: 1 });
  tunnel.traffic({ clients: 3, bytesIn: 150 });
  tunnel.forward = { ...tunnel.forward, bytesOut: 20 };
  tunnel.probeMs = [12, 13];
  expect(history.stats(['db'])[0]).toMatchObject({
    bytesIn: 150,
    bytesOut: 20,
    connections: 3,
    totalConnections: 4,
    probeMs: [12, 13],
  });
  tunnel.traffic({ clients: 0, bytesIn: 5, bytesOut: 0 });
  expect(history.stats(['db'])[0]).toMatchObject({ bytesIn: 155, bytesOut: 20, connections: 0, totalConnections: 4 });
});

test('what is wanted is on disk when it is said to be kept', async () => {
  const { history, folder, clock } = await open();
  history.setWanted('db', true);
  await history.wantedKept();
  expect(JSON.parse(readFileSync(join(folder, 'wanted.json'), 'utf8'))).toMatchObject({ names: ['db'] });
  history.setWanted('db', false);
  await history.wantedKept();
  expect(JSON.parse(readFileSync(join(folder, 'wanted.json'), 'utf8'))).toMatchObject({ names: [] });
  // Nothing is left waiting but the checkpoint.
  expect(clock.pending).toBe(1);
  history.dispose();
});

test('everything survives a restart of the engine', async () => {
  const first = await open();
  const tunnel = new FakeTunnel();
  first.history.follow(tunnel);
  tunnel.go('starting');
  tunnel.go('running');
  tunnel.traffic({ clients: 1, bytesIn: 7, bytesOut: 8 });
  first.history.setWanted('db', true);
  first.history.setWanted('web', true);
  first.history.setWanted('web', false);
  await first.clock.advance(4000);
  await first.history.flush();
  first.history.dispose();

  const second = await open(first.folder);
  expect(second.history.wanted()).toEqual(['db']);
  expect(second.history.stats(['db', 'new'])).toMatchObject([
    { name: 'db', uptimeMs: 0, totalUptimeMs: 4000, bytesIn: 7, bytesOut: 8, connections: 0, totalConnections: 1 },
    { name: 'new', totalUptimeMs: 0 },
  ]);
  const again = new FakeTunnel();
  second.history.follow(again);
  again.go('running');
  await second.clock.advance(1000);
  expect(second.history.stats(['db'])[0]).toMatchObject({ uptimeMs: 1000, totalUptimeMs: 5000 });
  expect((await second.history.list(['db'], 2)).map((row) => row.what)).toEqual(['up', 'up']);
  if (process.platform !== 'win32')
    for (const file of ['totals.json', 'wanted.json', 'history/tunnel-db.jsonl'])
      expect(statSync(join(first.folder, file)).mode & 0o777).toBe(0o600);
});

test('an engine that is killed loses at most the last minute', async () => {
  const { history, folder, clock } = await open();
  const tunnel = new FakeTunnel();
  history.follow(tunnel);
  tunnel.go('running');
  await clock.advance(600_000);
  // Killed: no flush. What is on disk must be there without it; the next look only waits for the running write.
  history.dispose();
  await history.list(null, 1);
  const saved = await until(
    () => JSON.parse(readFileSync(join(folder, 'totals.json'), 'utf8')).tunnels[0].uptimeMs >= 540_000,
    { what: 'the checkpoint' },
  );
  expect(saved).toBe(true);
});

test('totals are written at most every few seconds', async () => {
  const { history, folder, clock } = await open();
  const tunnel = new FakeTunnel();
  history.follow(tunnel);
  for (let n = 0; n < 100; n += 1) tunnel.traffic({ bytesIn: n });
  await clock.advance(4999);
  expect(existsSync(join(folder, 'totals.json'))).toBe(false);
  await clock.advance(1);
  await history.flush();
  expect(existsSync(join(folder, 'totals.json'))).toBe(true);
});

test('what a person wants is written again when it could not be written at first', async () => {
  const { history, clock, folder } = await open();
  // Something that no file can be moved onto stands for a full disk.
  const file = join(folder, 'wanted.json');
  mkdirSync(join(file, 'in the way'), { recursive: true });
  history.setWanted('db', true);
  await history.flush();
  rmSync(file, { recursive: true });
  await clock.advance(60_000);
  await until(() => existsSync(file), { what: 'the file to be written' });
  await history.flush();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ names: ['db'] });
});

test('a removed tunnel is no longer wanted nor followed; its past stays', async () => {
  const { history } = await open();
  const tunnel = new FakeTunnel();
  history.follow(tunnel);
  history.setWanted('db', true);
  tunnel.go('starting');
  history.forget('db');
  tunnel.go('running');
  expect(history.wanted()).toEqual([]);
  expect((await history.list(['db'], 9)).map((row) => row.what)).toEqual(['started']);
  expect(tunnel.changes.hasListeners || tunnel.transitions.hasListeners).toBe(false);
});

describe('the files', () => {
  const row = (n: number, tunnel = 'db') => ({ atMs: n, tunnel, what: 'up', cause: null });

  test('the newest thousand rows of each tunnel are kept', async () => {
    const { history, folder } = await open();
    for (let n = 0; n < 2500; n += 1) history.record(row(n));
    history.record(row(7, 'web'));
    expect(await history.list(['db'], 1)).toEqual([row(2499)]);
    const rows = await history.list(['db'], 10_000);
    expect(rows).toHaveLength(1000);
    expect(rows[0]).toEqual(row(1500));
    expect(readFileSync(join(folder, 'history', 'tunnel-db.jsonl'), 'utf8').split('\n').length).toBeLessThan(2000);
    expect(await history.list(null, 10_000)).toHaveLength(1001);
    expect(await history.list(null, 0)).toEqual([]);
  });

  test('a line torn by a crash costs that line alone', async () => {
    const { history, folder } = await open();
    history.record(row(1));
    await history.flush();
    appendFileSync(join(folder, 'history', 'tunnel-db.jsonl'), '{"atMs":2,"tun');
    const again = await open(folder);
    again.history.record(row(3));
    expect(await again.history.list(['db'], 9)).toEqual([row(1), row(3)]);
  });

  test('damaged files are set aside and stop nothing', async () => {
    const temp = tempFolder();
    mkdirSync(temp.file('history'));
    writeFileSync(temp.file('totals.json'), '{"version":1,"tunnels":[{"name":"db","uptimeMs":-5}]}');
    writeFileSync(temp.file('wanted.json'), '\u0000\u0001');
    writeFileSync(temp.file('history', 'tunnel-db.jsonl'), Buffer.alloc(1000, 0xff));
    mkdirSync(temp.file('history', 'tunnel-web.jsonl'));
    const { history, clock } = await open(temp.path);
    expect(history.wanted()).toEqual([]);
    history.record(row(1));
    history.record(row(2, 'web'));
    history.setWanted('db', true);
    expect(await history.list(null, 9)).toEqual([row(1), row(2, 'web')]);
    await history.flush();
    const aside = `.corrupt-${clock.wallNow()}`;
    expect(readdirSync(temp.path).sort()).toEqual([
      'history',
      `totals.json${aside}`,
      'wanted.json',
      `wanted.json${aside}`,
    ]);
    expect(readdirSync(temp.file('history')).sort()).toEqual([
      'tunnel-db.jsonl',
      `tunnel-db.jsonl${aside}`,
      'tunnel-web.jsonl',
      `tunnel-web.jsonl${aside}`,
    ]);
  });

  test('a folder that cannot be written is told of once, and used again when it can', async () => {
    const temp = tempFolder();
    const warnings: string[] = [];
    const log: Log = { ...silentLog, warn: (message) => void warnings.push(message) };
    const { history } = await open(temp.path, new FakeClock(), log);
    writeFileSync(temp.file('history'), 'in the way');
    for (let n = 0; n < 20; n += 1) history.record(row(n));
    await history.flush();
    expect(warnings.filter((text) => text.includes('could not be written'))).toHaveLength(1);
    rmSync(temp.file('history'));
    history.record(row(99));
    expect(await history.list(['db'], 9)).toEqual([row(99)]);
  });

  test('property: any bytes in a history file are read without a throw', async () => {
    const { history, folder } = await open();
    mkdirSync(join(folder, 'history'), { recursive: true });
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(fc.string(), fc.json(), fc.constant(JSON.stringify(row(5))), fc.constant('{"atMs":1,"tunnel":"db"')),
          { maxLength: 8 },
        ),
        async (lines) => {
          writeFileSync(join(folder, 'history', 'tunnel-db.jsonl'), lines.join('\n'));
          for (const event of await history.list(['db'], 100))
            expect(historyEventSchema.safeParse(event).success).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});
