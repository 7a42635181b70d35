import type { Buffer } from 'node:buffer';
import { HoldfastError, assertNever } from '../../../shared/model/failure.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { Log } from '../log/log.ts';
import type { LoginSecrets } from '../secrets/secret-store.ts';
import type { AgentClient } from './agent-client.ts';
import { AgentError } from './agent-client.ts';
import { authFailure, passwordExpired } from './auth-failure.ts';
import { type FoundKeys, type IdentityProblem, type KeyCandidate, type Signer, findKeys } from './auth-identities.ts';
import { type AuthStep, type PlanState, type StepOutcome, advance, initialPlan, nextStep } from './auth-plan.ts';
import { type ExchangeRecord, Questions } from './auth-questions.ts';
import { HostSecrets } from './auth-secrets.ts';
import { Unlocker, type UnlockedKeys } from './auth-unlock.ts';
import type { AskInAttempt, AuthContext, AuthReport } from './authenticator.ts';
import { parseCertificate } from './certificate.ts';
import type { KeyDecryptor } from './key-decryptor.ts';
import { KeyError } from './key-error.ts';
import { type UnlockedKey, isCertificateType, keyTypeOf, offerAlgorithms, signWithKey } from './key-types.ts';
import type { UserauthReply, UserauthWire } from './userauth-wire.ts';

export interface AttemptParts {
  readonly clock: Clock;
  readonly store: LoginSecrets;
  readonly decryptor: KeyDecryptor;
  readonly kept: UnlockedKeys;
  readonly agents: readonly AgentClient[];
  readonly home?: string | undefined;
}

type Failure = Extract<UserauthReply, { kind: 'failure' }>;

/** One attempt at logging in to one hop: runs the plan's steps on the wire. */
export class AuthAttempt {
  readonly #wire: UserauthWire;
  readonly #context: AuthContext;
  readonly #parts: AttemptParts;
  readonly #log: Log;
  readonly #secrets: HostSecrets;
  readonly #questions: Questions;
  readonly #unlocker: Unlocker;
  #found: FoundKeys = { candidates: [], problems: [] };
  readonly #problems: IdentityProblem[] = [];
  readonly #refusedKeys: string[] = [];
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

