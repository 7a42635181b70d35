import { Buffer } from 'node:buffer';
import { KeyError } from './key-error.ts';

/** The bytes between the lines `begin` and `end`, decoded from base64; header lines (`Name: value`) come apart. Null: no such block. */
export function armoured(
  file: Buffer,
  label: string,
): { readonly headers: ReadonlyMap<string, string>; readonly body: Buffer } | null {
  const text = file.toString('latin1');
  const begin = `-----BEGIN ${label}-----`;
  const from = text.indexOf(begin);
  if (from < 0) return null;
  const to = text.indexOf(`-----END ${label}-----`, from);
  if (to < 0) throw new KeyError('broken', 'its last line is missing');
  const headers = new Map<string, string>();
  const base64: string[] = [];
  for (const line of text.slice(from + begin.length, to).split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
    else base64.push(line.trim());
  }
  return { headers, body: fromBase64(base64.join('')) };
}

/** Strict base64. Throws `KeyError` (broken). */
export function fromBase64(text: string): Buffer {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text))
    throw new KeyError('broken', 'its base64 is damaged');
  return Buffer.from(text, 'base64');
}
