import type { RetryClass } from '../../../src/shared/model/failure.ts';
import type { Failure, MachineInput, MachinePolicy, Stage } from '../../../src/main/engine/tunnel/machine-types.ts';

/** What the tests of the machine feed it. Where an input leads is for each test to say. */

export const ordinary: MachinePolicy = {
  demand: false,
  interactive: false,
  backoff: { kind: 'exponential', firstMs: 1000, capMs: 60_000 },
  gateTimeMs: 0,
  pollMs: 600_000,
  maxStarts: -1,
  maxLifetimeMs: 0,
  stableMs: 60_000,
};

export const cause = { code: 'refused', where: 'network', message: 'It refused.', next: 'Wait.' } as const;

export function fails(retry: RetryClass = 'auto', stage: Stage = 'link', changes: Partial<Failure> = {}): Failure {
  return {
    cause,
    retry,
    stage,
    jitter: 0.5,
    authTries: 2,
    replaceLink: false,
    clientsWait: false,
    inLogin: false,
    ...changes,
  };
}

/** The events that come in one form alone, made for a machine, so that the id is not stale. */
export const inputs: Readonly<Record<string, (machine: { readonly id: number }) => MachineInput>> = {
  'attempt-shared': () => ({ kind: 'attempt-shared' }),
  'link-available': () => ({ kind: 'link-available' }),
  knock: () => ({ kind: 'knock', inMs: 0 }),
  'retry-due': ({ id }) => ({ kind: 'retry-due', id, clientsWait: false }),
  idle: ({ id }) => ({ kind: 'idle', id }),
  'lifetime-over': () => ({ kind: 'lifetime-over' }),
  opened: ({ id }) => ({ kind: 'opened', id }),
  phase: ({ id }) => ({ kind: 'phase', id, phase: 'auth', hop: 'web' }),
  'waiting (id)': ({ id }) => ({ kind: 'waiting', id, promptId: 'p2' }),
  'waiting (null)': ({ id }) => ({ kind: 'waiting', id, promptId: null }),
  succeeded: ({ id }) => ({ kind: 'succeeded', id, degraded: null }),
  degraded: ({ id }) => ({ kind: 'degraded', id, cause }),
};
