import { Buffer } from 'node:buffer';
import { createHmac, randomBytes } from 'node:crypto';
import { cleanLine, cleanText } from '../../../shared/model/clean-text.ts';
import type { Secret } from '../secrets/secret.ts';

/** Answers like one-time codes are many and soon worthless; the newest are enough. */
const mostSecrets = 512;
/** Each length costs one pass over every text; beyond this the oldest secrets are forgotten. */
const mostLengths = 128;
/** A shorter secret counts only where it stands alone: else a one-letter password would blot out every text. */
const shortestAnywhere = 4;
/** Of a secret of many lines so many count alone, from this length on. */
const mostLines = 100;
const shortestLine = 16;
/** Bits of a length's filter; a power of two. */
const filterBits = 4096;

/** One spelling of a secret: what is left of it is its length and two keyed hashes. */
interface Spelling {
  readonly length: number;
  /** Of 32 bits, found by rolling over a text. */
  readonly rolling: number;
  /** HMAC-SHA256, which decides. */
  readonly mac: string;
}

/** All spellings of one length. */
interface LengthIndex {
  readonly length: number;
  /** `base` to the power of `length`. */
  readonly power: number;
  /** By the low bits of the rolling hash: most windows of a text end here. */
  readonly filter: Uint8Array;
  readonly macs: Map<number, string[]>;
}

/**
 * Finds secrets in texts without keeping them: of each spelling only hashes stay, under a key of this object, so that what was forgotten elsewhere
 * is not found here. Whoever has the whole memory can still try guesses against them, as against any hash.
 *
 * A text costs one pass of a few operations a character for each length that is kept, at most 128.
 */
export class KnownSecrets {
  readonly #key = randomBytes(32);
  /** Odd, so that no character of a window is lost. */
  readonly #base = randomBytes(4).readInt32LE(0) | 1;
  /** By the hash of the value, oldest first. */
  readonly #kept = new Map<string, readonly Spelling[]>();
  /** How many spellings have this length. */
  readonly #lengths = new Map<number, number>();
  /** Made of `#kept` when a text is looked at. */
  #index: readonly LengthIndex[] | null = null;

