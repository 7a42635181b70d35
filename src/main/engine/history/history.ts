import { join } from 'node:path';
import { z } from 'zod';
import type { HistoryEvent, TunnelStats } from '../../../shared/contract/calls.ts';
import { thisMachine } from '../../../shared/model/tunnel.ts';
import { type Clock, every } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, MutableDisposable } from '../lifecycle/disposable.ts';
import { Turns } from '../lifecycle/turns.ts';
import type { Log } from '../log/log.ts';
import { EventFiles } from './event-files.ts';
import { StateFile } from './state-file.ts';
import { emptyTotals, type FollowedTunnel, TunnelRecord } from './tunnel-record.ts';

/**
 * history: what outlives the engine: transitions with their causes, totals, and which tunnels a person had up.
 *
 * - history.ts        follows the tunnels, answers `history` and `stats`: `History`
 * - tunnel-record.ts  one tunnel: transitions to rows, counters to totals
 * - event-files.ts    the rows on disk, `history/<tunnel>.jsonl`
 * - state-file.ts     small JSON files, replaced as a whole: `totals.json`, `wanted.json`
 *
 * Nothing here ever stops the engine: damaged files are set aside, what cannot be written is logged and tried again.
 */

export interface HistoryOptions {
  /** The profile's state folder. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A changed total is on disk within this. */
const saveWithinMs = 5000;
/** A disk that has not taken what is wanted by then is not waited for. */
const keptWithinMs = 2000;
/** While tunnels run their uptime and bytes are saved so often, for the case that the engine is killed. */
const checkpointMs = 60_000;
/** Totals of tunnels that did nothing for so long are dropped. */
const forgetAfterMs = 365 * 24 * 3600 * 1000;

const count = z.number().min(0);
const totalsSchema = z.object({
  version: z.literal(1),
  tunnels: z.array(
    z.object({
      name: z.string(),
      uptimeMs: count,
      reconnectsByCause: z.record(z.string(), count),
      bytesIn: count,
      bytesOut: count,
      connections: count,
      lastAtMs: z.number(),
    }),
  ),
});
const wantedSchema = z.object({ version: z.literal(1), names: z.array(z.string()) });

interface Followed {
  readonly source: FollowedTunnel;
  readonly store: DisposableStore;
}

/** The history of one profile. */
export class History implements Disposable {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #events: EventFiles;
  readonly #totalsFile: StateFile<z.output<typeof totalsSchema>>;
  readonly #wantedFile: StateFile<z.output<typeof wantedSchema>>;
  readonly #store = new DisposableStore();
  readonly #saveSoon = this.#store.add(new MutableDisposable());
  readonly #records = new Map<string, TunnelRecord>();
  readonly #followed = new Map<string, Followed>();
  readonly #wanted = new Set<string>();
  readonly #turns = new Turns();
  #complained = false;
  /** The last writing of the wanted tunnels failed; it is tried again. */
  #wantedUnsaved = false;

  private constructor({ folder, clock, log }: HistoryOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#events = new EventFiles(join(folder, 'history'), clock, log);
    this.#totalsFile = new StateFile(join(folder, 'totals.json'), totalsSchema, clock, log);
    this.#wantedFile = new StateFile(join(folder, 'wanted.json'), wantedSchema, clock, log);
  }

  /** Reads what earlier engines left. Never rejects because of what is in the files. */
  static async open(options: HistoryOptions): Promise<History> {
    const history = new History(options);
    await history.#load();
    history.#store.add(every(options.clock, checkpointMs, () => history.#checkpoint()));
    return history;
  }

