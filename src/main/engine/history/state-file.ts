import { lstat, mkdir, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { writeFileAtomic } from '../lifecycle/atomic-file.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { Log } from '../log/log.ts';

/** A larger file is damage: nothing that is kept here grows so. */
const mostBytes = 16_777_216;

/** One JSON file of state, checked when read and replaced as a whole. What is damaged is set aside and never stops the engine. */
export class StateFile<T> {
  readonly #path: string;
  readonly #schema: z.ZodType<T>;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(path: string, schema: z.ZodType<T>, clock: Clock, log: Log) {
    this.#path = path;
    this.#schema = schema;
    this.#clock = clock;
    this.#log = log;
  }

  /** Null: there is none, or it was damaged and is now called `….corrupt-<time>`. */
  async read(): Promise<T | null> {
    let text: string;
    try {
      const stats = await lstat(this.#path);
      if (!stats.isFile() || stats.size > mostBytes) throw new Error('not a regular file of sensible size');
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      return this.#setAside(error);
    }
    try {
      return this.#schema.parse(JSON.parse(text));
    } catch (error) {
      return this.#setAside(error);
    }
  }

  /** Rejects with a `HoldfastError`; the file is then what it was. */
  async write(value: T): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    await writeFileAtomic(this.#path, `${JSON.stringify(value)}\n`);
  }

  async #setAside(error: unknown): Promise<null> {
    const aside = `${this.#path}.corrupt-${this.#clock.wallNow()}`;
    await rename(this.#path, aside).catch(() => {});
    this.#log.warn('A damaged state file was set aside and is begun anew', { file: this.#path, aside, error });
    return null;
  }
}
