import type { Buffer } from 'node:buffer';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import { fromByteName, hashName, lowerCase, matchNames } from './host-names.ts';
import type { KnownHostsFile, KnownHostsLine } from './known-hosts-file.ts';
import type { PublicKey } from './public-key.ts';

/** A line as it is written to a file. */
export type WritableLine = Pick<KnownHostsLine, 'raw' | 'ending'>;

/** The text of a new line for `name`, without newline, as a byte string. */
export function newLine(
  name: string,
  key: { readonly typeName: string; readonly blob: Buffer },
  hash: boolean,
): string {
  return `${hash ? hashName(name) : name} ${key.typeName} ${key.blob.toString('base64')}`;
}

/** `lines` with new ones behind them; a last line without an end gets one. */
export function withAppended(lines: readonly WritableLine[], added: readonly string[]): WritableLine[] {
  if (added.length === 0) return [...lines];
  const ended = lines.map((line): WritableLine => ({ raw: line.raw, ending: '\n' }));
  return [...ended, ...added.map((raw): WritableLine => ({ raw, ending: '\n' }))];
}

/**
 * Takes one name off a line: the line with its other names, `drop` if none is left, or null if the name is not written there literally (a pattern
 * matches it) or would match even so. A hashed line has one name.
 */
export function withoutName(line: KnownHostsLine, name: string): WritableLine | 'drop' | null {
  if (line.isHashed) return line.match(name) === 'yes' ? 'drop' : null;
  const left = line.names.split(',').filter((part) => part !== '' && lowerCase(part) !== name);
  if (left.length === line.names.split(',').filter((part) => part !== '').length) return null;
  if (left.every((part) => part.startsWith('!'))) return 'drop';
  const names = left.join(',');
  if (matchNames(names, name) === 'yes') return null;
  const at = line.raw.indexOf(line.names);
  return { raw: line.raw.slice(0, at) + names + line.raw.slice(at + line.names.length), ending: line.ending };
}

const shownNames = 8;

/** Other names that hold this very key, for people: at most 8, hashed ones as `(hashed name)`. */
export function otherNamesOf(files: readonly KnownHostsFile[], lookup: string, key: PublicKey): string[] {
  const names: string[] = [];
  for (const line of linesWithKey(files, lookup, key)) {
    if (line.marker !== 'none') continue;
    for (const name of line.isHashed ? ['(hashed name)'] : line.names.split(',')) {
      const shown = cleanLine(fromByteName(name), 100);
      if (shown === '' || (!line.isHashed && names.includes(shown))) continue;
      names.push(shown);
      if (names.length === shownNames) return names;
    }
  }
  return names;
}

/** True if the key is marked as revoked under a name other than `lookup`. */
export function isRevokedElsewhere(files: readonly KnownHostsFile[], lookup: string, key: PublicKey): boolean {
  return linesWithKey(files, lookup, key).some((line) => line.marker === 'revoked');
}

function linesWithKey(files: readonly KnownHostsFile[], lookup: string, key: PublicKey): KnownHostsLine[] {
  return files
    .flatMap((file) => file.lines)
    .filter((line) => line.publicKey?.plainId === key.plainId && line.match(lookup) === 'no');
}
