import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildTrayModel, iconOf, type TrayItem, type TraySource } from '../../../../src/main/desktop/tray-model.ts';
import { trayIconFile } from '../../../../src/main/desktop/tray-icon-file.ts';
import { desktopDe } from '../../../../src/shared/i18n/desktop-de.ts';
import { desktopEn } from '../../../../src/shared/i18n/desktop-en.ts';
import type { TunnelState } from '../../../../src/shared/model/tunnel.ts';
import { cause, dead, forward, prompt, retrying, row, running, starting, stopped } from './rows.ts';

const source = (extra: Partial<TraySource>): TraySource => ({ engine: 'running', tunnels: [], prompts: [], ...extra });
const build = (extra: Partial<TraySource>) => buildTrayModel(source(extra), desktopEn);

/** The menu as lines, the way it looks. */
function lines(items: readonly TrayItem[], indent = ''): string[] {
  return items.flatMap((item): string[] => {
    switch (item.kind) {
      case 'separator':
        return [`${indent}-----`];
      case 'label':
        return [`${indent}(${item.label})`];
      case 'action':
        return [`${indent}${item.label}`];
      case 'check':
        return [`${indent}[${item.checked ? 'x' : ' '}] ${item.label}`];
      case 'submenu':
        return [`${indent}${item.label} >`, ...lines(item.items, `${indent}  `)];
      default:
        return [];
    }
  });
}

