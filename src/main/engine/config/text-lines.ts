/** Places in TOML text that edits need: lines, comments, and what has to go with a list item. Offsets are in UTF-16 units. */

type Range = readonly [number, number];

/** Offset of the first character of the line. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Offset behind the last character of the line, before its newline. */
export function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  if (newline < 0) return text.length;
  return newline > offset && text[newline - 1] === '\r' ? newline - 1 : newline;
}

/** Offset of the next character that is no space, newline or comment. Only for places outside of strings. */
export function nextSignificant(text: string, offset: number): number {
  let place = offset;
  while (place < text.length) {
    const char = text[place] ?? '';
    if (char === '#') place = lineEnd(text, place);
    else if (/\s/.test(char)) place += 1;
    else break;
  }
  return place;
}

/** Start of the comment lines that stand directly above the line at `start`. */
export function attachedComments(text: string, start: number): number {
  let place = start;
  while (place > 0) {
    const above = lineStart(text, place - 1);
    if (!text.slice(above, place).trimStart().startsWith('#')) break;
    place = above;
  }
  return place;
}

/** What to cut out so that the item `index` of a list or an inline table is gone, with its comma, and with its line if it has one. */
export function elementRemoval(text: string, items: readonly Range[], index: number): [number, number] {
  const item = items[index] ?? [0, 0];
  const next = items[index + 1];
  const previous = items[index - 1];
  const comma = nextSignificant(text, item[1]);
  const after = text[comma] === ',' ? comma + 1 : item[1];
  const start = lineStart(text, item[0]);
  const end = lineEnd(text, after);
  const ownLine = text.slice(start, item[0]).trim() === '' && nextSignificant(text, after) >= end;
  if (ownLine && end < text.length) return [start, text.indexOf('\n', end) + 1];
  if (next !== undefined)
    return text.slice(after, next[0]).trim() === '' && end >= next[0] ? [item[0], next[0]] : [item[0], after];
  if (previous !== undefined && !/[\n#]/.test(text.slice(previous[1], item[0]))) return [previous[1], item[1]];
  return [item[0], after];
}

/** Cuts out whole lines (or a piece), and one of two blank lines that would meet. */
export function tidyRemoval(text: string, range: Range): string {
  const head = text.slice(0, range[0]);
  const tail = text.slice(range[1]);
  const wholeLines = (head === '' || head.endsWith('\n')) && text.slice(...range).endsWith('\n');
  const blankAbove = head === '' || /\n[ \t]*\r?\n$/.test(head);
  if (wholeLines && blankAbove) return head + tail.replace(/^[ \t]*\r?\n/, '');
  return head + tail;
}
