import { readFileSync, writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { parseTOML } from 'toml-eslint-parser';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConfigEdit } from '../../../src/shared/contract/editing-calls.ts';
import { maxRequestBytes } from '../../../src/shared/contract/frames.ts';
import { applyEdits, previewEdits, saveEdits } from '../../../src/main/engine/config/config-edits.ts';
import { ConfigEditor } from '../../../src/main/engine/config/edit.ts';
import { nearest } from '../../../src/main/engine/config/nearest.ts';
import { maxConfigBytes, parseConfig } from '../../../src/main/engine/config/parse.ts';
import { mostTold } from '../../../src/main/engine/config/problem.ts';
import { tempFolder } from '../../support/temp.ts';

/** How much reading a request for edits makes: counted, and with others having their turn in between. */

vi.mock('toml-eslint-parser', async (original) => {
  const real = await original<{ parseTOML: typeof parseTOML }>();
  return { ...real, parseTOML: vi.fn(real.parseTOML) };
});
vi.mock('../../../src/main/engine/config/nearest.ts', async (original) => {
  const real = await original<{ nearest: typeof nearest }>();
  return { ...real, nearest: vi.fn(real.nearest) };
});

const parses = vi.mocked(parseTOML).mock;
beforeEach(() => {
  vi.mocked(parseTOML).mockClear();
  vi.mocked(nearest).mockClear();
});

function written(text: string): string {
  const file = tempFolder().file('config.toml');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

const host = '[hosts.box]\naddress = "box"\n';
/** The largest number of edits that one request may hold. */
const most = 500;

const hosts: ConfigEdit[] = Array.from({ length: most / 2 }, (_, at): ConfigEdit[] => [
  { op: 'add-host', name: `h${at}`, values: { address: `h${at}.example.org` } },
  { op: 'add-tunnel', name: `t${at}`, values: { host: `h${at}`, forwards: [`local ${2000 + at} -> db:5432`] } },
]).flat();
const ports: ConfigEdit[] = Array.from({ length: most }, (_, at) => ({
  op: 'set',
  path: ['hosts', 'box', 'port'],
  value: at + 1,
}));

/** The result of `work`, and the most texts that were parsed in one turn of the event loop. */
async function inTurns<T>(work: Promise<T>): Promise<{ readonly result: T; readonly mostInATurn: number }> {
  let mostInATurn = 0;
  for (;;) {
    const before = parses.calls.length;
    const over = await Promise.race([work.then((result) => ({ result })), setImmediate(null)]);
    mostInATurn = Math.max(mostInATurn, parses.calls.length - before);
    if (over !== null) return { ...over, mostInATurn };
  }
}

describe('the edits of one request', () => {
  it('that only add, as an import does, are parsed together', async () => {
    const file = written(host);
    const { result, mostInATurn } = await inTurns(previewEdits(file, hosts));
    if (result.kind === 'bad') throw new Error(JSON.stringify(result.problems));
    expect(result.config.tunnels.size).toBe(most / 2);
    // The file, the file with all of them, and that as a configuration.
    expect(parses.calls.length).toBe(3);
    expect(mostInATurn).toBe(1);
    // Nothing is worked out again to be written.
    await saveEdits(file, hosts, result);
    expect(parses.calls.length).toBe(3);
    expect(readFileSync(file, 'utf8')).toBe(result.text);
  });

  it('give what they give one by one', () => {
    const mixed: ConfigEdit[] = [
      ...hosts.slice(0, 4),
      { op: 'remove-tunnel', name: 't0' },
      { op: 'add-tunnel', name: 't0', values: { host: 'h1', forwards: [] } },
      { op: 'set', path: ['hosts', 'h0'], value: { address: 'a', port: 5, 'known-hosts': ['/k'] } },
      { op: 'add-host', name: 'last', values: { address: 'x' } },
    ];
    for (const text of ['', host, `${host}\n`, '# mine', 'hosts = { a = { address = "x" } }\n']) {
      const together = new ConfigEditor(text, { file: '/c.toml' });
      applyEdits(together, mixed);
      const each = new ConfigEditor(text, { file: '/c.toml' });
      for (const edit of mixed) applyEdits(each, [edit]);
      expect(together.text).toBe(each.text);
    }
    const twice = new ConfigEditor('', { file: '/c.toml' });
    expect(() => applyEdits(twice, [...hosts.slice(0, 2), ...hosts.slice(0, 1)])).toThrow('already a host named "h0"');
  });

  it('let others have their turn after each text that is parsed, as many as there are', async () => {
    const { result, mostInATurn } = await inTurns(previewEdits(written(host), ports));
    expect(result).toMatchObject({ kind: 'ok' });
    expect(parses.calls.length).toBe(most + 2);
    expect(mostInATurn).toBe(1);
  });

  it('end where they are when nobody waits any more', async () => {
    const left = new AbortController();
    const reason = new Error('left');
    const preview = previewEdits(written(host), ports, left.signal);
    while (parses.calls.length < 3) await setImmediate();
    left.abort(reason);
    await expect(preview).rejects.toBe(reason);
    expect(parses.calls.length).toBeLessThan(6);
  });

  it.each([
    ['in the largest file', `${host}${`# ${'x'.repeat(1000)}\n`.repeat(1000)}`, ports],
    [
      'in one table of the largest request',
      host,
      [
        {
          op: 'set',
          path: ['hosts', 'box'],
          value: Object.fromEntries(Array.from({ length: maxRequestBytes / 12 }, (_, at) => [`k${at}`, 1])),
        },
      ] satisfies ConfigEdit[],
    ],
  ])(
    'are refused in plain words when they are too many: %s',
    async (_name, text, edits) => {
      expect(text.length).toBeLessThanOrEqual(maxConfigBytes);
      const file = written(text);
      const { result, mostInATurn } = await inTurns(previewEdits(file, edits));
      expect(result).toEqual({
        kind: 'bad',
        problems: [
          {
            line: 0,
            key: 'configuration',
            message: 'These are too many changes at once for a configuration of this size.',
          },
        ],
      });
      const parsed = parses.calls.reduce((sum, [source]) => sum + source.length, 0);
      expect(parsed).toBeLessThan(34 * 1024 * 1024);
      expect(parses.calls.length).toBeLessThanOrEqual(513);
      expect(mostInATurn).toBe(1);
      await expect(saveEdits(file, edits)).rejects.toMatchObject({ code: 'config' });
      expect(readFileSync(file, 'utf8')).toBe(text);
    },
    60_000,
  );
});

describe('a configuration full of unknown keys', () => {
  it('gets the nearest known ones for as many as are told', () => {
    const table = (name: string): string =>
      `[hosts.${name}]\naddress = "x"\n${Array.from({ length: mostTold }, (_, at) => `prot${at} = 1\n`).join('')}`;
    const result = parseConfig(['a', 'b', 'c'].map(table).join(''), { file: '/c.toml' });
    expect(result).toMatchObject({ kind: 'bad' });
    if (result.kind === 'bad') expect(result.problems).toHaveLength(3 * mostTold);
    expect(vi.mocked(nearest).mock.calls.filter(([, candidates]) => [...candidates].length > 0)).toHaveLength(mostTold);
  });
});