  constructor(wire: UserauthWire, context: AuthContext, parts: AttemptParts) {
    const { host, signal } = context;
    const ask: AskInAttempt = async (question) => {
      this.#asking = true;
      const answer = await context.ask({ ...question, signIn: { ...question.signIn, accepted: this.#accepted } });
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
    this.#questions = new Questions(host, ask, this.#secrets);
    this.#unlocker = new Unlocker({
      ask,
      secrets: this.#secrets,
      decryptor: parts.decryptor,
      kept: parts.kept,
      signal,
    });
  }

  async run(): Promise<AuthReport> {
    let state = initialPlan;
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
    return { methods, afterSuccess: () => this.#secrets.save(), keepOpenMs: this.#keepOpenMs };
  }

  /** A step of the plan. A server that hangs up after it turned something down has refused the login (sshd after MaxAuthTries). */
  async #carryOut(state: PlanState, step: Exclude<AuthStep, { kind: 'done' | 'give-up' }>): Promise<StepOutcome> {
    try {
      return await this.#step(step);
    } catch (thrown) {
      // `auth-failed` is what its "too many authentication failures" becomes: right, but it does not say what was tried.
      const hungUp =
        thrown instanceof HoldfastError && ['server-closed', 'closed-early', 'auth-failed'].includes(thrown.code);
      const turnedDown = this.#refusedKeys.length + this.#passwordsRefused + this.#answersRefused > 0;
      if (hungUp && !this.#asking && (turnedDown || this.#storedPasswordRefused))
        throw this.#failure({ ...state, allowed: [] }, 'refused', thrown);
      throw thrown;
    }
  }

  async #step(step: Exclude<AuthStep, { kind: 'done' | 'give-up' }>): Promise<StepOutcome> {
    switch (step.kind) {
      case 'none':
        return this.#outcome(await this.#wire.none());
      case 'find-keys':
        return await this.#findKeys();
      case 'publickey':
        return await this.#offerKey(this.#found.candidates[step.index]);
      case 'keyboard-interactive':
        return await this.#interactive(step.round);
      case 'password':
        return await this.#password(step.round);
      default:
        return assertNever(step);
    }
  }

  #outcome(
    reply: UserauthReply,
    extra: Partial<Pick<Extract<StepOutcome, { kind: 'failure' }>, 'probes' | 'asked' | 'idle'>> = {},
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
        throw passwordExpired(this.#context.host);
      case 'key-acceptable':
        throw this.#protocol('said that a key is acceptable when none was shown');
      default:
        return assertNever(reply);
    }
  }

  async #findKeys(): Promise<StepOutcome> {
    const { host, signal } = this.#context;
    const { agents, clock, home } = this.#parts;
    this.#found = await findKeys({
      host,
      log: this.#log,
      wallNowMs: clock.wallNow(),
      agents,
      signal,
      ...(home === undefined ? {} : { home }),
    });
    this.#problems.push(...this.#found.problems);
    return { kind: 'keys', keys: this.#found.candidates };
  }

  async #offerKey(candidate: KeyCandidate | undefined): Promise<StepOutcome> {
    if (!candidate) return { kind: 'skipped', probes: 0 };
    const blob = candidate.blob ?? (await this.#unlockedBlob(candidate));
    if (!blob) return { kind: 'skipped', probes: 0 };
    const algorithms = offerAlgorithms(keyTypeOf(blob), this.#wire.serverSigAlgs, this.#context.host.legacyAlgorithms);
    if (algorithms.length === 0)
      this.#problem(candidate, 'the server takes only SHA-1 signatures of RSA keys, which are off here');
    let probes = 0;
    let last: Failure | null = null;
    for (const algorithm of algorithms) {
      probes += 1;
      const probe = await this.#wire.probeKey(algorithm, blob);
      this.#log.debug(`key ${candidate.label} (${algorithm}): ${probe.kind}`);
      if (probe.kind === 'success') return { kind: 'success' };
      if (probe.kind === 'failure') {
        last = probe;
        continue;
      }
      if (probe.kind !== 'key-acceptable') throw this.#protocol('answered a key with a demand for a new password');
      const reply = await this.#sign(candidate, algorithm, blob);
      if (reply === null) return { kind: 'skipped', probes };
      if (reply.kind === 'failure' && !reply.partial) this.#refusedKeys.push(candidate.label);
      return this.#outcome(reply, { probes });
    }
    if (last === null) return { kind: 'skipped', probes };
    this.#refusedKeys.push(candidate.label);
    return this.#outcome({ ...last, partial: false }, { probes });
  }

  /** The public half of a file that tells it only when unlocked. */
  async #unlockedBlob(candidate: KeyCandidate): Promise<Buffer | null> {
    const signer = candidate.signers.find((entry) => entry.kind === 'file');
    if (signer?.kind !== 'file') return null;
    try {
      return (await this.#unlocker.unlock(signer.source)).blob;
    } catch (thrown) {
      if (!(thrown instanceof KeyError)) throw thrown;
      this.#problem(candidate, thrown.message);
      return null;
    }
  }

  /** The reply to a signed request, or null if nobody could sign. */
  async #sign(candidate: KeyCandidate, algorithm: string, blob: Buffer): Promise<UserauthReply | null> {
    for (const signer of candidate.signers) {
      try {
        const sign = await this.#signature(signer, candidate, algorithm, blob);
        const reply = await this.#wire.signKey(algorithm, blob, sign);
        this.#proved = true;
        return reply;
      } catch (thrown) {
        if (!(thrown instanceof KeyError) && !(thrown instanceof AgentError)) throw thrown;
        this.#context.signal.throwIfAborted();
        const who = signer.kind === 'agent' ? `the agent at ${signer.agent.address} ` : '';
        this.#problem(
          candidate,
          `${who}${thrown.message}`,
          signer.kind === 'agent' ? 'agent-unavailable' : 'key-unreadable',
        );
      }
    }
    return null;
  }

  async #signedByAgent(
    signer: Extract<Signer, { kind: 'agent' }>,
    candidate: KeyCandidate,
    algorithm: string,
    data: Buffer,
  ): Promise<Buffer> {
    const touch = keyTypeOf(signer.blob).startsWith('sk-') ? 'Touch the security key' : 'Confirm the use of the key';
    const waiting = this.#context.waitForPerson(
      `${touch} ${candidate.label}: the agent at ${signer.agent.address} waits to sign in to ${this.#context.host.name}.`,
    );
    const { signal } = this.#context;
    this.#asking = true;
    try {
      return await signer.agent.sign(signer.blob, data, algorithm, signal);
    } finally {
      waiting.dispose();
      this.#asking = signal.aborted;
    }
  }

  async #signature(
    signer: Signer,
    candidate: KeyCandidate,
    algorithm: string,
    blob: Buffer,
  ): Promise<(data: Buffer) => Promise<Buffer>> {
    if (signer.kind === 'agent') {
      return (data) => this.#signedByAgent(signer, candidate, algorithm, data);
    }
    // Before the request is begun: the person may take their time, and a wrong passphrase costs no try at the server.
    const unlocked = await this.#unlocker.unlock(signer.source);
    const plain = isCertificateType(keyTypeOf(blob)) ? parseCertificate(blob).publicBlob : blob;
    if (!unlocked.blob.equals(plain)) throw new KeyError('broken', 'the public key beside it belongs to another key');
    return (data) => signedBy(unlocked, algorithm, data);
  }

  async #interactive(round: number): Promise<StepOutcome> {
    const record: ExchangeRecord = { asked: false, storedUsed: false, fields: 0 };
    let thrown: unknown = null;
    const reply = await this.#wire.keyboardInteractive(async (request) => {
      try {
        return await this.#questions.interactive(request, round, record);
      } catch (error) {
        thrown = error;
        throw error;
      }
    });
    if (record.fields > 0) this.#proved = true;
    // The wire may answer for us once our answer has failed; the reason is ours.
    if (thrown !== null) throw thrown;
    if (reply.kind === 'failure' && !reply.partial) {
      this.#secrets.forget('password');
      if (record.asked) this.#answersRefused += 1;
      else if (record.storedUsed) this.#storedPasswordRefused = true;
    }
    return this.#outcome(reply, { asked: record.asked, idle: record.fields === 0 });
  }

  async #password(round: number): Promise<StepOutcome> {
    const record: ExchangeRecord = { asked: false, storedUsed: false, fields: 0 };
    const reply = await this.#wire.password(await this.#questions.password(round, record));
    this.#proved = true;
    if (reply.kind === 'failure' && !reply.partial) {
      this.#secrets.forget('password');
      if (record.asked) this.#passwordsRefused += 1;
      else this.#storedPasswordRefused = true;
    }
    return this.#outcome(reply, { asked: record.asked });
  }

  #problem(candidate: KeyCandidate, message: string, code: IdentityProblem['code'] = 'key-unreadable'): void {
    this.#problems.push({ code, message: `${candidate.label}: ${message}` });
    this.#log.warn(`key ${candidate.label} not used: ${message}`);
  }

  #failure(state: PlanState, reason: 'refused' | 'wrong-answers' | 'endless', cause?: unknown): HoldfastError {
    const publickeyOpen = state.allowed?.includes('publickey') ?? false;
    return authFailure(
      {
        host: this.#context.host,
        refusedKeys: this.#refusedKeys,
        keysLeftOut: publickeyOpen
          ? this.#found.candidates.length - Math.min(state.nextKey, this.#found.candidates.length)
          : 0,
        storedPasswordRefused: this.#storedPasswordRefused,
        passwordsRefused: this.#passwordsRefused,
        answersRefused: this.#answersRefused,
        problems: this.#problems,
        allowed: state.allowed ?? [],
        succeeded: state.succeeded,
        reason,
      },
      cause,
    );
  }

  #protocol(what: string): HoldfastError {
    const { name } = this.#context.host;
    return new HoldfastError({
      code: 'protocol',
      where: name,
      phase: 'auth',
      hop: name,
      message: `${name} ${what}.`,
      next: 'Holdfast tries again by itself. If it comes back, the server or something on the way is faulty.',
    });
  }
}

async function signedBy(unlocked: UnlockedKey, algorithm: string, data: Buffer): Promise<Buffer> {
  try {
    return await signWithKey(unlocked, algorithm, data);
  } catch (thrown) {
    if (thrown instanceof KeyError) throw thrown;
    throw new KeyError('unsupported', 'it could not sign', thrown);
  }
}
