import { Buffer } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import { isHashed, matchNames } from './host-names.ts';
import { decodeBase64, keyKindOf, type PublicKey, readPublicKey } from './public-key.ts';

export type KnownHostsMarker = 'none' | 'revoked' | 'cert-authority';

/** The key of a line, or why the line is ignored. */
export type LineKey = { readonly key: PublicKey; readonly comment: string } | { readonly invalid: string };

/** One line of a known_hosts file. Text is a byte string (latin1), so that writing it back gives the same bytes. */
export class KnownHostsLine {
  /** From 1. */
  readonly number: number;
  /** The line with its carriage return, if any, but without its newline. */
  readonly raw: string;
  /** Empty at the end of a file whose last line is not ended. */
  readonly ending: '\n' | '';
  /** `invalid`: kept, but means nothing. */
  readonly kind: 'blank' | 'comment' | 'entry' | 'invalid';
  /** Why the line is ignored although its key was not even looked at; null for the other kinds. */
  readonly problem: string | null;
  readonly marker: KnownHostsMarker;
  /** The name field as written. */
  readonly names: string;
  readonly #keyText: string;
  #key: LineKey | null = null;
  /** Names that were asked for, each with the answer behind it. */
  readonly #matches: string[] = [];

  constructor(number: number, raw: string, ending: '\n' | '') {
    this.number = number;
    this.raw = raw;
    this.ending = ending;
    const parts = splitLine(raw);
    this.kind = parts.kind;
    this.problem = parts.kind === 'invalid' ? parts.problem : null;
    this.marker = parts.kind === 'entry' ? parts.marker : 'none';
    this.names = parts.kind === 'entry' ? parts.names : '';
    this.#keyText = parts.kind === 'entry' ? parts.keyText : '';
  }

  get isHashed(): boolean {
    return isHashed(this.names);
  }

  /** The key, decoded on first use: most lines of a file are for other hosts. */
  get key(): LineKey {
    this.#key ??= this.kind === 'entry' ? readLineKey(this.#keyText) : { invalid: this.problem ?? 'no key' };
    return this.#key;
  }

  /** Whether the name field matches; `bad`: a hash that cannot be read. Kept, since a hash costs. */
  match(name: string): 'yes' | 'no' | 'bad' {
    const known = this.#matches.findIndex((each, index) => index % 2 === 0 && each === name);
    if (known >= 0) return this.#matches[known + 1] as 'yes' | 'no' | 'bad';
    const found = matchNames(this.names, name);
    if (this.#matches.length < mostKeptMatches * 2) this.#matches.push(name, found);
    return found;
  }

  /** The key if the line has a valid one. */
  get publicKey(): PublicKey | null {
    return 'key' in this.key ? this.key.key : null;
  }
}

/** A name with and without its port, and one to spare. */
const mostKeptMatches = 3;

/** A parsed known_hosts file. */
export interface KnownHostsFile {
  readonly path: string;
  readonly lines: readonly KnownHostsLine[];
}

/** The longest line, in bytes. A key of 16,384 bits takes 2,800; the rest are names. */
export const longestLine = 64 * 1024;

/** So many bytes of lines are worked on at once, some milliseconds: a file of hashed names must not hold up what else this thread does. */
const sliceBytes = 64 * 1024;
/** What a line costs however short it is, in bytes of a long one. */
const bytesPerLine = 32;

/** Does `step` for each line, with a turn for everybody else after each slice. */
export async function eachLine<T extends Pick<KnownHostsLine, 'raw'>>(
  lines: Iterable<T>,
  step: (line: T) => void,
): Promise<void> {
  let done = 0;
  for (const line of lines) {
    step(line);
    done += line.raw.length + bytesPerLine;
    if (done < sliceBytes) continue;
    done = 0;
    await setImmediate();
  }
}

/** Reads a file's bytes at once; never fails. Lines end with a newline alone, like for `getline`; what nobody understands is kept as it is. */
export function parseKnownHosts(path: string, bytes: Uint8Array): KnownHostsFile {
  return { path, lines: [...linesOf(bytes)] };
}

/**
 * The same a slice at a time; the number of a line that is longer than `longestLine` in place of the file. `names` are matched, and with `keys` all keys are decoded, on the way, so that later questions
 * for them cost nothing.
 */
export async function parseInSlices(
  path: string,
  bytes: Uint8Array,
  wanted: { readonly names?: readonly string[]; readonly keys?: boolean } = {},
): Promise<KnownHostsFile | { readonly tooLong: number }> {
  const lines: KnownHostsLine[] = [];
  let tooLong: number | null = null;
  await eachLine(linesOf(bytes), (line) => {
    if (line.raw.length > longestLine) tooLong ??= line.number;
    lines.push(line);
    if (line.kind !== 'entry' || tooLong !== null) return;
    for (const name of wanted.names ?? []) line.match(name);
    if (wanted.keys === true) void line.key;
  });
  return tooLong === null ? { path, lines } : { tooLong };
}

function* linesOf(bytes: Uint8Array): Generator<KnownHostsLine> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  let number = 1;
  for (let start = 0; start < text.length; number += 1) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    yield new KnownHostsLine(number, text.slice(start, end), newline < 0 ? '' : '\n');
    start = end + 1;
  }
}

