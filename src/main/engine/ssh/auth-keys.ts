import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Clock } from '../lifecycle/clock.ts';
import { type AgentClient, AgentError } from './agent-client.ts';
import { type FoundKeys, type IdentityProblem, type KeyCandidate, type Signer, findKeys } from './auth-identities.ts';
import type { PlanKey, StepOutcome } from './auth-plan.ts';
import { outcomeOf, protocolFault } from './auth-reply.ts';
import type { Unlocker } from './auth-unlock.ts';
import type { AuthContext } from './authenticator.ts';
import { parseCertificate } from './certificate.ts';
import { KeyError } from './key-error.ts';
import { type UnlockedKey, isCertificateType, keyTypeOf, offerAlgorithms, signWithKey } from './key-types.ts';
import type { UserauthReply, UserauthWire } from './userauth-wire.ts';

/** The connection on which a login is under way. */
export interface LoginConnection {
  readonly wire: UserauthWire;
  readonly context: AuthContext;
}

export interface KeyOffersParts {
  readonly clock: Clock;
  readonly agents: readonly AgentClient[];
  readonly home?: string | undefined;
  readonly unlocker: Unlocker;
  readonly connection: () => LoginConnection;
  /** A person may have to touch something, until `false`. */
  readonly onAsking: (isAsking: boolean) => void;
  /** Something was signed and sent. */
  readonly onProof: () => void;
  /** Identifiers of the keys that counted when this login last worked, see `keyIdOf`. */
  readonly workedLast: readonly string[];
}

type Failure = Extract<UserauthReply, { kind: 'failure' }>;

/** The keys of one login, over all its connections: which there are, what became of them, and how one is offered. */
export class KeyOffers {
  readonly problems: IdentityProblem[] = [];
  /** Labels of keys that the server turned down. */
  readonly refused: string[] = [];
  readonly #parts: KeyOffersParts;
  #found: FoundKeys | null = null;
  /** In the order in which they are offered on this connection. */
  #queue: readonly KeyCandidate[] = [];
  readonly #shown = new Set<KeyCandidate>();
  /** Turned down, or nobody could sign. */
  readonly #over = new Set<KeyCandidate>();
  readonly #counted = new Set<KeyCandidate>();
  /** What the offer that is under way has shown so far. */
  #current: { readonly candidate: KeyCandidate; probes: number; isAccepted: boolean } | null = null;

  constructor(parts: KeyOffersParts) {
    this.#parts = parts;
  }

