import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { PublicKey } from './public-key.ts';

const width = 17;
const height = 9;
/** Marks by number of visits; the last two are the start and the end. */
const marks = ' .o+=*BOX@%&#/^SE';

/** The drunken bishop's walk over a SHA-256 fingerprint, line for line as `ssh-keygen -lv` draws it. */
export function randomartOf(key: PublicKey): string {
  const cells = walk(createHash('sha256').update(key.blob).digest());
  const rows = cells.map((row) => `|${row.map((count) => marks.charAt(count)).join('')}|`);
  const title = `${key.family}${key.certificate ? '-CERT' : ''}`;
  const withBits = `[${title} ${key.bits}]`;
  return [border(withBits.length <= width ? withBits : `[${title}]`), ...rows, border('[SHA256]')].join('\n');
}

function walk(hash: Buffer): number[][] {
  const end = marks.length - 1;
  const cells = Array.from({ length: height }, () => Array.from({ length: width }, () => 0));
  let x = (width - 1) / 2;
  let y = (height - 1) / 2;
  const set = (column: number, row: number, count: (before: number) => number): void => {
    const line = cells[row];
    if (line) line[column] = count(line[column] ?? 0);
  };
  for (const byte of hash) {
    for (let step = 0; step < 4; step += 1) {
      const bits = byte >> (2 * step);
      x = Math.min(Math.max(x + (bits & 1 ? 1 : -1), 0), width - 1);
      y = Math.min(Math.max(y + (bits & 2 ? 1 : -1), 0), height - 1);
      set(x, y, (count) => Math.min(count + 1, end - 2));
    }
  }
  set((width - 1) / 2, (height - 1) / 2, () => end - 1);
  set(x, y, () => end);
  return cells;
}

function border(title: string): string {
  const left = Math.floor((width - title.length) / 2);
  return `+${'-'.repeat(left)}${title}${'-'.repeat(width - left - title.length)}+`;
}
