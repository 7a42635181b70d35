import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RetryClass } from '../../../src/shared/model/failure.ts';
import type {
  Machine,
  MachineInput,
  MachinePolicy,
  Stage,
  Step,
} from '../../../src/main/engine/tunnel/machine-types.ts';
import { newMachine, transition } from '../../../src/main/engine/tunnel/machine.ts';

const cause = { code: 'refused', where: 'network', message: 'It refused.', next: 'Wait.' } as const;

const policies: fc.Arbitrary<MachinePolicy> = fc.record({
  demand: fc.boolean(),
  interactive: fc.boolean(),
  backoff: fc.constantFrom(
    { kind: 'exponential' as const, firstMs: 1000, capMs: 60_000 },
    { kind: 'autossh' as const },
  ),
  gateTimeMs: fc.constantFrom(0, 30_000),
  pollMs: fc.constantFrom(0, 10_000, 600_000),
  maxStarts: fc.constantFrom(-1, -1, 0, 2),
  maxLifetimeMs: fc.constantFrom(0, 60_000),
  stableMs: fc.constantFrom(0, 60_000),
});

const failures = fc.record({
  cause: fc.constant(cause),
  retry: fc.constantFrom<RetryClass>('auto', 'auto', 'limited', 'person'),
  stage: fc.constantFrom<Stage>('listen', 'link', 'forwards', 'probe'),
  jitter: fc.double({ min: 0, max: 0.999, noNaN: true }),
  authTries: fc.integer({ min: 1, max: 3 }),
  replaceLink: fc.boolean(),
  clientsWait: fc.boolean(),
  inLogin: fc.boolean(),
});

/** Events without their ids: the run fills in the present one, or a stale one. */
type Draft = { readonly input: MachineInput; readonly stale: boolean; readonly laterMs: number };

const inputs: fc.Arbitrary<MachineInput> = fc.oneof(
  fc.constantFrom<MachineInput>(
    { kind: 'up', by: 'person' },
    { kind: 'up', by: 'login' },
    { kind: 'down' },
    { kind: 'restart' },
    { kind: 'hurry', by: 'person' },
    { kind: 'hurry', by: 'wake' },
    { kind: 'attempt-shared' },
    { kind: 'link-available' },
    { kind: 'knock', inMs: 0 },
    { kind: 'knock', inMs: 2000 },
    { kind: 'retry-due', id: 0, clientsWait: false },
    { kind: 'retry-due', id: 0, clientsWait: true },
    { kind: 'idle', id: 0 },
    { kind: 'opened', id: 0 },
    { kind: 'phase', id: 0, phase: 'auth', hop: 'web' },
    { kind: 'waiting', id: 0, promptId: 'p1' },
    { kind: 'waiting', id: 0, promptId: null },
    { kind: 'degraded', id: 0, cause },
  ),
  // The way through an attempt, often enough to get anywhere.
  fc.constantFrom<MachineInput>(
    { kind: 'succeeded', id: 0, degraded: null },
    { kind: 'opened', id: 0 },
    { kind: 'up', by: 'person' },
    { kind: 'knock', inMs: 0 },
  ),
  failures.map((failure): MachineInput => ({ kind: 'failed', id: 0, failure })),
  fc.oneof(
    fc.constant<MachineInput>({ kind: 'lifetime-over' }),
    fc
      .tuple(policies, fc.boolean(), fc.boolean())
      .map(([policy, link, forwards]): MachineInput => ({ kind: 'reconfigured', policy, link, forwards })),
  ),
);

const drafts: fc.Arbitrary<Draft[]> = fc.array(
  fc.record({ input: inputs, stale: fc.integer({ min: 0, max: 7 }).map((n) => n === 0), laterMs: fc.nat(40_000) }),
  { maxLength: 60 },
);

interface Moment {
  readonly before: Machine;
  readonly input: MachineInput;
  readonly step: Step;
  readonly nowMs: number;
}

