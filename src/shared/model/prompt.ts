import type { Cause } from './failure.ts';

/** What is asked of a person. keyboard-interactive is `otp` unless its one hidden field asks for a password. */
export type PromptKind = 'host-key' | 'password' | 'otp' | 'passphrase' | 'confirm';

/** One input of a prompt; the label is the server's text for `otp`, already cleaned. */
export interface PromptField {
  readonly label: string;
  readonly echo: boolean;
}

/** What a first-contact question shows. */
export interface HostKeyDetails {
  readonly keyType: string;
  /** `SHA256:…`, unpadded base64. */
  readonly fingerprint: string;
  readonly randomart: string;
  /** Other names in known_hosts that hold this very key, at most 8. */
  readonly otherNames: readonly string[];
  /** Where the server answered; null through a jump host or a proxy. */
  readonly remoteAddress: string | null;
  /** Where "yes" would write it, links followed; empty if it cannot be kept: the message says why. */
  readonly file: string;
}

/** What a question for secrets knows beside its fields. */
export interface SignInDetails {
  /** What the server says beside the labels of its fields, cleaned, at most 4 KiB; empty if nothing, and where the question is our own. */
  readonly serverText: string;
  /** The file of the locked key, for a passphrase. */
  readonly keyFile: string | null;
  /** Methods that counted in this login already, in order: `publickey`. */
  readonly accepted: readonly string[];
  /** Wrong answers, with this one, until Holdfast stops by itself. */
  readonly triesLeft: number;
  /** What was given before this question and turned down; null at the first try, and for further steps of one exchange. */
  readonly refused: 'code' | 'password' | 'answer' | 'passphrase' | null;
  /**
   * A new password is asked for, twice, in place of one that has expired: for the first time, because the two were `different`, or because the
   * server `refused` the one before. Absent in other questions.
   */
  readonly newPassword?: 'first' | 'different' | 'refused' | undefined;
}

/** The login is finished elsewhere: approved in a browser, tapped on a phone. Nothing is asked here; it closes by itself. */
export interface ElsewhereDetails {
  /** What the server says, cleaned, at most 4 KiB; empty if it says nothing. */
  readonly serverText: string;
}

/** A question that is open now. Names are the configuration's; the server's words are only in `message` and `fields`. */
export interface Prompt {
  readonly id: string;
  readonly kind: PromptKind;
  /** Tunnels that wait for this answer, the first asker first. */
  readonly tunnels: readonly string[];
  /** The host of the tunnel (the end of the chain). */
  readonly host: string;
  /** The hop that asks; the same as `host` without a jump chain. */
  readonly hop: string;
  /** `host:port` that was dialled for this hop. */
  readonly address: string;
  readonly user: string;
  /** Cleaned of control characters, at most 4 KiB. */
  readonly message: string;
  readonly fields: readonly PromptField[];
  readonly hostKey: HostKeyDetails | null;
  /** Null for host keys and confirmations, and where nothing more is known. */
  readonly signIn: SignInDetails | null;
  /** Of a confirmation that the server wants elsewhere. */
  readonly elsewhere: ElsewhereDetails | null;
  /** https addresses in the server's words, see `webAddresses`: to be opened only by a person who has seen the whole of it. */
  readonly addresses: readonly string[];
  /** Which try this is, from 1: above 1 the answer before was wrong. */
  readonly round: number;
  /** The answer may be kept in the keychain (never an OTP). */
  readonly mayRemember: boolean;
  readonly askedAtMs: number;
}

/** What a tunnel waits for while its login is finished elsewhere, as a cause for those who know no questions. Null for any other question. */
export function elsewhereCause(prompt: Prompt): Cause | null {
  if (prompt.elsewhere === null) return null;
  const { id, hop, message } = prompt;
  return {
    code: 'login-elsewhere',
    where: hop,
    message,
    next: `Finish the login there; it goes on by itself. To give up: holdfast answer ${id} no`,
  };
}
