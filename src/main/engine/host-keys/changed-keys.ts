import type { Buffer } from 'node:buffer';

/** One of the keys that are trusted under a name. */
export interface TrustedKey {
  readonly keyType: string;
  readonly fingerprint: string;
  readonly file: string;
  readonly line: number;
  /** When a person trusted it in Holdfast; null: it came there in another way. */
  readonly sinceMs: number | null;
}

/** A key that was refused because others are trusted under its name. */
export interface ChangedKey {
  readonly hop: string;
  readonly address: string;
  readonly lookupName: string;
  /** Where it answered now, and where the server with the trusted key did last; null where that is not known. */
  readonly remoteAddress: string | null;
  readonly addressBefore: string | null;
  /** The file whose key a replacement takes the place of. */
  readonly file: string;
  readonly line: number;
  /** Those of the shown key's type first. */
  readonly trusted: readonly TrustedKey[];
  readonly shown: { readonly keyType: string; readonly fingerprint: string };
  readonly shownBlob: Buffer;
  /** The old name was hashed: the new one will be. */
  readonly hashed: boolean;
  readonly shownAtMs: number;
}

/** Remembers the newest refusal for each name, for the dialog that lets a person replace the key. Kept in memory only. */
export class ChangedKeys {
  readonly #byName = new Map<string, ChangedKey>();

  note(changed: ChangedKey): void {
    this.#byName.set(changed.lookupName, changed);
  }

  /** The name is settled: its key was accepted, or the entry removed. */
  forget(lookupName: string): void {
    this.#byName.delete(lookupName);
  }

  get(lookupName: string): ChangedKey | null {
    return this.#byName.get(lookupName) ?? null;
  }

  list(): readonly ChangedKey[] {
    return [...this.#byName.values()];
  }
}
