import { chmodSync, closeSync, constants, mkdirSync, openSync, writeSync } from 'node:fs';
import { chmod, type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Disposable } from '../lifecycle/disposable.ts';
import { notThroughLink } from '../lifecycle/open-flags.ts';

export interface LogFileOptions {
  readonly path: string;
  /** Bytes after which a new file is begun. */
  readonly maxBytes: number;
  /** Files in all, the current one included. */
  readonly files: number;
  /** Makes the line that tells of lines lost while the disk was full. */
  readonly describeLoss: (lines: number) => string;
}

/** Lines wait in memory while the disk is slow; beyond this they are dropped and counted. */
const mostPendingBytes = 1_048_576;

/** A link in place of the log is not followed: its target would be written to. */
const openFlags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | notThroughLink;

/**
 * One rotated file: `x.log`, then `x.log.1` (the newest of the old ones) and so on. Lines are written in the order given, in batches, off
 * the caller's way. The file is opened for each batch: a file that somebody removed comes back, and 1,000 tunnels hold no descriptors.
 */
export class LogFile implements Disposable {
  #options: LogFileOptions;
  #pending: string[] = [];
  #pendingBytes = 0;
  #lost = 0;
  #lostUntold = 0;
  #draining: Promise<void> | null = null;
  #disposed = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
  }

  /** From the next batch on. */
  setLimits(limits: Pick<LogFileOptions, 'maxBytes' | 'files'>): void {
    this.#options = { ...this.#options, ...limits };
  }

  /** Lines that could not be written. */
  get lost(): number {
    return this.#lost;
  }

  /** Takes a line with its newline. Never throws. */
  append(line: string): void {
    if (this.#disposed) return;
    const bytes = Buffer.byteLength(line);
    if (this.#pendingBytes + bytes > mostPendingBytes) {
      this.#lose(1);
      return;
    }
    this.#pending.push(line);
    this.#pendingBytes += bytes;
    this.#draining ??= this.#drain();
  }

  /** Resolves when everything taken so far is written (or lost). */
  async flush(): Promise<void> {
    while (this.#draining !== null) await this.#draining;
  }

  /** Removes the file and its old ones; what waits is dropped. */
  async remove(): Promise<void> {
    this.#disposed = true;
    this.#pending = [];
    await this.flush();
    for (let index = 0; index < this.#options.files; index += 1) await rm(this.#name(index), { force: true });
  }

  /** Writes what still waits, at once. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const text = this.#take().join('');
    if (text === '') return;
    try {
      mkdirSync(dirname(this.#options.path), { recursive: true, mode: 0o700 });
      const descriptor = openSync(this.#options.path, openFlags, 0o600);
      try {
        writeSync(descriptor, text);
      } finally {
        closeSync(descriptor);
      }
      if (process.platform !== 'win32') chmodSync(this.#options.path, 0o600);
    } catch {
      // A full disk at the end: nothing is left to do, and logging never throws.
    }
  }

  async #drain(): Promise<void> {
    // Lines of the same turn go together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.length > 0) {
      const lines = this.#take();
      try {
        await this.#write(lines);
      } catch {
        this.#lose(lines.length);
      }
    }
    this.#draining = null;
  }

  #take(): string[] {
    const lines = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    return lines;
  }

  #lose(lines: number): void {
    this.#lost += lines;
    this.#lostUntold += lines;
  }

  /** Writes the lines, beginning a new file wherever one is full. */
  async #write(lines: readonly string[]): Promise<void> {
    const told = this.#lostUntold;
    const rest = told > 0 ? [this.#options.describeLoss(told), ...lines] : [...lines];
    while (rest.length > 0) {
      const handle = await this.#open();
      let full: boolean;
      try {
        const { size } = await handle.stat();
        const room = this.#options.maxBytes - size;
        let text = '';
        while (rest[0] !== undefined && (text === '' || Buffer.byteLength(text) + Buffer.byteLength(rest[0]) <= room))
          text += rest.shift() ?? '';
        // A line that is longer than a whole file still goes in, but into a fresh one.
        full = size > 0 && Buffer.byteLength(text) > room;
        if (full) rest.unshift(text);
        else await handle.appendFile(text);
      } finally {
        await handle.close();
      }
      if (full) await this.#rotate();
    }
    this.#lostUntold -= told;
  }

  async #open(): Promise<FileHandle> {
    const folder = dirname(this.#options.path);
    if ((await mkdir(folder, { recursive: true, mode: 0o700 })) === undefined && process.platform !== 'win32')
      if (((await stat(folder)).mode & 0o077) !== 0) await chmod(folder, 0o700);
    const handle = await open(this.#options.path, openFlags, 0o600);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw new Error('not a regular file');
      if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) await handle.chmod(0o600);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return handle;
  }

  async #rotate(): Promise<void> {
    const { files } = this.#options;
    await rm(this.#name(files - 1), { force: true });
    for (let index = files - 2; index >= 0; index -= 1) {
      try {
        await rename(this.#name(index), this.#name(index + 1));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }

  #name(index: number): string {
    return index === 0 ? this.#options.path : `${this.#options.path}.${index}`;
  }
}
