/**
 * Whether `text` as a whole matches a pattern of `*` (any text), `?` (one character) and whatever `isOne` says of the other elements; by
 * default each is itself. A pattern is a string, or a list of elements where one is longer than a character. No backtracking tree: at worst the
 * product of both lengths, whatever the pattern.
 */
export function matchWildcard(
  text: string,
  pattern: ArrayLike<string>,
  isOne: (element: string, char: string) => boolean = isSame,
): boolean {
  let t = 0;
  let p = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    const element = pattern[p];
    if (element === '*') {
      star = p;
      resume = t;
      p += 1;
    } else if (element !== undefined && (element === '?' || isOne(element, text.charAt(t)))) {
      t += 1;
      p += 1;
    } else if (star >= 0) {
      resume += 1;
      t = resume;
      p = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}

function isSame(element: string, char: string): boolean {
  return element === char;
}
