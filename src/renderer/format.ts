import type { WindowTexts } from '../shared/i18n/window-en.ts';

/** Numbers, amounts and times as people read them. */

/** Making a formatter costs far more than using it, and hundreds of rows use the same few. */
const formatters = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function kept<T extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => T): T {
  const known = formatters.get(key);
  // A key has one maker.
  if (known !== undefined) return known as T;
  const made = make();
  formatters.set(key, made);
  return made;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `2.1 GB`: decimal units, two figures at most below ten. */
export function bytesText(bytes: number, language: string, leastDigits = 0): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${numberText(value, language, digits, Math.min(digits, leastDigits))} ${byteUnits[unit] ?? 'TB'}`;
}

/** `1.2 MB/s`; small flows in kB, so that figures do not jump between units. */
export function rateText(bytesPerSecond: number, language: string): string {
  if (bytesPerSecond < 1000) return `${numberText(bytesPerSecond / 1000, language, 1, 1)} kB/s`;
  return `${bytesText(bytesPerSecond, language, 1)}/s`;
}

export function numberText(value: number, language: string, digits = 0, leastDigits = 0): string {
  const range = { minimumFractionDigits: leastDigits, maximumFractionDigits: digits };
  return kept(`${language} ${digits} ${leastDigits}`, () => new Intl.NumberFormat(language, range)).format(value);
}

/** `4 d 6 h`, `3 h 10 min`, `38 s`: the two largest parts that say something. */
export function durationText(durationMs: number, texts: WindowTexts): string {
  const units = texts.durations;
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  if (seconds < 60) return `${seconds} ${units.s}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} ${units.min}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return pair(hours, units.h, minutes % 60, units.min);
  return pair(Math.floor(hours / 24), units.d, hours % 24, units.h);
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** `09:41`. */
export function clockText(atMs: number, language: string): string {
  return kept(
    `${language} clock`,
    () => new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  ).format(atMs);
}

/** `09:41` today, `Tuesday` within the week, else the date. */
export function sinceText(atMs: number, nowMs: number, language: string): string {
  if (sameDay(atMs, nowMs)) return clockText(atMs, language);
  if (nowMs - atMs < 6 * 86_400_000) return new Intl.DateTimeFormat(language, { weekday: 'long' }).format(atMs);
  return new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', year: 'numeric' }).format(atMs);
}

/** `Tuesday, 3 March, 09:41`: a moment that stays right however long it is shown. */
export function momentText(atMs: number, language: string): string {
  return kept(
    `${language} moment`,
    () =>
      new Intl.DateTimeFormat(language, {
        weekday: 'long',
        day: 'numeric',
        month: 'long',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      }),
  ).format(atMs);
}

export function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}
