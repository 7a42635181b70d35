/**
 * Makes text from outside safe to show: every C0 control but newline and tab, DEL, C1, bidirectional and zero-width characters, and lone
 * surrogates are shown as `\ooo` or `\u{…}`; a carriage return before a newline is dropped. The result has at most `limit` characters.
 */
export function cleanText(text: string, limit = 4096): string {
  let out = '';
  for (const char of text.replaceAll('\r\n', '\n')) {
    const shown = isHarmless(char) ? char : escaped(char);
    if (out.length + shown.length > limit) return `${out}…`;
    out += shown;
  }
  return out;
}

/** `cleanText` on one line: newlines and tabs become spaces. */
export function cleanLine(text: string, limit = 1024): string {
  return cleanText(text.replaceAll(/[\r\n\t]+/g, ' '), limit);
}

/** `cleanText` on one line and whole, for what somebody is to agree to: newlines and tabs are shown as `\\n` and `\\t`, nothing is cut. */
export function cleanWhole(text: string): string {
  const shown = text.replaceAll('\r', '\\r').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return cleanText(shown, Number.POSITIVE_INFINITY);
}

function isHarmless(char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  if (code === 0x0a || code === 0x09) return true;
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return false;
  if (code >= 0xd800 && code <= 0xdfff) return false;
  return !isInvisible(code);
}

/** Characters that reorder or hide text: bidi controls, zero-width characters, line separators, the byte order mark, tags. */
function isInvisible(code: number): boolean {
  return (
    code === 0x00ad ||
    code === 0x061c ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    code === 0xfeff ||
    (code >= 0xfff9 && code <= 0xfffb) ||
    (code >= 0xe0000 && code <= 0xe007f)
  );
}

function escaped(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\${code.toString(8).padStart(3, '0')}` : `\\u{${code.toString(16)}}`;
}
