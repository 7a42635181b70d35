import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { HostConfig } from '../../../shared/model/config.ts';
import { StateFile } from '../history/state-file.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { Turns } from '../lifecycle/turns.ts';
import type { Log } from '../log/log.ts';

/** Keys of one login that are kept: servers that want more than one are rare. */
const mostKeys = 4;
/** Logins that are kept; the oldest go first. */
const mostLogins = 1000;

const keysSchema = z.array(z.string().max(128)).max(mostKeys);
const recordSchema = z.object({
  version: z.literal(1),
  logins: z.array(z.object({ login: z.string().max(64), keys: keysSchema })).max(mostLogins),
});

type Record = z.output<typeof recordSchema>;

/** Which keys a server took last, so that they go first the next time. */
export interface KeyMemory {
  /** Identifiers of keys, see `keyIdOf`; empty: nothing is known. */
  workedLast(host: HostConfig): readonly string[];
  /** These keys let us in now. */
  worked(host: HostConfig, keys: readonly string[]): void;
}

/** Remembers nothing. */
export const noKeyMemory: KeyMemory = { workedLast: () => [], worked: () => {} };

/**
 * `KeyMemory` in the state folder: fingerprints of public keys under a hash of the login (user, address, port, alias, way). It decides the order
 * of keys alone, never which may be offered.
 */
export class KeyRecord implements KeyMemory {
  readonly #file: StateFile<Record>;
  readonly #log: Log;
  readonly #logins = new Map<string, readonly string[]>();
  readonly #turns = new Turns();
  #isWaiting = false;

  private constructor(file: StateFile<Record>, log: Log) {
    this.#file = file;
    this.#log = log;
  }

  /** Reads what is kept in `folder`. Never rejects for a damaged file. */
  static async open({ folder, clock, log }: { folder: string; clock: Clock; log: Log }): Promise<KeyRecord> {
    const file = new StateFile(join(folder, 'login-keys.json'), recordSchema, clock, log);
    const record = new KeyRecord(file, log);
    for (const { login, keys } of (await file.read())?.logins ?? []) record.#logins.set(login, keys);
    return record;
  }

  workedLast(host: HostConfig): readonly string[] {
    return this.#logins.get(loginOf(host)) ?? [];
  }

  worked(host: HostConfig, keys: readonly string[]): void {
    const kept = keys.filter((key) => key !== '').slice(0, mostKeys);
    if (kept.length === 0) return;
    const login = loginOf(host);
    const before = this.#logins.get(login);
    // Behind the others: what was used last is kept longest.
    this.#logins.delete(login);
    this.#logins.set(login, kept);
    const [oldest] = this.#logins.keys();
    if (this.#logins.size > mostLogins && oldest !== undefined) this.#logins.delete(oldest);
    if (before?.join() !== kept.join()) this.#write();
  }

  /** Resolves when all is written. */
  flush(): Promise<void> {
    return this.#turns.done();
  }

  #write(): void {
    // One that has not begun takes this along.
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    void this.#turns.take(() => {
      this.#isWaiting = false;
      const logins = [...this.#logins].map(([login, keys]) => ({ login, keys: [...keys] }));
      return this.#file.write({ version: 1, logins }).catch((error: unknown) => {
        this.#log.warn('which key worked was not kept', { error: String(error) });
      });
    });
  }
}

function loginOf({ user, address, port, hostKeyAlias, jump }: HostConfig): string {
  return createHash('sha256')
    .update(JSON.stringify([user, address, port, hostKeyAlias, jump]))
    .digest('base64url');
}
