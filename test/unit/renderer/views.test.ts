import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesText, durationText, rateText } from '../../../src/renderer/format.ts';
import { browserAddress, forwardText } from '../../../src/renderer/forward-text.ts';
import { activityDays } from '../../../src/renderer/features/activity/activity-view.ts';
import { dayMs, dayView } from '../../../src/renderer/features/detail/day-view.ts';
import { withoutSecrets } from '../../../src/renderer/features/detail/log-lines.ts';
import { type Client, clientRates, usageRows } from '../../../src/renderer/features/detail/usage.ts';
import { isSshCommand, listGroups } from '../../../src/renderer/features/tunnels/list-view.ts';
import { flowText, rowView } from '../../../src/renderer/features/tunnels/row-view.ts';
import { formatRoute, parseRoute, type Route } from '../../../src/renderer/store/route.ts';
import { windowDe } from '../../../src/shared/i18n/window-de.ts';
import { windowEn } from '../../../src/shared/i18n/window-en.ts';
import type { HistoryEvent } from '../../../src/shared/contract/calls.ts';
import type { Cause } from '../../../src/shared/model/failure.ts';
import { fixturePrompt, fixtureTunnels, forward, tunnel } from '../../support/renderer/fixture-data.ts';

describe('rows', () => {
  const view = (name: string) => {
    const found = fixtureTunnels(0).find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(name);
    return { ...rowView(found, fixturePrompt(0), windowEn, 'en'), flow: flowText(found, undefined, windowEn, 'en') };
  };

  test('a healthy row shows its path and its use', () => {
    expect(view('postgres-prod')).toMatchObject({
      word: 'Running',
      line: 'localhost:5432 → db-01:5432 +2',
      lineIs: 'path',
      flow: '4 clients',
      act: null,
    });
    expect(view('webhook-dev').line).toBe('vps:8443 → localhost:3000');
    expect(view('socks-home')).toMatchObject({ word: 'Stopped', line: 'localhost:1080 → anywhere, by home' });
  });

  test('a row in need shows the cause and the one act', () => {
    expect(view('redis-prod')).toMatchObject({
      state: 'degraded',
      word: 'In part',
      line: 'cache-02:6379 refuses connections',
    });
    expect(view('analytics-eu')).toMatchObject({
      word: 'Needs you',
      line: 'bastion-eu asks for a code',
      act: { kind: 'answer', label: 'Enter code…', promptId: 'p1' },
    });
    expect(view('staging-api')).toMatchObject({ act: { kind: 'try-now' }, nextTryAtMs: 8400 });
    expect(view('nas-rsync').act?.kind).toBe('review-changed-key');
  });

  test('a login that is finished elsewhere says what the server says, on one line', () => {
    const row = tunnel('a', { kind: 'interactive', promptId: 'p9' });
    const call = { ...fixturePrompt(0), id: 'p9', kind: 'confirm' as const, fields: [] };
    const said = { ...call, elsewhere: { serverText: 'Open\nhttps://login.example.org/a' } };
    expect(rowView(row, said, windowEn, 'en')).toMatchObject({
      word: 'Needs you',
      line: 'bastion-eu waits for you: Open https://login.example.org/a',
      act: { kind: 'answer', label: 'Show…', promptId: 'p9' },
    });
    expect(rowView(row, { ...call, elsewhere: { serverText: '' } }, windowDe, 'de').line).toBe(
      'bastion-eu wartet vielleicht anderswo auf dich: am Telefon oder im Browser',
    );
  });

  test('groups keep the configuration\u2019s order whatever the states; loose ones come last', () => {
    const rows = [
      tunnel('x', { kind: 'stopped' }),
      tunnel('b', { kind: 'stopped' }, { group: 'G' }),
      tunnel('a', { kind: 'listening' }, { group: 'G' }),
    ];
    const map = new Map(rows.map((row) => [row.name, row]));
    expect(listGroups(['x', 'b', 'a'], map, '')).toEqual([
      { group: 'G', names: ['b', 'a'] },
      { group: null, names: ['x'] },
    ]);
    expect(listGroups(['x', 'b', 'a'], map, 'g a')).toEqual([{ group: 'G', names: ['b', 'a'] }]);
    expect(listGroups(['x', 'b', 'a'], map, 'nothing')).toEqual([]);
  });

  test('ssh commands are told from names', () => {
    expect(['ssh -L 1:a:1 h', '  /usr/bin/ssh h', 'autossh -M 0 h'].map(isSshCommand)).toEqual([true, true, true]);
    expect(['ssh', 'sshd-tunnel', 'my ssh x'].map(isSshCommand)).toEqual([false, false, false]);
  });
});

