/**
 * log: structured, redacted, rotated; one file a tunnel and one for the engine.
 *
 * - log.ts         what the other parts write to
 * - log-store.ts   all logs of one engine: `createLogStore`
 * - log-record.ts  one line: made, written, read back; the files' names
 * - log-file.ts    one rotated file
 * - redact.ts      takes secrets out of everything
 * - tail.ts        the newest lines of a file
 * - rare-lines.ts  one line in a while of what anybody can cause as often as he likes
 *
 * The files are our own instead of electron-log's: that one keeps a single old file, follows links, leaves the mode of an existing file as
 * it is, queues without limit while the disk is slow, and tells of a lost line on standard output only.
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
