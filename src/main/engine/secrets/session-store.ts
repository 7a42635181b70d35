import { secret as words } from '../../../shared/i18n/sentences/secret.ts';
import type { Disposable } from '../lifecycle/disposable.ts';
import { Secret } from './secret.ts';
import type { SecretName, SecretStore, SecretStoreState } from './secret-store.ts';

/** Secrets that live as long as the engine and never leave its memory. */
export class SessionStore implements SecretStore, Disposable {
  readonly name = words.sessionMemory();
  readonly place = 'memory';
  readonly persistent = false;
  readonly #kept = new Map<string, { readonly name: SecretName; readonly value: Secret }>();

  async state(): Promise<SecretStoreState> {
    return { kind: 'available', store: this.name };
  }

  async get(name: SecretName): Promise<Secret | null> {
    const value = this.#kept.get(keyOf(name))?.value;
    return value === undefined ? null : Secret.from(value.revealBytes());
  }

  async set(name: SecretName, value: Secret): Promise<void> {
    this.remember(name, value);
  }

  /** Keeps a copy. */
  remember(name: SecretName, value: Secret): void {
    this.forget(name);
    this.#kept.set(keyOf(name), {
      name: { host: name.host, kind: name.kind },
      value: Secret.from(value.revealBytes()),
    });
  }

  /** Overwrites and forgets it; false if nothing was kept. */
  forget(name: SecretName): boolean {
    this.#kept.get(keyOf(name))?.value.wipe();
    return this.#kept.delete(keyOf(name));
  }

  async remove(name: SecretName): Promise<boolean> {
    return this.forget(name);
  }

  async list(): Promise<readonly SecretName[]> {
    return [...this.#kept.values()].map((kept) => kept.name);
  }

  dispose(): void {
    this.clear();
  }

  /** Overwrites and forgets all. */
  clear(): void {
    for (const kept of this.#kept.values()) kept.value.wipe();
    this.#kept.clear();
  }
}

function keyOf(name: SecretName): string {
  return `${name.kind}/${name.host}`;
}
