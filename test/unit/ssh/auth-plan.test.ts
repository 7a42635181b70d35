import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  type AuthStep,
  type PlanState,
  type StepOutcome,
  advance,
  initialPlan,
  nextStep,
} from '../../../src/main/engine/ssh/auth-plan.ts';

vi.setConfig({ testTimeout: 60_000 });

const methods = fc.subarray(['publickey', 'keyboard-interactive', 'password', 'hostbased']);

/** Whatever a server may answer to a step. */
const answer = fc.record({
  kind: fc.constantFrom('failure', 'failure', 'failure', 'success', 'skipped'),
  methods,
  partial: fc.boolean(),
  probes: fc.constantFrom(1, 1, 2),
  asked: fc.boolean(),
  idle: fc.boolean(),
});

function outcomeOf(
  step: AuthStep,
  given: typeof answer extends fc.Arbitrary<infer T> ? T : never,
  keys: readonly boolean[],
): StepOutcome {
  if (step.kind === 'find-keys') return { kind: 'keys', keys: keys.map((configured) => ({ configured })) };
  if (given.kind === 'success') return { kind: 'success' };
  if (given.kind === 'skipped' && step.kind === 'publickey') return { kind: 'skipped', probes: given.probes };
  const probes = step.kind === 'publickey' ? given.probes : 0;
  return {
    kind: 'failure',
    methods: given.methods,
    partial: given.partial,
    probes,
    asked: given.asked,
    idle: given.idle,
  };
}

describe('the plan against any server', () => {
  test('ends, keeps its order, never repeats a key, never asks past its limits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 12 }).map((keys) => keys.sort((a, b) => Number(b) - Number(a))),
        fc.infiniteStream(answer),
        (keys, answers) => {
          let state: PlanState = initialPlan;
          const used = new Set<number>();
          let wrong = 0;
          for (let i = 0; ; i += 1) {
            expect(i).toBeLessThan(200);
            const step = nextStep(state);
            if (step.kind === 'done' || step.kind === 'give-up') break;
            const given = answers.next().value;
            const outcome = outcomeOf(step, given, keys);
            if (step.kind === 'none') expect(i).toBe(0);
            else expect(state.allowed).toContain(step.kind === 'find-keys' ? 'publickey' : step.kind);
            if (step.kind === 'publickey') {
              expect(used.has(step.index)).toBe(false);
              used.add(step.index);
              expect(keys[step.index] === true || state.probes < 5).toBe(true);
            }
            if (step.kind === 'password' || step.kind === 'keyboard-interactive') {
              const left = keys.some((configured, index) => index >= state.nextKey && configured);
              expect(state.allowed?.includes('publickey') && (state.keys === null || left)).toBe(false);
              expect(wrong).toBeLessThan(3);
              expect(step.round).toBe(wrong + 1);
              if (outcome.kind === 'failure' && outcome.asked && !outcome.partial) wrong += 1;
            }
            state = advance(state, step, outcome);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('a method that fails without a question is not tried for ever', () => {
    let state = advance(initialPlan, { kind: 'none' }, failure(['keyboard-interactive', 'password']));
    const step = nextStep(state);
    expect(step.kind).toBe('keyboard-interactive');
    state = advance(state, step, { ...failure(['keyboard-interactive', 'password']), idle: true });
    expect(nextStep(state).kind).toBe('password');
  });

  test('keys of the agent stop at five probes', () => {
    let state = advance(initialPlan, { kind: 'none' }, failure(['publickey']));
    state = advance(state, nextStep(state), {
      kind: 'keys',
      keys: Array.from({ length: 8 }, () => ({ configured: false })),
    });
    let offered = 0;
    for (let step = nextStep(state); step.kind === 'publickey'; step = nextStep(state)) {
      offered += 1;
      state = advance(state, step, { ...failure(['publickey']), probes: 1 });
    }
    expect(offered).toBe(5);
  });
});

function failure(allowed: readonly string[]): Extract<StepOutcome, { kind: 'failure' }> {
  return { kind: 'failure', methods: allowed, partial: false, probes: 0, asked: false, idle: false };
}
