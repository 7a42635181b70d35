import { describe, expect, it } from 'vitest';
import { NotificationPolicy } from '../../../../src/main/desktop/notification-policy.ts';
import { desktopEn } from '../../../../src/shared/i18n/desktop-en.ts';
import type { TunnelState } from '../../../../src/shared/model/tunnel.ts';
import { cause, dead, forward, prompt, retrying, row, running, starting, stopped } from './rows.ts';

const minute = 60_000;

/** A policy whose tunnels have been up since 0. */
function upSince0(...names: string[]): NotificationPolicy {
  const policy = new NotificationPolicy(desktopEn);
  policy.begin(
    names.map((name) => row(name, running)),
    0,
  );
  return policy;
}

const titles = (steps: ReturnType<NotificationPolicy['due']>): string[] =>
  steps.map((step) => (step.kind === 'show' ? step.notice.title : `withdraw ${step.key}`));

describe('a loss', () => {
  it('is told after 20 s, once, and its end with how long it took', () => {
    const policy = upSince0('db');
    expect(policy.changed([row('db', retrying)], 2 * minute)).toEqual([]);
    expect(policy.nextDueMs()).toBe(2 * minute + 20_000);
    expect(policy.due(2 * minute + 19_999)).toEqual([]);
    expect(titles(policy.due(2 * minute + 20_000))).toEqual(['db is down']);
    expect(policy.changed([row('db', starting)], 2 * minute + 25_000)).toEqual([]);
    expect(policy.due(3 * minute)).toEqual([]);
    expect(policy.changed([row('db', running)], 2 * minute + 38_000)).toEqual([
      {
        kind: 'show',
        notice: { key: 'host:bastion', title: 'db is back', body: 'It was down for 38 s.', page: 'tunnel/db' },
      },
    ]);
  });

  it('is not told if it heals before, nor its end', () => {
    const policy = upSince0('db');
    policy.changed([row('db', retrying)], 2 * minute);
    expect(policy.changed([row('db', running)], 2 * minute + 10_000)).toEqual([]);
    expect(policy.due(10 * minute)).toEqual([]);
    expect(policy.nextDueMs()).toBeNull();
  });

  it('is not told of what was not up for a minute', () => {
    const policy = upSince0('db');
    policy.changed([row('db', retrying)], minute - 1);
    expect(policy.due(10 * minute)).toEqual([]);
  });

  it('is one notification a host, which the next replaces', () => {
    const policy = upSince0('a', 'b', 'c');
    policy.changed(
      ['a', 'b', 'c'].map((name) => row(name, retrying)),
      2 * minute,
    );
    const steps = policy.due(3 * minute);
    expect(titles(steps)).toEqual(['Tunnels over bastion are down']);
    const back = policy.changed(
      ['a', 'b', 'c'].map((name) => row(name, running)),
      4 * minute,
    );
    expect(titles(back)).toEqual(['Tunnels over bastion are back']);
    expect(steps[0]?.kind === 'show' && steps[0].notice.key).toBe(back[0]?.kind === 'show' && back[0].notice.key);
  });

  it('does not count the time asleep', () => {
    const policy = upSince0('db');
    policy.suspended();
    policy.changed([row('db', retrying)], 2 * minute);
    expect(policy.due(60 * minute)).toEqual([]);
    policy.resumed(60 * minute);
    expect(policy.due(60 * minute + 19_000)).toEqual([]);
    expect(titles(policy.due(60 * minute + 20_000))).toEqual(['db is down']);
  });
});

describe('what is never told', () => {
  it.each<[string, TunnelState[]]>([
    ['a start', [starting, running]],
    ['a stop', [stopped]],
    ['listening on demand', [{ kind: 'listening' }]],
    ['a start that takes long', [starting, retrying, starting]],
  ])('%s', (_what, states) => {
    const policy = new NotificationPolicy(desktopEn);
    policy.begin([row('db', stopped)], 0);
    for (const [index, state] of states.entries())
      expect(policy.changed([row('db', state)], (index + 1) * minute)).toEqual([]);
    expect(policy.due(100 * minute)).toEqual([]);
  });

  it('what had given up before the shell came', () => {
    const policy = new NotificationPolicy(desktopEn);
    policy.begin([row('db', dead)], 0);
    expect(policy.changed([row('db', dead)], minute)).toEqual([]);
  });
});

describe('other notices', () => {
  it('tells once that a tunnel gave up, with what to do', () => {
    const policy = upSince0('db');
    const steps = policy.changed([row('db', dead)], minute);
    expect(steps).toEqual([
      {
        kind: 'show',
        notice: {
          key: 'host:bastion',
          title: 'db gave up',
          body: 'bastion does not answer. Check the VPN.',
          page: 'tunnel/db',
        },
      },
    ]);
    expect(policy.changed([row('db', dead)], 2 * minute)).toEqual([]);
  });

  it('tells a taken port once', () => {
    const policy = upSince0('db');
    const busy = { ...cause, code: 'port-in-use' as const, message: 'Port 5432 here is taken.' };
    const blocked = row('db', running, {
      forwards: [forward('local 5432 -> db:5432', { state: 'failed', cause: busy })],
    });
    expect(titles(policy.changed([blocked], 10))).toEqual(['db: a port is taken']);
    expect(policy.changed([blocked], 20)).toEqual([]);
    expect(policy.changed([row('db', running)], 30)).toEqual([]);
    expect(titles(policy.changed([blocked], 40))).toEqual(['db: a port is taken']);
  });

  it('a login that is finished elsewhere is told without the words of the server', () => {
    const policy = new NotificationPolicy(desktopEn);
    const elsewhere = { serverText: '<b>Visit</b> https://login.example.org' };
    expect(policy.prompted(prompt('p', { kind: 'confirm', fields: [], elsewhere }))).toEqual([
      {
        kind: 'show',
        notice: {
          key: 'prompt:bastion-eu',
          title: 'bastion-eu needs you',
          body: 'The login is finished elsewhere, in a browser or on a phone. Waiting: db',
          page: 'prompts',
        },
      },
    ]);
  });

  it('tells a question and withdraws it', () => {
    const policy = upSince0('db');
    expect(policy.prompted(prompt('p'))).toEqual([
      {
        kind: 'show',
        notice: {
          key: 'prompt:bastion-eu',
          title: 'bastion-eu needs you',
          body: 'It asks for a code. Waiting: db',
          page: 'prompts',
        },
      },
    ]);
    expect(policy.promptClosed(prompt('p'), [])).toEqual([{ kind: 'withdraw', key: 'prompt:bastion-eu' }]);
  });

  it('keeps the notice of a host that asks something else still', () => {
    const policy = upSince0('db');
    expect(policy.promptClosed(prompt('p'), [prompt('q')])).toEqual([]);
  });

  it('leads from a changed host key to its review', () => {
    const policy = upSince0('nas');
    const changed = row('nas', { kind: 'dead', cause: { ...cause, code: 'host-key-changed' } });
    expect(policy.changed([changed], 10)).toMatchObject([{ notice: { page: 'changed-key/nas' } }]);
  });

  it('forgets tunnels that are gone', () => {
    const policy = upSince0('db');
    policy.changed([row('db', retrying)], 2 * minute);
    policy.removed(['db']);
    expect(policy.due(10 * minute)).toEqual([]);
  });
});
