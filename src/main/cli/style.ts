import { styleText } from 'node:util';
import { eastAsianWidth } from 'get-east-asian-width';

/** Colours by meaning. Without colour every function gives its text back. */
export interface Style {
  readonly enabled: boolean;
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
  ask(text: string): string;
  busy(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
}

export function makeStyle(enabled: boolean): Style {
  const paint =
    (format: Parameters<typeof styleText>[0]) =>
    (text: string): string =>
      // Whether the output takes colour was decided by the caller.
      enabled && text !== '' ? styleText(format, text, { validateStream: false }) : text;
  return {
    enabled,
    good: paint('green'),
    warn: paint('yellow'),
    bad: paint('red'),
    ask: paint('magenta'),
    busy: paint('cyan'),
    faint: paint('dim'),
    strong: paint('bold'),
  };
}

/** Columns a text takes: escapes and control characters none, wide characters two (Unicode TR 11), combining and invisible ones none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of text.replaceAll(/\u001b\[[0-9;]*m/g, '')) {
    if (!/^[\p{Cc}\p{Cf}\p{Mn}\p{Me}]$/u.test(char)) width += eastAsianWidth(char.codePointAt(0) ?? 0);
  }
  return width;
}

export interface TableRow {
  readonly cells: readonly string[];
}

/** Aligns rows in columns two blanks apart; the last column is left as it is. */
export function formatTable(rows: readonly (readonly string[])[], indent = ''): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
    });
  }
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - displayWidth(cell)),
    );
    return `${indent}${cells.join('  ')}`.trimEnd();
  });
}

/** Cuts a line to so many columns; its escapes are kept whole and closed. */
export function clip(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let out = '';
  let width = 0;
  let index = 0;
  while (index < text.length) {
    const escape = /^\u001b\[[0-9;]*m/.exec(text.slice(index, index + 16))?.[0];
    if (escape !== undefined) {
      out += escape;
      index += escape.length;
      continue;
    }
    const char = String.fromCodePoint(text.codePointAt(index) ?? 0x20);
    const next = displayWidth(char);
    if (width + next > columns - 1) break;
    out += char;
    width += next;
    index += char.length;
  }
  return `${out}…${text.includes('\u001b[') ? '\u001b[0m' : ''}`;
}

/** `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** `512 B`, `3.4 KiB`, `1.2 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? 'B'}`;
}

/** `2026-11-21 09:41:05` in local time. */
export function formatTime(atMs: number): string {
  const date = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
