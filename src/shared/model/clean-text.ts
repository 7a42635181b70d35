/**
 * Makes text from outside safe to show: every C0 control but newline and tab, DEL, C1, all that Unicode says is not seen or reorders, and lone
 * surrogates are shown as `\ooo` or `\u{…}`; a carriage return before a newline is dropped. Blanks of all widths stay. The result has at most `limit`
 * characters.
 */
export function cleanText(text: string, limit = 4096): string {
  let out = '';
  let before = '';
  for (const char of text.replaceAll('\r\n', '\n')) {
    const shown = isShown(char, before) ? char : escaped(char);
    if (out.length + shown.length > limit) return `${out}…`;
    out += shown;
    before = char;
  }
  return out;
}

/** `cleanText` on one line: newlines and tabs become spaces. */
export function cleanLine(text: string, limit = 1024): string {
  return cleanText(text.replaceAll(/[\r\n\t]+/g, ' '), limit);
}

/**
 * `cleanText` on one line and whole, for what somebody is to agree to: newlines and tabs are shown as `\\n` and `\\t`, blanks that are no plain ones as
 * `\\u{…}`, nothing is cut.
 */
export function cleanWhole(text: string): string {
  const shown = text.replaceAll('\r', '\\r').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return cleanText(shown, Number.POSITIVE_INFINITY).replaceAll(oddBlanksAll, escaped);
}

/** True if a text holds what `cleanText` would not show as it is, or more than one line: names, addresses and paths hold nothing of that. */
export function hasHidden(text: string): boolean {
  return /[\n\t]/.test(text) || cleanText(text, Number.POSITIVE_INFINITY) !== text;
}

/** True if a text has a blank that is no plain one: two names that differ in that alone look the same. */
export function hasOddBlank(text: string): boolean {
  return oddBlanks.test(text);
}

const oddBlanks = /(?! )\p{Zs}/u;
const oddBlanksAll = new RegExp(oddBlanks, 'gu');

/**
 * Controls but newline and tab; lone surrogates; line separators; what Unicode says is not to be seen, with all that reorders; marks around annotations;
 * the braille pattern without a dot.
 */
const hidden =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\p{Surrogate}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800]/u;

/** Chooses between the two forms of a picture like ⚠: seen where it stands behind one, and people write it without knowing. */
const pictureForm = /[\ufe0e\ufe0f]/;
const picture = /\p{Extended_Pictographic}/u;

function isShown(char: string, before: string): boolean {
  if (char >= ' ' && char <= '~') return true;
  return pictureForm.test(char) ? picture.test(before) : !hidden.test(char);
}

function escaped(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\${code.toString(8).padStart(3, '0')}` : `\\u{${code.toString(16)}}`;
}
