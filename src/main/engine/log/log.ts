/**
 * log: structured, redacted, rotated; one file a tunnel and one for the engine.
 */

/** What a line is about; `tunnel` decides the file. */
export interface LogScope {
  readonly tunnel?: string;
  readonly host?: string;
  readonly attempt?: number;
  readonly part?: string;
}

export type LogFields = Readonly<Record<string, unknown>>;
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** Writes structured lines. Secrets are redacted at the sink; still, never pass one. Logging never throws. */
export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  trace(message: string, fields?: LogFields): void;
  /** The same log with `scope` added to every line. */
  child(scope: LogScope): Log;
}

/** Swallows everything; for parts that are used without a log. */
export const silentLog: Log = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  trace() {},
  child: () => silentLog,
};
