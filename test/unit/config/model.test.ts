import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffConfig, hostChain } from '../../../src/main/engine/config/diff.ts';
import { ConfigEditor } from '../../../src/main/engine/config/edit.ts';
import type { Migrations } from '../../../src/main/engine/config/migrate.ts';
import { editDistance, nearest } from '../../../src/main/engine/config/nearest.ts';
import { type ParseContext, parseConfig } from '../../../src/main/engine/config/parse.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../../src/main/engine/config/quantity.ts';
import {
  fileSchema,
  forwardTableSchema,
  hostSchema,
  settingsSchema,
  tunnelSchema,
} from '../../../src/main/engine/config/schema.ts';
import { configJsonSchema } from '../../../src/main/engine/config/schema-json.ts';
import { parseToml, toPlain } from '../../../src/main/engine/config/toml-tree.ts';

const context: ParseContext = { file: '/x/c.toml', home: '/home/me', user: 'me', platform: 'linux' };
const read = (path: string): string => readFileSync(new URL(`../../../docs/${path}`, import.meta.url), 'utf8');

function config(text: string, more: Partial<ParseContext> = {}) {
  const result = parseConfig(text, { ...context, ...more });
  if (result.kind === 'bad') throw new Error(JSON.stringify(result.problems));
  return result.config;
}

describe('diffConfig', () => {
  const base = `
[hosts.edge]
address = "e"
[hosts.bastion]
address = "b"
jump = ["edge"]
[hosts.other]
address = "o"
[tunnels.db]
host = "bastion"
forwards = ["dynamic 1", "dynamic 2"]
[tunnels.web]
host = "other"
forwards = ["dynamic 3"]
`;
  const diff = (before: string, after: string) => diffConfig(config(base), config(base.replace(before, after)));

  test('nothing', () => {
    const nothing = {
      hosts: { added: [], removed: [], changed: [] },
      tunnels: { added: [], removed: [], changed: [] },
      settingsChanged: false,
    };
    expect(diff('', '')).toEqual(nothing);
    expect(diff('[hosts.edge]', '# a comment\n\n[hosts.edge] # more')).toEqual(nothing);
    expect(diff('address = "o"', 'address = "o"\nport = 22\nagent = true')).toEqual(nothing);
  });

  test('a forward alone', () => {
    const { tunnels, hosts } = diff('"dynamic 2"', '"dynamic 4", { type = "dynamic", listen = 5 }');
    expect(hosts.changed).toEqual([]);
    expect(tunnels.changed).toMatchObject([
      { name: 'db', forwardsOnly: true, hostChanged: false, changedKeys: ['forwards'], changedForwards: [] },
    ]);
    expect(tunnels.changed[0]?.addedForwards.map(({ spec }) => spec)).toEqual(['dynamic 4', 'dynamic 5']);
    expect(tunnels.changed[0]?.removedForwards.map(({ spec }) => spec)).toEqual(['dynamic 2']);
    const switched = diff('"dynamic 2"', '{ type = "dynamic", listen = 2, enabled = false }').tunnels.changed[0];
    expect(switched).toMatchObject({ forwardsOnly: true, addedForwards: [], removedForwards: [] });
    expect(switched?.changedForwards).toMatchObject([{ before: { enabled: true }, after: { enabled: false } }]);
  });

  test('a host anywhere in the chain touches its tunnels, and no others', () => {
    for (const line of ['address = "e"', 'address = "b"']) {
      const { tunnels } = diff(line, `${line}\nport = 2222`);
      expect(tunnels.changed).toMatchObject([{ name: 'db', hostChanged: true, forwardsOnly: false, changedKeys: [] }]);
    }
    expect(diff('jump = ["edge"]', 'jump = ["edge", "other"]').tunnels.changed.map(({ name }) => name)).toEqual(['db']);
    expect(diff('host = "other"', 'host = "edge"').tunnels.changed).toMatchObject([
      { name: 'web', hostChanged: true, changedKeys: ['host'] },
    ]);
    const db = config(base).tunnels.get('db');
    expect(db && hostChain(config(base), db)).toEqual(['edge', 'bastion']);
  });

  test('names that come and go, other keys, settings', () => {
    expect(diff('[tunnels.web]', '[tunnels.new]').tunnels).toMatchObject({
      added: ['new'],
      removed: ['web'],
      changed: [],
    });
    expect(diff('[tunnels.web]', '[tunnels.web]\npark = "1s"').tunnels.changed).toMatchObject([
      { changedKeys: ['parkMs'], forwardsOnly: false },
    ]);
    expect(diff('[hosts.edge]', '[settings]\nlanguage = "de"\n[hosts.edge]').settingsChanged).toBe(true);
    expect(diff('[hosts.edge]', '[settings]\nbackoff-cap = "5m"\n[hosts.edge]').tunnels.changed).toMatchObject([
      { name: 'db', changedKeys: ['backoff'] },
      { name: 'web' },
    ]);
  });
});