describe('forwards', () => {
  test('each kind says where programs connect and where it leads', () => {
    const text = (spec: string, listen: string | null = null) =>
      forwardText(forward(spec, { listen }), 'srv', windowEn);
    expect(text('local 5432 -> db:5432')).toMatchObject({ listen: 'localhost:5432', target: 'db:5432', here: true });
    expect(text('local 0 -> db:5432', '127.0.0.1:40123')).toMatchObject({ listen: 'localhost:40123', port: 40_123 });
    expect(text('local 0 -> db:5432')).toMatchObject({ listen: 'localhost:…', port: null, here: false });
    expect(text('local 127.0.0.1:0 -> db:5432').listen).toBe('localhost:…');
    expect(text('local 10 -> db:5432').listen).toBe('localhost:10');
    expect(text('remote 0 -> db:5432')).toMatchObject({ listen: 'srv:…', port: null });
    expect(text('remote 9000 -> localhost:3000')).toMatchObject({ listen: 'srv:9000', here: false });
    expect(text('dynamic [::1]:1080').listen).toBe('localhost:1080');
    expect(text('local /run/x.sock -> /var/y.sock')).toMatchObject({ listen: '/run/x.sock', port: null });
  });

  test('only what looks like HTTP is offered to a browser', () => {
    const address = (spec: string) => browserAddress(forwardText(forward(spec), 'srv', windowEn));
    expect(address('local 3000 -> grafana:3000')).toBe('http://localhost:3000/');
    expect(address('local 9443 -> x:443')).toBe('https://localhost:9443/');
    expect(address('local 5432 -> db:5432')).toBeNull();
    expect(address('remote 8080 -> localhost:80')).toBeNull();
  });
});

describe('the last day', () => {
  const now = 10 * dayMs;
  const at = (agoMs: number, what: string): HistoryEvent => ({ atMs: now - agoMs, tunnel: 't', what, cause: null });

  test('a drop with its repair, an off time, and the share of what was asked for', () => {
    const view = dayView([at(2 * dayMs, 'up'), at(8000, 'lost'), at(6000, 'healed'), at(4000, 'stopped')], now, null);
    expect(view.drops).toEqual([
      { fromMs: now - 8000, toMs: now - 6000, switchedOff: false, cause: null, afterSleep: false },
    ]);
    expect(view.spans.map(({ kind }) => kind)).toEqual(['up', 'up', 'off']);
    expect(view.downMs).toBe(2000);
  });

  test('the way up to the first start is no fault; a failed one is', () => {
    expect(dayView([at(9000, 'started'), at(2000, 'up')], now, now - 2000)).toMatchObject({ upShare: 1, downMs: 0 });
    expect(dayView([at(9000, 'started'), at(2000, 'failed')], now, null)).toMatchObject({ upShare: 0, downMs: 2000 });
  });

  test('a tunnel that just came up was not up before, though the history does not tell yet', () => {
    expect(dayView([], now, now - 2000).spans).toEqual([
      { kind: 'off', fromMs: now - dayMs, toMs: now - 2000 },
      { kind: 'up', fromMs: now - 2000, toMs: now },
    ]);
    expect(dayView([], now, now - 2 * dayMs).spans).toEqual([{ kind: 'up', fromMs: now - dayMs, toMs: now }]);
    const back = dayView([at(9000, 'up'), at(3000, 'lost')], now, now - 2000);
    expect(back.drops).toEqual([
      { fromMs: now - 3000, toMs: now - 2000, switchedOff: false, cause: null, afterSleep: false },
    ]);
  });

  test('a sleep is neither up nor down, and what is lost right after it was lost to it', () => {
    const machine = (agoMs: number, what: string) => ({ ...at(agoMs, what), tunnel: '' });
    const sleepy = [at(90_000, 'up'), machine(80_000, 'asleep'), machine(40_000, 'awake')];
    const survived = dayView(sleepy, now, now - 90_000);
    expect(survived.spans.map(({ kind, fromMs }) => [kind, now - fromMs])).toEqual([
      ['off', dayMs],
      ['up', 90_000],
      ['asleep', 80_000],
      ['up', 40_000],
    ]);
    expect(survived).toMatchObject({ upShare: 1, downMs: 0, drops: [] });
    const lost = dayView([...sleepy, at(35_000, 'lost'), at(32_000, 'healed'), at(9000, 'lost')], now, null);
    expect(lost.drops.map(({ afterSleep, fromMs }) => [afterSleep, now - fromMs])).toEqual([
      [true, 35_000],
      [false, 9000],
    ]);
    expect(lost.downMs).toBe(12_000);
    // Awake again since before the day began.
    expect(dayView([machine(3 * dayMs, 'asleep'), machine(2 * dayMs, 'awake')], now, 0).spans).toHaveLength(1);
  });

  test('a drop that lasts has no end', () => {
    expect(dayView([at(5000, 'lost')], now, null).drops[0]).toMatchObject({ toMs: null });
  });

  test('whatever the history, spans lie in the day, in order, and the share is one', () => {
    const what = fc.constantFrom('started', 'up', 'lost', 'healed', 'failed', 'dead', 'stopped', 'asleep', 'awake');
    fc.assert(
      fc.property(fc.array(fc.record({ agoMs: fc.integer({ min: 0, max: 3 * dayMs }), what })), (rows) => {
        const events = rows
          .map((row) => ({ ...at(row.agoMs, row.what), ...(row.what.startsWith('a') ? { tunnel: '' } : {}) }))
          .sort((one, other) => one.atMs - other.atMs);
        const view = dayView(events, now, null);
        let last = now - dayMs;
        for (const span of view.spans) {
          expect(span.fromMs).toBeGreaterThanOrEqual(last);
          expect(span.toMs).toBeGreaterThan(span.fromMs);
          last = span.toMs;
        }
        expect(last).toBeLessThanOrEqual(now);
        if (view.upShare !== null) expect(view.upShare >= 0 && view.upShare <= 1).toBe(true);
      }),
    );
  });
});