  /** Records what this tunnel does from here on, until `forget` or another one of the same name. */
  follow(source: FollowedTunnel): void {
    const { name } = source.config;
    this.#followed.get(name)?.store.dispose();
    const store = new DisposableStore();
    // A new supervisor counts from zero; what the old one ran was settled when it was left.
    this.#records.get(name)?.settle(this.#clock.now());
    const record = new TunnelRecord(this.#records.get(name)?.totals ?? emptyTotals());
    this.#records.set(name, record);
    this.#followed.set(name, { source, store });
    store.add(
      source.onDidTransition(({ from, to, cause }) => {
        const rows = record.transition(from, to, cause, this.#clock.now());
        for (const row of rows)
          this.record({ atMs: this.#clock.wallNow(), tunnel: name, what: row.what, cause: row.cause });
        if (rows.length > 0) this.#touch(record);
      }),
    );
    store.add(
      source.onDidChange(() => {
        if (record.sample(source.status())) this.#touch(record);
      }),
    );
  }

  /** The tunnel is gone from the configuration: it is no longer wanted. Its past stays readable by name. */
  forget(name: string): void {
    const followed = this.#followed.get(name);
    if (followed) {
      this.#settle(name, followed);
      followed.store.dispose();
      this.#followed.delete(name);
      const record = this.#records.get(name);
      if (record) {
        this.#records.set(name, new TunnelRecord(record.totals));
        this.#touch(record);
      }
    }
    this.setWanted(name, false);
  }

  /** The tunnel goes on under another name, which must be free: its past and whether it is wanted go with it. */
  rename(from: string, to: string): void {
    const followed = this.#followed.get(from);
    if (followed) {
      this.#settle(from, followed);
      followed.store.dispose();
      this.#followed.delete(from);
    }
    const record = this.#records.get(from);
    if (record) {
      this.#records.delete(from);
      this.#records.set(to, new TunnelRecord(record.totals));
      this.#touch(record);
    }
    if (this.#wanted.has(from)) this.setWanted(to, true);
    this.#write(this.#events.rename(from, to));
  }

  /** Adds a row by hand. */
  record(event: HistoryEvent): void {
    this.#write(this.#events.append(event));
  }

  /** The machine slept: nothing of that time is a tunnel's fault. */
  recordSleep({ fromAtMs, toAtMs }: { readonly fromAtMs: number; readonly toAtMs: number }): void {
    this.record({ atMs: fromAtMs, tunnel: thisMachine, what: 'asleep', cause: null });
    this.record({ atMs: toAtMs, tunnel: thisMachine, what: 'awake', cause: null });
  }

  /** The newest rows of these tunnels (null: of all that ever were) and of the machine itself, oldest first. */
  async list(names: readonly string[] | null, limit: number): Promise<HistoryEvent[]> {
    if (limit <= 0) return [];
    if (names === null) return (await this.#events.read(null)).slice(-limit);
    const lists = await Promise.all([...new Set([...names, thisMachine])].map((name) => this.#events.read(name)));
    return lists
      .flat()
      .sort((a, b) => a.atMs - b.atMs)
      .slice(-limit);
  }

  /** Totals of all a tunnel's life, and how it is now; in the order asked. */
  stats(names: readonly string[]): TunnelStats[] {
    return names.map((name) => {
      const source = this.#followed.get(name)?.source ?? null;
      const record = this.#records.get(name) ?? new TunnelRecord(emptyTotals());
      if (source !== null) record.sample(source.status());
      return record.stats(name, source, this.#clock.now());
    });
  }

  /** Tunnels that a person had up when the last engine ended, or has up now. */
  wanted(): string[] {
    return [...this.#wanted];
  }

  /** On its way to the disk at once: an engine that is killed comes back with the same tunnels. */
  setWanted(name: string, on: boolean): void {
    if (this.#wanted.has(name) === on) return;
    if (on) this.#wanted.add(name);
    else this.#wanted.delete(name);
    this.#saveWanted();
  }

  /**
   * Resolves when what is wanted so far is on disk, or could not be written, which is logged; a disk that does not answer is not waited for. Whoever
   * was told that a tunnel is up or down may count on it.
   */
  async wantedKept(): Promise<void> {
    const written = this.#turns.done();
    await new Promise<void>((resolve) => {
      const limit = this.#store.add(this.#clock.schedule(keptWithinMs, resolve));
      void written.then(() => {
        this.#store.release(limit);
        resolve();
      });
    });
  }

  /** Writes everything now; resolves when it is on disk (or could not be written, which is logged). */
  async flush(): Promise<void> {
    for (const [name, followed] of this.#followed) this.#settle(name, followed);
    this.#saveSoon.clear();
    if (this.#records.size > 0) this.#save();
    if (this.#wantedUnsaved) this.#saveWanted();
    await this.#turns.done();
    await this.#events.flush();
  }

  dispose(): void {
    this.#store.dispose();
    for (const { store } of this.#followed.values()) store.dispose();
    this.#followed.clear();
  }

  async #load(): Promise<void> {
    const totals = await this.#totalsFile.read();
    const oldest = this.#clock.wallNow() - forgetAfterMs;
    for (const { name, ...rest } of totals?.tunnels ?? []) {
      if (rest.lastAtMs >= oldest) this.#records.set(name, new TunnelRecord(rest));
      else this.#write(this.#events.remove(name));
    }
    for (const name of (await this.#wantedFile.read())?.names ?? []) this.#wanted.add(name);
  }

  #settle(name: string, { source }: Followed): void {
    const record = this.#records.get(name);
    record?.sample(source.status());
    record?.settle(this.#clock.now());
  }

  #checkpoint(): void {
    if (this.#wantedUnsaved) this.#saveWanted();
    for (const [name, followed] of this.#followed) {
      const record = this.#records.get(name);
      if (!record?.isRunning) continue;
      this.#settle(name, followed);
      this.#touch(record);
    }
  }

  #touch(record: TunnelRecord): void {
    record.totals.lastAtMs = this.#clock.wallNow();
    this.#saveSoon.value ??= this.#clock.schedule(saveWithinMs, () => {
      this.#saveSoon.clear();
      this.#save();
    });
  }

  #save(): void {
    const tunnels = [...this.#records].map(([name, record]) => ({ name, ...record.totals }));
    this.#write(this.#turns.take(() => this.#totalsFile.write({ version: 1, tunnels: structuredClone(tunnels) })));
  }

  #saveWanted(): void {
    this.#write(
      this.#turns.take(async () => {
        this.#wantedUnsaved = true;
        await this.#wantedFile.write({ version: 1, names: [...this.#wanted] });
        this.#wantedUnsaved = false;
      }),
    );
  }

  /** Tells of the first failure of a series only: a full disk would fill the log too. */
  #write(writing: Promise<void>): void {
    writing.then(
      () => {
        this.#complained = false;
      },
      (error: unknown) => {
        if (!this.#complained) this.#log.warn('The history could not be written', { error });
        this.#complained = true;
      },
    );
  }
}