  /** Keys that there are, and those that were shown to the server. */
  get tally(): { readonly all: number; readonly shown: number } {
    return { all: this.#found?.candidates.length ?? 0, shown: this.#shown.size };
  }

  /** Keys on this connection from `index` on. */
  leftFrom(index: number): number {
    return Math.max(0, this.#queue.length - index);
  }

  /** Identifiers of the keys that counted, in their order. */
  get counted(): readonly string[] {
    return [...this.#counted].map(keyIdOf);
  }

  async find(): Promise<StepOutcome> {
    const { agents, clock, home, workedLast } = this.#parts;
    const { host, log, signal } = this.#parts.connection().context;
    this.#found = await findKeys({
      host,
      log: log.child({ part: 'auth' }),
      wallNowMs: clock.wallNow(),
      agents,
      signal,
      ...(home === undefined ? {} : { home }),
    });
    this.problems.push(...this.#found.problems);
    const rank = (candidate: KeyCandidate): number => {
      const at = workedLast.indexOf(keyIdOf(candidate));
      return at < 0 ? workedLast.length : at;
    };
    this.#queue = this.#found.candidates.toSorted((a, b) => rank(a) - rank(b));
    return { kind: 'keys', keys: this.#planKeys() };
  }

  /** The keys for another connection: first those that counted, which the server has forgotten with the connection; none that is over. */
  again(): readonly PlanKey[] {
    const left = this.#queue.filter((candidate) => !this.#over.has(candidate) && !this.#counted.has(candidate));
    this.#queue = [...this.#counted, ...left];
    return this.#planKeys();
  }

  async offer(index: number): Promise<StepOutcome> {
    const candidate = this.#queue[index];
    if (!candidate) return { kind: 'skipped', probes: 0 };
    this.#current = { candidate, probes: 0, isAccepted: false };
    const outcome = await this.#offer(candidate);
    this.#current = null;
    if (outcome.kind === 'success' || (outcome.kind === 'failure' && outcome.partial)) this.#counted.add(candidate);
    else this.#over.add(candidate);
    return outcome;
  }

  /**
   * The server hung up in the middle of an offer. `said`: it said that it had enough. Null: that was no answer to the key.
   */
  hungUp(said: boolean): { readonly probes: number } | null {
    const current = this.#current;
    this.#current = null;
    // Of a key that it would take it does not think ill, unless it says so.
    if (current === null || current.probes === 0 || (current.isAccepted && !said)) return null;
    this.#turnedDown(current.candidate);
    this.#over.add(current.candidate);
    return { probes: current.probes };
  }

  #planKeys(): readonly PlanKey[] {
    return this.#queue.map((candidate) => ({ configured: candidate.configured || this.#counted.has(candidate) }));
  }

  async #offer(candidate: KeyCandidate): Promise<StepOutcome> {
    const { wire, context } = this.#parts.connection();
    const { host } = context;
    const blob = candidate.blob ?? (await this.#unlockedBlob(candidate));
    if (!blob) return { kind: 'skipped', probes: 0 };
    const algorithms = offerAlgorithms(keyTypeOf(blob), wire.serverSigAlgs, host.legacyAlgorithms);
    if (algorithms.length === 0)
      this.#problem(candidate, 'the server takes only SHA-1 signatures of RSA keys, which are off here');
    let probes = 0;
    let last: Failure | null = null;
    for (const algorithm of algorithms) {
      probes += 1;
      if (this.#current) this.#current.probes = probes;
      this.#shown.add(candidate);
      const probe = await wire.probeKey(algorithm, blob);
      context.log.child({ part: 'auth' }).debug(`key ${candidate.label} (${algorithm}): ${probe.kind}`);
      if (probe.kind === 'success') return { kind: 'success' };
      if (probe.kind === 'failure') {
        last = probe;
        continue;
      }
      if (probe.kind !== 'key-acceptable') throw protocolFault(host, 'answered a key with a demand for a new password');
      if (this.#current) this.#current.isAccepted = true;
      const reply = await this.#sign(candidate, algorithm, blob);
      if (reply === null) return { kind: 'skipped', probes };
      if (reply.kind === 'failure' && !reply.partial) this.#turnedDown(candidate);
      return outcomeOf(host, reply, { probes });
    }
    if (last === null) return { kind: 'skipped', probes };
    this.#turnedDown(candidate);
    return outcomeOf(host, { ...last, partial: false }, { probes });
  }

  #turnedDown(candidate: KeyCandidate): void {
    this.refused.push(candidate.label);
  }

  /** The public half of a file that tells it only when unlocked. */
  async #unlockedBlob(candidate: KeyCandidate): Promise<Buffer | null> {
    const signer = candidate.signers.find((entry) => entry.kind === 'file');
    if (signer?.kind !== 'file') return null;
    try {
      return (await this.#parts.unlocker.unlock(signer.source)).blob;
    } catch (thrown) {
      if (!(thrown instanceof KeyError)) throw thrown;
      this.#problem(candidate, thrown.message);
      return null;
    }
  }

  /** The reply to a signed request, or null if nobody could sign. */
  async #sign(candidate: KeyCandidate, algorithm: string, blob: Buffer): Promise<UserauthReply | null> {
    const { wire, context } = this.#parts.connection();
    for (const signer of candidate.signers) {
      try {
        const sign = await this.#signature(signer, candidate, algorithm, blob);
        const reply = await wire.signKey(algorithm, blob, sign);
        this.#parts.onProof();
        return reply;
      } catch (thrown) {
        if (!(thrown instanceof KeyError) && !(thrown instanceof AgentError)) throw thrown;
        context.signal.throwIfAborted();
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
    const { context } = this.#parts.connection();
    const touch = keyTypeOf(signer.blob).startsWith('sk-') ? 'Touch the security key' : 'Confirm the use of the key';
    const waiting = context.waitForPerson(
      `${touch} ${candidate.label}: the agent at ${signer.agent.address} waits to sign in to ${context.host.name}.`,
    );
    const { signal } = context;
    this.#parts.onAsking(true);
    try {
      return await signer.agent.sign(signer.blob, data, algorithm, signal);
    } finally {
      waiting.dispose();
      this.#parts.onAsking(signal.aborted);
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
    const unlocked = await this.#parts.unlocker.unlock(signer.source);
    const plain = isCertificateType(keyTypeOf(blob)) ? parseCertificate(blob).publicBlob : blob;
    if (!unlocked.blob.equals(plain)) throw new KeyError('broken', 'the public key beside it belongs to another key');
    return (data) => signedBy(unlocked, algorithm, data);
  }

  #problem(candidate: KeyCandidate, message: string, code: IdentityProblem['code'] = 'key-unreadable'): void {
    this.problems.push({ code, message: `${candidate.label}: ${message}` });
    this.#parts.connection().context.log.child({ part: 'auth' }).warn(`key ${candidate.label} not used: ${message}`);
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

/**
 * How a key is remembered: the SHA-256 fingerprint of its public half as `ssh-keygen -l` prints it, of a certificate that of the key which is
 * certified, so that a renewed one is known again. Of a file that tells its public half only when unlocked, that of the file.
 */
export function keyIdOf(candidate: KeyCandidate): string {
  const { blob } = candidate;
  if (blob === null) {
    const [signer] = candidate.signers;
    return signer?.kind === 'file' ? `file ${sha256(signer.source.bytes)}` : '';
  }
  try {
    return isCertificateType(keyTypeOf(blob))
      ? `certificate ${sha256(parseCertificate(blob).publicBlob)}`
      : sha256(blob);
  } catch {
    // An agent may have certificates of kinds that are not known here.
    return sha256(blob);
  }
}

function sha256(bytes: Buffer): string {
  return `SHA256:${createHash('sha256').update(bytes).digest('base64').replace(/=+$/, '')}`;
}