describe('migrations', () => {
  // Of a made-up format: version 1 called the host `server`, version 2 had `keep-alive` for `alive-interval`.
  const migrations: Migrations = {
    current: 3,
    steps: {
      1: (toml) => {
        toml.set(['tunnels', 't', 'host'], 'h');
        toml.delete(['tunnels', 't', 'server']);
      },
      2: (toml) => toml.set(['hosts', 'h', 'alive-interval'], '7s'),
    },
  };
  const old = '# mine\n[hosts.h]\naddress = "x" # here\n[tunnels.t]\nserver = "h"\nforwards = ["dynamic 1"]\n';

  test('an unversioned file is of version 1 and goes through every step', () => {
    const result = config(old, { migrations });
    expect(result.version).toBe(3);
    expect(result.hosts.get('h')?.aliveIntervalMs).toBe(7000);
    expect(config(`version = 2\n${old.replace('server', 'host')}`, { migrations }).version).toBe(3);
  });

  test('the first edit writes the new version, and keeps the comments', () => {
    const editor = new ConfigEditor(old, { ...context, migrations });
    editor.set(['hosts', 'h', 'port'], 5);
    editor.check();
    expect(editor.text).toBe(
      'version = 3\n\n# mine\n[hosts.h]\naddress = "x" # here\nalive-interval = "7s"\nport = 5\n[tunnels.t]\nforwards = ["dynamic 1"]\nhost = "h"\n',
    );
  });

  test('a newer version is refused', () => {
    const result = parseConfig('# x\nversion = 4', { ...context, migrations });
    expect(result).toMatchObject({
      kind: 'bad',
      problems: [{ line: 2, key: 'version', message: expect.stringContaining('newer') }],
    });
    expect(() => new ConfigEditor('version = 2', context)).toThrow('newer');
  });
});

describe('documents', () => {
  test('docs/config.schema.json is up to date (else: node scripts/config-schema.mjs)', () => {
    expect(JSON.parse(read('config.schema.json'))).toEqual(JSON.parse(configJsonSchema()));
  });

  test('docs/configuration.md names every key with its default', () => {
    const text = read('configuration.md');
    const rows = new Map(
      [...text.matchAll(/^\| `([a-z-]+)` \| ([^|]*) \|/gm)].map((match) => [match[1], match[2] ?? '']),
    );
    for (const schema of [hostSchema, tunnelSchema, settingsSchema, forwardTableSchema]) {
      for (const key of Object.keys(schema.shape)) expect(rows.has(key), key).toBe(true);
    }
    const json = JSON.parse(configJsonSchema()) as {
      properties: Record<
        string,
        {
          properties?: Record<string, { default?: unknown }>;
          additionalProperties?: { properties: Record<string, { default?: unknown }> };
        }
      >;
    };
    for (const section of ['hosts', 'tunnels', 'settings']) {
      const properties =
        json.properties[section]?.additionalProperties?.properties ?? json.properties[section]?.properties ?? {};
      for (const [key, { default: fallback }] of Object.entries(properties)) {
        if (fallback !== undefined) expect(rows.get(key), key).toContain(`\`${JSON.stringify(fallback)}\``);
      }
    }
  });

  test('every TOML example is valid, by itself', () => {
    const examples = [...read('configuration.md').matchAll(/```toml\n([^]*?)```/g)].map((match) => match[1] ?? '');
    expect(examples.length).toBeGreaterThan(3);
    for (const example of examples) {
      const hosts = example.includes('[hosts.') ? '' : '[hosts.bastion]\naddress = "x"\n';
      const result = parseConfig(example + hosts, context);
      expect(result.kind === 'bad' ? [example, ...result.problems] : []).toEqual([]);
    }
  });

  test('the schema of the whole file, which editors get, takes the examples and refuses what the reader refuses', () => {
    const plain = (text: string): unknown => {
      const parsed = parseToml(text);
      return 'problem' in parsed ? null : toPlain(parsed.document.root);
    };
    for (const [, example = ''] of read('configuration.md').matchAll(/```toml\n([^]*?)```/g)) {
      expect(fileSchema.safeParse(plain(example)).success, example).toBe(true);
    }
    for (const wrong of [
      '[hosts.-h]\naddress = "x"',
      '[hosts.h]',
      '[hosts.h]\naddress = "x"\nprot = 1',
      'version = 2',
    ]) {
      expect(fileSchema.safeParse(plain(wrong)).success, wrong).toBe(false);
    }
  });
});

describe('quantities', () => {
  test('durations', () => {
    const read = {
      '15s': 15_000,
      '1h30m': 5_400_000,
      '500ms': 500,
      '0s': 0,
      '1m500ms': 60_500,
      '1d': 86_400_000,
      '90m': 5_400_000,
    };
    for (const [text, ms] of Object.entries(read)) expect(parseDuration(text), text).toBe(ms);
    for (const wrong of ['', '15', 's', '1 s', '-1s', '1.5s', '1s1m', '1s1s', '1S', '1h ', '1w', '999999999999d'])
      expect(parseDuration(wrong), wrong).toBeNull();
    fc.assert(fc.property(fc.nat(1e12), (ms) => parseDuration(formatDuration(ms)) === ms));
  });

  test('sizes', () => {
    const read = {
      '512K': 524_288,
      '1G': 1024 ** 3,
      '0': 0,
      '5MiB': 5 * 1024 ** 2,
      '5MB': 5 * 1024 ** 2,
      '7b': 7,
      '1t': 1024 ** 4,
    };
    for (const [text, bytes] of Object.entries(read)) expect(parseSize(text), text).toBe(bytes);
    for (const wrong of ['', 'K', '1.5G', '-1', '1 G', '1P', '99999999999T'])
      expect(parseSize(wrong), wrong).toBeNull();
    fc.assert(fc.property(fc.nat(2 ** 50), (bytes) => parseSize(formatSize(bytes)) === bytes));
  });
});

test('the nearest word', () => {
  const keys = ['port', 'address', 'known-hosts', 'connect-timeout'];
  expect(['prot', 'Port', 'adress', 'known_hosts', 'timeout', 'xyz', ''].map((word) => nearest(word, keys))).toEqual([
    'port',
    'port',
    'address',
    'known-hosts',
    'connect-timeout',
    null,
    null,
  ]);
  expect([
    editDistance('', 'abc'),
    editDistance('abc', 'abc'),
    editDistance('prot', 'port'),
    editDistance('kitten', 'sitting'),
  ]).toEqual([3, 0, 1, 3]);
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, a)).toBe(0);
    }),
  );
});
