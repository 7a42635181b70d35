import type { HostConfig } from '../../../shared/model/config.ts';
import type { PromptField, PromptKind, SignInDetails } from '../../../shared/model/prompt.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore } from '../lifecycle/disposable.ts';
import { type Log, silentLog } from '../log/log.ts';
import type { Secret } from '../secrets/secret.ts';
import type { LoginSecrets } from '../secrets/secret-store.ts';
import { type AgentPlace, agentAddresses, thisMachine } from './agent-address.ts';
import { AgentClient } from './agent-client.ts';
import { AuthAttempt } from './auth-attempt.ts';
import { UnlockedKeys } from './auth-unlock.ts';
import { KeyDecryptor } from './key-decryptor.ts';
import { type KeyMemory, noKeyMemory } from './key-record.ts';
import { LoginCourse } from './login-course.ts';
import type { UserauthWire } from './userauth-wire.ts';

/**
 * Authentication: the plan and everything it needs.
 *
 * - authenticator.ts    the seam, and its implementation `createAuthenticator`
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
  readonly course?: LoginCourse;
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

export interface AuthenticatorOptions {
  readonly clock: Clock;
  readonly secrets: LoginSecrets;
  readonly log?: Log;
  /** Where SSH_AUTH_SOCK is read; the process's own by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Which keys worked last. */
  readonly memory?: KeyMemory;
  /** Home of the default identities. */
  readonly home?: string;
}

export interface MachineAuthenticator extends Authenticator, Disposable {
  /** Keys that were unlocked are asked for again at the next login. */
  forgetKeys(): void;
}

/**
 * The authentication of this machine. Dispose of it to end the key worker and to forget unlocked keys. Attempts run independently of each other;
 * each has its own agent connections, closed when it ends.
 */
export function createAuthenticator(options: AuthenticatorOptions): MachineAuthenticator {
  const { clock, secrets: store, log = silentLog, env = process.env, home, memory = noKeyMemory } = options;
  const owned = new DisposableStore();
  const decryptor = owned.add(new KeyDecryptor(clock));
  const kept = new UnlockedKeys();
  owned.defer(() => kept.clear());
  const place: AgentPlace = thisMachine(env);
  return {
    async authenticate(wire, context) {
      const course = context.course ?? new LoginCourse();
      try {
        course.attempt ??= new AuthAttempt(wire, context, {
          clock,
          store,
          decryptor,
          kept,
          memory,
          agents: agentAddresses(context.host.agent, place).map((address) =>
            course.owned.add(new AgentClient(address, clock)),
          ),
          home,
        });
        return await course.attempt.run(wire, context);
      } finally {
        if (context.course === undefined) course.dispose();
      }
    },
    forgetKeys() {
      kept.clear();
    },
    dispose() {
      log.debug('authentication closed');
      owned.dispose();
    },
  };
}
