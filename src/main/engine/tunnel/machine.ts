import type { TunnelConfig } from '../../../shared/model/config.ts';
import { assertNever, type Cause } from '../../../shared/model/failure.ts';
import { listensHere } from '../../../shared/model/forward-spec.ts';
import { failedEarly, lifetimeOver, tooManyStarts } from './machine-causes.ts';
import {
  abandon,
  acted,
  begin,
  die,
  fresh,
  hearsKnock,
  isConnecting,
  isUnattended,
  isWithinGate,
  listening,
  mayJoin,
  needsPerson,
  noCounts,
  opened,
  retryLater,
  run,
  same,
  sooner,
  start,
  unattended,
} from './machine-steps.ts';
import type {
  Effect,
  Failure,
  Instant,
  Machine,
  MachineEvent,
  MachinePolicy,
  Step,
  WantedBy,
} from './machine-types.ts';
import { wasStable } from './retry-policy.ts';

/**
 * tunnel: keeps one tunnel as it is wanted.
 *
 * - machine.ts         the states as one pure function; its words, steps and causes are in machine-*.ts
 * - retry-policy.ts    waits between tries
 * - supervisor.ts      runs the machine's effects; attempt.ts carries out one attempt
 * - forward-set.ts     the forwards of a tunnel, each switched and retried alone
 * - probes.ts          checks from end to end; probe-loop.ts asks again and again
 *
 * The table. Rows are events, columns states; `·` is no change. An event with a stale id changes nothing.
 * BEGIN is: LISTENING (by way of STARTING, while ports open) on demand, STARTING there for a client that still waits after a wait, INTERACTIVE if its
 * login needs a person and none asked, else STARTING.
 * FAIL is: DEAD for causes that need a person, for `auth-tries` failed logins in a row, within the gate time of the first start (a check apart), and
 * when `max-starts` is reached; else LISTENING on demand (RETRYING as long as a client waits), INTERACTIVE if the login needs a person and none asked,
 * else RETRYING.
 *
 * | event          | STOPPED | LISTENING | STARTING    | INTERACTIVE (prompt) | INTERACTIVE (nobody asked) | RUNNING         | RETRYING | DEAD    |
 * |----------------|---------|-----------|-------------|----------------------|----------------------------|-----------------|----------|---------|
 * | up             | BEGIN   | ·         | ·           | ·                    | STARTING (by a person)     | ·               | BEGIN¹   | BEGIN   |
 * | down           | ·       | STOPPED   | STOPPED     | STOPPED              | STOPPED                    | STOPPED         | STOPPED  | STOPPED |
 * | restart        | BEGIN   | ·         | STARTING    | STARTING             | STARTING                   | STARTING²       | BEGIN    | BEGIN   |
 * | hurry          | ·       | ·         | ·           | ·                    | ·                          | ·               | BEGIN    | ·       |
 * | attempt-shared | ·       | ·         | ·           | ·                    | ·                          | ·               | STARTING³| ·       |
 * | link-available | ·       | ·         | ·           | ·                    | STARTING                   | ·               | STARTING³| ·       |
 * | knock          | ·       | STARTING  | ·⁴          | ·                    | STARTING                   | ·               | STARTING¹⁰| ·      |
 * | retry-due      | ·       | ·         | ·           | ·                    | ·                          | ·               | BEGIN    | ·       |
 * | idle           | ·       | ·         | ·           | ·                    | ·                          | LISTENING⁵      | ·        | ·       |
 * | lifetime-over  | ·       | DEAD      | DEAD        | DEAD                 | DEAD                       | DEAD            | DEAD     | ·       |
 * | opened         | ·       | ·         | LISTENING⁶  | ·                    | ·                          | ·               | ·        | ·       |
 * | phase          | ·       | ·         | STARTING    | ·                    | ·                          | ·               | ·        | ·       |
 * | waiting (id)   | ·       | ·         | INTERACTIVE | INTERACTIVE          | ·                          | ·               | ·        | ·       |
 * | waiting (null) | ·       | ·         | ·           | STARTING             | ·                          | ·               | ·        | ·       |
 * | succeeded      | ·       | ·         | RUNNING     | RUNNING              | ·                          | ·               | ·        | ·       |
 * | degraded       | ·       | ·         | ·           | ·                    | ·                          | RUNNING         | ·        | ·       |
 * | failed         | ·       | FAIL⁶     | FAIL        | FAIL                 | ·                          | FAIL            | ·        | ·       |
 * | reconfigured⁷  | ·       | BEGIN⁸    | BEGIN       | BEGIN                | BEGIN⁹                     | BEGIN           | BEGIN    | BEGIN   |
 *
 * ¹ by a person   ² over a new link   ³ if the link is what it waits for, with our back-off   ⁴ STARTING while only ports are being opened
 * ⁵ on demand   ⁶ only the opening of ports   ⁷ if the connection changed (RETRYING and a DEAD forward: or the forwards); else only the policy
 * ⁸ if it is not on demand any more   ⁹ if it is not interactive any more, or on demand now
 * ¹⁰ if it waits for a passing fault of the link, with our back-off and no login refused: at once, or in what is left of 3 s since the last try for a client
 */
