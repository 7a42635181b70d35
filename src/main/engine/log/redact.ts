import { types } from 'node:util';
import { type Said, withStrings } from '../../../shared/i18n/said.ts';
import { tell } from '../../../shared/i18n/sentences/index.ts';
import { cleanText } from '../../../shared/model/clean-text.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { Secret } from '../secrets/secret.ts';
import { KnownSecrets } from './known-secrets.ts';

/** What stands where a secret was. */
export const redacted = '[secret]';

/** Plain JSON, as it goes to a file and over the contract. */
export type Plain = null | boolean | number | string | Plain[] | { [key: string]: Plain };

const longestText = 8192;
const deepest = 6;
const longestList = 100;
/** A cause may hold all problems of a configuration. */
const longestCause = 262_144;

/** Names of fields whose value is never shown, compared without case, `-` and `_`. */
const secretField =
  /(?:password|passwd|passphrase|secret|token|privatekey|authorization|cookie|otp|onetimecode)$|^(?:pass|pin)$/;

const secretPatterns: readonly (readonly [RegExp, string])[] = [
  // PEM and OpenSSH private keys; one without its end goes to the end of the text.
  [
    /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$)/g,
    redacted,
  ],
  // PuTTY's private part: the lines behind the count, up to the MAC.
  [/(Private-Lines:\s*\d+)[\s\S]*?(?=Private-(?:MAC|Hash):|$)/g, `$1 ${redacted} `],
  [/\b((?:proxy-)?authorization\s*[:=]\s*(?:basic|bearer|digest|negotiate)?\s*)[^\s"',;]+/gi, `$1${redacted}`],
  // scheme://user:password@host
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]{0,256}:)[^\s/@]{1,1024}@/gi, `$1${redacted}@`],
  // password=x, "password": "x", --password x, passphrase: 'x y'
  [
    /((?:password|passwd|passphrase|secret|token|otp|one-time code)["']?\s*(?:=|:)\s*|--?(?:password|passphrase|token)\s+)("(?:[^"\\]|\\.){0,1024}"|'(?:[^'\\]|\\.){0,1024}'|[^\s"',;&)}\]]+)/gi,
    `$1${redacted}`,
  ],
];

/** Takes secrets out of everything that is logged: known values in any spelling, and what looks like a secret. */
export class Redactor {
  readonly #known = new KnownSecrets();

  /** From here on this value is never written. Nothing of it is kept but keyed hashes. */
  hide(secret: Secret): void {
    this.#known.add(secret);
  }

  /** The text without known secrets, else as it is. For what is shown to people: nothing is guessed at, as `text` does. */
  known(text: string): string {
    return this.#known.replace(text, redacted, longestCause);
  }

  /** The text without secrets, cleaned of control characters, at most 8192 characters. */
  text(text: string): string {
    // Bounded before the patterns look at it: the text may come from a hostile server.
    let out = this.#known.replace(text, redacted, 4 * longestText);
    for (const [pattern, replacement] of secretPatterns) out = out.replace(pattern, replacement);
    return cleanText(out, longestText);
  }

  /** Any value as plain JSON without secrets: errors with their causes, nested objects, cycles, getters that throw. Never throws. */
  value(value: unknown): Plain {
    return this.#plain(value, 0, new Set());
  }

  /** Forgets what is known. */
  wipe(): void {
    this.#known.wipe();
  }

