import type { LogLine } from '../../shared/contract/calls.ts';
import { cleanLine } from '../../shared/model/clean-text.ts';
import { formatTime, type Style } from './style.ts';

/** One log line for people: time, level, tunnel, message, `key=value`. */
export function formatLogLine(line: LogLine, style: Style, withTunnel: boolean): string {
  const level = line.level.padEnd(5);
  const painted =
    line.level === 'error' ? style.bad(level) : line.level === 'warn' ? style.warn(level) : style.faint(level);
  const tunnel = withTunnel && line.tunnel !== null ? `${line.tunnel}  ` : '';
  const fields = Object.entries(line.fields).map(([key, value]) => `${cleanLine(key, 64)}=${formatValue(value)}`);
  const tail = fields.length > 0 ? `  ${style.faint(fields.join(' '))}` : '';
  return `${style.faint(formatTime(line.atMs))}  ${painted}  ${tunnel}${cleanLine(line.message)}${tail}`;
}

function formatValue(value: unknown): string {
  if (typeof value === 'string') return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(cleanLine(value, 500));
  return cleanLine(JSON.stringify(value) ?? 'undefined', 500);
}
