import { createHash } from 'node:crypto';
import type { LogLine } from '../../../shared/contract/calls.ts';
import type { LogFields, LogLevel, LogScope } from './log.ts';
import type { Plain, Redactor } from './redact.ts';

/** Keys of a line that fields may not take; a field of this name gets `_` behind it. */
const reserved: ReadonlySet<string> = new Set(['t', 'level', 'tunnel', 'msg']);
/** A line longer than this loses its fields. */
const longestLine = 65_536;

/** Makes the redacted line of one message. */
export function makeLine(
  redactor: Redactor,
  atMs: number,
  level: LogLevel,
  scope: LogScope,
  message: string,
  given: LogFields,
): LogLine {
  const fields: Record<string, Plain> = {};
  if (scope.attempt !== undefined) fields['attempt'] = scope.attempt;
  if (scope.host !== undefined) fields['host'] = redactor.text(scope.host);
  if (scope.part !== undefined) fields['part'] = redactor.text(scope.part);
  const plain = redactor.value(given);
  if (plain !== null && typeof plain === 'object' && !Array.isArray(plain))
    for (const [key, value] of Object.entries(plain)) fields[reserved.has(key) ? `${key}_` : key] = value;
  return {
    atMs,
    level,
    tunnel: scope.tunnel === undefined ? null : redactor.text(scope.tunnel),
    message: redactor.text(message),
    fields,
  };
}

/** The line as it stands in the file: `{t, level, tunnel, msg, …fields}` with a newline. */
export function formatLine(line: LogLine): string {
  const head = {
    t: new Date(line.atMs).toISOString(),
    level: line.level,
    ...(line.tunnel === null ? {} : { tunnel: line.tunnel }),
  };
  const whole = JSON.stringify({ ...head, msg: line.message, ...line.fields });
  if (whole.length <= longestLine) return `${whole}\n`;
  return `${JSON.stringify({ ...head, msg: line.message, cut: whole.length })}\n`;
}

/** Reads a line of the file back; null: it is none (cut by a crash, or edited). */
export function parseLine(text: string): LogLine | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { t, level, tunnel, msg, ...fields } = value as Record<string, unknown>;
  const atMs = typeof t === 'string' ? Date.parse(t) : Number.NaN;
  if (Number.isNaN(atMs) || typeof level !== 'string' || typeof msg !== 'string') return null;
  return { atMs, level, tunnel: typeof tunnel === 'string' ? tunnel : null, message: msg, fields };
}

/**
 * The file name of a tunnel's log, `engine.log` for null. Any name gives a harmless one: other characters become `_`, and a hash keeps
 * names apart that would then be the same (also on file systems without case).
 */
export function logFileName(tunnel: string | null): string {
  if (tunnel === null) return 'engine.log';
  const slug = tunnel.replaceAll(/[^a-z0-9._-]/g, '_').slice(0, 60);
  if (slug === tunnel) return `tunnel-${slug}.log`;
  const hash = createHash('sha256').update(tunnel).digest('hex').slice(0, 10);
  return `tunnel-${slug}-${hash}.log`;
}
