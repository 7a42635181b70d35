import { join } from 'node:path';
import { z } from 'zod';
import { StateFile } from '../history/state-file.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { Turns } from '../lifecycle/turns.ts';
import type { Log } from '../log/log.ts';

const recordSchema = z.object({
  version: z.literal(1),
  names: z.array(
    z.object({
      name: z.string(),
      /** Where the server answered when it last proved its key; null: behind a jump host or a proxy. */
      address: z.string().nullable(),
      /** Fingerprints by the time at which a person trusted them here. */
      sinceMs: z.record(z.string(), z.number()),
    }),
  ),
});

type Entry = { address: string | null; sinceMs: Record<string, number> };

/** The oldest names go first. */
const mostNames = 2000;

/**
 * What known_hosts has no room for: since when a key is trusted, and from which address its server answered before. For people alone: nothing is
 * decided by it, and it is missing for keys that came there in another way.
 */
export class TrustRecord {
  readonly #file: StateFile<z.output<typeof recordSchema>>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #names = new Map<string, Entry>();
  readonly #turns = new Turns();

  private constructor(file: StateFile<z.output<typeof recordSchema>>, clock: Clock, log: Log) {
    this.#file = file;
    this.#clock = clock;
    this.#log = log;
  }

  /** Reads what is kept in `folder`. Never rejects for a damaged file. */
  static async open({ folder, clock, log }: { folder: string; clock: Clock; log: Log }): Promise<TrustRecord> {
    const file = new StateFile(join(folder, 'host-keys.json'), recordSchema, clock, log);
    const record = new TrustRecord(file, clock, log);
    for (const { name, address, sinceMs } of (await file.read())?.names ?? [])
      record.#names.set(name, { address, sinceMs: { ...sinceMs } });
    return record;
  }

  /** A key was trusted under this name now. */
  trusted(name: string, fingerprint: string): void {
    const entry = this.#entry(name);
    entry.sinceMs = { ...entry.sinceMs, [fingerprint]: this.#clock.wallNow() };
    this.#write();
  }

  /** The server of this name proved a trusted key from `address`. */
  seenAt(name: string, address: string | null): void {
    if (address === null || this.#names.get(name)?.address === address) return;
    this.#entry(name).address = address;
    this.#write();
  }

  sinceMs(name: string, fingerprint: string): number | null {
    return this.#names.get(name)?.sinceMs[fingerprint] ?? null;
  }

  addressOf(name: string): string | null {
    return this.#names.get(name)?.address ?? null;
  }

  /** Resolves when all is written. */
  flush(): Promise<void> {
    return this.#turns.done();
  }

  #entry(name: string): Entry {
    const entry = this.#names.get(name) ?? { address: null, sinceMs: {} };
    // Behind the others: what was touched last is kept longest.
    this.#names.delete(name);
    this.#names.set(name, entry);
    const [oldest] = this.#names.keys();
    if (this.#names.size > mostNames && oldest !== undefined) this.#names.delete(oldest);
    return entry;
  }

  #write(): void {
    const names = [...this.#names].map(([name, entry]) => ({ name, ...entry }));
    void this.#turns.take(() =>
      this.#file.write({ version: 1, names }).catch((error: unknown) => {
        this.#log.warn('what is known about host keys was not kept', { error: String(error) });
      }),
    );
  }
}
