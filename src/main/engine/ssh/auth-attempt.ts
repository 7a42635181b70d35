import { HoldfastError, assertNever } from '../../../shared/model/failure.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { Log } from '../log/log.ts';
import type { Secret } from '../secrets/secret.ts';
import type { LoginSecrets } from '../secrets/secret-store.ts';
import { sshLoginCommand } from './login-command.ts';
import type { AgentClient } from './agent-client.ts';
import { authFailure, passwordExpired } from './auth-failure.ts';
import { KeyOffers } from './auth-keys.ts';
import {
  type AuthStep,
  type PlanState,
  type StepOutcome,
  advance,
  initialPlan,
  maxDemands,
  nextStep,
  onAnotherConnection,
} from './auth-plan.ts';
import { type ExchangeRecord, Questions, newRecord } from './auth-questions.ts';
import { outcomeOf } from './auth-reply.ts';
import { HostSecrets } from './auth-secrets.ts';
import { Unlocker, type UnlockedKeys } from './auth-unlock.ts';
import type { AskInAttempt, AuthContext, AuthReport } from './authenticator.ts';
import type { KeyDecryptor } from './key-decryptor.ts';
import type { KeyMemory } from './key-record.ts';
import type { UserauthReply, UserauthWire } from './userauth-wire.ts';

export interface AttemptParts {
  readonly clock: Clock;
  readonly store: LoginSecrets;
  readonly decryptor: KeyDecryptor;
  readonly kept: UnlockedKeys;
  readonly memory: KeyMemory;
  readonly agents: readonly AgentClient[];
  readonly home?: string | undefined;
}

/** Connections that one login may take. Each has to turn something down that none before it was asked. */
export const maxConnections = 10;

type Step = Exclude<AuthStep, { kind: 'done' | 'give-up' }>;

/** One attempt at logging in to one hop: runs the plan's steps on the wire, on one connection after the other if the server hangs up between. */
export class AuthAttempt {
  #wire: UserauthWire;
  #context: AuthContext;
  readonly #parts: AttemptParts;
  readonly #log: Log;
  readonly #secrets: HostSecrets;
  readonly #questions: Questions;
  readonly #unlocker: Unlocker;
  readonly #keys: KeyOffers;
  #storedPasswordRefused = false;
  #passwordsRefused = 0;
  #answersRefused = 0;
  /** Something was sent that only the right person has. A server that asks for no such thing may be another than it seems (CVE-2021-36367). */
  #proved = false;
  /** A person is being asked, or was when the attempt ended: the server did not answer anything by it. */
  #asking = false;
  /** Methods that counted so far. */
  #accepted: readonly string[] = [];
  #keepOpenMs: number | undefined = undefined;
  /** What was answered in the step that is under way. */
  #record: ExchangeRecord = newRecord();
  #connections = 0;
  /** What the server said when it last hung up. */
  #lastWords: string | null = null;
  /** How much was turned down before this connection. */
  #refusedBefore = 0;
  /** Where the next connection begins. */
  #next: PlanState;
  #interruptedBy: HoldfastError | null = null;
  /** The server wants a new password: the one that it has was right. */
  #isReplacing = false;