export function transition(machine: Machine, event: MachineEvent): Step {
  if ('id' in event && event.id !== machine.id) return { machine, effects: [] };
  return withEdges(machine, react(machine, event));
}

/** The machine of a tunnel that nobody has asked for yet. */
export function newMachine(policy: MachinePolicy): Machine {
  return {
    policy,
    desired: { wanted: false },
    state: { kind: 'stopped' },
    onlyListening: false,
    id: 0,
    ...noCounts,
    gateMs: 0,
    reconnects: 0,
    lost: false,
    asked: 'no',
    progress: { phase: 'resolve', hop: null },
    startedAtMs: 0,
    runningAtMs: 0,
    waitFromMs: 0,
    retryAtMs: 0,
    waitedMs: 0,
    failedStage: null,
    lastCause: null,
    failedInLogin: false,
  };
}

/** The part of a tunnel's configuration that decides transitions. On demand needs a forward at which somebody can knock. */
export function policyOf(config: TunnelConfig): MachinePolicy {
  const { interactive, backoff, gateTimeMs, pollMs, maxStarts, maxLifetimeMs, stableMs } = config;
  const demand = config.start === 'demand' && config.forwards.some((forward) => listensHere(forward));
  // autossh: a poll time beyond the lifetime is cut down to it.
  const poll = maxLifetimeMs > 0 ? Math.min(pollMs, maxLifetimeMs) : pollMs;
  return { demand, interactive, backoff, gateTimeMs, pollMs: poll, maxStarts, maxLifetimeMs, stableMs };
}

function react(machine: Machine, event: MachineEvent): Step {
  const { state, policy } = machine;
  switch (event.kind) {
    case 'up':
      return onUp(machine, event.by, event.at);
    case 'down':
      return onDown(machine);
    case 'restart':
      return onRestart(machine, event.at);
    case 'hurry':
      if (state.kind !== 'retrying') return same(machine);
      if (event.by === 'person') return begin(acted(machine), event.at);
      // A new network is a new situation: waits are short again. autossh's schedule stays what it is.
      return begin(policy.backoff.kind === 'exponential' ? { ...machine, tries: 0 } : machine, event.at);
    case 'attempt-shared':
      return mayJoin(machine) && !needsPerson(machine) ? start(machine, event.at) : same(machine);
    case 'link-available':
      if (isUnattended(machine) || mayJoin(machine)) return start(machine, event.at, needsPerson(machine));
      return same(machine);
    case 'knock':
      return onKnock(machine, event.inMs, event.at);
    case 'retry-due':
      if (state.kind !== 'retrying') return same(machine);
      if (!policy.demand || machine.failedStage === 'listen') return begin(machine, event.at);
      // The ports are open: who comes next finds why the last try failed.
      return event.clientsWait ? start(machine, event.at) : listening(machine, [abandon]);
    case 'idle':
      if (state.kind !== 'running' || !policy.demand) return same(machine);
      return listening({ ...machine, lost: false }, [abandon]);
    case 'lifetime-over':
      if (state.kind === 'stopped' || state.kind === 'dead') return same(machine);
      return die(machine, lifetimeOver(policy.maxLifetimeMs));
    case 'opened':
      return state.kind === 'starting' && machine.onlyListening ? opened(machine) : same(machine);
    case 'phase':
      if (!isConnecting(machine)) return same(machine);
      return progressed(machine, { phase: event.phase, hop: event.hop });
    case 'waiting':
      return onWaiting(machine, event.promptId);
    case 'succeeded':
      return isConnecting(machine) ? run(machine, event.degraded, event.at) : same(machine);
    case 'degraded':
      if (state.kind !== 'running' || sameCause(state.degraded, event.cause)) return same(machine);
      return same({ ...machine, state: { ...state, degraded: event.cause } });
    case 'failed':
      return onFailed(machine, event.failure, event.at);
    case 'reconfigured':
      return onReconfigured({ ...machine, policy: event.policy }, event.link, event.forwards, event.at);
    default:
      return assertNever(event);
  }
}

