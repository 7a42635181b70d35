import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Secret } from '../secrets/secret.ts';
import type { AskInAttempt } from './authenticator.ts';
import type { KeySource } from './auth-identities.ts';
import type { HostSecrets } from './auth-secrets.ts';
import { KeyError } from './key-error.ts';
import type { KeyDecryptor } from './key-decryptor.ts';
import type { UnlockedKey } from './key-types.ts';
import { unlockPrivateKey } from './private-key.ts';

/** Wrong passphrases a person may type for one key. */
export const maxWrongPassphrases = 3;

/** Keys that were unlocked and then accepted by a server. */
const maxKept = 64;

/**
 * Keys unlocked in this process, by path and content, so that a link that comes back does not ask for the passphrase again. Like an agent: in
 * memory only, as `KeyObject`s, until the engine ends; a changed file is unlocked anew.
 */
export class UnlockedKeys {
  readonly #keys = new Map<string, UnlockedKey>();

  get(source: KeySource): UnlockedKey | null {
    return this.#keys.get(identifierOf(source)) ?? null;
  }

  keep(source: KeySource, key: UnlockedKey): void {
    if (this.#keys.size >= maxKept) this.#keys.clear();
    this.#keys.set(identifierOf(source), key);
  }

  clear(): void {
    this.#keys.clear();
  }
}

function identifierOf(source: KeySource): string {
  return `${createHash('sha256').update(source.bytes).digest('hex')} ${source.path}`;
}

/** Unlocks key files of one attempt: from what is kept, the store's passphrase, or a person's. */
export class Unlocker {
  readonly #ask: AskInAttempt;
  readonly #secrets: HostSecrets;
  readonly #decryptor: KeyDecryptor;
  readonly #kept: UnlockedKeys;
  readonly #signal: () => AbortSignal;
  /** Unlocked in this attempt; kept on success. */
  readonly #fresh = new Map<KeySource, UnlockedKey>();
  #storedPassphrase: Promise<Secret | null> | null = null;

  constructor(options: {
    readonly ask: AskInAttempt;
    readonly secrets: HostSecrets;
    readonly decryptor: KeyDecryptor;
    readonly kept: UnlockedKeys;
    /** Of the connection that is in use. */
    readonly signal: () => AbortSignal;
  }) {
    this.#ask = options.ask;
    this.#secrets = options.secrets;
    this.#decryptor = options.decryptor;
    this.#kept = options.kept;
    this.#signal = options.signal;
  }

  /** Rejects with `KeyError` (`wrong-passphrase` after three wrong ones) or the prompt's `cancelled`. */
  async unlock(source: KeySource): Promise<UnlockedKey> {
    if (!source.encrypted) return unlockPrivateKey(source.bytes, null);
    const known = this.#fresh.get(source) ?? this.#kept.get(source);
    if (known) return known;
    const key = (await this.#withStored(source)) ?? (await this.#withPerson(source));
    this.#fresh.set(source, key);
    return key;
  }

  /** The login succeeded: what was unlocked for it stays unlocked. */
  keepAll(): void {
    for (const [source, key] of this.#fresh) this.#kept.keep(source, key);
  }

  async #withStored(source: KeySource): Promise<UnlockedKey | null> {
    // One passphrase a host; it may fit several of its keys.
    this.#storedPassphrase ??= this.#secrets.take('passphrase');
    const passphrase = await this.#storedPassphrase;
    return passphrase ? await this.#try(source, passphrase) : null;
  }

  async #withPerson(source: KeySource): Promise<UnlockedKey> {
    const label = basename(source.path);
    for (let round = 1; round <= maxWrongPassphrases; round += 1) {
      const answer = await this.#ask({
        kind: 'passphrase',
        message:
          round === 1 ? `Passphrase of ${label}` : `That passphrase does not fit ${label}. Passphrase of ${label}`,
        fields: [{ label: 'Passphrase', echo: false }],
        round,
        mayRemember: true,
        signIn: {
          serverText: '',
          keyFile: label,
          triesLeft: maxWrongPassphrases - round + 1,
          refused: round === 1 ? null : 'passphrase',
        },
      });
      const [value] = answer.values;
      const key = value ? await this.#try(source, value) : null;
      if (key && value) {
        if (answer.remember) this.#secrets.remember('passphrase', value);
        return key;
      }
    }
    throw new KeyError('wrong-passphrase', `its passphrase was wrong ${maxWrongPassphrases} times`);
  }

  /** null: the passphrase does not fit. */
  async #try(source: KeySource, passphrase: Secret): Promise<UnlockedKey | null> {
    try {
      return await this.#decryptor.unlock(Buffer.from(source.bytes), passphrase, this.#signal());
    } catch (thrown) {
      if (thrown instanceof KeyError && thrown.code === 'wrong-passphrase') return null;
      throw thrown;
    }
  }
}
