import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../../../src/main/engine/config/config-edits.ts';
import { ConfigEditor } from '../../../../src/main/engine/config/edit.ts';
import { problemsOf, splitKey } from '../../../../src/renderer/features/editor/field-problems.ts';
import { emptyForward } from '../../../../src/renderer/features/editor/forward-draft.ts';
import {
  addHostEdits,
  changeHostEdits,
  draftOfHost,
  emptyHost,
  usersOfHost,
} from '../../../../src/renderer/features/editor/host-draft.ts';
import {
  addTunnelEdits,
  changeTunnelEdits,
  draftOfTunnel,
  emptyTunnel,
  fillFrom,
  freeName,
  type TunnelDraft,
  type TunnelView,
} from '../../../../src/renderer/features/editor/tunnel-draft.ts';
import { settingEdit } from '../../../../src/renderer/features/pages/file-settings.ts';
import { matches } from '../../../../src/renderer/features/pages/matches.ts';

const file = `# mine
[hosts.db-prod]
address = "10.0.0.4"

# the database
[tunnels.postgres]
host = "db-prod"
group = "work"   # with the others
park = "5s"
forwards = [
  "local 5432 -> db-01:5432",  # the first
  { type = "remote", listen = 9187, to = "localhost:9187", unlink = true },
]
`;

const saved: TunnelView = {
  name: 'postgres',
  host: 'db-prod',
  group: 'work',
  values: {
    host: 'db-prod',
    group: 'work',
    park: '5s',
    forwards: ['local 5432 -> db-01:5432', { type: 'remote', listen: 9187, to: 'localhost:9187', unlink: true }],
  },
  effective: {},
  forwards: [
    {
      spec: 'local 5432 -> db-01:5432',
      kind: 'local',
      listen: '5432',
      target: 'db-01:5432',
      name: null,
      enabled: true,
    },
    {
      spec: 'remote 9187 -> localhost:9187',
      kind: 'remote',
      listen: '9187',
      target: 'localhost:9187',
      name: null,
      enabled: true,
    },
  ],
};

function change(over: Partial<TunnelDraft>) {
  return changeTunnelEdits(saved, { ...draftOfTunnel(saved), ...over });
}

/** The text after the edits, checked as a whole. */
function written(edits: Parameters<typeof applyEdits>[1], text = file): string {
  const editor = new ConfigEditor(text, { file: '/c.toml' });
  applyEdits(editor, edits);
  editor.check();
  return editor.text;
}

const forwards = draftOfTunnel(saved).forwards;
const [first, second] = forwards;
if (first === undefined || second === undefined) throw new Error('the tunnel has two forwards');