  #plain(value: unknown, depth: number, above: Set<object>): Plain {
    switch (typeof value) {
      case 'string':
        return this.text(value);
      case 'boolean':
        return value;
      case 'number':
        // A secret of digits may come as a number.
        return Number.isFinite(value) ? this.#number(value) : String(value);
      case 'bigint':
        return this.text(String(value));
      case 'undefined':
        return null;
      case 'symbol':
      case 'function':
        return `[${typeof value}]`;
      case 'object':
        return value === null ? null : this.#object(value, depth, above);
      default:
        return '[unknown]';
    }
  }

  /** JSON knows no negative zero: adding 0 makes it the plain one. */
  #number(value: number): number | string {
    return this.#known.is(String(value)) ? redacted : value + 0;
  }

  #object(value: object, depth: number, above: Set<object>): Plain {
    if (value instanceof Secret) return redacted;
    if (above.has(value)) return '[circular]';
    if (depth >= deepest) return '[deep]';
    above.add(value);
    try {
      if (value instanceof Error) return this.#error(value, depth, above);
      // Bytes may be key material: only their number is told.
      if (types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
      if (value instanceof Map) return this.#record([...value].slice(0, longestList), depth, above);
      if (value instanceof Set) return this.#list([...(value as Set<unknown>)], depth, above);
      if (Array.isArray(value)) return this.#list(value, depth, above);
      return this.#record(readable(value), depth, above);
    } catch {
      return '[unreadable]';
    } finally {
      above.delete(value);
    }
  }

  #error(error: Error, depth: number, above: Set<object>): Plain {
    const out = this.#record(
      readable(error).filter(([key]) => key !== 'stack' && key !== 'cause' && key !== 'errors'),
      depth,
      above,
    );
    const plain: { [key: string]: Plain } = {
      name: this.text(error.name),
      message: this.text(error.message),
    };
    Object.assign(plain, out);
    if (typeof error.stack === 'string') plain['stack'] = this.text(error.stack);
    if (error.cause !== undefined) plain['cause'] = this.#plain(error.cause, depth + 1, above);
    if (error instanceof AggregateError) plain['errors'] = this.#list(error.errors, depth, above);
    return plain;
  }

  #list(items: readonly unknown[], depth: number, above: Set<object>): Plain[] {
    // Array.from and not map, which leaves holes as they are.
    const out = Array.from(items.slice(0, longestList), (item) => this.#plain(item, depth + 1, above));
    if (items.length > longestList) out.push(`[${items.length - longestList} more]`);
    return out;
  }

  #record(
    entries: readonly (readonly [unknown, unknown])[],
    depth: number,
    above: Set<object>,
  ): { [key: string]: Plain } {
    const out: { [key: string]: Plain } = {};
    for (const [key, value] of entries.slice(0, longestList)) {
      const name = this.text(
        typeof key === 'string' ? key : (JSON.stringify(this.#plain(key, depth + 1, above)) ?? ''),
      );
      Object.defineProperty(out, name, {
        value: this.#field(name, value, depth, above),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return out;
  }

  #field(name: string, value: unknown, depth: number, above: Set<object>): Plain {
    const hidden = secretField.test(name.toLowerCase().replaceAll(/[-_ ]/g, ''));
    if (hidden && value !== null && value !== undefined && typeof value !== 'boolean') return redacted;
    return this.#plain(value, depth + 1, above);
  }
}

/** Own enumerable fields; one whose getter throws is named so. */
function readable(value: object): [string, unknown][] {
  return Object.keys(value).map((key) => {
    try {
      return [key, Reflect.get(value, key)];
    } catch {
      return [key, '[unreadable]'];
    }
  });
}

/** Takes known secrets out of a text that is not cut yet: of one that is, nobody knows what its end was. `Redactor.known` is one. */
export type Redact = (text: string) => string;

/** Whoever knows what must not be shown; the logs do. */
export interface SecretGuard {
  /** This value is never shown from here on. */
  hide(secret: Secret): void;
  redact: Redact;
}

/** Knows nothing. */
export const noSecrets: SecretGuard = { hide() {}, redact: (text) => text };

/** The same failure without secrets in what is shown of it: servers may repeat what they were sent. The place stays where it is a hop's name. */
export function redactFailure(error: HoldfastError, redact: Redact): HoldfastError {
  const where = error.where === error.hop ? error.where : redact(error.where);
  const [message, next] = [redact(error.message), redact(error.next)];
  if (where === error.where && message === error.message && next === error.next) return error;
  const { code, phase, hop, retry } = error;
  const said = {
    message: redactFact(error.said.message, message, redact),
    next: redactFact(error.said.next, next, redact),
  };
  return new HoldfastError({ code, where, message, next, said, phase, hop, retry, cause: error });
}

/** Only if it says the same as the redacted text: a secret may reach over the border of what is put in. */
function redactFact(fact: Said | null, text: string, redact: Redact): Said | null {
  if (fact === null) return null;
  const clean = withStrings(fact, redact);
  return tell(clean, 'en') === text ? clean : null;
}
