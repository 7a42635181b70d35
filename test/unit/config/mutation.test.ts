import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { ConfigEditor } from '../../../src/main/engine/config/edit.ts';
import { type ParseContext, parseConfig } from '../../../src/main/engine/config/parse.ts';
import { formatProblem } from '../../../src/main/engine/config/problem.ts';
import { HoldfastError } from '../../../src/shared/model/failure.ts';

const context: ParseContext = { file: '/x/c.toml', home: '/home/me', user: 'me', platform: 'linux' };
const seed = /```toml\n# The whole example[^]*?```/
  .exec(readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8'))?.[0]
  .replaceAll(/```(toml)?\n?/g, '');
if (seed === undefined) throw new Error('the example is gone');
const bytes = Buffer.from(seed);

// Thousands of files: a slow machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

/** Whatever the text: a typed answer, every problem with a line of the file and one line of text. */
function check(text: string): void {
  const result = parseConfig(text, context);
  const lines = text.split('\n').length;
  const told = result.kind === 'bad' ? result.problems : result.warnings;
  if (result.kind === 'bad') expect(told.length).toBeGreaterThan(0);
  for (const problem of told) {
    expect(problem.line).toBeGreaterThanOrEqual(1);
    expect(problem.line).toBeLessThanOrEqual(lines);
    expect(problem.key).not.toBe('');
    expect(formatProblem('F', problem)).toMatch(/^F:\d+: [^\n\r]+$/);
  }
  if (result.kind === 'ok') {
    for (const tunnel of result.config.tunnels.values()) expect(result.config.hosts.has(tunnel.host)).toBe(true);
    for (const host of result.config.hosts.values()) {
      expect(host.jump.every((hop) => result.config.hosts.has(hop) && hop !== host.name)).toBe(true);
    }
  }
}

test('the seed is good', () => {
  const result = parseConfig(seed, context);
  expect(result.kind === 'bad' ? result.problems : []).toEqual([]);
});

test('flipped bits, cut ends, inserted, removed and repeated bytes', () => {
  const place = fc.nat(bytes.length - 1);
  const nasty = fc.constantFrom(
    '\0',
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
    '=',
    '\n',
    '\r',
    '#',
    '.',
    ',',
    '"""',
    "'''",
    '\\u',
    '\ufeff',
    '\ud800',
    '\u202e',
    '1979-05-27',
    '__proto__',
    '-',
    '9'.repeat(30),
    '['.repeat(200),
  );
  const mutation = fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), place, bit: fc.nat(7) }),
    fc.record({ kind: fc.constant('cut' as const), place }),
    fc.record({ kind: fc.constant('insert' as const), place, text: fc.oneof(nasty, fc.string()) }),
    fc.record({ kind: fc.constant('remove' as const), place, length: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ kind: fc.constant('repeat' as const), place, length: fc.integer({ min: 1, max: 200 }) }),
  );
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
      let text = bytes.toString();
      for (const one of mutations) {
        const at = Math.min(one.place, text.length);
        if (one.kind === 'flip') {
          const buffer = Buffer.from(text);
          if (at < buffer.length) buffer[at] = (buffer[at] ?? 0) ^ (1 << one.bit);
          text = buffer.toString();
        } else if (one.kind === 'cut') text = text.slice(0, at);
        else if (one.kind === 'insert') text = text.slice(0, at) + one.text + text.slice(at);
        else if (one.kind === 'remove') text = text.slice(0, at) + text.slice(at + one.length);
        else text = text.slice(0, at) + text.slice(at, at + one.length) + text.slice(at);
      }
      check(text);
    }),
    { numRuns: 1500 },
  );
}, 60_000);

test('any text at all', () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string()), check), { numRuns: 2000 });
});

test('any value at any key', () => {
  const value = fc.constantFrom(
    '1',
    '-1',
    '1.5',
    'inf',
    'nan',
    'true',
    '""',
    '"x"',
    '"-x"',
    '"1s"',
    '"a\\nb"',
    '[]',
    '[[]]',
    '["x"]',
    '[1]',
    '{}',
    '{ a = 1 }',
    '{ type = "local" }',
    '{ type = "exec" }',
    '{ type = 1 }',
    '1979-05-27',
    '07:32:00',
    '1979-05-27T07:32:00Z',
    '9223372036854775807',
    '[{ type = "local", listen = -1 }]',
  );
  const key = fc.constantFrom(...[...seed.matchAll(/^([a-z-]+) = /gm)].map((match) => match[1] ?? ''));
  fc.assert(
    fc.property(key, value, fc.constantFrom('hosts.h', 'tunnels.t', 'settings'), (name, text, section) => {
      check(`[hosts.i]\naddress = "x"\n[${section}]\n${name} = ${text}\n`);
    }),
    { numRuns: 2000 },
  );
});

test('random edits of the seed keep every comment that is not in what was removed, or are refused with a typed error', () => {
  const path = fc.constantFrom(
    ['hosts', 'bastion', 'port'],
    ['hosts', 'bastion', 'jump'],
    ['tunnels', 'db', 'park'],
    ['tunnels', 'db', 'forwards'],
    ['tunnels', 'new', 'host'],
    ['settings', 'log-level'],
    ['version'],
    ['hosts'],
  );
  const value = fc.oneof(
    fc.integer(),
    fc.string(),
    fc.constantFrom('5s', 'debug', 22, 1, true),
    fc.array(fc.string(), { maxLength: 2 }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('set', 'delete', 'add', 'drop'), path, value), { maxLength: 4 }),
      (edits) => {
        const editor = new ConfigEditor(seed, context);
        for (const [kind, where, item] of edits) {
          try {
            if (kind === 'set') editor.set(where, item);
            else if (kind === 'delete') editor.delete(where);
            else if (kind === 'add') editor.addForward('db', String(item));
            else editor.removeForward('db', 'dynamic 1080');
          } catch (error) {
            expect(error).toBeInstanceOf(HoldfastError);
          }
        }
        check(editor.text);
        expect(editor.text.startsWith('# The whole example')).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});
