import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import * as fc from 'fast-check';
import { parseAst } from 'vite';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseConfig } from '../../../src/main/engine/config/parse.ts';
import { formatProblem } from '../../../src/main/engine/config/problem.ts';
import { causesDe, inGerman, jointsDe } from '../../../src/shared/i18n/causes-de.ts';
import { phraseBook } from '../../../src/shared/i18n/phrases.ts';

const engine = fileURLToPath(new URL('../../../src/main/engine/', import.meta.url));

/** Where the sentences of a tunnel's failures are made: each has a German one. */
const failureFiles = [
  'forward/bind-errors.ts',
  'forward/dial-target.ts',
  'forward/unix-socket-file.ts',
  'host-keys/host-key-text.ts',
  'pool/pooled-link.ts',
  'ssh/auth-failure.ts',
  'ssh/channel-failure.ts',
  'ssh/connect-ask.ts',
  'ssh/login-wait.ts',
  'ssh/ssh2-session.ts',
  'tunnel/attempt.ts',
  'tunnel/forward-slot.ts',
  'tunnel/machine-causes.ts',
  'tunnel/probes.ts',
];
/** Where calls of the window and the reading of the configuration say what is wrong: each text has a German one, sentence or part. */
const callFiles = [
  'config/config-edits.ts',
  'config/cross-checks.ts',
  'config/edit.ts',
  'config/fields.ts',
  'config/forward-spec.ts',
  'config/load.ts',
  'config/migrate.ts',
  'config/parse.ts',
  'config/problem.ts',
  'config/resolve.ts',
  'config/save.ts',
  'config/schema.ts',
  'config/sections.ts',
  'config/splice.ts',
  'config/toml-depth.ts',
  'config/toml-tree.ts',
  'config/toml-write.ts',
  'config/watch.ts',
  'editing-api.ts',
  'engine-api.ts',
  'engine-config.ts',
  'host-keys/known-hosts-store.ts',
  'host-keys/replace-host-key.ts',
  'pool/chain.ts',
  'pool/connection-pool.ts',
  'pool/shared-attempt.ts',
  'prompts/broker.ts',
  'tunnel-set.ts',
  'tunnel-test.ts',
];
/** Facts whose English is still put into texts of the configuration. */
const putIntoTexts = ['file-trust.ts', 'file.ts'].map((file) => `../../shared/i18n/sentences/${file}`);
/** Texts of those files that nobody reads in a window: code, paths, answers to a browser, what only the command asks for. */
const notShown = new Set([
  // Read by the command only: `holdfast set`.
  '§ is no key.',
  'Write it like tunnels.db.park or hosts."a.b".port.',
  // Said otherwise.
  'unspecified values are invalid',
  // A forward that is tried.
  'dynamic §',
  'a new tunnel',
]);
/** Texts in which more than a name is put in: what becomes of them. */
const assembled: Readonly<Record<string, readonly string[]>> = {
  'There is already a § named §.': ['There is already a host named §.', 'There is already a tunnel named §.'],
  'There is no § § in the §.': [
    'There is no host § in the configuration.',
    'There is no tunnel § in the configuration.',
    'There is no forward § in the tunnel §.',
  ],
  ' (and § more)': ['§ (and 3 more)'],
  "the § § belongs to another user (uid §); it must be yours or root's": [
    "the file § belongs to another user (uid §); it must be yours or root's",
    "the folder § belongs to another user (uid §); it must be yours or root's",
    "the link § belongs to another user (uid §); it must be yours or root's",
  ],
  'the § § has another name too, and others may write its folder; put a copy in its place': [
    'the file § has another name too, and others may write its folder; put a copy in its place',
    'the link § has another name too, and others may write its folder; put a copy in its place',
  ],
  'the § § may be written by §; run: chmod go-w §': [
    'the file § may be written by §; run: chmod go-w §',
    'the folder § may be written by §; run: chmod go-w §',
  ],
};
/** Words that no German sentence has: one of them left over is a part that was not put over. */
const english =
  /\b(?:the|is|of|to|and|or|not|has|have|it|its|that|this|for|with|from|at|you|your|expected|cannot|there|no|input|invalid|too)\b/i;
