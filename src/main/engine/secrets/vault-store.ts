import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Said } from '../../../shared/i18n/said.ts';
import { secret as words } from '../../../shared/i18n/sentences/secret.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { writeFileAtomic } from '../lifecycle/atomic-file.ts';
import { errorCode } from '../lifecycle/file-lock.ts';
import type { Disposable } from '../lifecycle/disposable.ts';
import { Turns } from '../lifecycle/turns.ts';
import { storeUnusable } from './keychain-store.ts';
import { Secret } from './secret.ts';
import type { SecretName, SecretStore, SecretStoreState } from './secret-store.ts';
import type { SecretsIndex } from './secrets-index.ts';
import {
  newVaultKey,
  openVault,
  parseVault,
  sealVault,
  VaultFault,
  type VaultKey,
  wipeVaultKey,
} from './vault-format.ts';

const contentSchema = z.array(
  z.object({
    profile: z.string(),
    host: z.string(),
    kind: z.enum(['password', 'passphrase']),
    /** Base64: a secret need not be text. */
    value: z.string(),
  }),
);

const mostFileBytes = 1_048_576;

interface Entry {
  readonly profile: string;
  readonly name: SecretName;
  readonly value: Secret;
}

interface OpenVault {
  readonly vault: VaultKey;
  /** What stands in the file: a change by somebody else is not overwritten. */
  text: string;
  entries: Entry[];
}

/** A file encrypted with a passphrase (scrypt, AES-256-GCM), opened for the engine's life or until it is locked. */
export class VaultStore implements SecretStore, Disposable {
  readonly name = words.vault();
  readonly place = 'vault';
  readonly persistent = true;
  readonly #file: string;
  readonly #profileId: string;
  readonly #index: SecretsIndex;
  #open: OpenVault | null = null;
  readonly #turns = new Turns();

  constructor(file: string, profileId: string, index: SecretsIndex) {
    this.#file = file;
    this.#profileId = profileId;
    this.#index = index;
  }

  get isOpen(): boolean {
    return this.#open !== null;
  }

  async state(): Promise<SecretStoreState> {
    if (this.#open !== null) return { kind: 'available', store: this.name };
    try {
      const text = await this.#read();
      if (text === null) return { kind: 'absent', reason: words.notMadeYet() };
      parseVault(this.#file, text);
      return { kind: 'locked', store: this.name };
    } catch (error) {
      return { kind: 'error', reason: error instanceof VaultFault ? error.reason : words.vaultUnreadable() };
    }
  }

  /** Opens the file, or makes it. Rejects with `secret-store`: wrong passphrase, damaged, missing, there already. */
  unlock(passphrase: Secret, create: boolean): Promise<void> {
    return this.#turns.take(async () => {
      const text = await this.#read();
      if (create) {
        if (text !== null) throw this.#fault(words.thereAlready(), words.unlockOrMoveAway());
        if (passphrase.isEmpty) throw this.#fault(words.needsPassphrase(), words.rememberable());
        const vault = await newVaultKey(passphrase);
        const fresh = sealVault(vault, '[]');
        await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
          throw this.#fault(words.folderNotMade({ code: errorCode(error) }), words.otherVaultOrState(), error);
        });
        await writeFileAtomic(this.#file, fresh, { code: 'secret-store', expectedBefore: null });
        this.#replace({ vault, text: fresh, entries: [] });
        return;
      }
      if (text === null) throw storeUnusable(this, { kind: 'absent', reason: words.notMadeYet() });
      const { vault, content } = await openVault(this.#file, text, passphrase);
      this.#replace({ vault, text, entries: this.#parse(content) });
    });
  }

  /** Forgets the key and everything that was read. */
  lock(): void {
    this.#replace(null);
  }

  async get(name: SecretName): Promise<Secret | null> {
    const entry = (await this.#demandOpen()).entries.find((candidate) => this.#is(candidate, name));
    if (entry === undefined) return null;
    return copyOf(entry.value);
  }

  set(name: SecretName, value: Secret): Promise<void> {
    return this.#turns.take(async () => {
      const open = await this.#demandOpen();
      if (value.isEmpty) throw this.#fault(words.empty(), words.giveAgain());
      const rest = open.entries.filter((entry) => !this.#is(entry, name));
      await this.#save(open, [...rest, { profile: this.#profileId, name, value: copyOf(value) }]);
      await this.#index.add('vault', name);
    });
  }

  remove(name: SecretName): Promise<boolean> {
    return this.#turns.take(async () => {
      const open = await this.#demandOpen();
      const rest = open.entries.filter((entry) => !this.#is(entry, name));
      const removed = rest.length < open.entries.length;
      if (removed) await this.#save(open, rest);
      await this.#index.remove('vault', name);
      return removed;
    });
  }

  async list(): Promise<readonly SecretName[]> {
    if (this.#open === null) return this.#index.list('vault');
    return this.#open.entries.filter((entry) => entry.profile === this.#profileId).map((entry) => entry.name);
  }

  dispose(): void {
    this.lock();
  }

  #is(entry: Entry, name: SecretName): boolean {
    return entry.profile === this.#profileId && entry.name.host === name.host && entry.name.kind === name.kind;
  }

  async #save(open: OpenVault, entries: Entry[]): Promise<void> {
    const content = entries.map(({ profile, name, value }) => ({
      profile,
      host: name.host,
      kind: name.kind,
      value: value.revealBytes().toString('base64'),
    }));
    const text = sealVault(open.vault, JSON.stringify(content));
    if (Buffer.byteLength(text) > mostFileBytes) throw this.#fault(words.wouldGrow(), words.removeOld());
    await writeFileAtomic(this.#file, text, { code: 'secret-store', expectedBefore: open.text });
    open.text = text;
    open.entries = entries;
  }

  #parse(content: string): Entry[] {
    try {
      return contentSchema.parse(JSON.parse(content)).map(({ profile, host, kind, value }) => ({
        profile,
        name: { host, kind },
        value: Secret.from(Buffer.from(value, 'base64')),
      }));
    } catch (error) {
      // The zod error holds values: it must not become a cause that is logged.
      throw this.#fault(words.contentUnclear(), words.backup(), error instanceof z.ZodError ? undefined : error);
    }
  }

  async #read(): Promise<string | null> {
    try {
      const { size } = await stat(this.#file);
      if (size > mostFileBytes)
        throw new VaultFault(this.#file, {
          message: words.tooLarge(),
          reason: words.becauseTooLarge(),
          next: words.otherFile(),
        });
      return await readFile(this.#file, 'utf8');
    } catch (error) {
      if (error instanceof HoldfastError) throw error;
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw new VaultFault(this.#file, {
        message: words.unreadable(),
        reason: words.becauseUnreadable(),
        next: words.fileOwner(),
        cause: error,
      });
    }
  }

  async #demandOpen(): Promise<OpenVault> {
    if (this.#open === null) throw storeUnusable(this, await this.state());
    return this.#open;
  }

  #replace(next: OpenVault | null): void {
    const old = this.#open;
    this.#open = next;
    if (old === null) return;
    wipeVaultKey(old.vault);
    for (const entry of old.entries) entry.value.wipe();
  }

  #fault(message: Said, next: Said, cause?: unknown): HoldfastError {
    return new HoldfastError({ code: 'secret-store', where: this.#file, message, next, cause });
  }
}

function copyOf(secret: Secret): Secret {
  const bytes = secret.revealBytes();
  const copy = Secret.from(bytes);
  bytes.fill(0);
  return copy;
}
