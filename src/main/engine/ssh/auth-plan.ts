import { type AuthMethodName, authMethodNames } from '../../../shared/model/config.ts';
import { assertNever } from '../../../shared/model/failure.ts';

/**
 * The authentication plan as a pure machine: what to try next, given what the server still allows (RFC 4252 section 5.1) and what was tried.
 *
 * `none` comes first, while the methods are not known; then the methods of `auth-methods` in its order, by default this one:
 *
 * | method               | while                                                                     |
 * |----------------------|---------------------------------------------------------------------------|
 * | publickey            | allowed, a key is left that was not tried, and the probe budget lasts     |
 * | keyboard-interactive | allowed, it still asks something, fewer than 3 wrong answers              |
 * | password             | allowed, fewer than 3 wrong answers                                       |
 *
 * Partial success only replaces what is allowed: what was tried stays tried, a key that counted is never offered again on the same connection.
 * A server that hangs up has turned down what it was asked last. If something is left then, `onAnotherConnection` is where the next one begins:
 * what counted is shown again, what was turned down is not.
 */

/** As much of a key as the plan needs. */
export interface PlanKey {
  /** Named in the configuration: tried even beyond the probe budget. */
  readonly configured: boolean;
}

export interface PlanState {
  /** What may be tried, the first one first. */
  readonly methods: readonly AuthMethodName[];
  /** null: the server was not asked yet. */
  readonly allowed: readonly string[] | null;
  /** null: not looked for yet. Looked for only when the server allows publickey. */
  readonly keys: readonly PlanKey[] | null;
  /** Index of the next key. */
  readonly nextKey: number;
  /** Keys shown to the server. */
  readonly probes: number;
  /** Wrong answers of a person, over both methods. */
  readonly wrongAnswers: number;
  /** keyboard-interactive and password requests made. */
  readonly asks: number;
  /** Methods that are over for this attempt: they fail without asking anything. */
  readonly closed: readonly string[];
  /** Methods that counted. */
  readonly succeeded: readonly string[];
  readonly done: boolean;
}

export type AuthStep =
  | { readonly kind: 'none' }
  | { readonly kind: 'find-keys' }
  | { readonly kind: 'publickey'; readonly index: number }
  /** `round`: from 1; above 1 the answer before was wrong. */
  | { readonly kind: 'keyboard-interactive' | 'password'; readonly round: number }
  | { readonly kind: 'done' }
  /** `refused`: nothing is left to try. `wrong-answers`: three were wrong. `endless`: the server never comes to an end. */
  | { readonly kind: 'give-up'; readonly reason: 'refused' | 'wrong-answers' | 'endless' };

/** What came of a step. */
export type StepOutcome =
  | { readonly kind: 'success' }
  /** `methods` can continue. `probes`: keys shown. `asked`: a person answered. `idle`: the server asked for nothing at all. */
  | {
      readonly kind: 'failure';
      readonly methods: readonly string[];
      readonly partial: boolean;
      readonly probes: number;
      readonly asked: boolean;
      readonly idle: boolean;
    }
  | { readonly kind: 'keys'; readonly keys: readonly PlanKey[] }
  /** A key that could not be used at all; the server was not told of it, or shown it only. */
  | { readonly kind: 'skipped'; readonly probes: number };

/** Keys shown to the server in one attempt, where the configuration does not name more. sshd's MaxAuthTries is 6 and counts each. */
export const probeBudget = 5;
/** Wrong answers of a person in one attempt. */
export const maxWrongAnswers = 3;
/** keyboard-interactive and password requests in one attempt; stored secrets and partial successes may add to a person's three. */
const maxAsks = 10;
const maxPartialSuccesses = 8;
/** Times that a person is asked for a new password in place of one that has expired. */
export const maxDemands = 5;

export const initialPlan: PlanState = {
  methods: authMethodNames,
  allowed: null,
  keys: null,
  nextKey: 0,
  probes: 0,
  wrongAnswers: 0,
  asks: 0,
  closed: [],
  succeeded: [],
  done: false,
};

/** The next step. */
export function nextStep(state: PlanState): AuthStep {
  if (state.done) return { kind: 'done' };
  if (state.allowed === null) return { kind: 'none' };
  if (state.succeeded.length > maxPartialSuccesses) return { kind: 'give-up', reason: 'endless' };
  let outOfTries = false;
  for (const method of state.methods) {
    if (!state.allowed.includes(method)) continue;
    switch (method) {
      case 'publickey':
        if (state.keys === null) return { kind: 'find-keys' };
        if (keyIsLeft(state)) return { kind: 'publickey', index: state.nextKey };
        break;
      case 'keyboard-interactive':
      case 'password':
        if (state.closed.includes(method)) break;
        if (state.wrongAnswers >= maxWrongAnswers) outOfTries = true;
        else if (state.asks >= maxAsks) return { kind: 'give-up', reason: 'endless' };
        else return { kind: method, round: state.wrongAnswers + 1 };
        break;
      default:
        return assertNever(method);
    }
  }
  return { kind: 'give-up', reason: outOfTries ? 'wrong-answers' : 'refused' };
}

/** Where the next connection of the same login begins. `keys`: those that counted, then those that were not tried yet. */
export function onAnotherConnection(state: PlanState, keys: readonly PlanKey[]): PlanState {
  return { ...state, allowed: null, keys: state.keys === null ? null : keys, nextKey: 0, succeeded: [] };
}

function keyIsLeft(state: PlanState): boolean {
  const key = state.keys?.[state.nextKey];
  if (!key) return false;
  return key.configured || state.probes < probeBudget;
}

/** The state after `step` ended with `outcome`. */
export function advance(state: PlanState, step: AuthStep, outcome: StepOutcome): PlanState {
  switch (outcome.kind) {
    case 'success':
      return { ...state, done: true, succeeded: [...state.succeeded, step.kind] };
    case 'keys':
      return { ...state, keys: outcome.keys };
    case 'skipped':
      return { ...state, nextKey: state.nextKey + 1, probes: state.probes + outcome.probes };
    case 'failure':
      return afterFailure(state, step, outcome);
    default:
      return assertNever(outcome);
  }
}

function afterFailure(state: PlanState, step: AuthStep, outcome: Extract<StepOutcome, { kind: 'failure' }>): PlanState {
  const next = {
    ...state,
    allowed: outcome.methods,
    probes: state.probes + outcome.probes,
    succeeded: outcome.partial ? [...state.succeeded, step.kind] : state.succeeded,
  };
  switch (step.kind) {
    case 'publickey':
      return { ...next, nextKey: state.nextKey + 1 };
    case 'keyboard-interactive':
    case 'password': {
      const wrong = outcome.asked && !outcome.partial;
      return {
        ...next,
        asks: state.asks + 1,
        wrongAnswers: state.wrongAnswers + (wrong ? 1 : 0),
        closed: outcome.idle ? [...state.closed, step.kind] : state.closed,
      };
    }
    case 'none':
    case 'find-keys':
    case 'done':
    case 'give-up':
      return next;
    default:
      return assertNever(step);
  }
}
