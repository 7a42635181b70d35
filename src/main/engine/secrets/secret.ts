import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';

/**
 * secrets: what must never be printed.
 *
 * - secret.ts        the wrapper around one secret
 * - secret-store.ts  the port to keychain, vault and session memory
 * - open-secret-store.ts  the engine's secrets: which store counts (`openSecretStore`)
 * - keychain-store.ts, call-queue.ts, secret-service.ts  the system's keychain, one call at a time, and whether it is locked
 * - vault-store.ts, vault-format.ts  the encrypted file
 * - session-store.ts  memory
 * - secrets-index.ts  the names of what was saved
 */

/**
 * One secret. It cannot be printed, serialised or compared by accident: every implicit conversion gives `[secret]`.
 * The value leaves only through `reveal()` and `revealBytes()`, at the place that sends it.
 */
export class Secret {
  #bytes: Buffer;

  private constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  static from(value: string | Uint8Array): Secret {
    return new Secret(typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value));
  }

  get isEmpty(): boolean {
    return this.#bytes.length === 0;
  }

  /** The value as text. Call it in the argument of the call that needs it; never keep the result. */
  reveal(): string {
    return this.#bytes.toString('utf8');
  }

  /** A copy of the value's bytes. */
  revealBytes(): Buffer {
    return Buffer.from(this.#bytes);
  }

  /** Overwrites the value; the secret is empty from here on. */
  wipe(): void {
    this.#bytes.fill(0);
    this.#bytes = Buffer.alloc(0);
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  valueOf(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }

  [Symbol.toPrimitive](): string {
    return '[secret]';
  }
}