test('the activity has the newest first and each loss with its repair', () => {
  const row = (atMs: number, what: string): HistoryEvent => ({ atMs, tunnel: 't', what, cause: null });
  const noon = new Date(2026, 1, 3, 12).getTime();
  const same = ({ message }: Cause) => message;
  const [day] = activityDays([row(noon, 'lost'), row(noon + 3000, 'healed'), row(noon + 9000, 'lost')], '', true, same);
  expect(
    activityDays(
      [
        { ...row(noon - 60_000, 'asleep'), tunnel: '' },
        { ...row(noon, 'awake'), tunnel: '' },
      ],
      '',
      false,
      same,
    )[0]?.lines,
  ).toMatchObject([{ what: 'awake', asleepAtMs: noon - 60_000 }]);
  expect(day?.lines.map((line) => [line.event.atMs - noon, line.backAtMs])).toEqual([
    [9000, null],
    [0, noon + 3000],
  ]);
});

describe('clients', () => {
  const client = (program: string | null, over: Partial<Client> = {}): Client => ({
    spec: 's',
    program,
    pid: 1,
    peer: '127.0.0.1:1',
    sinceMs: 1,
    bytesIn: 0,
    bytesOut: 0,
    parkedLeftMs: null,
    ...over,
  });

  test('stand together by program and forward; those that wait stand apart', () => {
    const rows = usageRows([
      client('a'),
      client('a', { parkedLeftMs: 900 }),
      client('a', { peer: '127.0.0.1:2', sinceMs: 0 }),
      client('a', { parkedLeftMs: 400 }),
      client('a', { spec: 'other' }),
    ]);
    expect(rows.map(({ clients, sinceMs, leftMs }) => [clients.length, sinceMs, leftMs])).toEqual([
      [2, 0, null],
      [2, 1, 400],
      [1, 1, null],
    ]);
  });

  test('have a rate once they were read twice; a new one counts from nothing, and a counter that fell is none', () => {
    const [one, two] = [client('a', { bytesIn: 1000 }), client('b', { peer: 'x', bytesOut: 500 })];
    const now = [
      { ...one, bytesIn: 3000, bytesOut: 500 },
      { ...two, bytesOut: 0 },
      client('a', { peer: 'y', bytesIn: 200 }),
    ];
    const rates = clientRates([one, two], now, 2000);
    expect(usageRows(now, rates).map(({ program, rate }) => [program, rate])).toEqual([
      ['a', 1350],
      ['b', 0],
    ]);
    expect(usageRows(now).map(({ rate }) => rate)).toEqual([null, null]);
  });
});

test('a log copied for strangers names no user, home, password or token', () => {
  const text = withoutSecrets(
    'dialled dmitri@bastion, password="x y" url=socks5://me:pw@p:1 file=/home/dmitri/.ssh/id token: abc',
  );
  expect(text).not.toMatch(/dmitri|x y|pw|abc/);
  expect(text).toContain('@bastion');
});

test('every route survives its hash', () => {
  const name = fc.string({ minLength: 1 });
  const route: fc.Arbitrary<Route> = fc.oneof(
    fc.record({ page: fc.constant('tunnels' as const), name, tab: fc.constantFrom('overview', 'log', 'settings') }),
    fc.record({ page: fc.constant('new' as const), command: fc.option(fc.string()) }),
    fc.record({ page: fc.constant('edit' as const), name }),
    fc.record({ page: fc.constantFrom('logins', 'activity', 'settings', 'known-hosts', 'about') }),
  );
  fc.assert(
    fc.property(route, (one) => {
      expect(parseRoute(formatRoute(one))).toEqual(one);
    }),
  );
  expect(parseRoute('tunnel/db')).toEqual({ page: 'tunnels', name: 'db', tab: 'overview' });
  expect(parseRoute('#/nonsense')).toEqual({ page: 'tunnels', name: null, tab: 'overview' });
});

test('amounts and times are short', () => {
  expect([0, 999, 1000, 84e6, 2.1e9].map((bytes) => bytesText(bytes, 'en'))).toEqual([
    '0 B',
    '999 B',
    '1 kB',
    '84 MB',
    '2.1 GB',
  ]);
  expect([300, 1.2e6].map((rate) => rateText(rate, 'en'))).toEqual(['0.3 kB/s', '1.2 MB/s']);
  expect([8000, 190 * 60_000, 102 * 3_600_000].map((ms) => durationText(ms, windowEn))).toEqual([
    '8 s',
    '3 h 10 min',
    '4 d 6 h',
  ]);
  expect(durationText(102 * 3_600_000, windowDe)).toBe('4 T 6 h');
});
