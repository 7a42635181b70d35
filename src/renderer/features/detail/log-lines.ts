import type { LogLine } from '../../../shared/contract/calls.ts';

/** Levels as chips; what the engine calls otherwise counts as info. */
export const levels = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof levels)[number];

/** Lines kept in the page; older ones fall out. */
export const keptLines = 2000;

export function levelOf(line: LogLine): Level {
  return levels.find((level) => level === line.level) ?? (line.level === 'trace' ? 'debug' : 'info');
}

/** A line's message with its fields, as one text. */
export function lineText(line: LogLine): string {
  return `${line.message} ${fieldsText(line)}`.trimEnd();
}

/** `attempt=1 host=bastion`. */
export function fieldsText(line: LogLine): string {
  return Object.entries(line.fields)
    .map(([key, value]) => `${key}=${fieldText(value)}`)
    .join(' ');
}

const lineIds = new WeakMap<LogLine, number>();
let lastLineId = 0;

/** A number that stays with a line for the page's life. */
export function lineId(line: LogLine): number {
  const known = lineIds.get(line);
  if (known !== undefined) return known;
  lastLineId += 1;
  lineIds.set(line, lastLineId);
  return lastLineId;
}

function fieldText(value: unknown): string {
  if (typeof value === 'string') return /[\s"=]/.test(value) ? JSON.stringify(value) : value;
  return JSON.stringify(value) ?? '';
}

/** Lines of the chosen levels that hold the text. */
export function filterLines(lines: readonly LogLine[], chosen: ReadonlySet<Level>, find: string): readonly LogLine[] {
  const needle = find.trim().toLowerCase();
  return lines.filter(
    (line) => chosen.has(levelOf(line)) && (needle === '' || lineText(line).toLowerCase().includes(needle)),
  );
}

/**
 * The log holds no secrets of its own making, but it goes to strangers now: users in addresses, what looks like a password or token in words of
 * servers, and the home folder go too.
 */
export function withoutSecrets(text: string): string {
  return text
    .replace(/(:\/\/)[^\s/@]+@/g, '$1…@')
    .replace(/\b(pass(?:word|phrase)?|token|secret|otp|code|api[-_]?key)(\s*[=:]\s*)("[^"]*"|\S+)/gi, '$1$2…')
    .replace(/(\/home\/|\/Users\/|\\Users\\)[^/\\\s"']+/g, '$1…')
    .replace(/(^|[\s"'(=])[A-Za-z0-9._-]+@(?=[A-Za-z0-9[])/g, '$1…@');
}

export function copyText(lines: readonly LogLine[]): string {
  return lines
    .map((line) => withoutSecrets(`${new Date(line.atMs).toISOString()} ${line.level} ${lineText(line)}`))
    .join('\n');
}
