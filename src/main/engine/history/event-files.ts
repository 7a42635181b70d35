import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type HistoryEvent, historyEventSchema } from '../../../shared/contract/calls.ts';
import { writeFileAtomic } from '../lifecycle/atomic-file.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { notThroughLink } from '../lifecycle/open-flags.ts';
import { Turns } from '../lifecycle/turns.ts';
import type { Log } from '../log/log.ts';
import { logFileName } from '../log/log-record.ts';

/** Events kept for each tunnel, the newest. */
export const keptEvents = 1000;
/** A file is rewritten when it holds so many lines, so that this happens once in a thousand events. */
const compactAt = 2 * keptEvents;
const mostBytes = 8_388_608;

const openFlags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | notThroughLink;

/** The events of all tunnels: a file of JSON lines for each, bounded. A line torn by a crash costs that line alone. */
export class EventFiles {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Lines in each file, once it has been touched. */
  readonly #lines = new Map<string, number>();
  readonly #turns = new Turns();

  constructor(folder: string, clock: Clock, log: Log) {
    this.#folder = folder;
    this.#clock = clock;
    this.#log = log;
  }

  /** Rejects if it could not be written. */
  append(event: HistoryEvent): Promise<void> {
    return this.#turns.take(async () => {
      const path = this.#path(event.tunnel);
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const before = this.#lines.get(path) ?? (await this.#load(path)).length;
      const handle = await open(path, openFlags, 0o600);
      try {
        const { size } = await handle.stat();
        const last = Buffer.alloc(1);
        if (size > 0) await handle.read(last, 0, 1, size - 1);
        // A line that a crash has cut is closed first.
        const torn = size > 0 && last[0] !== 0x0a;
        await handle.appendFile(`${torn ? '\n' : ''}${JSON.stringify(event)}\n`);
      } finally {
        await handle.close();
      }
      this.#lines.set(path, before + 1);
      if (before + 1 >= compactAt) await this.#compact(path);
    });
  }

  /** The newest events of one tunnel, or of all (null); oldest first. */
  read(tunnel: string | null): Promise<HistoryEvent[]> {
    return this.#turns.take(async () => {
      if (tunnel !== null) return (await this.#load(this.#path(tunnel))).slice(-keptEvents);
      const all: HistoryEvent[] = [];
      for (const name of await this.#names())
        all.push(...(await this.#load(join(this.#folder, name))).slice(-keptEvents));
      return all.sort((a, b) => a.atMs - b.atMs);
    });
  }

  /** The rows of a tunnel go on under another name; rows that this name had before are older and stay. */
  rename(from: string, to: string): Promise<void> {
    return this.#turns.take(async () => {
      const moved = (await this.#load(this.#path(from))).map((event) => ({ ...event, tunnel: to }));
      if (moved.length === 0) return;
      const path = this.#path(to);
      const kept = [...(await this.#load(path)), ...moved].sort((a, b) => a.atMs - b.atMs).slice(-keptEvents);
      await writeFileAtomic(path, kept.map((event) => `${JSON.stringify(event)}\n`).join(''));
      this.#lines.set(path, kept.length);
      this.#lines.delete(this.#path(from));
      await rm(this.#path(from), { force: true });
    });
  }

  remove(tunnel: string): Promise<void> {
    return this.#turns.take(async () => {
      this.#lines.delete(this.#path(tunnel));
      await rm(this.#path(tunnel), { force: true });
    });
  }

  /** Resolves when everything so far is written. */
  flush(): Promise<void> {
    return this.#turns.done();
  }

  async #names(): Promise<string[]> {
    try {
      return (await readdir(this.#folder)).filter((name) => name.endsWith('.jsonl'));
    } catch {
      return [];
    }
  }

  async #compact(path: string): Promise<void> {
    const kept = (await this.#load(path)).slice(-keptEvents);
    await writeFileAtomic(path, kept.map((event) => `${JSON.stringify(event)}\n`).join(''));
    this.#lines.set(path, kept.length);
  }

  /** What can be read of a file. One without a single good line is set aside. */
  async #load(path: string): Promise<HistoryEvent[]> {
    let lines: string[];
    try {
      const stats = await lstat(path);
      if (!stats.isFile() || stats.size > mostBytes) return await this.#setAside(path);
      lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
    } catch {
      // Not there, or not to be read: writing will tell.
      return [];
    }
    const events = lines.flatMap((line) => parseEvent(line) ?? []);
    return lines.length > 0 && events.length === 0 ? this.#setAside(path) : events;
  }

  async #setAside(path: string): Promise<HistoryEvent[]> {
    const aside = `${path}.corrupt-${this.#clock.wallNow()}`;
    await rename(path, aside).catch(() => {});
    this.#log.warn('A damaged history file was set aside and is begun anew', { file: path, aside });
    return [];
  }

  #path(tunnel: string): string {
    return join(this.#folder, logFileName(tunnel).replace(/\.log$/, '.jsonl'));
  }
}

function parseEvent(line: string): HistoryEvent | null {
  try {
    const parsed = historyEventSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
