import { z } from 'zod';
import { hasHidden, hasOddBlank } from '../../../shared/model/clean-text.ts';
import { parseDuration, parseSize } from './quantity.ts';

/** The kinds of value that the schema is made of. Each error text says what was expected; what was found is added where it is reported. */

export const namePattern = /^[A-Za-z0-9._][A-Za-z0-9._-]{0,63}$/;
export const nameRule =
  'a name has 1 to 64 letters, digits, dots, underscores and dashes, and does not begin with a dash';

const longestDurationMs = 3650 * 86_400_000;

/** A plain text: one line, without control characters. */
export function line(expected: string, longest = 1024) {
  return z
    .string({ error: `expected ${expected}` })
    .min(1, { error: `expected ${expected}` })
    .max(longest, { error: `expected at most ${longest} characters` })
    .refine((text) => !hasHidden(text), { error: 'control and invisible characters are not allowed' });
}

/** A name for people, by which things are told apart: no blanks that only look like plain ones. */
export function label(expected: string, longest = 1024) {
  return line(expected, longest).refine((text) => !hasOddBlank(text), { error: 'only plain blanks are allowed' });
}

/** A text that goes to the server or onto a command line: no whitespace, no leading dash. */
export function word(expected: string, longest = 255) {
  return line(expected, longest).regex(/^[^\s-]\S*$/u, {
    error: `expected ${expected}, without spaces and without a leading dash`,
  });
}

export function path(expected: string) {
  return line(expected, 4096);
}

/** A required or optional duration, at least `least` milliseconds. */
export function duration(least = 0) {
  const expected = 'expected a duration like "15s", "500ms" or "1h30m"';
  return z
    .string({ error: expected })
    .regex(/^(?=.)(\d+d)?(\d+h)?(\d+m(?!s))?(\d+s)?(\d+ms)?$/, { error: expected })
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== null && ms >= least && ms <= longestDurationMs) return ms;
      const message = ms !== null && ms < least ? `expected at least ${least / 1000} s` : 'expected at most 3650 days';
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });
}

/** A duration with a default. */
export function durationOr(fallback: string, least = 0) {
  return duration(least).prefault(fallback);
}

export function size(fallback: string, least: number, leastText: string) {
  const expected = 'expected a size like "512K", "5M" or "1G"';
  return z
    .string({ error: expected })
    .regex(/^\d+([KMGTkmgt](iB|B)?|B)?$/, { error: expected })
    .transform((text, context) => {
      const bytes = parseSize(text);
      if (bytes !== null && bytes >= least) return bytes;
      context.addIssue({
        code: 'custom',
        message: bytes === null ? 'expected less than 8192 T' : `expected at least ${leastText}`,
      });
      return z.NEVER;
    })
    .prefault(fallback);
}

export function whole(least: number, most: number) {
  const error = `expected a whole number from ${least} to ${most}`;
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
}

export function yesNo() {
  return z.boolean({ error: 'expected true or false' });
}

export function choice<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: `expected ${values.map((value) => `"${value}"`).join(', ')}` });
}

/** A list, or a single item in its place. */
export function listOf<T extends z.ZodType>(item: T, expected: string) {
  return z
    .union([z.array(item, { error: `expected ${expected}` }).max(1000), item])
    .transform((value): z.output<T>[] => (Array.isArray(value) ? (value as z.output<T>[]) : [value as z.output<T>]));
}