  constructor(wire: UserauthWire, context: AuthContext, parts: AttemptParts) {
    const { host } = context;
    const ask: AskInAttempt = async (question) => {
      this.#asking = true;
      const answer = await this.#context.ask({ ...question, signIn: { ...question.signIn, accepted: this.#accepted } });
      this.#asking = false;
      // What was chosen last counts: an answer before may have been wrong.
      this.#keepOpenMs = answer.keepOpenMs;
      return answer;
    };
    this.#wire = wire;
    this.#context = context;
    this.#parts = parts;
    this.#log = context.log.child({ part: 'auth' });
    this.#secrets = new HostSecrets(parts.store, host.name, this.#log);
    this.#questions = new Questions(host, ask, this.#secrets, sshLoginCommand(host, context.hops));
    this.#unlocker = new Unlocker({
      ask,
      secrets: this.#secrets,
      decryptor: parts.decryptor,
      kept: parts.kept,
      signal: () => this.#context.signal,
    });
    this.#keys = new KeyOffers({
      clock: parts.clock,
      agents: parts.agents,
      home: parts.home,
      unlocker: this.#unlocker,
      connection: () => ({ wire: this.#wire, context: this.#context }),
      onAsking: (isAsking) => {
        this.#asking = isAsking;
      },
      onProof: () => {
        this.#proved = true;
      },
      workedLast: parts.memory.workedLast(host),
    });
    this.#next = { ...initialPlan, methods: host.authMethods };
  }

  /** The failure that only ended a connection: another one may bring the login further. */
  get interruptedBy(): HoldfastError | null {
    return this.#interruptedBy;
  }

  /** Runs the plan on this connection, from where the one before had to stop. */
  async run(wire: UserauthWire, context: AuthContext): Promise<AuthReport> {
    this.#wire = wire;
    this.#context = context;
    for (const agent of this.#parts.agents) agent.bindTo(wire.binding ?? null);
    this.#connections += 1;
    this.#refusedBefore = this.#refused;
    this.#interruptedBy = null;
    this.#asking = false;
    this.#isReplacing = false;
    this.#secrets.again();
    let state = this.#next;
    for (;;) {
      this.#context.signal.throwIfAborted();
      const step = nextStep(state);
      this.#accepted = state.succeeded;
      if (step.kind === 'done') return this.#report(state);
      if (step.kind === 'give-up') throw this.#failure(state, step.reason);
      const outcome = await this.#carryOut(state, step);
      state = advance(state, step, outcome);
    }
  }

  #report(state: PlanState): AuthReport {
    const methods = state.succeeded;
    if (!this.#proved)
      this.#log.warn(`${this.#context.host.name} let ${this.#context.host.user} in without any proof of identity`);
    else this.#log.info(`logged in by ${methods.join(', ')}`);
    this.#unlocker.keepAll();
    this.#parts.memory.worked(this.#context.host, this.#keys.counted);
    return { methods, afterSuccess: () => this.#secrets.save(), keepOpenMs: this.#keepOpenMs };
  }

  /** How much was turned down so far. */
  get #refused(): number {
    const typed = this.#passwordsRefused + this.#answersRefused;
    return this.#keys.refused.length + typed + (this.#storedPasswordRefused ? 1 : 0);
  }

  /** A step of the plan. A server that hangs up after it turned something down has refused the login (sshd after MaxAuthTries). */
  async #carryOut(state: PlanState, step: Step): Promise<StepOutcome> {
    this.#record = newRecord();
    try {
      return await this.#step(step);
    } catch (thrown) {
      // `auth-failed` is what its "too many authentication failures" becomes: right, but it does not say what was tried.
      const hungUp =
        thrown instanceof HoldfastError &&
        ['server-closed', 'closed-early', 'reset', 'auth-failed'].includes(thrown.code);
      if (!hungUp || this.#asking || this.#isReplacing) throw thrown;
      const said = thrown.code === 'auth-failed';
      if (!said && this.#refused === 0) throw thrown;
      throw this.#hungUp(state, step, { said, thrown });
    }
  }

  /** The failure of a login that was cut off. `said`: the server said that it had enough. */
  #hungUp(
    state: PlanState,
    step: Step,
    end: { readonly said: boolean; readonly thrown: HoldfastError },
  ): HoldfastError {
    this.#lastWords = this.#wire.lastWords ?? this.#lastWords;
    // sshd answers the last try by hanging up: that was turned down too.
    const mayCount = end.said || this.#refused > this.#refusedBefore;
    const last = mayCount ? this.#turnedDownLast(step, end.said) : null;
    const after = last === null ? state : advance(state, step, { ...last, methods: state.allowed ?? [] });
    const left = nextStep(after);
    const goesOn = left.kind !== 'give-up' && this.#refused > this.#refusedBefore && this.#connections < maxConnections;
    const failure = this.#failure(after, left.kind === 'give-up' ? left.reason : 'refused', end.thrown);
    if (goesOn) {
      this.#next = onAnotherConnection(after, this.#keys.again());
      this.#interruptedBy = failure;
      this.#log.info(`${this.#context.host.name} hung up; another connection goes on with what was not tried yet`);
    }
    return failure;
  }

  /** What the step that was cut off comes to; null: it asked the server for nothing that it could turn down. */
  #turnedDownLast(step: Step, said: boolean): Extract<StepOutcome, { kind: 'failure' }> | null {
    const none = { kind: 'failure', methods: [], partial: false, probes: 0, asked: false, idle: false } as const;
    switch (step.kind) {
      case 'publickey': {
        const last = this.#keys.hungUp(said);
        return last === null ? null : { ...none, ...last };
      }
      case 'keyboard-interactive':
      case 'password':
        this.#turnedDown(step.kind);
        return { ...none, asked: this.#record.asked, idle: this.#record.fields === 0 };
      case 'none':
      case 'find-keys':
        return null;
      default:
        return assertNever(step);
    }
  }

  async #step(step: Step): Promise<StepOutcome> {
    switch (step.kind) {
      case 'none':
        return outcomeOf(this.#context.host, await this.#wire.none());
      case 'find-keys':
        return await this.#keys.find();
      case 'publickey':
        return await this.#keys.offer(step.index);
      case 'keyboard-interactive':
        return await this.#interactive(step.round);
      case 'password':
        return await this.#password(step.round);
      default:
        return assertNever(step);
    }
  }

  /** The answers of the exchange that is recorded were wrong. */
  #turnedDown(method: 'keyboard-interactive' | 'password'): void {
    this.#secrets.refused('password', this.#record.storedUsed);
    if (!this.#record.asked) this.#storedPasswordRefused ||= this.#record.storedUsed;
    else if (method === 'password') this.#passwordsRefused += 1;
    else this.#answersRefused += 1;
  }

  async #interactive(round: number): Promise<StepOutcome> {
    const record = this.#record;
    let thrown: unknown = null;
    const reply = await this.#wire.keyboardInteractive(async (request, over) => {
      try {
        return await this.#questions.interactive(request, { round, record, over });
      } catch (error) {
        // A question that its server has closed fails nothing.
        if (!over.aborted) thrown = error;
        throw error;
      }
    });
    this.#asking = false;
    if (record.fields > 0) this.#proved = true;
    // The wire may answer for us once our answer has failed; the reason is ours.
    if (thrown !== null) throw thrown;
    if (reply.kind === 'failure' && !reply.partial) this.#turnedDown('keyboard-interactive');
    else if (record.newPasswords.length > 0) this.#changedByRounds(record);
    return outcomeOf(this.#context.host, reply, { asked: record.asked, idle: record.fields === 0 });
  }

  async #password(round: number): Promise<StepOutcome> {
    const record = this.#record;
    const password = await this.#questions.password(round, record);
    const first = await this.#wire.password(password);
    this.#proved = true;
    const reply = first.kind === 'password-expired' ? await this.#replacePassword(password, first.prompt) : first;
    if (reply.kind === 'failure' && !reply.partial) this.#turnedDown('password');
    return outcomeOf(this.#context.host, reply, { asked: record.asked });
  }

  /** RFC 4252 section 8: the password was right, but has expired. Resolves with the reply to the new one, which the server took. */
  async #replacePassword(old: Secret, serverText: string): Promise<UserauthReply> {
    const record = this.#record;
    this.#isReplacing = true;
    let prompt = serverText;
    for (let demand = 1; demand <= maxDemands; demand += 1) {
      const next = await this.#questions.newPassword(prompt, demand);
      if (next === null) throw passwordExpired(this.#context, 'differed');
      const reply = await this.#wire.changePassword(old, next.value);
      if (reply.kind === 'password-expired') {
        prompt = reply.prompt;
        continue;
      }
      // Not partial: it was not changed.
      if (reply.kind === 'failure' && !reply.partial) throw passwordExpired(this.#context, 'not-taken');
      this.#isReplacing = false;
      this.#log.info(`the password of ${this.#context.host.user} was changed, as the server wanted`);
      record.asked = true;
      const isKept = next.remember || record.storedUsed || this.#secrets.isToBeSaved('password');
      if (isKept) this.#secrets.changed('password', next.value);
      return reply;
    }
    throw passwordExpired(this.#context, 'endless');
  }

  /** PAM's own rounds for a password that has expired came to a good end: what is saved has to follow. */
  #changedByRounds(record: ExchangeRecord): void {
    if (!record.storedUsed && !this.#secrets.isToBeSaved('password')) return;
    const [again, next] = record.newPasswords.toReversed();
    const isSure = again !== undefined && next !== undefined && again.revealBytes().equals(next.revealBytes());
    this.#secrets.changed('password', isSure ? next : null);
  }

  #failure(state: PlanState, reason: 'refused' | 'wrong-answers' | 'endless', cause?: unknown): HoldfastError {
    const publickeyOpen = state.allowed?.includes('publickey') && this.#context.host.authMethods.includes('publickey');
    const { all, shown } = this.#keys.tally;
    return authFailure(
      {
        host: this.#context.host,
        refusedKeys: this.#keys.refused,
        keysLeftOut: publickeyOpen ? this.#keys.leftFrom(state.nextKey) : 0,
        keysShown: shown,
        keysAll: all,
        storedPasswordRefused: this.#storedPasswordRefused,
        passwordsRefused: this.#passwordsRefused,
        answersRefused: this.#answersRefused,
        problems: this.#keys.problems,
        allowed: cause === undefined ? (state.allowed ?? []) : [],
        succeeded: state.succeeded,
        lastWords: this.#lastWords,
        reason,
      },
      cause,
    );
  }
}
