import type { Log, LogFields, LogLevel } from '../../src/main/engine/log/log.ts';

/** What was logged at info and above. */
export interface Logged {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** A log that keeps its lines in `logged`. */
export function keepingLog(logged: Logged[]): Log {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) =>
      void logged.push({ level, message, fields });
  const log: Log = {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug() {},
    trace() {},
    child: () => log,
  };
  return log;
}