/** Without the general phrases that hold parts together: they match texts that nobody put over. */
const withoutJoints = phraseBook(causesDe.filter((phrase) => !jointsDe.includes(phrase)));

/** The question at first contact has a form of its own in the window, but for its warnings. */
const otherwiseSaid = /is not known yet\. It shows|^Compare the fingerprint/;

interface Node {
  type?: string;
  value?: unknown;
  quasis?: { value: { cooked: string } }[];
  key?: { name?: string };
  callee?: { name?: string; property?: { name?: string } };
}

/** What a person does not get to see in a window: the log, faults of the program, descriptions of keys for an editor, the place of a failure. */
function isHidden({ type, key, callee }: Node): boolean {
  if (type === 'CallExpression') return /^(?:info|warn|error|debug|describe)$/.test(callee?.property?.name ?? '');
  if (type === 'NewExpression') return callee?.name === 'Error';
  return type === 'Property' && key?.name === 'where';
}

/** Texts of a source file; what is put in stands as `§`. */
function textsOf(file: string, isLeftOut: (node: Node) => boolean = () => false): string[] {
  const source = readFileSync(join(engine, file), 'utf8');
  const texts: string[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node !== 'object' || node === null) return;
    // What such a call is made on may still be shown.
    if (isLeftOut(node)) return visit((node as Node).callee);
    const { type, value, quasis } = node as Node;
    if (type === 'Literal' && typeof value === 'string') texts.push(value);
    if (type === 'TemplateLiteral' && quasis !== undefined)
      texts.push(quasis.map((part) => part.value.cooked).join('§'));
    for (const part of Object.values(node)) visit(part);
  };
  visit(parseAst(transformSync(source, { loader: 'ts', charset: 'utf8' }).code));
  return texts;
}

/** More than one word, or one before something that is put in. */
function isShown(text: string): boolean {
  return /[a-z]{2,}[,:;.]? (?:[a-z]|§)|§[,:;]? [a-z]{2,}/i.test(text) && !notShown.has(text);
}

/** Said in German as a sentence or part by part, and nothing of it stayed English. */
function isInGerman(text: string): boolean {
  const known = assembled[text];
  if (known !== undefined) return known.every(isInGerman);
  const german = withoutJoints(text);
  // Names of keys and commands stand in quotes.
  if (german !== text) return !english.test(german.replaceAll(/[`„"][^`“"]*[`“"]|holdfast .*/g, ''));
  // A part that may be missing: by itself, or behind what it is added to.
  if (/^[;:,] /.test(text)) return isInGerman(text.slice(2)) || isInGerman(`§${text}`);
  const parts = text.split('; ').filter((part) => part !== '§');
  return (parts.length > 1 || parts[0] !== text) && parts.every(isInGerman);
}

/** What the reader of TOML says, as `toml-tree.ts` passes it on. */
const tomlTexts = [
  ...readFileSync(fileURLToPath(import.meta.resolve('toml-eslint-parser')), 'utf8').matchAll(
    /^\t"[a-z-]+": "(.+)",?$/gm,
  ),
].map(([, text = '']) => text.charAt(0).toLowerCase() + text.slice(1).replaceAll(/\{\{\w+\}\}/g, '§'));

/** What zod says where the schema of the configuration leaves it to it. */
const zodTexts = [z.union([z.string(), z.array(z.string())]), z.array(z.number()).max(0)].flatMap(
  (schema) => schema.safeParse([1]).error?.issues.map(({ message }) => message) ?? [],
);

