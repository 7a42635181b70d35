import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/main/engine/config/parse.ts';
import {
  forwardTableSchema,
  hostSchema,
  settingsSchema,
  tunnelSchema,
} from '../../../src/main/engine/config/schema.ts';
import { algorithmOffer, supportedAlgorithms } from '../../../src/main/engine/ssh/algorithms.ts';
import { failureRetry } from '../../../src/shared/model/failure.ts';
import { anchorsOf, blocksOf, page, pages, proseOf, root, tableOf } from '../../support/docs.ts';

/** What the documents say, against the code. That their commands run is shown by test/e2e/docs.test.ts. */

const all = pages();
const words = (cell: string | undefined): string[] => [...(cell ?? '').matchAll(/`([^`]+)`/g)].map((m) => m[1] ?? '');

describe.each(all)('$path', (each) => {
  test('its links lead somewhere', () => {
    const dead = [...proseOf(each).matchAll(/\]\(([^)]+)\)/g)].flatMap((match) => {
      const [file = '', anchor] = (match[1] ?? '').split('#');
      const target = file === '' ? each.path : normalize(join(dirname(each.path), file));
      if (!existsSync(root + target)) return [match[1]];
      return anchor === undefined || anchorsOf(page(target)).includes(anchor) ? [] : [match[1]];
    });
    expect(dead).toEqual([]);
  });

  test('the files it names are there', () => {
    const named = words(proseOf(each)).filter((word) => /^[\w-]+(?:\/[\w.-]+)+\.(?:ts|mjs|md|json)$/.test(word));
    const places = ['', 'src/main/', 'src/main/engine/'];
    expect(named.filter((word) => !places.some((place) => existsSync(root + place + word)))).toEqual([]);
  });

  test('its TOML is a good configuration, its JSON is JSON', () => {
    for (const { language, text } of blocksOf(each)) {
      if (language === 'json') JSON.parse(text);
      if (language !== 'toml') continue;
      const hosts =
        text.includes('host = "bastion"') && !text.includes('[hosts.') ? '[hosts.bastion]\naddress = "x"\n' : '';
      const parsed = parseConfig(text + hosts, {
        file: '/x/config.toml',
        home: '/home/me',
        user: 'me',
        platform: 'linux',
      });
      expect(parsed.kind === 'bad' ? [text, ...parsed.problems] : []).toEqual([]);
    }
  });

  test('the project speaks of itself alone', () => {
    expect(each.text).not.toMatch(/\/work\/|\/root\b|\bregistry\b/);
  });
});

describe('docs/architecture.md', () => {
  const architecture = page('docs/architecture.md');

  test('has the state table of the machine, cell by cell', () => {
    const machine = readFileSync(`${root}src/main/engine/tunnel/machine.ts`, 'utf8').replaceAll(/^ \* ?/gm, '');
    const table = (text: string): string[] =>
      (/^\| event [^]*?(?=\n\n)/m.exec(text)?.[0] ?? '').split('\n').map((line) => line.replaceAll(/\s+/g, ' ').trim());
    const notes = (text: string): string => /^¹[^]*?(?=\n\n|\n\s*\*\/|\n\/\n)/m.exec(text)?.[0].trim() ?? 'none';
    expect(table(architecture.text).length).toBe(20);
    expect(table(architecture.text)).toEqual(table(machine));
    expect(notes(architecture.text)).toBe(notes(machine));
  });

  test('has every effect of the machine', () => {
    const types = readFileSync(`${root}src/main/engine/tunnel/machine-types.ts`, 'utf8');
    const effects = types.slice(types.indexOf('export type Effect ='), types.indexOf('export interface Step'));
    const kinds = [...effects.matchAll(/kind: '([a-z-]+)'/g)].map((match) => match[1]);
    expect(kinds.length).toBeGreaterThan(5);
    expect(new Set(tableOf(architecture, 'effect').flatMap((row) => words(row[0])))).toEqual(new Set(kinds));
  });

  test('has every code with its retry class', () => {
    const rows = tableOf(architecture, 'code').map((row) => [words(row[0])[0], row[1]]);
    expect(Object.fromEntries(rows)).toEqual(failureRetry);
    expect(rows.map((row) => row[0])).toEqual(Object.keys(failureRetry));
  });
});

test('docs/troubleshooting.md names only causes that there are', () => {
  const codes = tableOf(page('docs/troubleshooting.md'), 'what you see')
    .flatMap((row) => words(row[0]))
    .filter((word) => /^[a-z-]+$/.test(word));
  expect(codes.length).toBeGreaterThan(10);
  expect(codes.filter((code) => !(code in failureRetry))).toEqual([]);
});

describe('docs/compatibility.md', () => {
  const compatibility = page('docs/compatibility.md');
  const keys = new Set(
    [hostSchema, tunnelSchema, settingsSchema, forwardTableSchema].flatMap((s) => Object.keys(s.shape)),
  );

  test('names keys that there are', () => {
    for (const heading of ['ssh', 'autossh']) {
      const rows = tableOf(compatibility, heading);
      expect(rows.length).toBeGreaterThan(5);
      for (const row of rows) {
        const [first] = words(row[1]).filter((word) => /^[a-z-]+$/.test(word));
        if (first !== undefined) expect(keys.has(first), first).toBe(true);
      }
    }
  });

  test('lists what is offered, and all that can be added', () => {
    const parsed = parseConfig('[hosts.box]\naddress = "x"\n', { file: '/x/config.toml' });
    const host = parsed.kind === 'ok' ? parsed.config.hosts.get('box') : undefined;
    if (!host) throw new Error('no host');
    const rows = tableOf(compatibility, '');
    const listed = (name: string): string[][] => rows.filter((row) => row[0] === name).map((row) => words(row[1]));
    const supported = supportedAlgorithms();
    const offer = algorithmOffer(host, (names) => names);
    const kinds = { kex: 'key exchange', serverHostKey: 'host keys', cipher: 'ciphers', mac: 'MACs' } as const;
    for (const kind of ['kex', 'serverHostKey', 'cipher', 'mac'] as const) {
      const [offered = [], legacy = []] = listed(kinds[kind]);
      expect(offered, kind).toEqual(offer[kind]);
      // What another runtime lacks may be listed all the same.
      const missing = supported[kind].filter((name) => !offered.includes(name) && !legacy.includes(name));
      expect(missing, kind).toEqual([]);
      const wrong = legacy.filter((name) => offered.includes(name));
      expect(wrong, kind).toEqual([]);
    }
  });
});

test('the README’s picture shows tunnels in every kind of state', () => {
  const picture = readFileSync(`${root}assets/status.svg`, 'utf8');
  for (const word of ['RUNNING', 'RUNNING, IN PART', 'LISTENING', 'RETRYING', 'INTERACTIVE', 'STOPPED'])
    expect(picture).toContain(`${word}</text>`);
});
