import { join } from 'node:path';
import type { SettingsConfig } from '../../../shared/model/config.ts';
import type { Said } from '../../../shared/i18n/said.ts';
import { inEnglish } from '../../../shared/i18n/sentences/index.ts';
import { secret as words } from '../../../shared/i18n/sentences/secret.ts';
import { assertNever, HoldfastError } from '../../../shared/model/failure.ts';
import type { Environment, Profile } from '../config/paths.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { Disposable } from '../lifecycle/disposable.ts';
import type { Log } from '../log/log.ts';
import { type Keytar, KeychainStore, storeUnusable } from './keychain-store.ts';
import type { Secret } from './secret.ts';
import type { LoginSecrets, SecretName, SecretPlace, SecretStore, SecretStoreState } from './secret-store.ts';
import { SecretsIndex } from './secrets-index.ts';
import { SessionStore } from './session-store.ts';
import { VaultStore } from './vault-store.ts';

export type SecretSettings = Pick<SettingsConfig, 'secretStore' | 'vaultFile'>;

export interface OpenSecretStoreOptions {
  readonly settings: SecretSettings;
  readonly profile: Profile;
  readonly log: Log;
  readonly clock: Clock;
  /** Called with each secret that passes, so that the log never shows it. */
  readonly hide?: (secret: Secret) => void;
  /** For tests. */
  readonly platform?: NodeJS.Platform;
  readonly env?: Environment;
  readonly loadKeytar?: () => Promise<Keytar>;
}

/**
 * The engine's secrets. Saving goes to the chosen store alone and is refused, with nothing written, if that is locked or absent; a vault
 * that the person has opened stands in for a keychain that cannot be used. Reading takes what was remembered for the session first
 * (the person's latest word), then the chosen store; a store that cannot be used has nothing, and the person is asked.
 */
export interface EngineSecrets extends SecretStore, LoginSecrets, Disposable {
  /** Where `remember` would put a secret now. */
  remembersIn(): Promise<SecretPlace>;
  /** Forgets what was remembered for the session, and closes the vault. */
  lock(): void;
  readonly vault: {
    /** Opens the vault file, or makes it; rejects with `secret-store`. */
    unlock(passphrase: Secret, create: boolean): Promise<void>;
    lock(): void;
  };
  /** Takes changed settings; another vault file is locked. */
  applySettings(settings: SecretSettings): void;
}

/** Opens the secrets of a profile. Reads nothing and loads no library until it is asked for something. */
export function openSecretStore(options: OpenSecretStoreOptions): EngineSecrets {
  return new ChosenSecretStore(options);
}

class ChosenSecretStore implements EngineSecrets {
  readonly #options: OpenSecretStoreOptions;
  readonly #index: SecretsIndex;
  readonly #keychain: KeychainStore;
  readonly #session = new SessionStore();
  #settings: SecretSettings;
  #vault: VaultStore;
  #toldState = '';

  readonly vault = {
    unlock: async (passphrase: Secret, create: boolean): Promise<void> => {
      this.#options.hide?.(passphrase);
      await this.#vault.unlock(passphrase, create);
      this.#options.log.info(create ? 'The vault file was made.' : 'The vault file was unlocked.');
    },
    lock: (): void => this.#vault.lock(),
  };

