import type { Cause } from '../../../shared/model/failure.ts';
import { tooManyStarts } from './machine-causes.ts';
import type { Effect, Failure, Instant, Machine, Step, WantedBy } from './machine-types.ts';
import { retryDelayMs } from './retry-policy.ts';

// The machine's building blocks: ways into a state, and questions about one. The table is in machine.ts.

/** Nothing was tried yet. */
export const noCounts = { attempt: 0, tries: 0, authFailures: 0, starts: 0 } as const;
/** Ends what is under way. */
export const abandon: Effect = { kind: 'abandon' };

/** A new run: all counts start again. The count of reconnects stays as long as the tunnel was not taken down. */
export function fresh(machine: Machine, by: WantedBy): Machine {
  return {
    ...machine,
    ...noCounts,
    desired: { wanted: true, by },
    // As autossh -f: whoever is not there to read the reason wants it tried again.
    gateMs: by === 'login' ? 0 : machine.policy.gateTimeMs,
    reconnects: machine.desired.wanted ? machine.reconnects : 0,
    lost: false,
    asked: by === 'person' ? 'person' : 'no',
    failedStage: null,
    lastCause: null,
    failedInLogin: false,
  };
}

/** A person acted on a tunnel that is wanted already. */
export function acted(machine: Machine): Machine {
  return { ...machine, ...noCounts, desired: { wanted: true, by: 'person' }, gateMs: 0, asked: 'person' };
}

/** The first step of a run, of each try after a wait, and of what follows a change of the configuration. */
export function begin(machine: Machine, at: Instant): Step {
  if (machine.policy.demand) return openListeners(machine, at);
  return needsPerson(machine) ? unattended(machine, leaving(machine)) : start(machine, at);
}

function openListeners(machine: Machine, at: Instant): Step {
  const id = machine.id + 1;
  const starting: Machine = {
    ...machine,
    id,
    state: { kind: 'starting', phase: 'forwards', hop: null },
    onlyListening: true,
    attempt: machine.attempt + 1,
    tries: machine.tries + 1,
    startedAtMs: at.nowMs,
    progress: { phase: 'forwards', hop: null },
  };
  return { machine: starting, effects: [...leaving(machine), { kind: 'open-listeners', id }] };
}

export function opened(machine: Machine): Step {
  const state = { kind: 'listening' } as const;
  return same({
    ...machine,
    state,
    onlyListening: false,
    attempt: 0,
    tries: 0,
    failedStage: null,
    lastCause: null,
    failedInLogin: false,
  });
}

export function listening(machine: Machine, effects: readonly Effect[]): Step {
  const id = machine.id + 1;
  return {
    machine: { ...machine, id, state: { kind: 'listening' }, onlyListening: false, asked: 'no' },
    effects: [...effects, { kind: 'open-listeners', id }],
  };
}

/** Waits for a person, for a client that knocks, or for a link that somebody else makes. */
export function unattended(machine: Machine, effects: readonly Effect[]): Step {
  const id = machine.id + 1;
  const state = { kind: 'interactive', promptId: null } as const;
  return {
    machine: { ...machine, id, state, onlyListening: false, asked: 'no' },
    effects: [...effects, { kind: 'open-listeners', id }],
  };
}

export function start(machine: Machine, at: Instant, overExisting = false): Step {
  const { maxStarts } = machine.policy;
  if (maxStarts >= 0 && machine.starts >= maxStarts) return die(machine, tooManyStarts(maxStarts, machine.lastCause));
  const id = machine.id + 1;
  const progress = { phase: 'resolve', hop: null } as const;
  const starting: Machine = {
    ...machine,
    id,
    state: { kind: 'starting', ...progress },
    onlyListening: false,
    attempt: machine.attempt + 1,
    tries: machine.tries + 1,
    starts: machine.starts + 1,
    startedAtMs: at.nowMs,
    waitedMs: machine.state.kind === 'retrying' ? at.nowMs - machine.waitFromMs : 0,
    progress,
  };
  return { machine: starting, effects: [...leaving(machine), { kind: 'start', id, unattended: overExisting }] };
}

