import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore } from '../lifecycle/disposable.ts';
import { type Log, silentLog } from '../log/log.ts';
import type { LoginSecrets } from '../secrets/secret-store.ts';
import { type AgentPlace, agentAddresses, thisMachine } from './agent-address.ts';
import { AgentClient } from './agent-client.ts';
import { AuthAttempt } from './auth-attempt.ts';
import { UnlockedKeys } from './auth-unlock.ts';
import { KeyDecryptor } from './key-decryptor.ts';
import { type KeyMemory, noKeyMemory } from './key-record.ts';
import { LoginCourse } from './login-course.ts';
import type { Authenticator } from './authenticator.ts';

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
