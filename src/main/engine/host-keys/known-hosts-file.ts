import { Buffer } from 'node:buffer';
import { isHashed } from './host-names.ts';
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

  /** The key if the line has a valid one. */
  get publicKey(): PublicKey | null {
    return 'key' in this.key ? this.key.key : null;
  }
}

/** A parsed known_hosts file. */
export interface KnownHostsFile {
  readonly path: string;
  readonly lines: readonly KnownHostsLine[];
}

/** Reads a file's bytes; never fails. Lines end with a newline alone, like for `getline`; what nobody understands is kept as it is. */
export function parseKnownHosts(path: string, bytes: Uint8Array): KnownHostsFile {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const lines: KnownHostsLine[] = [];
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    lines.push(new KnownHostsLine(lines.length + 1, text.slice(start, end), newline < 0 ? '' : '\n'));
    start = end + 1;
  }
  return { path, lines };
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