  constructor(options: OpenSecretStoreOptions) {
    const { profile, clock, log, platform, env, loadKeytar } = options;
    this.#options = options;
    this.#settings = options.settings;
    this.#index = new SecretsIndex(join(profile.stateFolder, 'secrets-index.json'), clock, log);
    this.#keychain = new KeychainStore({
      profileId: profile.id,
      index: this.#index,
      clock,
      ...(platform === undefined ? {} : { platform }),
      ...(env === undefined ? {} : { env }),
      ...(loadKeytar === undefined ? {} : { load: loadKeytar }),
    });
    this.#vault = this.#makeVault();
  }

  get name(): Said {
    return this.#chosen().name;
  }

  get place(): SecretPlace {
    return this.#chosen().place;
  }

  get persistent(): boolean {
    return this.#settings.secretStore !== 'memory';
  }

  async state(): Promise<SecretStoreState> {
    return (await this.#active()).state;
  }

  async get(name: SecretName): Promise<Secret | null> {
    const remembered = await this.#session.get(name);
    if (remembered !== null) return remembered;
    const { store, state } = await this.#active();
    if (state.kind !== 'available') {
      this.#tell(state);
      return null;
    }
    try {
      const found = await store.get(name);
      if (found !== null) this.#options.hide?.(found);
      return found;
    } catch (error) {
      this.#options.log.warn('A saved secret could not be read; the person is asked instead.', { ...name, error });
      return null;
    }
  }

  async set(name: SecretName, value: Secret): Promise<void> {
    this.#options.hide?.(value);
    const { store, state } = await this.#active();
    if (!store.persistent)
      throw new HoldfastError({
        code: 'secret-store',
        where: `${name.kind} of ${name.host}`,
        message: words.inMemoryOnly(),
        next: words.otherStore(),
      });
    if (state.kind !== 'available') throw storeUnusable(store, state);
    await store.set(name, value);
    // An older word of the same session must not win over what was just saved.
    this.#session.forget(name);
  }

  async remove(name: SecretName): Promise<boolean> {
    const forgotten = this.#session.forget(name);
    const { store, state } = await this.#active();
    if (!store.persistent) return forgotten;
    if (state.kind !== 'available') throw storeUnusable(store, state);
    return (await store.remove(name)) || forgotten;
  }

  async list(): Promise<readonly SecretName[]> {
    const { store } = await this.#active();
    return store.list();
  }

  async remembersIn(): Promise<SecretPlace> {
    const { store, state } = await this.#active();
    if (!store.persistent || state.kind !== 'available') return 'memory';
    return store.place;
  }

  async remember(name: SecretName, value: Secret): Promise<void> {
    if ((await this.remembersIn()) !== 'memory') return this.set(name, value);
    this.#options.hide?.(value);
    this.#session.remember(name, value);
  }

  lock(): void {
    this.#session.clear();
    this.#vault.lock();
  }

  applySettings(settings: SecretSettings): void {
    const old = this.#settings;
    this.#settings = settings;
    if (old.vaultFile === settings.vaultFile) return;
    this.#vault.dispose();
    this.#vault = this.#makeVault();
  }

  dispose(): void {
    this.#session.dispose();
    this.#vault.dispose();
  }

  #makeVault(): VaultStore {
    const { profile } = this.#options;
    const file = this.#settings.vaultFile ?? join(profile.stateFolder, 'vault.json');
    return new VaultStore(file, profile.id, this.#index);
  }

  #chosen(): SecretStore {
    switch (this.#settings.secretStore) {
      case 'keychain':
        return this.#keychain;
      case 'vault':
        return this.#vault;
      case 'memory':
        return this.#session;
      default:
        return assertNever(this.#settings.secretStore);
    }
  }

  /** The store that counts now: the chosen one, or an opened vault where the keychain cannot be used. */
  async #active(): Promise<{ store: SecretStore; state: SecretStoreState }> {
    const chosen = this.#chosen();
    const state = await chosen.state();
    if (chosen === this.#keychain && state.kind !== 'available' && this.#vault.isOpen)
      return { store: this.#vault, state: await this.#vault.state() };
    return { store: chosen, state };
  }

  /** Once for each change of state: reconnecting tunnels would repeat it for ever. */
  #tell(state: SecretStoreState): void {
    const text = JSON.stringify(state);
    if (text === this.#toldState) return;
    this.#toldState = text;
    this.#options.log.info('Saved secrets cannot be used now.', {
      store: inEnglish(this.name),
      state: state.kind,
      ...('reason' in state ? { reason: inEnglish(state.reason) } : {}),
    });
  }
}