describe('the least edits of a tunnel', () => {
  it('are none when nothing was changed', () => expect(change({})).toEqual([]));

  it('are one for one changed forward, and its neighbours and comments stay', () => {
    const edits = change({ forwards: [{ ...first, listenPort: '5433' }, second] });
    expect(edits).toEqual([
      {
        op: 'replace-forward',
        tunnel: 'postgres',
        spec: 'local 5432 -> db-01:5432',
        forward: 'local 5433 -> db-01:5432',
      },
    ]);
    expect(written(edits)).toBe(file.replace('local 5432', 'local 5433'));
  });

  it('keep what the form does not show of a forward', () => {
    expect(change({ forwards: [first, { ...second, listenPort: '9188' }] })).toEqual([
      {
        op: 'replace-forward',
        tunnel: 'postgres',
        spec: 'remote 9187 -> localhost:9187',
        forward: { type: 'remote', listen: '9188', to: 'localhost:9187', unlink: true },
      },
    ]);
  });

  it('add before they remove, so that the list is never empty', () => {
    const fresh = { ...emptyForward('new'), listenPort: '80', targetHost: 'web', targetPort: '80' };
    const edits = change({ forwards: [fresh] });
    expect(edits.map(({ op }) => op)).toEqual(['add-forward', 'remove-forward', 'remove-forward']);
    expect(written(edits)).toContain('local 80 -> web:80');
  });

  it('take a key out when it is emptied, and set only what differs', () => {
    expect(change({ park: '', start: 'demand' })).toEqual([
      { op: 'set', path: ['tunnels', 'postgres', 'start'], value: 'demand' },
      { op: 'delete', path: ['tunnels', 'postgres', 'park'] },
    ]);
  });

  it('rename in place, and say the rest of the new name', () => {
    const edits = change({ name: ' pg ', start: 'demand', production: true });
    expect(edits).toEqual([
      { op: 'rename-tunnel', name: 'postgres', to: 'pg' },
      { op: 'set', path: ['tunnels', 'pg', 'start'], value: 'demand' },
      { op: 'set', path: ['tunnels', 'pg', 'production'], value: true },
    ]);
    const text = written(edits);
    expect(text).toContain('[tunnels.pg]');
    expect(text).not.toContain('[tunnels.postgres]');
    expect(text).toContain('unlink = true');
  });

  it('hold for any change of keys: applied, the file says what the form says', () => {
    const drafts = fc.record({
      group: fc.constantFrom('', 'work', 'other'),
      start: fc.constantFrom('login', 'demand', 'manual'),
      interactive: fc.boolean(),
      park: fc.constantFrom('', '5s', '1m'),
      ports: fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(drafts, ({ ports, ...keys }) => {
        const list = ports.map((port, index) => ({
          ...(index === 0 ? first : emptyForward(`n${index}`)),
          listenPort: String(port),
          targetHost: 'db-01',
          targetPort: '5432',
        }));
        const edits = change({ ...keys, forwards: list });
        const editor = new ConfigEditor(file, { file: '/c.toml' });
        applyEdits(editor, edits);
        const tunnel = editor.check().config.tunnels.get('postgres');
        expect(tunnel).toMatchObject({
          group: keys.group === '' ? null : keys.group,
          start: keys.start,
          interactive: keys.interactive,
        });
        expect(tunnel?.forwards.map(({ spec }) => spec)).toEqual(ports.map((port) => `local ${port} -> db-01:5432`));
        expect(editor.text).toContain('# the database');
      }),
      { numRuns: 60 },
    );
  });
});

describe('new tunnels', () => {
  it('are written without what is default', () => {
    const forward = { ...emptyForward('k'), listenPort: '1080', hasTarget: false };
    expect(addTunnelEdits({ ...emptyTunnel, name: ' web ', host: 'db-prod', forwards: [forward] })).toEqual([
      { op: 'add-tunnel', name: 'web', values: { host: 'db-prod', forwards: ['dynamic 1080'] } },
    ]);
  });

  it('come out of a pasted command with their hosts', () => {
    const host = { op: 'add-host', name: 'edge', values: { address: 'edge' } } as const;
    const filled = fillFrom([
      host,
      { op: 'add-tunnel', name: 'edge', values: { host: 'edge', forwards: ['local 80 -> web:80'] } },
    ]);
    expect(filled?.hostEdits).toEqual([host]);
    expect(filled?.draft).toMatchObject({ name: 'edge', host: 'edge', start: 'login' });
    expect(fillFrom([host])).toBeNull();
  });

  it('get a name that is free', () => {
    expect(freeName('db prod', new Set())).toBe('db-prod');
    expect(freeName('db', new Set(['db', 'db-2']))).toBe('db-3');
    expect(freeName('///', new Set())).toBe('tunnel');
  });
});

describe('hosts', () => {
  const host = {
    name: 'db-prod',
    values: { address: '10.0.0.4', jump: ['bastion'], agent: false, 'host-key-pins': ['SHA256:x'] },
    effective: {},
  };
  const set = (texts: Record<string, string>) => {
    const draft = draftOfHost(host);
    return changeHostEdits(host, { ...draft, texts: { ...draft.texts, ...texts } });
  };

  it('change key by key', () => {
    expect(set({})).toEqual([]);
    expect(set({ port: '2222', jump: '', 'identities-only': 'true', agent: 'true' })).toEqual([
      { op: 'set', path: ['hosts', 'db-prod', 'port'], value: 2222 },
      { op: 'delete', path: ['hosts', 'db-prod', 'jump'] },
      { op: 'delete', path: ['hosts', 'db-prod', 'agent'] },
      { op: 'set', path: ['hosts', 'db-prod', 'identities-only'], value: true },
    ]);
    expect(set({ jump: 'edge\nbastion', identity: '~/.ssh/a\n\n~/.ssh/b ' })).toEqual([
      { op: 'set', path: ['hosts', 'db-prod', 'jump'], value: ['edge', 'bastion'] },
      { op: 'set', path: ['hosts', 'db-prod', 'identity'], value: ['~/.ssh/a', '~/.ssh/b'] },
    ]);
  });

  it('write what is no number as it was typed, for the check to complain', () => {
    expect(addHostEdits({ ...emptyHost, name: 'x', texts: { address: 'a', port: 'ssh' } })).toEqual([
      { op: 'add-host', name: 'x', values: { address: 'a', port: 'ssh' } },
    ]);
  });

  it('know who needs them', () => {
    expect(usersOfHost('bastion', [host], [{ name: 't', host: 'bastion' }])).toEqual(['t', 'db-prod']);
    expect(usersOfHost('nobody', [host], [])).toEqual([]);
  });
});

describe('problems', () => {
  it('find their field', () => {
    const found = problemsOf(
      [
        { line: 1, key: 'tunnels."a.b".forwards[1].to', message: 'no port' },
        { line: 1, key: 'tunnels."a.b".park', message: 'no duration' },
        { line: 1, key: 'hosts.x.address', message: 'missing' },
      ],
      'tunnels',
      'a.b',
    );
    expect([...found.byField]).toEqual([
      ['forwards[1]', 'no port'],
      ['park', 'no duration'],
    ]);
    expect(found.others).toEqual(['hosts.x.address: missing']);
    expect(splitKey('hosts."q\\"x".jump[0]')).toEqual(['hosts', 'q"x', 'jump', 0]);
  });
});

describe('settings', () => {
  const idle = { key: 'pool-idle', kind: 'text', fallback: '60s' } as const;
  const files = { key: 'log-files', kind: 'number', fallback: '5' } as const;

  it('are one edit, none where nothing changes, and out of the file at their default', () => {
    expect(settingEdit({}, idle, '10m')).toEqual({ op: 'set', path: ['settings', 'pool-idle'], value: '10m' });
    expect(settingEdit({ 'pool-idle': '10m' }, idle, '10m')).toBeNull();
    expect(settingEdit({ 'pool-idle': '10m' }, idle, '')).toEqual({ op: 'delete', path: ['settings', 'pool-idle'] });
    expect(settingEdit({}, idle, '60s')).toBeNull();
    expect(settingEdit({}, files, '9')).toEqual({ op: 'set', path: ['settings', 'log-files'], value: 9 });
  });

  it('are found by words of any case', () => {
    expect(matches('LOG files', ['Log files kept', 'log-files'])).toBe(true);
    expect(matches('vault', ['log-files', null])).toBe(false);
    expect(matches('', [])).toBe(true);
  });
});
