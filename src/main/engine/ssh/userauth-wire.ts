import type { Buffer } from 'node:buffer';
import type { Secret } from '../secrets/secret.ts';

/** The server's answer to one authentication request (RFC 4252 section 5). */
export type UserauthReply =
  | { readonly kind: 'success' }
  /** `methods` can continue; `partial`: this one was right, more is needed. */
  | { readonly kind: 'failure'; readonly methods: readonly string[]; readonly partial: boolean }
  /** The probed key would be accepted (SSH_MSG_USERAUTH_PK_OK). */
  | { readonly kind: 'key-acceptable' }
  | { readonly kind: 'password-expired'; readonly prompt: string };

/** One round of keyboard-interactive (RFC 4256 section 3.2). The server's text, not yet cleaned. */
export interface InfoRequest {
  readonly name: string;
  readonly instruction: string;
  readonly prompts: readonly { readonly prompt: string; readonly echo: boolean }[];
}

/** Answers one round, see `UserauthWire.keyboardInteractive`. */
export type AnswerRequest = (request: InfoRequest, over: AbortSignal) => Promise<readonly Secret[]>;

/** What an agent needs to know which session a signature is for (session-bind@openssh.com in OpenSSH's PROTOCOL.agent). */
export interface SessionBinding {
  readonly hostKey: Buffer;
  readonly sessionId: Buffer;
  /** The server's signature of the session identifier in the first key exchange. */
  readonly signature: Buffer;
}

/**
 * ssh-userauth as requests that resolve with the server's reply. One request at a time. Every promise rejects with `HoldfastError` when the
 * link is lost. Host key acceptance lies before the first call; nothing has been sent yet when the plan gets this object.
 */
export interface UserauthWire {
  readonly user: string;
  /** From EXT_INFO (RFC 8308); null if the server sent none. */
  readonly serverSigAlgs: readonly string[] | null;
  /** Null where the link cannot tell. */
  readonly binding?: SessionBinding | null;
  /** What the server said when it ended the connection, cleaned; null as long as it has not, or if it said nothing. */
  readonly lastWords?: string | null;
  none(): Promise<UserauthReply>;
  password(password: Secret): Promise<UserauthReply>;
  /** The answer to `password-expired` (RFC 4252 section 8). */
  changePassword(old: Secret, next: Secret): Promise<UserauthReply>;
  /** Asks whether `blob` under `algorithm` would be accepted; nothing is signed. */
  probeKey(algorithm: string, blob: Buffer): Promise<UserauthReply>;
  /**
   * Signs and sends. `sign` gets the bytes to be signed (RFC 4252 section 7) and returns the whole signature blob: string algorithm, string
   * signature, and what sk keys append.
   */
  signKey(algorithm: string, blob: Buffer, sign: (data: Buffer) => Promise<Buffer>): Promise<UserauthReply>;
  /**
   * Runs all rounds; `answer` is called for each, also for one without prompts (answer with none). `over` aborts when the exchange has ended, which a
   * server may do while it has a question open: nobody wants the answer any more, and none is sent.
   */
  keyboardInteractive(answer: AnswerRequest): Promise<UserauthReply>;
}
