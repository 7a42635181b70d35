import type { Buffer } from 'node:buffer';

/** A key that was refused because others are trusted under its name. */
export interface ChangedKey {
  readonly hop: string;
  readonly address: string;
  readonly lookupName: string;
  readonly file: string;
  readonly line: number;
  readonly trusted: readonly { readonly keyType: string; readonly fingerprint: string }[];
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