describe('the engine in German', () => {
  test.each(failureFiles)('each sentence of %s is known', (file) => {
    const sentences = textsOf(file).filter((text) => /^[A-Z§].* .*\.$/s.test(text) && !otherwiseSaid.test(text));
    expect(sentences.length).toBeGreaterThan(0);
    expect(sentences.filter((sentence) => inGerman(sentence) === sentence)).toEqual([]);
  });

  test.each(callFiles)('each text of %s is known, with all its parts', (file) => {
    const texts = textsOf(file, isHidden).filter(isShown);
    expect(texts.length).toBeGreaterThan(0);
    expect(texts.filter((text) => !isInGerman(text))).toEqual([]);
  });

  test('what the reader of TOML says is known', () => {
    expect(tomlTexts.length).toBeGreaterThan(20);
    expect(tomlTexts.filter((text) => isShown(text) && !isInGerman(text))).toEqual([]);
  });

  test('what zod says is known', () => {
    expect(zodTexts.length).toBe(2);
    expect(zodTexts.filter((text) => !isInGerman(text))).toEqual([]);
  });

  test('what is said not to be shown is there', () => {
    const texts = new Set(callFiles.flatMap((file) => textsOf(file, isHidden)));
    expect([...notShown].filter((text) => !texts.has(text))).toEqual([]);
  });

  test('nothing is translated that the engine does not say', () => {
    const files = readdirSync(engine, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const texts = [...files, ...callFiles, ...putIntoTexts].flatMap((file) => textsOf(file));
    // Some sentences go on in small letters, behind a name.
    const said = [...texts, ...tomlTexts, ...zodTexts, ...Object.values(assembled).flat()].join('\n').toLowerCase();
    const pieces = causesDe.flatMap(([english]) =>
      english
        .split(/\{\d[#!]?\}|[:;] |SHA256:|(?<=\d )|(?<=key|password|answer)s? /)
        .filter((piece) => /\w{3}/.test(piece)),
    );
    expect(pieces.filter((piece) => !said.includes(piece.replace(/\.$/, '').trim().toLowerCase()))).toEqual([]);
  });

  test('both sides have the same places for names', () => {
    const places = (text: string) => [...new Set(text.replaceAll(/(?<=\{\d)[#!]/g, '').match(/\{\d\}/g))].sort();
    for (const [english, german] of causesDe) expect([english, places(german)]).toEqual([english, places(english)]);
  });

  test('where the end is put in, so it is in German: a further part may follow it', () => {
    const ends = (text: string) => /\{(\d)[#!]?\}$/.exec(text)?.[1];
    const moved = causesDe.filter(([text, german]) => ends(text) !== undefined && ends(text) !== ends(german));
    expect(moved.map(([text]) => text)).toEqual([]);
  });

  test('names and figures go along, and causes within causes', () => {
    expect(
      inGerman(
        'box refused the login as me: the key offered (id_rsa) was turned down, 2 passwords turned down; it still takes publickey and password.',
      ),
    ).toBe(
      'box lehnt die Anmeldung als me ab: der angebotene Schlüssel (id_rsa) wurde abgelehnt, 2 Passwörter abgelehnt; es nimmt noch publickey und password.',
    );
    expect(inGerman('Port 5432 here is taken by another program.')).toBe('Port 5432 hier belegt ein anderes Programm.');
    expect(inGerman('Port 6001 is free: use it, or stop the other program. Holdfast tries again by itself.')).toBe(
      'Port 6001 ist frei: nimm ihn, oder beende das andere Programm. Holdfast versucht es von selbst neu.',
    );
  });

  test('a problem of the configuration is said behind its place, with what was probably meant', () => {
    const where = '/home/me/Tom and Jerry/config.toml:7: hosts.bastion';
    expect(inGerman(`${where}.prot: unknown key; the nearest known key is "port"`)).toBe(
      `${where}.prot: unbekannte Einstellung; am nächsten kommt „port“`,
    );
    expect(inGerman('unknown key; the nearest known key is "port"')).toBe(
      'unbekannte Einstellung; am nächsten kommt „port“',
    );
    expect(
      inGerman('expected "ask", "strict", "accept-new", got "accept"; the nearest is "accept-new" (and 2 more)'),
    ).toBe(
      'erwartet wird „ask“, „strict“, „accept-new“, da steht „accept“; am nächsten kommt „accept-new“ (und 2 weitere)',
    );
    expect(
      inGerman(
        `${where}.port: expected a whole number from 1 to 65535, got 70000\n${where}.jump[0]: there is no host "bastoin"; the nearest is "bastion"\n${where}: is missing: expected the server's name or address`,
      ),
    ).toBe(
      `${where}.port: erwartet wird eine ganze Zahl von 1 bis 65535, da steht 70000\n${where}.jump[0]: es gibt keinen Host „bastoin“; am nächsten kommt „bastion“\n${where}: fehlt: erwartet wird der Name oder die Adresse des Servers`,
    );
  });

  test('real problems leave no English behind', () => {
    const texts = [
      '[hosts.b]\nprot = 2\n[hosts.c]\naddress = "a:b"\njump = ["b", "d", "c"]\nport = "x"\nidentity = 4',
      '[hosts.b]\naddress = "b"\nproxy = "http://u:p@b:1"\nconnect-timeout = "5 s"\nagent = 3\ntransport = "shh2"\nrekey-bytes = "1K"',
      '[hosts.b]\naddress = "b"\n[tunnels.b]\nhost = "b"\nforwards = ["lokal 1 -> b:2", "local 99999 -> b:1", "remote 1 -> 2", "dynamic [x]:1", "local 5-3 -> b:1", "dynamic ~x"]',
      '[hosts.b]\naddress = "b"\n[tunnels.t]\nhost = "x"\nstart = "demand"\nforwards = ["remote 1 -> b:2", "remote 1 -> b:3"]\nprobe = { type = "target", host = "h" }\nbackoff = { first = "9s", cap = "1s" }',
      'version = 9',
      'x = [1',
      'a = 1\na = 2',
      'hosts = 4',
      '[tunnels."a b"]\n[settings]\nbackoff-cap = "10ms"\nlog-files = 2000-01-01',
    ];
    const messages = texts.flatMap((text) => {
      const result = parseConfig(text, { file: '/c.toml', home: '/home/me', user: 'me' });
      return result.kind === 'bad' ? result.problems.map((problem) => formatProblem('/c.toml', problem)) : [];
    });
    expect(messages.length).toBeGreaterThan(20);
    const left = [...messages, ...messages.map((message) => message.replace(/^.*?: .*?: /, ''))]
      .map(inGerman)
      .filter((german) => english.test(german.replaceAll(/„[^“]*“|"[^"]*"/g, '')));
    expect(left).toEqual([]);
    expect(inGerman('there is no host "d"; the nearest is "b"')).toBe('es gibt keinen Host „d“; am nächsten kommt „b“');
  });

  test('what has a socket is said in German', () => {
    expect(inGerman('/run/x.sock is taken by tunnel db.')).toBe('/run/x.sock belegt Tunnel db.');
  });

  test('calls are refused in German', () => {
    expect(
      inGerman("/c.toml:1: file: the folder /tmp/a b may be written by everybody; run: chmod go-w '/tmp/a b'"),
    ).toBe(
      "/c.toml:1: file: in den Ordner /tmp/a b darf nicht nur sein Besitzer schreiben, sondern auch jeder andere; führe aus: chmod go-w '/tmp/a b'",
    );
    expect(inGerman('There is already a tunnel named "db".')).toBe('Einen Tunnel namens „db“ gibt es schon.');
  });

  test('what is not known stays as it is', () => {
    expect(inGerman('box closed the door.')).toBe('box closed the door.');
    fc.assert(fc.property(fc.string(), (text) => phraseBook([])(text) === text));
  });

  test('any name comes through a sentence unharmed', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\w.$-]{1,30}$/), (name) => {
        expect(inGerman(`The link to ${name} is closed.`)).toBe(`Die Verbindung zu ${name} ist zu.`);
      }),
    );
  });
});