// --- what a person asks for ---

function onUp(machine: Machine, by: WantedBy, at: Instant): Step {
  switch (machine.state.kind) {
    case 'stopped':
    case 'dead':
      return begin(fresh(machine, by), at);
    case 'retrying':
      return by === 'person' ? begin(acted(machine), at) : same(machine);
    case 'interactive':
      if (by === 'person' && isUnattended(machine)) return start(acted(machine), at);
      break;
    case 'listening':
    case 'starting':
    case 'running':
      break;
    default:
      return assertNever(machine.state);
  }
  if (by === 'login') return same(machine);
  return same({ ...machine, desired: { wanted: true, by }, asked: isConnecting(machine) ? 'person' : machine.asked });
}

function onDown(machine: Machine): Step {
  if (machine.state.kind === 'stopped') return same(machine);
  const stopped: Machine = {
    ...machine,
    ...noCounts,
    desired: { wanted: false },
    state: { kind: 'stopped' },
    onlyListening: false,
    id: machine.id + 1,
    asked: 'no',
    lost: false,
    failedStage: null,
    lastCause: null,
    failedInLogin: false,
  };
  return { machine: stopped, effects: [{ kind: 'release-parked' }, abandon, { kind: 'close-forwards' }] };
}

function onRestart(machine: Machine, at: Instant): Step {
  switch (machine.state.kind) {
    case 'stopped':
    case 'dead':
      return begin(fresh(machine, 'person'), at);
    case 'retrying':
      return begin(acted(machine), at);
    case 'running': {
      const step = start(acted(machine), at);
      return { machine: step.machine, effects: [{ kind: 'replace-link' }, ...step.effects] };
    }
    case 'starting':
      return machine.onlyListening ? same(machine) : start(acted(machine), at);
    case 'interactive':
      return start(acted(machine), at);
    case 'listening':
      return same(machine);
    default:
      return assertNever(machine.state);
  }
}

function onKnock(machine: Machine, inMs: number, at: Instant): Step {
  if (!hearsKnock(machine)) return same(machine);
  if (machine.state.kind !== 'retrying') return start({ ...machine, asked: 'knock' }, at);
  return inMs > 0 ? sooner(machine, inMs, at) : start(machine, at);
}

function onReconfigured(machine: Machine, link: boolean, forwards: boolean, at: Instant): Step {
  const { state, policy, failedStage } = machine;
  const anew: Machine = { ...machine, ...noCounts, gateMs: 0 };
  switch (state.kind) {
    case 'stopped':
      return same(machine);
    case 'listening':
      return policy.demand ? same(machine) : begin(anew, at);
    case 'interactive':
      if (isUnattended(machine)) return policy.interactive && !policy.demand ? same(machine) : begin(anew, at);
      return link ? begin(anew, at) : same(machine);
    case 'starting':
    case 'running':
      return link ? begin({ ...anew, lost: false }, at) : same(machine);
    case 'retrying':
      return link || forwards ? begin(anew, at) : same(machine);
    case 'dead': {
      const mended = link || (forwards && (failedStage === 'forwards' || failedStage === 'listen'));
      if (!mended) return same(machine);
      // What was asked for before it ran is answered: only a wish that never came true goes on.
      const again = fresh(machine, machine.desired.wanted ? machine.desired.by : 'login');
      return begin({ ...again, asked: machine.asked }, at);
    }
    default:
      return assertNever(state);
  }
}

