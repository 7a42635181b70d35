import { readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../lifecycle/clock.ts';
import { writeFileAtomic } from '../lifecycle/atomic-file.ts';
import { openStateFolder } from '../lifecycle/state-folder.ts';
import { Turns } from '../lifecycle/turns.ts';
import type { Log } from '../log/log.ts';
import type { SecretName } from './secret-store.ts';

/** Which store holds a name. */
export type StoreId = 'keychain' | 'vault';

const indexSchema = z.object({
  version: z.literal(1),
  names: z.array(
    z.object({ store: z.enum(['keychain', 'vault']), host: z.string(), kind: z.enum(['password', 'passphrase']) }),
  ),
});
type Entry = z.output<typeof indexSchema>['names'][number];

/**
 * The names (never the values) of what was saved, in `secrets-index.json` of the state folder: a keychain must not be asked for a listing
 * (keytar's ends the process on a locked keyring, and takes other programs' entries on Windows).
 */
export class SecretsIndex {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #entries: Entry[] | null = null;
  readonly #turns = new Turns();

  constructor(file: string, clock: Clock, log: Log) {
    this.#file = file;
    this.#clock = clock;
    this.#log = log;
  }

  /** Names in a store, sorted. */
  async list(store: StoreId): Promise<SecretName[]> {
    const entries = await this.#read();
    return entries
      .filter((entry) => entry.store === store)
      .map(({ host, kind }) => ({ host, kind }))
      .sort((a, b) => a.host.localeCompare(b.host) || a.kind.localeCompare(b.kind));
  }

  /** Rejects with `secret-store` if it cannot be written; then nothing changed. */
  add(store: StoreId, name: SecretName): Promise<void> {
    return this.#change((entries) => [...without(entries, store, name), { store, host: name.host, kind: name.kind }]);
  }

  remove(store: StoreId, name: SecretName): Promise<void> {
    return this.#change((entries) => without(entries, store, name));
  }

  #change(edit: (entries: readonly Entry[]) => Entry[]): Promise<void> {
    return this.#turns.take(async () => {
      const before = await this.#read();
      const after = edit(before);
      if (JSON.stringify(before) === JSON.stringify(after)) return;
      await openStateFolder(dirname(this.#file));
      const text = `${JSON.stringify({ version: 1, names: after }, null, 1)}\n`;
      await writeFileAtomic(this.#file, text, { code: 'secret-store' });
      this.#entries = after;
    });
  }

  async #read(): Promise<Entry[]> {
    if (this.#entries !== null) return this.#entries;
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch {
      return (this.#entries = []);
    }
    try {
      return (this.#entries = indexSchema.parse(JSON.parse(text)).names);
    } catch (error) {
      const aside = `${this.#file}.corrupt-${this.#clock.wallNow()}`;
      await rename(this.#file, aside).catch(() => {});
      this.#log.warn('The list of saved secrets was damaged and is begun anew; the secrets themselves are untouched.', {
        aside,
        error,
      });
      return (this.#entries = []);
    }
  }
}

function without(entries: readonly Entry[], store: StoreId, name: SecretName): Entry[] {
  return entries.filter((entry) => entry.store !== store || entry.host !== name.host || entry.kind !== name.kind);
}
