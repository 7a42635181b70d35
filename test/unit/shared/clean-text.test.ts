import { describe, expect, it } from 'vitest';
import { cleanLine, cleanText, cleanWhole, hasHidden, hasOddBlank } from '../../../src/shared/model/clean-text.ts';
import { parseConfig } from '../../../src/main/engine/config/parse.ts';

/** Text from outside: nothing of it is unseen, and what people write comes through. */

const unseen = [
  '\u0000', // NUL
  '\u001b', // ESC
  '\u007f', // DEL
  '\u0085', // next line
  '\u00ad', // soft hyphen
  '\u034f', // combining grapheme joiner
  '\u061c', // Arabic letter mark
  '\u115f', // Hangul fillers
  '\u1160',
  '\u3164',
  '\uffa0',
  '\u17b4', // Khmer inherent vowel
  '\u180b', // Mongolian variation selector
  '\u180e', // Mongolian vowel separator
  '\u200b', // zero width space
  '\u200d', // zero width joiner
  '\u200f', // right-to-left mark
  '\u2028', // line separator
  '\u202e', // right-to-left override
  '\u2060', // word joiner
  '\u2066', // left-to-right isolate
  '\u2800', // braille pattern blank
  '\ufe00', // variation selectors
  '\ufe0f',
  '\ufeff', // byte order mark
  '\ufff0',
  '\ufff9', // interlinear annotation anchor
  '\u{1bca0}', // shorthand format
  '\u{1d173}', // musical begin beam
  '\u{e0001}', // language tag
  '\u{e0041}', // tag letter
  '\u{e0100}', // variation selector 17
  '\u{e0fff}',
  '\ud800', // half a character
];
const blanks = ['\u00a0', '\u1680', ...Array.from({ length: 11 }, (_, at) => String.fromCodePoint(0x2000 + at))];
blanks.push('\u202f', '\u205f', '\u3000');

const named = (char: string): string => `U+${(char.codePointAt(0) ?? 0).toString(16)}`;

/** A configuration with a text in each place that takes one. */
function problemsOf(place: 'group' | 'name' | 'description' | 'address' | 'identity' | 'listen', text: string) {
  const value = JSON.stringify(text);
  const put = (here: typeof place, usual: string): string => (place === here ? value : usual);
  const result = parseConfig(
    `[hosts.box]
address = ${put('address', '"box"')}
identity = ${put('identity', '"/k"')}
[tunnels.db]
host = "box"
group = ${put('group', '"work"')}
description = ${put('description', '"the db"')}
forwards = [{ type = "local", listen = ${put('listen', '"/run/x"')}, to = "db:1", name = ${put('name', '"db"')} }]
`,
    { file: '/c.toml', home: '/h', user: 'u', platform: 'linux' },
  );
  return result.kind === 'bad' ? result.problems : [];
}

describe('shown text', () => {
  it.each(unseen.map((char) => [named(char), char] as const))('spells out %s', (_name, char) => {
    const shown = cleanText(`a${char}b`);
    expect(shown).toMatch(/^a\\(?:[0-7]{3}|u\{[0-9a-f]+\})b$/);
    expect(cleanLine(`a${char}b`)).toBe(shown);
    expect(cleanWhole(`a${char}b`)).toBe(shown);
    expect(hasHidden(`a${char}b`)).toBe(true);
    // Shown text is cleaned again on its way.
    expect(cleanText(shown)).toBe(shown);
  });

  it('keeps what people write: all scripts, blanks of any width, pictures in either form', () => {
    for (const text of [
      'grüße, Ελλάδα, привет, 日本語, שלום',
      'prix\u00a0: 5\u202f€',
      '全角\u3000空白',
      '😀 ⚠\ufe0f ❤\ufe0e é',
    ])
      expect([cleanText(text), hasHidden(text)]).toEqual([text, false]);
  });

  it('lets a form be chosen once, and only for a picture', () => {
    expect(cleanText('a\ufe0f ⚠\ufe0f\ufe0f \ufe0f')).toBe('a\\u{fe0f} ⚠\ufe0f\\u{fe0f} \\u{fe0f}');
  });

  it('spells out odd blanks too where somebody is to agree to it whole', () => {
    for (const blank of blanks) {
      expect(cleanText(`a${blank}b`)).toBe(`a${blank}b`);
      expect(cleanWhole(`a${blank} b`)).toMatch(/^a\\(?:240|u\{[0-9a-f]+\}) b$/);
    }
  });
});

describe('names in the configuration', () => {
  it.each(unseen.filter((char) => char !== '\ud800').map((char) => [named(char), char] as const))(
    'hold no %s',
    (_name, char) => {
      for (const place of ['group', 'name', 'description', 'address'] as const)
        expect(problemsOf(place, `a${char}b`), place).toHaveLength(1);
      for (const place of ['identity', 'listen'] as const)
        expect(problemsOf(place, `/a${char}b`), place).toHaveLength(1);
    },
  );

  it('have plain blanks alone where two would look the same; texts and paths have any', () => {
    for (const blank of blanks) {
      expect(hasOddBlank(`a${blank}b`)).toBe(true);
      for (const place of ['group', 'name', 'address'] as const)
        expect(problemsOf(place, `a${blank}b`), `${place} ${named(blank)}`).toHaveLength(1);
      expect(problemsOf('description', `a${blank}b`)).toEqual([]);
      expect(problemsOf('identity', `/a${blank}b`)).toEqual([]);
    }
    expect(problemsOf('name', 'work at home ⚠\ufe0f')).toEqual([]);
  });

  it('are cleaned where a problem tells them', () => {
    const { problems } = parseConfig(
      '[hosts."a\u202eb"]\naddress = "x"\n[hosts.h]\naddress = "x"\nport = "2\u31642"\n',
      {
        file: '/c.toml',
      },
    ) as { problems: unknown };
    expect(JSON.stringify(problems)).not.toMatch(/[\u202e\u3164]/);
  });
});