// --- how an attempt goes ---

function progressed(machine: Machine, progress: Machine['progress']): Step {
  if (machine.state.kind !== 'starting') return same({ ...machine, progress });
  return same({ ...machine, progress, state: { kind: 'starting', ...progress } });
}

function onWaiting(machine: Machine, promptId: string | null): Step {
  if (!isConnecting(machine)) return same(machine);
  if (promptId !== null) return same({ ...machine, state: { kind: 'interactive', promptId } });
  if (machine.state.kind === 'starting') return same(machine);
  return same({ ...machine, state: { kind: 'starting', ...machine.progress } });
}

function onFailed(machine: Machine, failure: Failure, at: Instant): Step {
  const { state, policy } = machine;
  const ran = state.kind === 'running';
  const opening = failure.stage === 'listen' && (state.kind === 'listening' || machine.onlyListening);
  if (!ran && !opening && !isConnecting(machine)) return same(machine);
  const { cause, stage } = failure;
  const upMs = ran ? at.nowMs - machine.runningAtMs : null;
  const failed: Machine = {
    ...machine,
    lost: machine.lost || ran,
    tries: wasStable(policy, { sinceStartMs: at.nowMs - machine.startedAtMs, upMs, waitedMs: machine.waitedMs })
      ? 0
      : machine.tries,
    authFailures: machine.authFailures + (failure.retry === 'limited' ? 1 : 0),
    failedStage: stage,
    lastCause: cause,
    failedInLogin: failure.inLogin,
  };
  const replace: Effect[] = failure.replaceLink ? [{ kind: 'replace-link' }] : [];
  const end = (step: Step): Step => ({ machine: step.machine, effects: [...replace, ...step.effects] });
  if (failure.retry === 'person') return end(die(failed, cause));
  if (failure.retry === 'limited' && failed.authFailures >= failure.authTries) return end(die(failed, cause));
  if (isWithinGate(failed, at) && !opening && stage !== 'probe')
    return end(die(failed, failedEarly(cause, failed.gateMs)));
  if (policy.maxStarts >= 0 && failed.starts >= policy.maxStarts && !opening) {
    return end(die(failed, tooManyStarts(policy.maxStarts, cause)));
  }
  // Clients that were cut off while their channel opened have lost nothing and may knock; those that waited for an attempt in vain go,
  // before the link is given up: a client that still waits then would knock.
  const release: Effect[] = ran ? [] : [{ kind: 'release-parked' }];
  if (policy.demand && stage !== 'listen') {
    // A client that was promised to wait does so until its time is over; nobody else is there to try for.
    if (failure.clientsWait && !ran && !policy.interactive) return end(retryLater(failed, failure, at));
    return end(listening(failed, [...release, abandon]));
  }
  if (needsPerson(failed) && stage === 'link') {
    return end(unattended(failed, [...release, abandon]));
  }
  return end(retryLater(failed, failure, at));
}

/** Effects that belong to borders between groups of states rather than to single transitions. */
function withEdges(before: Machine, step: Step): Step {
  const after = step.machine;
  const effects = [...step.effects];
  const held = after.state.kind === 'interactive';
  if (held !== (before.state.kind === 'interactive')) effects.push({ kind: 'hold-parked', held });
  const alive = isAlive(after);
  if (alive && !isAlive(before)) {
    effects.unshift({ kind: 'want', wanted: true });
    if (after.policy.maxLifetimeMs > 0) effects.push({ kind: 'arm-lifetime', limitMs: after.policy.maxLifetimeMs });
  }
  if (!alive && isAlive(before)) effects.push({ kind: 'cancel-lifetime' }, { kind: 'want', wanted: false });
  return { machine: after, effects };
}

function sameCause(a: Cause | null, b: Cause | null): boolean {
  if (a === null || b === null) return a === b;
  return a.code === b.code && a.where === b.where && a.message === b.message && a.next === b.next;
}

function isAlive(machine: Machine): boolean {
  return machine.state.kind !== 'stopped' && machine.state.kind !== 'dead';
}