describe('the menu', () => {
  it('reads as designed', () => {
    const degraded: TunnelState = { kind: 'running', sinceMs: 0, degraded: cause };
    const tunnels = [
      row('postgres-prod', running, {
        group: 'Production',
        forwards: [forward('local 5432 -> db-01:5432', { listen: '127.0.0.1:5432' })],
      }),
      row('redis-prod', degraded, { group: 'Production' }),
      row('analytics-eu', { kind: 'interactive', promptId: 'p1' }, { group: 'Production' }),
      row('grafana', running, {
        forwards: [forward('local 3000 -> grafana:3000', { listen: '127.0.0.1:3000' })],
      }),
      row('socks-home', stopped),
    ];
    const call = { kind: 'confirm' as const, elsewhere: { serverText: 'Tap' } };
    const told = JSON.stringify(build({ tunnels, prompts: [prompt('p2', call)] }));
    expect(told).toContain('Finish the login at bastion-eu...');
    const model = build({ tunnels, prompts: [prompt('p1', { tunnels: ['analytics-eu'] })] });
    expect(lines(model.menu)).toEqual([
      '(3 of 5 up, 1 needs you)',
      'Enter code for bastion-eu...',
      '-----',
      '(Production)',
      '[x] postgres-prod',
      '[x] redis-prod: in part',
      '[x] analytics-eu: needs you',
      '-----',
      '(Other tunnels)',
      '[x] grafana',
      '[ ] socks-home',
      '-----',
      'Copy address >',
      '  postgres-prod: 127.0.0.1:5432',
      '  grafana: 127.0.0.1:3000',
      'Open in browser >',
      '  http://127.0.0.1:3000',
      'Recent failures >',
      '  redis-prod: bastion does not answer.',
      'Reconnect all',
      'Stop all',
      '-----',
      'Open Holdfast',
      'Settings...',
      '-----',
      'Quit and close 4 tunnels',
    ]);
    expect(model.tooltip).toBe('Holdfast: 3 of 5 up, 1 needs you');
    expect(model.icon).toBe('ask');
  });

  it('offers to start all when nothing is wanted, and a plain end', () => {
    expect(lines(build({ tunnels: [row('a', stopped)] }).menu)).toEqual([
      '(1 tunnel, off)',
      '-----',
      '[ ] a',
      '-----',
      'Start all',
      '-----',
      'Open Holdfast',
      'Settings...',
      '-----',
      'Quit',
    ]);
    expect(lines(build({}).menu)[0]).toBe('(No tunnels yet)');
  });

  it('puts more than 12 tunnels into a submenu a group', () => {
    const many = Array.from({ length: 13 }, (_, index) => row(`t${index}`, stopped, { group: index < 7 ? 'A' : 'B' }));
    const menus = build({ tunnels: many }).menu.filter((item) => item.kind === 'submenu');
    expect(menus.map((item) => [item.label, item.items.length])).toEqual([
      ['A', 7],
      ['B', 6],
    ]);
  });

  it('toggles to what is not wanted now, and escapes the mnemonic', () => {
    const { menu } = build({ tunnels: [row('r&d', retrying), row('off', stopped)] });
    const checks = menu.filter((item) => item.kind === 'check');
    expect(checks).toEqual([
      {
        kind: 'check',
        label: 'r&&d: retrying',
        checked: true,
        action: { do: 'toggle', tunnel: 'r&d', up: false },
      },
      { kind: 'check', label: 'off', checked: false, action: { do: 'toggle', tunnel: 'off', up: true } },
    ]);
  });

  it('leads to the review of a changed host key', () => {
    const state: TunnelState = { kind: 'dead', cause: { ...cause, code: 'host-key-changed' } };
    const { menu, icon } = build({ tunnels: [row('nas', state)] });
    expect(menu[1]).toEqual({
      kind: 'action',
      label: 'Review nas...',
      action: { do: 'page', page: 'changed-key/nas' },
    });
    expect(icon).toBe('fail');
    // Of a key that somebody refused there is nothing to review in a question.
    const refused: TunnelState = { kind: 'dead', cause: { ...cause, code: 'host-key-refused' } };
    expect(build({ tunnels: [row('nas', refused)] }).menu[1]).toMatchObject({ action: { page: 'tunnel/nas' } });
  });

  it('opens in the browser only loopback addresses of web ports of local forwards', () => {
    const forwards = [
      forward('local 0.0.0.0:8080 -> web:80', { listen: '0.0.0.0:8080' }),
      forward('remote 8080 -> web:80', { listen: '127.0.0.1:8080' }),
      forward('local 5432 -> db:5432', { listen: '127.0.0.1:5432' }),
      forward('local 8443 -> web:443', { listen: '[::1]:8443' }),
    ];
    const { menu } = build({ tunnels: [row('a', running, { forwards })] });
    const browse = menu.find((item) => item.kind === 'submenu' && item.label === 'Open in browser');
    expect(browse?.kind === 'submenu' ? lines(browse.items) : []).toEqual(['https://[::1]:8443']);
  });

  it('changes its text only with a state: traffic, times and attempts leave it as it is', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (bytes, clients, ms) => {
        const with_ = (n: number, at: number) => [
          row('a', { kind: 'retrying', cause, nextTryAtMs: at }, { attempt: n }),
          row(
            'b',
            { kind: 'running', sinceMs: at, degraded: null },
            {
              reconnects: n,
              parked: n,
              forwards: [forward('local 1 -> x:2', { listen: '127.0.0.1:1', clients: n, bytesIn: n, bytesOut: at })],
            },
          ),
        ];
        expect(build({ tunnels: with_(bytes, ms) })).toEqual(build({ tunnels: with_(clients, bytes) }));
      }),
    );
  });

  it('speaks German', () => {
    const model = buildTrayModel(
      source({ tunnels: [row('a', running)], prompts: [prompt('1', { tunnels: ['a'] })] }),
      desktopDe,
    );
    expect(lines(model.menu).slice(0, 2)).toEqual([
      '(1 von 1 stehen, 1 braucht dich)',
      'Code für bastion-eu eingeben...',
    ]);
  });
});

describe('the icon', () => {
  it.each([
    ['idle', { tunnels: [row('a', stopped)] }],
    ['idle', {}],
    ['up', { tunnels: [row('a', running), row('b', stopped)] }],
    ['up', { tunnels: [row('a', { kind: 'listening' })] }],
    ['working', { tunnels: [row('a', running), row('b', retrying)] }],
    ['working', { tunnels: [row('a', starting)] }],
    ['working', { engine: 'starting' as const }],
    ['fail', { tunnels: [row('a', dead), row('b', retrying)] }],
    ['fail', { engine: 'gone' as const }],
    ['ask', { tunnels: [row('a', dead), row('b', { kind: 'interactive' as const, promptId: null })] }],
    ['ask', { prompts: [prompt('1')], tunnels: [row('a', dead)] }],
  ])('is %s', (icon, extra) => {
    expect(iconOf(source(extra))).toBe(icon);
  });

  it('has its file on each system', () => {
    expect(trayIconFile('/a', 'up', 'linux', false)).toBe('/a/tray/linux/up.png');
    expect(trayIconFile('/a', 'up', 'darwin', true)).toBe('/a/tray/macos/upTemplate.png');
    expect(trayIconFile('C:\\a', 'fail', 'win32', true)).toBe('C:\\a\\tray\\windows\\fail-dark.ico');
  });
});