  /** Knows this secret from here on. It may be wiped afterwards. */
  add(secret: Secret): void {
    if (secret.isEmpty) return;
    const bytes = secret.revealBytes();
    const id = createHmac('sha256', this.#key).update('value').update(bytes).digest('base64');
    bytes.fill(0);
    const known = this.#kept.get(id);
    if (known) {
      this.#kept.delete(id);
      this.#kept.set(id, known);
      return;
    }
    const made = spellings(secret.reveal()).map((text) => ({
      length: text.length,
      rolling: this.#rolling(text),
      mac: this.#mac(text),
    }));
    this.#kept.set(id, made);
    for (const { length } of made) this.#lengths.set(length, (this.#lengths.get(length) ?? 0) + 1);
    while (this.#kept.size > 1 && (this.#kept.size > mostSecrets || this.#lengths.size > mostLengths))
      this.#dropOldest();
    this.#index = null;
  }

  /** True if the whole text is a spelling of a secret. */
  is(text: string): boolean {
    const entry = this.#indexed().find(({ length }) => length === text.length);
    return entry?.macs.get(this.#rolling(text))?.includes(this.#mac(text)) ?? false;
  }

  /** The first `bound` characters of the text with `replacement` in place of each secret, also of one that reaches beyond them. */
  replace(text: string, replacement: string, bound: number): string {
    const index = this.#indexed();
    const longest = index.at(-1)?.length ?? 0;
    const seen = text.slice(0, bound + longest);
    let out = '';
    let from = 0;
    for (const [start, end] of this.#find(seen, index)) {
      if (start >= bound) break;
      out += seen.slice(from, start) + replacement;
      from = end;
    }
    return out + seen.slice(from, Math.max(from, bound));
  }

  /** Forgets everything. */
  wipe(): void {
    this.#kept.clear();
    this.#lengths.clear();
    this.#index = null;
    this.#key.fill(0);
  }

  #dropOldest(): void {
    const [oldest] = this.#kept;
    if (!oldest) return;
    const [id, gone] = oldest;
    this.#kept.delete(id);
    for (const { length } of gone) {
      const left = (this.#lengths.get(length) ?? 0) - 1;
      if (left > 0) this.#lengths.set(length, left);
      else this.#lengths.delete(length);
    }
  }

  /** Shortest first. */
  #indexed(): readonly LengthIndex[] {
    if (this.#index) return this.#index;
    const byLength = new Map<number, LengthIndex>();
    for (const made of this.#kept.values()) {
      for (const { length, rolling, mac } of made) {
        const entry = byLength.get(length) ?? {
          length,
          power: this.#power(length),
          filter: new Uint8Array(filterBits / 8),
          macs: new Map<number, string[]>(),
        };
        byLength.set(length, entry);
        const bit = rolling & (filterBits - 1);
        entry.filter[bit >> 3] = (entry.filter[bit >> 3] ?? 0) | (1 << (bit & 7));
        const macs = entry.macs.get(rolling);
        if (macs) macs.push(mac);
        else entry.macs.set(rolling, [mac]);
      }
    }
    this.#index = [...byLength.values()].sort((a, b) => a.length - b.length);
    return this.#index;
  }

  /** Where secrets stand, in order; those that overlap are one. */
  #find(text: string, index: readonly LengthIndex[]): [number, number][] {
    if (text.length < (index[0]?.length ?? Number.POSITIVE_INFINITY)) return [];
    const found: [number, number][] = [];
    const sums = this.#sums(text);
    for (const entry of index) {
      if (entry.length > text.length) break;
      this.#findOfLength(text, sums, entry, found);
    }
    found.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const merged: [number, number][] = [];
    for (const [start, end] of found) {
      const last = merged.at(-1);
      if (last && start < last[1]) last[1] = Math.max(last[1], end);
      else merged.push([start, end]);
    }
    return merged;
  }

  #findOfLength(text: string, sums: Int32Array, entry: LengthIndex, found: [number, number][]): void {
    const { length, power, filter, macs } = entry;
    // Who knows the secret may repeat it without end: in one text it is looked at closely once.
    const sure = new Set<number>();
    for (let at = 0; at + length <= text.length; at += 1) {
      const rolling = ((sums[at + length] ?? 0) - Math.imul(sums[at] ?? 0, power)) | 0;
      const bit = rolling & (filterBits - 1);
      if (((filter[bit >> 3] ?? 0) & (1 << (bit & 7))) === 0) continue;
      const candidates = macs.get(rolling);
      if (!candidates) continue;
      const end = at + length;
      if (length < shortestAnywhere && (isWord(text[at - 1]) || isWord(text[end]))) continue;
      if (!sure.has(rolling) && !candidates.includes(this.#mac(text.slice(at, end)))) continue;
      sure.add(rolling);
      found.push([at, end]);
    }
  }

  /** The rolling hash of each beginning of the text. */
  #sums(text: string): Int32Array {
    const sums = new Int32Array(text.length + 1);
    let sum = 0;
    for (let at = 0; at < text.length; at += 1) {
      sum = (Math.imul(sum, this.#base) + text.charCodeAt(at) + 1) | 0;
      sums[at + 1] = sum;
    }
    return sums;
  }

  #rolling(text: string): number {
    return this.#sums(text)[text.length] ?? 0;
  }

  #power(length: number): number {
    let power = 1;
    for (let count = 0; count < length; count += 1) power = Math.imul(power, this.#base);
    return power;
  }

  #mac(text: string): string {
    // UTF-16 keeps lone surrogates apart.
    return createHmac('sha256', this.#key).update('text').update(text, 'utf16le').digest('base64');
  }
}

/** How a secret may appear in other people's texts. */
function spellings(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const all = new Set([
    secret,
    json,
    cleanText(secret, secret.length * 10),
    cleanLine(secret, secret.length * 10),
    secret.replaceAll("'", "'\\''"),
  ]);
  try {
    all.add(encodeURIComponent(secret));
  } catch {
    // Lone surrogates have no URI form.
  }
  if (secret.length >= shortestAnywhere) {
    const bytes = Buffer.from(secret, 'utf8');
    const hex = bytes.toString('hex');
    all.add(bytes.toString('base64').replace(/=+$/, ''));
    all.add(bytes.toString('base64url'));
    all.add(hex);
    all.add(hex.toUpperCase());
    // Read by somebody who takes one byte for one character.
    all.add(bytes.toString('latin1'));
    // Multi-line secrets (a pasted key) may be quoted a line at a time.
    for (const line of secret.split(/\r?\n/, mostLines)) if (line.length >= shortestLine) all.add(line);
    bytes.fill(0);
  }
  return [...all].filter((text) => text !== '');
}

function isWord(char: string | undefined): boolean {
  return char !== undefined && /[\p{L}\p{N}_]/u.test(char);
}
