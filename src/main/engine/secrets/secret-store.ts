import type { Said } from '../../../shared/i18n/said.ts';
import type { Secret } from './secret.ts';

/** What can be kept for a host. Never an OTP. */
export type SecretKind = 'password' | 'passphrase';

/** `passphrase` of a host unlocks its identity files. */
export interface SecretName {
  readonly host: string;
  readonly kind: SecretKind;
}

export type SecretStoreState =
  | { readonly kind: 'available'; readonly store: Said }
  | { readonly kind: 'locked'; readonly store: Said }
  | { readonly kind: 'absent'; readonly reason: Said }
  | { readonly kind: 'error'; readonly reason: Said };

/** Where what a person asks to remember at a login goes; `memory`: until the engine ends. */
export type SecretPlace = 'keychain' | 'vault' | 'memory';

/** The secrets as a login sees them. Calls fail with code `secret-store`. */
export interface LoginSecrets {
  /** null: nothing is kept. */
  get(name: SecretName): Promise<Secret | null>;
  /** Keeps it for the next login: in the store that is chosen, or in memory where that cannot be used. */
  remember(name: SecretName, value: Secret): Promise<void>;
  /** Forgets what is kept; false if nothing was. */
  remove(name: SecretName): Promise<boolean>;
}

/** The port to a keeper of secrets. All calls fail with code `secret-store`. */
export interface SecretStore {
  /** For people: the desktop keyring, the vault file, session memory. */
  readonly name: Said;
  readonly place: SecretPlace;
  /** True if a saved secret outlives the engine. */
  readonly persistent: boolean;
  state(): Promise<SecretStoreState>;
  /** null: nothing is kept. */
  get(name: SecretName): Promise<Secret | null>;
  set(name: SecretName, value: Secret): Promise<void>;
  /** False if nothing was kept. */
  remove(name: SecretName): Promise<boolean>;
  /** Names only, from our own index; never asks the keychain for a listing. */
  list(): Promise<readonly SecretName[]>;
}
