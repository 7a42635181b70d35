import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import * as fc from 'fast-check';
import { parseAst } from 'vite';
import { describe, expect, test } from 'vitest';
import { causesDe, inGerman } from '../../../src/shared/i18n/causes-de.ts';
import { phraseBook } from '../../../src/shared/i18n/phrases.ts';

const engine = fileURLToPath(new URL('../../../src/main/engine/', import.meta.url));

/** Where the sentences of a tunnel's failures are made: each has a German one. */
const failureFiles = [
  'forward/bind-errors.ts',
  'host-keys/host-key-text.ts',
  'pool/pooled-link.ts',
  'ssh/auth-failure.ts',
  'ssh/channel-failure.ts',
  'ssh/connect-ask.ts',
  'ssh/dial-failure.ts',
  'ssh/ssh-failure.ts',
  'ssh/ssh2-session.ts',
  'tunnel/attempt.ts',
  'tunnel/forward-slot.ts',
  'tunnel/machine-causes.ts',
  'tunnel/probes.ts',
];
/** The question at first contact has a form of its own in the window. */
const otherwiseSaid =
  /is not known yet\. It shows|^Compare the fingerprint|^For the same name without|^Beware: this key/;

/** Texts of a source file; what is put in stands as `§`. */
function textsOf(file: string): string[] {
  const source = readFileSync(join(engine, file), 'utf8');
  const texts: string[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node !== 'object' || node === null) return;
    const { type, value, quasis } = node as {
      type?: string;
      value?: unknown;
      quasis?: { value: { cooked: string } }[];
    };
    if (type === 'Literal' && typeof value === 'string') texts.push(value);
    if (type === 'TemplateLiteral' && quasis !== undefined)
      texts.push(quasis.map((part) => part.value.cooked).join('§'));
    for (const part of Object.values(node)) visit(part);
  };
  visit(parseAst(transformSync(source, { loader: 'ts', charset: 'utf8' }).code));
  return texts;
}

describe('the engine in German', () => {
  test.each(failureFiles)('each sentence of %s is known', (file) => {
    const sentences = textsOf(file).filter((text) => /^[A-Z§].* .*\.$/s.test(text) && !otherwiseSaid.test(text));
    expect(sentences.length).toBeGreaterThan(0);
    expect(sentences.filter((sentence) => inGerman(sentence) === sentence)).toEqual([]);
  });

  test('nothing is translated that the engine does not say', () => {
    const files = readdirSync(engine, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const said = files.flatMap(textsOf).join('\n');
    const pieces = causesDe.flatMap(([english]) =>
      english
        .split(/\{\d#?\}|[:;] |SHA256:|(?<=\d )|(?<=key|password|answer)s? /)
        .filter((piece) => /\w{3}/.test(piece)),
    );
    expect(pieces.filter((piece) => !said.includes(piece.replace(/\.$/, '').trim()))).toEqual([]);
  });

  test('both sides have the same places for names', () => {
    const places = (text: string) => [...new Set(text.replaceAll('#', '').match(/\{\d\}/g))].sort();
    for (const [english, german] of causesDe) expect([english, places(german)]).toEqual([english, places(english)]);
  });

  test('names and figures go along, and causes within causes', () => {
    expect(inGerman('db-prod (10.0.0.4:22) does not answer: nothing came in 15 s.')).toBe(
      'db-prod (10.0.0.4:22) antwortet nicht: in 15 s kam nichts.',
    );
    expect(inGerman('The jump host could not reach db-prod: From bastion, db-prod:22 cannot be reached.')).toBe(
      'Der Zwischenhost erreicht db-prod nicht: Von bastion aus ist db-prod:22 nicht zu erreichen.',
    );
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

  test('what is not known stays as it is', () => {
    expect(inGerman('box closed the door.')).toBe('box closed the door.');
    fc.assert(fc.property(fc.string(), (text) => phraseBook([])(text) === text));
  });

  test('any name comes through a sentence unharmed', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\w.$-]{1,30}$/), (name) => {
        expect(inGerman(`${name} refuses the connection.`)).toBe(`${name} lehnt die Verbindung ab.`);
      }),
    );
  });
});
