import type { Said } from '../../../shared/i18n/said.ts';
import { inEnglish } from '../../../shared/i18n/sentences/index.ts';
import { secret as words } from '../../../shared/i18n/sentences/secret.ts';
import { assertNever, HoldfastError } from '../../../shared/model/failure.ts';
import type { Environment } from '../config/paths.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { CallQueue } from './call-queue.ts';
import { Secret } from './secret.ts';
import { secretServiceState } from './secret-service.ts';
import type { SecretName, SecretStore, SecretStoreState } from './secret-store.ts';
import type { SecretsIndex } from './secrets-index.ts';

/** The three calls of keytar that are safe; never `findCredentials`, which ends the process on a locked keyring. */
export interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
}

export interface KeychainOptions {
  /** Separates the profiles of one person. */
  readonly profileId: string;
  readonly index: SecretsIndex;
  readonly clock: Clock;
  readonly platform?: NodeJS.Platform;
  readonly env?: Environment;
  /** Loads keytar; it fails where the system's library is missing. */
  readonly load?: () => Promise<Keytar>;
}

const serviceName = 'Holdfast';
/** A keychain that asks its owner something gets this long. */
const limitMs = 20_000;
/** CRED_MAX_CREDENTIAL_BLOB_SIZE of Windows' wincred.h. */
const windowsMostBytes = 2560;

async function loadKeytar(): Promise<Keytar> {
  const module = await import('keytar');
  return module.default;
}

/** The system's keychain: Credential Manager, Keychain, or the desktop's Secret Service through libsecret. */
export class KeychainStore implements SecretStore {
  readonly name: Said;
  readonly place = 'keychain';
  readonly persistent = true;
  readonly #options: KeychainOptions;
  readonly #platform: NodeJS.Platform;
  readonly #queue: CallQueue;
  #keytar: Promise<Keytar> | null = null;

  constructor(options: KeychainOptions) {
    this.#options = options;
    this.#platform = options.platform ?? process.platform;
    this.#queue = new CallQueue(options.clock, limitMs);
    this.name = keychainName(this.#platform);
  }

  async state(): Promise<SecretStoreState> {
    try {
      await this.#load();
    } catch {
      const reason = this.#platform === 'linux' ? words.noLibsecret() : words.noLibrary();
      return { kind: 'absent', reason };
    }
    if (this.#platform !== 'linux') return { kind: 'available', store: this.name };
    let said = await secretServiceState(this.name, this.#options.env);
    // gnome-keyring-daemon, while it is busy with its files, has no default keyring for a moment.
    if (said.kind === 'absent') said = await secretServiceState(this.name, this.#options.env);
    if (said.kind !== 'unknown') return said;
    // No program to ask with: a harmless read tells at least whether there is a service.
    try {
      await this.#call((keytar) => keytar.getPassword(serviceName, `${this.#options.profileId}/`));
      return { kind: 'available', store: this.name };
    } catch {
      return { kind: 'absent', reason: words.noService() };
    }
  }

  async get(name: SecretName): Promise<Secret | null> {
    await this.#demandUsable();
    const read = () => this.#call((keytar) => keytar.getPassword(serviceName, this.#account(name)));
    // The same moment: it finds nothing then, and what was kept is asked for once more.
    const value = (await read()) ?? ((await this.#wasKept(name)) ? await read() : null);
    return value === null ? null : Secret.from(value);
  }

  async set(name: SecretName, value: Secret): Promise<void> {
    this.#checkValue(name, value);
    await this.#demandUsable();
    // The name first: a name too many is harmless, a secret that nobody can find again is not.
    await this.#options.index.add('keychain', name);
    try {
      await this.#call((keytar) => keytar.setPassword(serviceName, this.#account(name), value.reveal()));
    } catch (error) {
      await this.#options.index.remove('keychain', name).catch(() => {});
      throw error;
    }
  }

  async remove(name: SecretName): Promise<boolean> {
    await this.#demandUsable();
    const removed = await this.#call((keytar) => keytar.deletePassword(serviceName, this.#account(name)));
    await this.#options.index.remove('keychain', name);
    return removed;
  }

  list(): Promise<readonly SecretName[]> {
    return this.#options.index.list('keychain');
  }

  #account(name: SecretName): string {
    return `${this.#options.profileId}/${name.host}/${name.kind}`;
  }

  #checkValue(name: SecretName, value: Secret): void {
    const bytes = value.revealBytes();
    const length = bytes.byteLength;
    const hasNul = bytes.includes(0);
    bytes.fill(0);
    const where = `${name.kind} of ${name.host}`;
    if (length === 0 || hasNul)
      throw new HoldfastError({
        code: 'secret-store',
        where,
        message: length === 0 ? words.empty() : words.hasNul(),
        next: words.giveAgain(),
      });
    if (this.#platform === 'win32' && length > windowsMostBytes)
      throw new HoldfastError({
        code: 'secret-store',
        where,
        message: words.tooLong({ bytes: length, most: windowsMostBytes }),
        next: words.useVault(),
      });
  }

  async #wasKept({ host, kind }: SecretName): Promise<boolean> {
    return (await this.list()).some((kept) => kept.host === host && kept.kind === kind);
  }

  async #demandUsable(): Promise<void> {
    const state = await this.state();
    if (state.kind !== 'available') throw storeUnusable(this, state);
  }

  #load(): Promise<Keytar> {
    this.#keytar ??= (this.#options.load ?? loadKeytar)();
    return this.#keytar;
  }

  async #call<T>(call: (keytar: Keytar) => Promise<T>): Promise<T> {
    const keytar = await this.#load();
    try {
      return await this.#queue.run(inEnglish(this.name), () => call(keytar));
    } catch (error) {
      if (error instanceof HoldfastError) throw error;
      throw new HoldfastError({
        code: 'secret-store',
        where: inEnglish(this.name),
        message: words.keychainRefused({ words: error instanceof Error ? error.message : words.noReason() }),
        next: words.unlockOrVault(),
        cause: error,
      });
    }
  }
}

/** The error for a store that is not `available`, with what the person can do. */
export function storeUnusable(
  { name: store, place }: Pick<SecretStore, 'name' | 'place'>,
  state: SecretStoreState,
): HoldfastError {
  const base = { code: 'secret-store', where: inEnglish(store) } as const;
  switch (state.kind) {
    case 'locked':
      return new HoldfastError({
        ...base,
        message: words.locked({ store }),
        next: place === 'vault' ? words.unlockVault() : words.unlockInDesktop(),
      });
    case 'absent':
      return new HoldfastError({
        ...base,
        message: words.cannotBeUsed({ store, why: state.reason }),
        next: place === 'vault' ? words.createVault() : words.vaultOrType(),
      });
    case 'error':
    case 'available':
      return new HoldfastError({
        ...base,
        message: words.doesNotWork({ store, why: state.kind === 'error' ? state.reason : null }),
        next: words.logOrType(),
      });
    default:
      return assertNever(state);
  }
}

function keychainName(platform: NodeJS.Platform): Said {
  if (platform === 'win32') return words.credentialManager();
  if (platform === 'darwin') return words.macKeychain();
  return words.desktopKeyring();
}
