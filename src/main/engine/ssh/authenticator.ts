import type { HostConfig } from '../../../shared/model/config.ts';
import type { HoldfastError } from '../../../shared/model/failure.ts';
import type { PromptField, PromptKind, SignInDetails } from '../../../shared/model/prompt.ts';
import type { Disposable, DisposableStore } from '../lifecycle/disposable.ts';
import type { Log } from '../log/log.ts';
import type { Secret } from '../secrets/secret.ts';
import type { UserauthWire } from './userauth-wire.ts';

/**
 * Authentication: the plan and everything it needs.
 *
 * - authenticator.ts    the seam; machine-authenticator.ts: its implementation on this machine, `createAuthenticator`
 * - auth-plan.ts        what to try next, as a pure machine; auth-attempt.ts runs its steps on the wire
 * - login-course.ts     a login over several connections, where a server hangs up after a few tries
 * - auth-identities.ts  which keys there are, in which order; auth-keys.ts offers them, auth-unlock.ts unlocks encrypted ones
 * - key-record.ts       which key worked last at which login
 * - auth-questions.ts   answers the server's questions, from the store or by a person; auth-prompt-kind.ts tells OTP from password
 * - auth-failure.ts     the failure in words
 * - private-key*.ts, ppk.ts, certificate.ts, key-*.ts  files and formats; key-worker.ts decrypts off the engine's thread
 * - agent-*.ts          the client of SSH agents
 */

/** Asks a person for secret fields. Pauses the attempt's deadlines while it waits. Rejects with code `cancelled`. */
export type AskSecrets = (question: {
  readonly kind: Exclude<PromptKind, 'host-key' | 'confirm'>;
  /** The server's text or ours, not yet cleaned: the asker cleans it. */
  readonly message: string;
  readonly fields: readonly PromptField[];
  readonly round: number;
  readonly mayRemember: boolean;
  /** Not yet cleaned either. */
  readonly signIn?: SignInDetails;
  /** Withdraws the question before the attempt ends. */
  readonly over?: AbortSignal | undefined;
}) => Promise<{
  readonly values: readonly Secret[];
  readonly remember: boolean;
  /** The login is to stay open for so long even if nothing uses it. */
  readonly keepOpenMs?: number | undefined;
}>;

/** The same within one attempt, which adds what it knows of the login so far. */
export type AskInAttempt = (
  question: Omit<Parameters<AskSecrets>[0], 'signIn'> & { readonly signIn: Omit<SignInDetails, 'accepted'> },
) => ReturnType<AskSecrets>;

/** A login under way that may go on over another connection. */
export interface LoginInCourse {
  /** What ended its last connection before the login was decided; null: nothing did. */
  readonly interruptedBy: HoldfastError | null;
  /** Goes on over this connection. */
  run(wire: UserauthWire, context: AuthContext): Promise<AuthReport>;
}

/** What a login keeps from one connection to the next, see `LoginCourse`. */
export interface LoginProgress extends Disposable {
  /** The login itself, once it has begun. */
  attempt: LoginInCourse | null;
  /** Ends with the login: its agent connections. */
  readonly owned: DisposableStore;
}

export interface AuthContext {
  /** The hop that is logged in to. */
  readonly host: HostConfig;
  /** The jump hosts on the way to it, outermost first. */
  readonly hops: readonly HostConfig[];
  readonly ask: AskSecrets;
  /**
   * Something outside may wait for a person (an agent that wants a touch or a consent): until disposed of, time limits stand still, and if it
   * takes longer than a moment the person is told `what`. Cancelled, it ends the attempt.
   */
  readonly waitForPerson: (what: string) => Disposable;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Of a login that may take several connections. */
  readonly course?: LoginProgress;
}

/** How a login came about. */
export interface AuthReport {
  /** Methods that counted, in order: `publickey`, `keyboard-interactive`. */
  readonly methods: readonly string[];
  /** To be run after success: saves what the person asked to remember. */
  readonly afterSuccess: () => Promise<void>;
  /** What a person chose, see `AskSecrets`. */
  readonly keepOpenMs?: number | undefined;
}

/** Carries out the authentication plan of one hop. Rejects with `auth-failed`, `auth-no-method`, `cancelled`, `too-many-prompts`, … */
export interface Authenticator {
  authenticate(wire: UserauthWire, context: AuthContext): Promise<AuthReport>;
}
