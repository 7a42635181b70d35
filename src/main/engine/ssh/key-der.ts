import type { Buffer } from 'node:buffer';
import { KeyError } from './key-error.ts';

/** One DER element of the given tag at the start of `der`, and what stands behind it. Throws `KeyError` (broken). */
export function element(der: Buffer, tag: number): { readonly content: Buffer; readonly rest: Buffer } {
  const first = der[1];
  if (der[0] !== tag || first === undefined) throw brokenKey();
  let length = first;
  let header = 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4 || der.length < 2 + count) throw brokenKey();
    length = der.readUIntBE(2, count);
    header += count;
  }
  if (length > der.length - header) throw brokenKey();
  return { content: der.subarray(header, header + length), rest: der.subarray(header + length) };
}

/** A whole number from 1 to `most`. */
export function count(der: Buffer, most: number): { readonly value: number; readonly rest: Buffer } {
  const { content, rest } = element(der, 0x02);
  const value = content.length > 0 && content.length <= 6 ? content.readUIntBE(0, content.length) : 0;
  if (value < 1) throw brokenKey();
  if (value > most) throw new KeyError('unsupported', `its key derivation asks for ${value}, more than ${most}`);
  return { value, rest };
}

export function brokenKey(): KeyError {
  return new KeyError('broken', 'the private key is damaged');
}
