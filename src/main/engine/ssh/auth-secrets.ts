import type { Log } from '../log/log.ts';
import type { Secret } from '../secrets/secret.ts';
import type { LoginSecrets, SecretKind } from '../secrets/secret-store.ts';

/**
 * The stored secrets of one host during one attempt: each is given out once a connection until it is turned down, and what a person asked to remember is saved after success.
 * A store that does not answer is logged and treated as empty: it must not keep anybody from logging in by hand.
 */
export class HostSecrets {
  readonly #store: LoginSecrets;
  readonly #host: string;
  readonly #log: Log;
  readonly #taken = new Set<SecretKind>();
  /** Turned down, or perhaps: not given out again. */
  readonly #refused = new Set<SecretKind>();
  /** A change that is being written. */
  #changing: Promise<void> = Promise.resolve();
  readonly #toSave = new Map<SecretKind, Secret>();

  constructor(store: LoginSecrets, host: string, log: Log) {
    this.#store = store;
    this.#host = host;
    this.#log = log;
  }

  /** The stored secret the first time it is asked for on this connection, null after that. */
  async take(kind: SecretKind): Promise<Secret | null> {
    if (this.#taken.has(kind)) return null;
    this.#taken.add(kind);
    await this.#changing;
    try {
      return await this.#store.get({ host: this.#host, kind });
    } catch (thrown) {
      this.#log.warn(`the ${kind} of ${this.#host} could not be read from the secret store`, { error: String(thrown) });
      return null;
    }
  }

  /** To be saved if the attempt succeeds; a later one replaces it. */
  remember(kind: SecretKind, value: Secret): void {
    this.#toSave.set(kind, value);
  }

  /** What was given turned out wrong; `stored`: the stored one was among it. */
  refused(kind: SecretKind, stored: boolean): void {
    this.#toSave.delete(kind);
    if (stored) this.#refused.add(kind);
  }

  /** Another connection of the same attempt: what was right on the one before is needed again. */
  again(): void {
    for (const kind of [...this.#taken]) if (!this.#refused.has(kind)) this.#taken.delete(kind);
  }

  /** True if a person asked to remember what was typed, and it is to be saved. */
  isToBeSaved(kind: SecretKind): boolean {
    return this.#toSave.has(kind);
  }

  /**
   * The server has a new one from here on, whatever becomes of the login. `next` takes the place of what is kept; null: nobody knows it here, so
   * what is kept is of no use any more.
   */
  changed(kind: SecretKind, next: Secret | null): void {
    this.#taken.delete(kind);
    this.#toSave.delete(kind);
    if (next !== null) this.#toSave.set(kind, next);
    this.#changing = next === null ? this.#drop(kind) : this.save();
  }

  /** Saves. Never rejects: the login stands, whatever the store says. */
  async save(): Promise<void> {
    await this.#changing;
    for (const [kind, value] of this.#toSave) {
      try {
        await this.#store.remember({ host: this.#host, kind }, value);
      } catch (thrown) {
        this.#log.warn(`the ${kind} of ${this.#host} was not saved`, { error: String(thrown) });
      }
    }
    this.#toSave.clear();
  }

  async #drop(kind: SecretKind): Promise<void> {
    try {
      if (await this.#store.remove({ host: this.#host, kind }))
        this.#log.info(`the saved ${kind} of ${this.#host} is forgotten: it was changed`);
    } catch (thrown) {
      this.#log.warn(`the old ${kind} of ${this.#host} is still saved`, { error: String(thrown) });
    }
  }
}