/** The file's bytes again, with the given lines. */
export function serializeKnownHosts(lines: readonly Pick<KnownHostsLine, 'raw' | 'ending'>[]): Buffer {
  return Buffer.from(lines.map((line) => line.raw + line.ending).join(''), 'latin1');
}

type LineParts =
  | { readonly kind: 'blank' | 'comment' }
  | { readonly kind: 'invalid'; readonly problem: string }
  | { readonly kind: 'entry'; readonly marker: KnownHostsMarker; readonly names: string; readonly keyText: string };

/**
 * A NUL ends the line, like in C. With one exception: OpenSSH takes whatever character follows the names for their end, so a NUL right there counts
 * as a blank, and the key behind it is read up to the next NUL.
 */
function splitLine(raw: string): LineParts {
  const [first = '', second = ''] = raw.split('\0', 2);
  const text = skipBlanks(first);
  if (text === '' || text === '\r') return { kind: 'blank' };
  if (text.startsWith('#')) return { kind: 'comment' };
  const marked = splitMarker(text);
  if (marked === null) return { kind: 'invalid', problem: 'unknown marker' };
  const end = blankAt(marked.rest);
  const names = marked.rest.slice(0, end);
  const keyText = skipBlanks(end === marked.rest.length ? second : marked.rest.slice(end));
  return { kind: 'entry', marker: marked.marker, names, keyText };
}

/**
 * The marker in front of a line; null if OpenSSH ignores the line for it (another word or case, a second marker). One thing differs: OpenSSH
 * overlooks a marker that ends with a tab when a space follows later, and so ignores a revocation. Here it counts, which can only refuse more.
 */
function splitMarker(text: string): { marker: KnownHostsMarker; rest: string } | null {
  if (!text.startsWith('@')) return { marker: 'none', rest: text };
  const end = blankAt(text);
  const word = text.slice(0, end);
  const rest = skipBlanks(text.slice(end));
  if (end === text.length || rest.startsWith('@')) return null;
  if (word === '@revoked') return { marker: 'revoked', rest };
  if (word === '@cert-authority') return { marker: 'cert-authority', rest };
  return null;
}

/** Type name, blob and comment (`sshkey_read`). */
function readLineKey(text: string): LineKey {
  if (text === '' || text.startsWith('#')) return { invalid: 'no key type' };
  const typeEnd = blankAt(text);
  const kind = keyKindOf(text.slice(0, typeEnd));
  if (kind === null) return { invalid: 'unknown key type' };
  const rest = skipBlanks(text.slice(typeEnd));
  if (rest === '') return { invalid: 'no key' };
  const blobEnd = blankAt(rest);
  const blob = decodeBase64(rest.slice(0, blobEnd));
  if (blob === null) return { invalid: 'the key is not base64' };
  const key = readPublicKey(blob);
  if (key === null) return { invalid: 'the key cannot be read' };
  if (key.family !== kind.family || key.curve !== kind.curve || key.certificate !== kind.certificate)
    return { invalid: 'the key is of another type than the line says' };
  return { key, comment: skipBlanks(rest.slice(blobEnd)).replace(/\r$/, '') };
}

/** Where the first space or tab is, or the length. */
function blankAt(text: string): number {
  const found = text.search(/[ \t]/);
  return found < 0 ? text.length : found;
}

function skipBlanks(text: string): string {
  return text.replace(/^[ \t]+/, '');
}
