import { readFileSync } from 'node:fs';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigEditor } from '../../../src/main/engine/config/edit.ts';
import { parseConfig } from '../../../src/main/engine/config/parse.ts';
import { describeProblems } from '../../../src/main/engine/config/problem.ts';
import { deepestLevel, nestingProblem } from '../../../src/main/engine/config/toml-depth.ts';
import { parseToml, toPlain } from '../../../src/main/engine/config/toml-tree.ts';
import { ConfigWatcher } from '../../../src/main/engine/config/watch.ts';
import { systemClock } from '../../../src/main/engine/lifecycle/clock.ts';
import { configValueSchema } from '../../../src/shared/contract/editing-calls.ts';
import { checkLeaks } from '../../support/leak-check.ts';

checkLeaks();

const host = '[hosts.b]\naddress = "b"\n';
const many = 30_000;
/** Each is nested as often as `count` says, on line 3 or behind it. */
const shapes: readonly (readonly [string, (count: number) => string])[] = [
  ['a dotted key', (count) => `${host}user.${'a.'.repeat(count)}a = 1`],
  ['a quoted dotted key', (count) => `${host}user.${'"a".'.repeat(count / 3)}a = 1`],
  ['a header', (count) => `${host}[hosts.${'a.'.repeat(count)}a]`],
  ['a header of a list', (count) => `${host}[[hosts.${'a.'.repeat(count)}a]]`],
  ['lists', (count) => `${host}user = ${'['.repeat(count)}${']'.repeat(count)}`],
  ['lists over lines', (count) => `${host}user = ${'[\n'.repeat(count)}${']\n'.repeat(count)}`],
  ['inline tables', (count) => `${host}user = ${'{a='.repeat(count / 3)}1${'}'.repeat(count / 3)}`],
  ['inline tables in lists', (count) => `${host}user = ${'[{a=\n'.repeat(count)}1${'}\n]'.repeat(count)}`],
  ['a dotted key in an inline table', (count) => `${host}user = {${'a.'.repeat(count)}a = 1}`],
  [
    'dotted keys, each within the one before',
    (count) => `${host}user = ${`{${'a.'.repeat(30)}a=`.repeat(count / 62)}1`,
  ],
  ['brackets that never end', (count) => `${host}user = ${'['.repeat(count)}`],
  [
    'behind texts with quotes in them',
    (count) => `${host}p = """a\\"""" # "\nq = '''#''''\nuser.${'a.'.repeat(count)}a=1`,
  ],
];

describe('nesting', () => {
  test.each(shapes)('%s: refused with its line, before the parser', (_, shape) => {
    const result = parseConfig(shape(many), { file: '/c.toml', home: '/h', user: 'u' });
    if (result.kind !== 'bad') throw new Error('it must be refused');
    expect(result.problems).toMatchObject([{ key: 'syntax', message: `nested deeper than ${deepestLevel} levels` }]);
    expect(result.problems[0]?.line).toBeGreaterThanOrEqual(3);
  });

  test('an editor refuses it too, with the line', () => {
    const editor = new ConfigEditor(host, { file: '/c.toml', home: '/h', user: 'u' });
    let deep: unknown = 1;
    for (let level = 0; level < 40; level += 1) deep = [deep];
    expect(() => editor.set(['hosts', 'b', 'user'], deep as never)).toThrow(/line 3: nested deeper than/);
    const path = ['hosts', 'b', ...Array.from({ length: 100 }, () => 'a')];
    expect(() => editor.set(path, 1)).toThrow(/nested deeper than/);
  });

  test('a value of a call has its limit too, before anything walks through it', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown;
    expect(configValueSchema.safeParse(deep).success).toBe(false);
    expect(configValueSchema.safeParse([[{ a: ['x', 1, true] }]]).success).toBe(true);
  });

  test('what is not nested deeply is never refused for it', () => {
    const fine = [
      'a = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["',
      `a = '${'.'.repeat(100)}' # ${'['.repeat(100)}`,
      `a = """\n${'[a.b.c]\n'.repeat(100)}"""""\n`,
      `a = '''\n${'{'.repeat(100)}'''''\nb = 1.5`,
      '[hosts.a.b]\n'.repeat(100),
      `a = [${'[1.5], '.repeat(100)}]`,
      `a = [${'{ a.b.c = 1.5, d = "." }, '.repeat(100)}]`,
      `a = "\\\\" # ${'['.repeat(100)}`,
      'docs = 1979-05-27T07:32:00.999999-07:00',
    ];
    expect(fine.map(nestingProblem)).toEqual(fine.map(() => null));
    for (const file of ['docs/configuration.md', 'docs/panel.md']) {
      const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
      for (const [, toml = ''] of text.matchAll(/```toml\n(.*?)```/gs)) expect(nestingProblem(toml)).toBeNull();
    }
  });

  test('whatever the text is, what passes can be walked through', () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        '.',
        '=',
        '[',
        ']',
        '{',
        '}',
        '"',
        '"""',
        "'",
        "'''",
        '\\',
        '#',
        '\n',
        ',',
        ' ',
        '1',
        '[a.a]\n',
        'a.a=',
        '"a".',
      ],
    );
    const word = fc.tuple(piece, fc.integer({ min: 1, max: 400 })).map(([text, count]) => text.repeat(count));
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, word), { maxLength: 60 }), (parts) => {
        const parsed = parseToml(parts.join(''));
        if ('problem' in parsed) return;
        let deepest = 0;
        const walk = (value: unknown, depth: number): void => {
          deepest = Math.max(deepest, depth);
          if (typeof value === 'object' && value !== null)
            for (const each of Object.values(value)) walk(each, depth + 1);
        };
        walk(toPlain(parsed.document.root), 0);
        expect(deepest).toBeLessThanOrEqual(2 * deepestLevel + 2);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('many problems', () => {
  test('a hundred are told, and how many there are', () => {
    const text = Array.from({ length: many }, (_, i) => `a${i} = 1`).join('\n');
    const result = parseConfig(text, { file: '/c.toml', home: '/h', user: 'u' });
    if (result.kind !== 'bad') throw new Error('it must be refused');
    expect(result.problems).toHaveLength(many);
    const lines = describeProblems('/c.toml', result.problems).split('\n');
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toBe('/c.toml: 29900 more problems, 30000 altogether');
    expect(describeProblems('/c.toml', result.problems.slice(0, 100)).split('\n')).toHaveLength(100);
  });
});

describe('the watcher', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-depth-')));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test.each(shapes)('goes on after %s', async (_, shape) => {
    const file = join(folder, 'config.toml');
    const watcher = new ConfigWatcher({ file, clock: systemClock, pollMs: 3_600_000 });
    const told: string[] = [];
    watcher.onDidLoad(({ config }) => told.push(config.hosts.get('b')?.address ?? 'none'));
    watcher.onDidFail((problems) => told.push(problems[0]?.message ?? ''));
    try {
      await writeFile(file, host, { mode: 0o600 });
      await watcher.reloadNow();
      await writeFile(file, shape(many));
      expect(await watcher.reloadNow()).toMatch(/levels|longer than/);
      await writeFile(file, host.replace('"b"', '"healed"'));
      expect(await watcher.reloadNow()).toBeNull();
      expect(told.at(-1)).toBe('healed');
    } finally {
      watcher.dispose();
    }
  });

  test('goes on after whatever is thrown within a reading, and says it', async () => {
    const file = join(folder, 'config.toml');
    await writeFile(file, `version = 1\n${host}`, { mode: 0o600 });
    let faulty = true;
    const migrations = {
      get current(): number {
        if (faulty) throw new RangeError('Maximum call stack size exceeded');
        return 1;
      },
      steps: {},
    };
    const context = { migrations };
    const watcher = new ConfigWatcher({ file, clock: systemClock, pollMs: 3_600_000, context });
    const told: string[] = [];
    watcher.onDidLoad(() => told.push('loaded'));
    watcher.onDidFail((problems) => told.push(problems[0]?.message ?? ''));
    try {
      expect(await watcher.reloadNow()).toContain('Maximum call stack size exceeded');
      faulty = false;
      expect(await watcher.reloadNow()).toBeNull();
      expect(told).toEqual([expect.stringContaining('could not be checked'), 'loaded']);
    } finally {
      watcher.dispose();
    }
  });
});
