import { join } from 'node:path';
import type { LogLine } from '../../../shared/contract/calls.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { Disposable } from '../lifecycle/disposable.ts';
import { Emitter, type Event } from '../lifecycle/emitter.ts';
import type { Secret } from '../secrets/secret.ts';
import type { Log, LogFields, LogLevel, LogScope } from './log.ts';
import { LogFile } from './log-file.ts';
import { formatLine, logFileName, makeLine } from './log-record.ts';
import { Redactor, type SecretGuard } from './redact.ts';
import { tailFiles } from './tail.ts';

export interface LogLimits {
  /** Size in bytes at which a file is rotated. */
  readonly maxBytes: number;
  /** Files kept for the engine and for each tunnel, the current one included; at least 1. */
  readonly files: number;
}

export interface LogStoreOptions extends LogLimits {
  /** Made with mode 0700 at the first line. */
  readonly folder: string;
  readonly level: LogLevel;
  readonly clock: Clock;
  /** File of what belongs to no tunnel; `engine.log` if none is named. */
  readonly mainFile?: string;
}

/** All logs of one engine. */
export interface LogStore extends Disposable, SecretGuard {
  /** The engine's own log; `child({ tunnel })` writes to that tunnel's file. */
  readonly root: Log;
  /** Each line as it is written, redacted already; fired in order, also when the disk is full. */
  readonly onDidWrite: Event<LogLine>;
  /** Lines that could not be written to their file. */
  readonly lostLines: number;
  /** The newest lines of a tunnel's log, or of the engine's (null); oldest first. */
  tail(tunnel: string | null, lines: number): Promise<LogLine[]>;
  setLevel(level: LogLevel): void;
  /** Size and number of the files, from now on. */
  setLimits(limits: LogLimits): void;
  /** Removes the files of a tunnel that is no more. */
  removeTunnel(name: string): Promise<void>;
  /** Resolves when every line so far is on its way to the disk; call it before the process ends. */
  flush(): Promise<void>;
}

const ranks: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3, trace: 4 };

/** Opens the logs of a folder. Nothing here throws: a line that cannot be written is counted and told of later. */
export function createLogStore(options: LogStoreOptions): LogStore {
  return new FileLogStore(options);
}

class FileLogStore implements LogStore {
  readonly root: Log;
  #options: LogStoreOptions;
  readonly #redactor = new Redactor();
  readonly #files = new Map<string, LogFile>();
  readonly #onDidWrite = new Emitter<LogLine>();
  readonly onDidWrite = this.#onDidWrite.event;
  #level: LogLevel;
  #lostElsewhere = 0;
  #disposed = false;

  constructor(options: LogStoreOptions) {
    this.#options = { ...options, ...sane(options) };
    this.#level = options.level;
    this.root = this.#log({});
  }

  get lostLines(): number {
    let lost = this.#lostElsewhere;
    for (const file of this.#files.values()) lost += file.lost;
    return lost;
  }

  async tail(tunnel: string | null, lines: number): Promise<LogLine[]> {
    const name = this.#name(tunnel);
    await this.#files.get(name)?.flush();
    return lines <= 0 ? [] : tailFiles(join(this.#options.folder, name), this.#options.files, lines);
  }

  hide(secret: Secret): void {
    this.#redactor.hide(secret);
  }

  redact(text: string): string {
    return this.#redactor.known(text);
  }

  setLevel(level: LogLevel): void {
    this.#level = level;
  }

  setLimits(limits: LogLimits): void {
    this.#options = { ...this.#options, ...sane(limits) };
    for (const file of this.#files.values()) file.setLimits(sane(limits));
  }

  async removeTunnel(name: string): Promise<void> {
    const file = this.#file(name);
    this.#lostElsewhere += file.lost;
    this.#files.delete(logFileName(name));
    await file.remove().catch((error: unknown) => {
      this.root.warn('The log of a removed tunnel stayed behind.', { name, error });
    });
  }

  async flush(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.flush()));
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const file of this.#files.values()) file.dispose();
    this.#files.clear();
    this.#onDidWrite.dispose();
    this.#redactor.wipe();
  }

  #log(scope: LogScope): Log {
    const at =
      (level: LogLevel) =>
      (message: string, fields: LogFields = {}): void =>
        this.#write(level, scope, message, fields);
    return {
      error: at('error'),
      warn: at('warn'),
      info: at('info'),
      debug: at('debug'),
      trace: at('trace'),
      child: (inner) => this.#log({ ...scope, ...inner }),
    };
  }

  #write(level: LogLevel, scope: LogScope, message: string, fields: LogFields): void {
    if (this.#disposed || ranks[level] > ranks[this.#level]) return;
    try {
      const line = makeLine(this.#redactor, this.#options.clock.wallNow(), level, scope, message, fields);
      this.#file(scope.tunnel ?? null).append(formatLine(line));
      this.#onDidWrite.fire(line);
    } catch {
      // Logging never throws: an object that cannot even be looked at costs its line.
      this.#lostElsewhere += 1;
    }
  }

  #name(tunnel: string | null): string {
    return (tunnel === null ? this.#options.mainFile : undefined) ?? logFileName(tunnel);
  }

  #file(tunnel: string | null): LogFile {
    const name = this.#name(tunnel);
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    const file = new LogFile({
      path: join(this.#options.folder, name),
      maxBytes: this.#options.maxBytes,
      files: this.#options.files,
      describeLoss: (lines) => this.#lossLine(tunnel, lines),
    });
    this.#files.set(name, file);
    return file;
  }

  #lossLine(tunnel: string | null, lines: number): string {
    const scope = tunnel === null ? {} : { tunnel };
    return formatLine(
      makeLine(
        this.#redactor,
        this.#options.clock.wallNow(),
        'warn',
        scope,
        'Lines before this one are missing: they could not be written.',
        { lines },
      ),
    );
  }
}

function sane({ maxBytes, files }: LogLimits): LogLimits {
  return { maxBytes: Math.max(1, maxBytes), files: Math.max(1, files) };
}