/** Drives a machine through the drafts and shows every step. */
function drive(policy: MachinePolicy, events: readonly Draft[], look: (moment: Moment) => void): Machine {
  let machine = newMachine(policy);
  let nowMs = 0;
  for (const { input: draft, stale, laterMs } of events) {
    nowMs += laterMs;
    const input: MachineInput = 'id' in draft ? { ...draft, id: stale ? machine.id - 1 : machine.id } : draft;
    const step = transition(machine, { ...input, at: { nowMs, wallMs: 1e12 + nowMs } });
    look({ before: machine, input, step, nowMs });
    machine = step.machine;
  }
  return machine;
}

function always(look: () => (moment: Moment) => void): void {
  fc.assert(
    fc.property(policies, drafts, (policy, events) => {
      drive(policy, events, look());
    }),
    { numRuns: 2000 },
  );
}

describe('whatever happens', () => {
  it('there are never two attempts at once, and none is left when it is over', () => {
    always(() => {
      let active = 0;
      return ({ step }) => {
        for (const effect of step.effects) {
          if (effect.kind === 'abandon') active = 0;
          if (effect.kind === 'start') active += 1;
        }
        expect(active).toBeLessThanOrEqual(1);
        const { state, onlyListening } = step.machine;
        const uses =
          (state.kind === 'starting' && !onlyListening) ||
          state.kind === 'running' ||
          (state.kind === 'interactive' && state.promptId !== null);
        expect(active, state.kind).toBe(uses ? 1 : 0);
      };
    });
  });

  it('there is exactly one wait while it retries, and none otherwise', () => {
    always(() => {
      let waiting = false;
      return ({ input, step }) => {
        for (const effect of step.effects) {
          if (effect.kind === 'abandon') waiting = false;
          if (effect.kind === 'wait') {
            // A client that knocks may put a shorter one in its place.
            expect(waiting).toBe(input.kind === 'knock');
            waiting = true;
          }
        }
        expect(waiting).toBe(step.machine.state.kind === 'retrying');
      };
    });
  });

  it('down stops it, and nothing but up and restart starts it again', () => {
    always(() => ({ before, input, step }) => {
      if (input.kind === 'down') expect(step.machine.state.kind).toBe('stopped');
      if (before.state.kind === 'stopped' && input.kind !== 'up' && input.kind !== 'restart') {
        expect(step.machine.state.kind).toBe('stopped');
        expect(step.effects).toEqual([]);
      }
      expect(step.machine.desired.wanted).toBe(step.machine.state.kind !== 'stopped');
    });
  });

  it('a cause that needs a person is never tried again by itself', () => {
    always(() => ({ before, input, step }) => {
      const dead = before.state.kind === 'dead';
      if (
        dead &&
        input.kind !== 'up' &&
        input.kind !== 'restart' &&
        input.kind !== 'reconfigured' &&
        input.kind !== 'down'
      ) {
        expect(step.machine).toBe(before);
      }
      if (input.kind === 'failed' && input.failure.retry === 'person' && step.machine !== before) {
        expect(step.machine.state.kind).toBe('dead');
      }
    });
  });

  it('stale results change nothing', () => {
    always(() => ({ before, input, step }) => {
      if ('id' in input && input.id !== before.id) {
        expect(step.machine).toBe(before);
        expect(step.effects).toEqual([]);
      }
    });
  });

  it('the id never falls, and is new whenever an attempt, a wait or a link begins or ends', () => {
    always(() => ({ before, step }) => {
      expect(step.machine.id).toBeGreaterThanOrEqual(before.id);
      const begins = step.effects.some(({ kind }) => kind === 'start' || kind === 'wait' || kind === 'abandon');
      if (begins) expect(step.machine.id).toBeGreaterThan(before.id);
    });
  });

  it('attempt is 0 while it runs and above 0 while it tries', () => {
    always(() => ({ step }) => {
      const { state, attempt } = step.machine;
      if (state.kind === 'running' || state.kind === 'stopped') expect(attempt).toBe(0);
      if (state.kind === 'starting') expect(attempt).toBeGreaterThan(0);
    });
  });

  it('reconnects never fall while it is wanted', () => {
    always(() => ({ before, step }) => {
      if (before.desired.wanted && step.machine.desired.wanted) {
        expect(step.machine.reconnects).toBeGreaterThanOrEqual(before.reconnects);
      }
    });
  });

  it('an interactive tunnel dials only if a person or a client asked since it last ran', () => {
    always(() => {
      let asked = false;
      return ({ input, step }) => {
        const person =
          (input.kind === 'up' && input.by === 'person') || (input.kind === 'hurry' && input.by === 'person');
        if (person || input.kind === 'restart' || input.kind === 'knock') asked = true;
        for (const effect of step.effects) {
          if (effect.kind === 'start' && step.machine.policy.interactive && !asked)
            expect(effect.unattended).toBe(true);
        }
        if (step.machine.state.kind === 'running') asked = false;
      };
    });
  });

  it('a knock during a wait only ever brings the next try forward, and only for a passing fault of the link', () => {
    always(() => ({ before, input, step }) => {
      if (input.kind !== 'knock' || before.state.kind !== 'retrying' || step.machine === before) return;
      expect(before.failedStage).toBe('link');
      expect(before.authFailures).toBe(0);
      expect(before.policy.backoff.kind).toBe('exponential');
      if (step.machine.state.kind === 'retrying') {
        expect(input.inMs).toBeGreaterThan(0);
        expect(step.machine.retryAtMs).toBeLessThan(before.retryAtMs);
        expect(step.machine.id).toBe(before.id);
      } else {
        expect(step.machine.state.kind).toMatch(/starting|dead/);
        expect(input.inMs).toBe(0);
      }
    });
  });

  it('the count of tries is forgotten exactly after a link that lasted, and as long as what was waited for it', () => {
    always(() => {
      let waitedSinceMs = 0;
      let waitedMs = 0;
      let upSinceMs = 0;
      return ({ before, input, step, nowMs }) => {
        const [from, to] = [before.state.kind, step.machine.state.kind];
        if (to === 'retrying' && from !== 'retrying') waitedSinceMs = nowMs;
        if (step.effects.some(({ kind }) => kind === 'start'))
          waitedMs = from === 'retrying' ? nowMs - waitedSinceMs : 0;
        if (to === 'running' && from !== 'running') upSinceMs = nowMs;
        if (input.kind !== 'failed' || from !== 'running' || to !== 'retrying') return;
        if (step.machine.policy.backoff.kind === 'autossh') return;
        const upMs = nowMs - upSinceMs;
        const lasted = upMs >= step.machine.policy.stableMs && upMs >= waitedMs;
        expect(step.machine.tries).toBe(lasted ? 0 : before.tries);
      };
    });
  });

  it('parked clients are held exactly while a person is awaited, and released when it ends for good', () => {
    always(() => {
      let held = false;
      return ({ before, step }) => {
        for (const effect of step.effects) if (effect.kind === 'hold-parked') held = effect.held;
        expect(held).toBe(step.machine.state.kind === 'interactive');
        const ended = (kind: string): boolean => kind === 'dead' || kind === 'stopped';
        if (ended(step.machine.state.kind) && !ended(before.state.kind)) {
          expect(step.effects.map(({ kind }) => kind)).toEqual(
            expect.arrayContaining(['release-parked', 'close-forwards']),
          );
        }
      };
    });
  });

  it('the lifetime is armed and the connection wanted exactly while it is alive', () => {
    always(() => {
      let wanted = false;
      let armed = false;
      return ({ step }) => {
        for (const effect of step.effects) {
          if (effect.kind === 'want') wanted = effect.wanted;
          if (effect.kind === 'arm-lifetime') armed = true;
          if (effect.kind === 'cancel-lifetime') armed = false;
        }
        const alive = step.machine.state.kind !== 'stopped' && step.machine.state.kind !== 'dead';
        expect(wanted).toBe(alive);
        if (!alive) expect(armed).toBe(false);
      };
    });
  });
});

it('the events above reach every state', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(policies, drafts, (policy, events) => {
      drive(policy, events, ({ step }) => seen.add(step.machine.state.kind));
    }),
    { numRuns: 1000 },
  );
  expect([...seen].sort()).toEqual(['dead', 'interactive', 'listening', 'retrying', 'running', 'starting', 'stopped']);
});