export function run(machine: Machine, degraded: Cause | null, at: Instant): Step {
  return same({
    ...machine,
    state: { kind: 'running', sinceMs: at.wallMs, degraded },
    attempt: 0,
    authFailures: 0,
    reconnects: machine.reconnects + (machine.lost ? 1 : 0),
    lost: false,
    asked: 'no',
    runningAtMs: at.nowMs,
    failedStage: null,
    lastCause: null,
    failedInLogin: false,
  });
}

export function die(machine: Machine, cause: Cause): Step {
  return {
    machine: {
      ...machine,
      id: machine.id + 1,
      state: { kind: 'dead', cause },
      onlyListening: false,
      lastCause: cause,
    },
    effects: [{ kind: 'release-parked' }, abandon, { kind: 'close-forwards' }],
  };
}

export function retryLater(machine: Machine, failure: Failure, at: Instant): Step {
  const id = machine.id + 1;
  const delayMs = retryDelayMs(machine.policy, machine.tries, failure.jitter);
  const state = { kind: 'retrying', cause: failure.cause, nextTryAtMs: at.wallMs + delayMs } as const;
  // What failed is this tunnel's own: without the link a person would be asked for a login again.
  const own = failure.stage === 'forwards' || failure.stage === 'probe';
  return {
    machine: { ...machine, id, state, onlyListening: false, waitFromMs: at.nowMs, retryAtMs: at.nowMs + delayMs },
    effects: [...(own ? [{ kind: 'keep-link' } as const] : []), abandon, { kind: 'wait', id, delayMs }],
  };
}

/** A client is there: the next try comes in `inMs`, if that is earlier. */
export function sooner(machine: Machine, inMs: number, at: Instant): Step {
  const { state, id } = machine;
  if (state.kind !== 'retrying' || at.nowMs + inMs >= machine.retryAtMs) return same(machine);
  return {
    machine: { ...machine, state: { ...state, nextTryAtMs: at.wallMs + inMs }, retryAtMs: at.nowMs + inMs },
    effects: [{ kind: 'wait', id, delayMs: inMs }],
  };
}

/** An attempt that dials is under way, perhaps waiting for a person. */
export function isConnecting(machine: Machine): boolean {
  const { state } = machine;
  return (
    (state.kind === 'starting' && !machine.onlyListening) || (state.kind === 'interactive' && state.promptId !== null)
  );
}

export function isUnattended(machine: Machine): boolean {
  return machine.state.kind === 'interactive' && machine.state.promptId === null;
}

/** It must not dial by itself: a prompt would open that nobody asked for. */
export function needsPerson(machine: Machine): boolean {
  return machine.policy.interactive && machine.asked !== 'person';
}

/** It waits for nothing but a link. autossh's schedule is kept exactly, so nobody joins before its time there. */
export function mayJoin(machine: Machine): boolean {
  const { state, policy, failedStage } = machine;
  return state.kind === 'retrying' && policy.backoff.kind === 'exponential' && failedStage === 'link';
}

/** It waits for a passing fault of the way to the server, so a client that comes need not wait as well. Never for what a login may be refused for. */
export function mayHurry(machine: Machine): boolean {
  const mayRepeatSecret = machine.authFailures > 0 || machine.failedInLogin;
  return mayJoin(machine) && !mayRepeatSecret && !needsPerson(machine);
}

/** A client that knocks has a try made. */
export function hearsKnock(machine: Machine): boolean {
  const opening = machine.state.kind === 'starting' && machine.onlyListening;
  return machine.state.kind === 'listening' || opening || isUnattended(machine) || mayHurry(machine);
}

/** autossh: a first start that ended within the gate time, in whole seconds, inclusive. */
export function isWithinGate(machine: Machine, at: Instant): boolean {
  if (machine.gateMs <= 0 || machine.starts !== 1) return false;
  return Math.floor((at.nowMs - machine.startedAtMs) / 1000) <= Math.floor(machine.gateMs / 1000);
}

/** What must end before something else begins. */
function leaving(machine: Machine): Effect[] {
  const { state } = machine;
  const busy = isConnecting(machine) || state.kind === 'running' || state.kind === 'retrying';
  return busy ? [abandon] : [];
}

export function same(machine: Machine): Step {
  return { machine, effects: [] };
}
