/**
 * A sentence of the engine, or a part of one, and what it is in another language; `{0}`, `{1}` stand for what is put in, `{0#}` for a number,
 * `{0!}` for a name or a path, of which no part is ever said otherwise; in quotes, it has none itself.
 */
export type Phrase = readonly [english: string, translated: string];

/** Sentences come again with every event: so many are kept as they were said. */
const mostKept = 500;

interface Pattern {
  readonly matches: RegExp;
  readonly translated: string;
  /** The places whose text stays as it is. */
  readonly names: ReadonlySet<string>;
}

/**
 * Says sentences of the engine in another language: the engine speaks English, in logs and to scripts, and a window puts its words over. A sentence
 * that is not known stays as it is. Parts of a sentence are said too: a cause within a cause, members of a list.
 */
export function phraseBook(phrases: readonly Phrase[]): (text: string) => string {
  // Made when something is said: most pages never do, and English ones have nothing to put over.
  let patterns: readonly Pattern[] | null = null;
  const said = new Map<string, string>();
  const whole = (text: string): string | null => {
    patterns ??= phrases.map(toPattern);
    for (const { matches, translated, names } of patterns) {
      const found = matches.exec(text);
      if (found === null) continue;
      return translated.replaceAll(/\{(\d)\}/g, (_, n: string) => {
        const given = found[Number(n) + 1] ?? '';
        return names.has(n) ? given : part(given);
      });
    }
    return null;
  };
  const part = (text: string): string => {
    // Problems of a file come one a line.
    if (text.includes('\n')) return text.split('\n').map(part).join('\n');
    if (text.indexOf('; ') > 0) return text.split('; ').map(part).join('; ');
    const known = whole(text);
    if (known !== null) return known;
    // A part that may be missing brings along what joins it.
    if (/^[;:,] ./.test(text)) return text.slice(0, 2) + part(text.slice(2));
    return text.includes(', ') ? text.split(', ').map(part).join(', ') : text;
  };
  return (text) => {
    const known = said.get(text);
    if (known !== undefined) return known;
    const now = whole(text) ?? text;
    if (said.size >= mostKept) said.clear();
    said.set(text, now);
    return now;
  };
}

function toPattern([english, translated]: Phrase): Pattern {
  const names = new Set([...english.matchAll(/\{(\d)!\}/g)].map(([, n = '']) => n));
  const source = english
    .replaceAll(/[.*+?^$()[\]\\|]/g, '\\$&')
    .replaceAll(/"\{\d!\}"/g, '"([^"]*)"')
    .replaceAll(/\{\d([#!]?)\}/g, (_, kind: string) => (kind === '#' ? '(\\d+)' : '(.*?)'));
  return { matches: new RegExp(`^${source}$`, 's'), translated, names };
}
