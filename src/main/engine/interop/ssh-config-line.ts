/**
 * A line of ssh_config(5), as far as the reader wholly understands it. ssh reads more: a keyword in quotes or in parts, quotes within a word, an
 * equals sign before the keyword, and each version a little differently (readconf.c, misc.c). Whatever is not one of the plain spellings is
 * `unclear`, and may be anything, a `Match exec` too.
 */
export type ConfigLine =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'host'; readonly names: readonly string[] }
  /** `certain`: every version of ssh reads these words. */
  | { readonly kind: 'include'; readonly patterns: readonly string[]; readonly certain: boolean }
  | { readonly kind: 'match-exec' }
  | { readonly kind: 'unclear' };

/** Criteria of Match that stand alone, and those with an argument; none of them runs anything. */
const aloneCriteria = new Set(['all', 'canonical', 'final']);
const argumentCriteria = new Set([
  ...['host', 'originalhost', 'user', 'localuser', 'localnetwork', 'tagged'],
  ...['command', 'sessiontype', 'version'],
]);

/** `line`: without its newline, one character a byte. */
export function readConfigLine(line: string): ConfigLine {
  // ssh's own white space; anything else that looks like it is not.
  const text = withoutTail(line.replace(/^[ \t\r]+/, ''));
  if (text === '' || text.startsWith('#')) return { kind: text.includes('\0') ? 'unclear' : 'nothing' };
  if (text.includes('\0')) return { kind: 'unclear' };
  const match = /^([A-Za-z0-9_-]+)(?:[ \t\r]*=[ \t\r]*|[ \t\r]+|$)(.*)$/s.exec(text);
  if (match === null) return { kind: 'unclear' };
  const [, keyword = '', rest = ''] = match;
  switch (keyword.toLowerCase()) {
    case 'host':
      return { kind: 'host', names: configWords(rest) };
    case 'include':
      return {
        kind: 'include',
        patterns: configWords(rest),
        certain: /^(?:[^"'\\\r]|"[^"\\\r]*"(?=[ \t]|$))*$/.test(rest),
      };
    case 'match':
      return { kind: matchKind(rest) };
    default:
      return { kind: 'nothing' };
  }
}

/** Without white space at the end; by a pattern a long run of blanks within the line would cost the square of its length. */
function withoutTail(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t\r\f'.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** The criteria of Match: each version of ssh splits them in a way of its own, so only what is the same for all counts as understood. */
function matchKind(rest: string): 'match-exec' | 'unclear' | 'nothing' {
  const says = rest
    .replaceAll(/["'\\]/g, '')
    .toLowerCase()
    .includes('exec');
  // With quotes in the line, exec could be a criterion or part of an argument; without the word there is nothing to run.
  if (says && !/^[A-Za-z0-9.*?,:/@%!_ \t-]*$/.test(rest)) return /exec/i.test(rest) ? 'match-exec' : 'unclear';
  const words = configWords(rest);
  for (let at = 0; at < words.length; at += 1) {
    const name = (words[at] ?? '').replace(/^!/, '').toLowerCase();
    if (name === 'exec') return 'match-exec';
    if (aloneCriteria.has(name)) continue;
    const [before = '', ...argument] = name.split('=');
    if (!argumentCriteria.has(before)) return 'unclear';
    // The argument is the next word, but for `host=name`.
    if (argument.length === 0 || argument[0] === '') at += 1;
  }
  return 'nothing';
}

/** Words of a line as argv_split of ssh makes them: quotes of both kinds, backslashes before quotes and blanks, a comment ends it. */
export function configWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (word === null && char === '#') break;
    if (quote === '' && (char === ' ' || char === '\t')) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    word ??= '';
    if (char === '\\' && next !== '' && (`'"\\`.includes(next) || (quote === '' && next === ' '))) {
      word += next;
      at += 1;
    } else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (char === quote) quote = '';
    else word += char;
  }
  if (word !== null) words.push(word);
  return words;
}
