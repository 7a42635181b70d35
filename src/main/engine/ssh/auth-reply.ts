import type { HostConfig } from '../../../shared/model/config.ts';
import { HoldfastError, assertNever } from '../../../shared/model/failure.ts';
import type { StepOutcome } from './auth-plan.ts';
import type { UserauthReply } from './userauth-wire.ts';

export type FailureOutcome = Extract<StepOutcome, { kind: 'failure' }>;

/** What a server's reply means for the plan. Throws `protocol` for one that fits no question of the plan. */
export function outcomeOf(
  host: HostConfig,
  reply: UserauthReply,
  extra: Partial<Pick<FailureOutcome, 'probes' | 'asked' | 'idle'>> = {},
): StepOutcome {
  switch (reply.kind) {
    case 'success':
      return { kind: 'success' };
    case 'failure':
      return {
        kind: 'failure',
        methods: reply.methods,
        partial: reply.partial,
        probes: 0,
        asked: false,
        idle: false,
        ...extra,
      };
    case 'password-expired':
      throw protocolFault(host, 'demanded a new password when none was shown');
    case 'key-acceptable':
      throw protocolFault(host, 'said that a key is acceptable when none was shown');
    default:
      return assertNever(reply);
  }
}

/** The server answered something else than it was asked. */
export function protocolFault(host: HostConfig, what: string): HoldfastError {
  const { name } = host;
  return new HoldfastError({
    code: 'protocol',
    where: name,
    phase: 'auth',
    hop: name,
    message: `${name} ${what}.`,
    next: 'Holdfast tries again by itself. If it comes back, the server or something on the way is faulty.',
  });
}
