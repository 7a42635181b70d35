import { describe, expect, it } from 'vitest';
import { clip, displayWidth, formatTable, makeStyle } from '../../../src/main/cli/style.ts';

describe('the width of a text on a terminal', () => {
  it.each([
    ['plain', 5],
    ['', 0],
    ['ü', 1],
    ['u\u0308', 1],
    ['東京', 4],
    ['ｱ', 1],
    ['Ａ', 2],
    ['\u{1f600}', 2],
    ['a\u200bb', 2],
    ['❤\ufe0f', 1],
    ['\u001b[31mred\u001b[39m', 3],
    ['…', 1],
  ])('%j takes %i columns', (text, columns) => {
    expect(displayWidth(text)).toBe(columns);
  });

  it('is what tables and cuts go by', () => {
    expect(
      formatTable([
        ['東京', 'x'],
        ['a', 'y'],
      ]),
    ).toEqual(['東京  x', 'a     y']);
    expect(clip('東京大阪', 6)).toBe('東京…');
  });
});

describe('a style', () => {
  it('paints by meaning, closes what it opened, and leaves nothing where there is nothing', () => {
    const style = makeStyle(true);
    expect(style.bad('x')).toBe('\u001b[31mx\u001b[39m');
    expect(style.strong('x')).toBe('\u001b[1mx\u001b[22m');
    expect(style.good('')).toBe('');
  });

  it('without colour gives its text back', () => {
    const style = makeStyle(false);
    expect([style.good('x'), style.warn('x'), style.bad('x'), style.faint('x')]).toEqual(['x', 'x', 'x', 'x']);
  });
});
