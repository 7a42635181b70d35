/**
 * model: the words of Holdfast as types: failures, hosts, forwards, tunnels, prompts. Pure TypeScript, shared by engine, command and shells.
 */

import { type Said, withStrings } from '../i18n/said.ts';
import { fault } from '../i18n/sentences/fault.ts';
import { inEnglish } from '../i18n/sentences/index.ts';
import { cleanText } from './clean-text.ts';

/** Characters of one part of a cause: all problems of a configuration are one message. */
const longestShown = 65_536;

/** What a failure means for the next try. `auto`: a passing fault, tried again; `limited`: tried again `auth-tries` times; `person`: nothing more until somebody acts. */
export type RetryClass = 'auto' | 'limited' | 'person';

/** Where on the way an attempt was. */
export type Phase = 'resolve' | 'dial' | 'key-exchange' | 'host-key' | 'auth' | 'forwards' | 'probe';

/** Every kind of failure, with what it means for the next try. The code is part of the outside interface; the wording is not. */
export const failureRetry = {
  // network
  dns: 'auto',
  offline: 'auto',
  unreachable: 'auto',
  refused: 'auto',
  timeout: 'auto',
  reset: 'auto',
  'closed-early': 'auto',
  'proxy-failed': 'auto',
  'proxy-command-failed': 'auto',
  'jump-refused': 'auto',
  // protocol
  protocol: 'auto',
  'no-common-algorithm': 'person',
  // host key
  'host-key-unknown': 'person',
  'host-key-changed': 'person',
  'host-key-revoked': 'person',
  'host-key-refused': 'person',
  'host-key-pin': 'person',
  'host-key-not-saved': 'person',
  'host-key-certificate': 'person',
  // authentication
  'auth-failed': 'limited',
  'auth-no-method': 'person',
  'too-many-prompts': 'person',
  'login-elsewhere': 'person',
  cancelled: 'person',
  'key-unreadable': 'person',
  'agent-unavailable': 'person',
  // a link that was up
  'link-dead': 'auto',
  'link-lost': 'auto',
  'server-closed': 'auto',
  'link-expired': 'auto',
  // forwards
  'port-in-use': 'auto',
  'port-forbidden': 'person',
  'bind-failed': 'auto',
  'remote-port-refused': 'auto',
  'forward-denied': 'auto',
  'target-refused': 'auto',
  // supervision
  'probe-failed': 'auto',
  'too-many-starts': 'person',
  'lifetime-over': 'person',
  'failed-early': 'person',
  // configuration and the rest
  config: 'person',
  'not-found': 'person',
  'transport-unsupported': 'person',
  'secret-store': 'person',
  'state-folder': 'person',
  'already-running': 'person',
  'no-engine': 'person',
  usage: 'person',
  internal: 'auto',
} as const satisfies Record<string, RetryClass>;

export type FailureCode = keyof typeof failureRetry;

/** What a person, a script or another shell gets to know of a failure. */
export interface Cause {
  readonly code: FailureCode;
  /** The place: `network`, a host's name, a forward's spec, a file with its line. */
  readonly where: string;
  /** One sentence: who did what. Cleaned of control characters, free of secrets. */
  readonly message: string;
  /** What to do now. */
  readonly next: string;
  /** Message and next step as facts, where the engine has them: a shell says them in its language. */
  readonly said?: SaidOfCause | undefined;
}

/** The facts of a cause. Null: only the English sentence is known. */
export interface SaidOfCause {
  readonly message: Said | null;
  readonly next: Said | null;
}

export interface FailureDetails {
  readonly code: FailureCode;
  readonly where: string;
  /** A fact, or (for what stays as it is in every language) text. */
  readonly message: Said | string;
  readonly next: Said | string;
  /** Facts of text that comes from elsewhere: over a socket, or redacted. */
  readonly said?: SaidOfCause | undefined;
  readonly phase?: Phase | undefined;
  /** Name of the host (a hop of the jump chain) at fault. */
  readonly hop?: string | undefined;
  /** Overrides the code's usual class. */
  readonly retry?: RetryClass | undefined;
  /** The error underneath, for the log only. */
  readonly cause?: unknown;
}

/** The one error type that crosses module borders. Anything else that is thrown is a bug and becomes code `internal`. */
export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';
  readonly code: FailureCode;
  readonly where: string;
  readonly next: string;
  readonly said: SaidOfCause;
  readonly phase: Phase | undefined;
  readonly hop: string | undefined;
  readonly retry: RetryClass;

  constructor(details: FailureDetails) {
    super(textOf(details.message), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.where = details.where;
    this.next = textOf(details.next);
    this.said = details.said ?? { message: factOf(details.message), next: factOf(details.next) };
    this.phase = details.phase;
    this.hop = details.hop;
    this.retry = details.retry ?? failureRetry[details.code];
  }

  /** The part that may be shown: a name that somebody typed or a path may hold characters that reorder or hide text, also in JSON. */
  toCause(): Cause {
    const clean = (text: string): string => cleanText(text, longestShown);
    const { message, next } = this.said;
    const facts = (said: Said | null): Said | null => (said === null ? null : withStrings(said, clean));
    return {
      code: this.code,
      where: clean(this.where),
      message: clean(this.message),
      next: clean(this.next),
      ...(message === null && next === null ? {} : { said: { message: facts(message), next: facts(next) } }),
    };
  }
}

function textOf(said: Said | string): string {
  return typeof said === 'string' ? said : inEnglish(said);
}

function factOf(said: Said | string): Said | null {
  return typeof said === 'string' ? null : said;
}

/** Turns anything that was thrown into a `HoldfastError`; unknown things become `internal`. */
export function asHoldfastError(thrown: unknown, where: string): HoldfastError {
  if (thrown instanceof HoldfastError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new HoldfastError({
    code: 'internal',
    where,
    message: fault.unexpected({ words: message }),
    next: fault.triesAgain(),
    cause: thrown,
  });
}

/** Closes a switch over a union: reaching it at run time is a bug. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
