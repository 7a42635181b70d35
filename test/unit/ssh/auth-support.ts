import { type JsonWebKey, type KeyObject, createPublicKey, verify } from 'node:crypto';
import type { HostConfig } from '../../../src/shared/model/config.ts';
import { HoldfastError } from '../../../src/shared/model/failure.ts';
import type { Log } from '../../../src/main/engine/log/log.ts';
import { Secret } from '../../../src/main/engine/secrets/secret.ts';
import type { LoginSecrets, SecretName } from '../../../src/main/engine/secrets/secret-store.ts';
import type { AskSecrets, AuthContext } from '../../../src/main/engine/ssh/authenticator.ts';
import type {
  AnswerRequest,
  InfoRequest,
  UserauthReply,
  UserauthWire,
} from '../../../src/main/engine/ssh/userauth-wire.ts';
import { WireReader } from '../../../src/main/engine/ssh/wire-format.ts';
import { hostConfig } from '../../support/host-config.ts';

/** The blob of a line `type base64 comment`. */
export function blobOf(publicLine: string): Buffer {
  return Buffer.from(publicLine.split(' ')[1] ?? '', 'base64');
}

function publicKeyOf(blob: Buffer): KeyObject {
  const reader = new WireReader(blob);
  const type = reader.name();
  const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  let jwk: JsonWebKey;
  if (type === 'ssh-ed25519') jwk = { kty: 'OKP', crv: 'Ed25519', x: b64(reader.string()) };
  else if (type === 'ssh-rsa') {
    const e = reader.mpint();
    jwk = { kty: 'RSA', e: b64(e), n: b64(reader.mpint()) };
  } else {
    const crv = reader.name().replace('nistp', 'P-');
    const point = reader.string();
    const half = (point.length - 1) / 2;
    jwk = { kty: 'EC', crv, x: b64(point.subarray(1, 1 + half)), y: b64(point.subarray(1 + half)) };
  }
  return createPublicKey({ key: jwk, format: 'jwk' });
}

/** Checks a signature blob as a server does, with node:crypto. Throws if it is of another algorithm. */
export function isSignatureOf(blob: Buffer, algorithm: string, data: Buffer, signature: Buffer): boolean {
  const reader = new WireReader(signature);
  const name = reader.name();
  if (name !== algorithm) throw new Error(`signed with ${name}, not ${algorithm}`);
  const body = reader.string();
  reader.end();
  const key = publicKeyOf(blob);
  const hash = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512', 'ssh-rsa': 'sha1' }[name];
  if (hash !== undefined) return verify(hash, data, key, body);
  if (name === 'ssh-ed25519') return verify(null, data, key, body);
  const bits = Number(name.slice(-3));
  const size = Math.ceil(bits / 8);
  const numbers = new WireReader(body);
  const pad = (n: Buffer): Buffer => Buffer.concat([Buffer.alloc(size - n.length), n]);
  const raw = Buffer.concat([pad(numbers.mpint()), pad(numbers.mpint())]);
  return verify(
    bits === 256 ? 'sha256' : bits === 384 ? 'sha384' : 'sha512',
    data,
    { key, dsaEncoding: 'ieee-p1363' },
    raw,
  );
}

export interface FakeRules {
  /** As sshd's AuthenticationMethods: any one of the lists, in its order. */
  readonly chains: readonly (readonly string[])[];
  readonly keys?: readonly Buffer[];
  readonly password?: string;
  /** The rounds of keyboard-interactive; `accept` judges all answers together. */
  readonly rounds?: readonly InfoRequest[];
  readonly accept?: (answers: readonly string[]) => boolean;
  readonly maxTries?: number;
  readonly serverSigAlgs?: readonly string[] | null;
  /** The password has expired; `take` judges new ones: `again` asks for another, with its text. Without it none is taken. */
  readonly passwordExpired?: { readonly take?: (next: string) => 'yes' | 'no' | { readonly again: string } };
  /** Lets in for a key that was only shown. */
  readonly takesProbes?: boolean;
  /** Takes `none`. */
  readonly open?: boolean;
}

/** A hand-made server side: follows its rules, counts failures as sshd does, and notes every request in `seen`. */
export class FakeServer implements UserauthWire {
  readonly user = 'dmitri';
  readonly seen: string[] = [];
  readonly serverSigAlgs: readonly string[] | null;
  readonly #rules: FakeRules;
  #done: string[] = [];
  #failures = 0;
  #busy = false;

  constructor(rules: FakeRules) {
    this.#rules = rules;
    this.serverSigAlgs =
      rules.serverSigAlgs === undefined ? ['ssh-ed25519', 'rsa-sha2-256', 'rsa-sha2-512'] : rules.serverSigAlgs;
  }

  none(): Promise<UserauthReply> {
    return this.#one('none', () => (this.#rules.open ? { kind: 'success' } : this.#refusal(false)));
  }

  password(password: Secret): Promise<UserauthReply> {
    return this.#one('password', () => {
      const isRight = password.reveal() === this.#rules.password;
      if (this.#rules.passwordExpired && isRight) return { kind: 'password-expired', prompt: 'New one:' };
      return this.#judged('password', isRight);
    });
  }

  changePassword(old: Secret, next: Secret): Promise<UserauthReply> {
    return this.#one(`change ${next.reveal()}`, () => {
      const verdict = this.#rules.passwordExpired?.take?.(next.reveal()) ?? 'no';
      if (typeof verdict !== 'string') return { kind: 'password-expired', prompt: verdict.again };
      return this.#judged('password', verdict === 'yes' && old.reveal() === this.#rules.password);
    });
  }

  probeKey(algorithm: string, blob: Buffer): Promise<UserauthReply> {
    if (this.#rules.takesProbes) return Promise.resolve({ kind: 'success' });
    return this.#one(`probe ${algorithm}`, () =>
      this.#knows(blob) && this.#allowed().includes('publickey') ? { kind: 'key-acceptable' } : this.#refusal(true),
    );
  }

  async signKey(algorithm: string, blob: Buffer, sign: (data: Buffer) => Promise<Buffer>): Promise<UserauthReply> {
    const data = Buffer.from(`session and request for ${algorithm}`);
    const signature = await sign(data);
    return this.#one(`sign ${algorithm}`, () =>
      this.#judged('publickey', this.#knows(blob) && isSignatureOf(blob, algorithm, data, signature)),
    );
  }

  async keyboardInteractive(answer: AnswerRequest): Promise<UserauthReply> {
    if (this.#busy) throw new Error('two requests at once');
    this.seen.push('keyboard-interactive');
    if (!this.#allowed().includes('keyboard-interactive')) return this.#refusal(true);
    const answers: string[] = [];
    for (const round of this.#rules.rounds ?? [])
      answers.push(...(await answer(round, new AbortController().signal)).map((secret) => secret.reveal()));
    return this.#judged('keyboard-interactive', this.#rules.accept?.(answers) ?? false);
  }

  #one(what: string, reply: () => UserauthReply): Promise<UserauthReply> {
    if (this.#busy) return Promise.reject(new Error('two requests at once'));
    this.#busy = true;
    this.seen.push(what);
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        this.#busy = false;
        try {
          resolve(reply());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  #knows(blob: Buffer): boolean {
    return (this.#rules.keys ?? []).some((key) => key.equals(blob));
  }

  #chains(): readonly (readonly string[])[] {
    return this.#rules.chains.filter((chain) => this.#done.every((method, i) => chain[i] === method));
  }

  #allowed(): readonly string[] {
    return [...new Set(this.#chains().flatMap((chain) => chain.slice(this.#done.length, this.#done.length + 1)))];
  }

  #judged(method: string, right: boolean): UserauthReply {
    if (!right || !this.#allowed().includes(method)) return this.#refusal(true);
    this.#done = [...this.#done, method];
    if (this.#chains().some((chain) => chain.length === this.#done.length)) return { kind: 'success' };
    return { kind: 'failure', methods: this.#allowed(), partial: true };
  }

  #refusal(counts: boolean): UserauthReply {
    if (counts) this.#failures += 1;
    if (this.#failures >= (this.#rules.maxTries ?? 6)) {
      throw new HoldfastError({
        code: 'server-closed',
        where: 'bastion',
        message: 'Too many authentication failures.',
        next: '',
      });
    }
    return { kind: 'failure', methods: this.#allowed(), partial: false };
  }
}

/** A host of the person whom `FakeServer` knows. */
export function loginHost(overrides: Partial<HostConfig> = {}): HostConfig {
  return hostConfig({ user: 'dmitri', ...overrides });
}

type Question = Parameters<AskSecrets>[0];

/** A person who answers from a list. An entry that is an Error is thrown; past the end it is a fault of the test. */
export class FakePerson {
  readonly questions: Question[] = [];
  readonly #answers: (string | readonly string[] | Error)[];
  remember = false;
  keepOpenMs: number | undefined = undefined;

  constructor(...answers: (string | readonly string[] | Error)[]) {
    this.#answers = answers;
  }

  readonly ask: AskSecrets = (question) => {
    this.questions.push(question);
    const answer = this.#answers.shift();
    if (answer === undefined) return Promise.reject(new Error(`nobody answers ${question.kind}: ${question.message}`));
    if (answer instanceof Error) return Promise.reject(answer);
    const values = (typeof answer === 'string' ? [answer] : answer).map((value) => Secret.from(value));
    return Promise.resolve({ values, remember: this.remember, keepOpenMs: this.keepOpenMs });
  };
}

/** What the asker throws when a person cancels. */
export function cancelled(): HoldfastError {
  return new HoldfastError({ code: 'cancelled', where: 'bastion', message: 'Cancelled.', next: '' });
}

export class MapStore implements LoginSecrets {
  readonly values = new Map<string, string>();
  failing = false;

  get({ host, kind }: SecretName): Promise<Secret | null> {
    if (this.failing) return Promise.reject(new Error('keychain locked'));
    const value = this.values.get(`${host} ${kind}`);
    return Promise.resolve(value === undefined ? null : Secret.from(value));
  }
  remember({ host, kind }: SecretName, value: Secret): Promise<void> {
    if (this.failing) return Promise.reject(new Error('keychain locked'));
    this.values.set(`${host} ${kind}`, value.reveal());
    return Promise.resolve();
  }
  remove({ host, kind }: SecretName): Promise<boolean> {
    if (this.failing) return Promise.reject(new Error('keychain locked'));
    return Promise.resolve(this.values.delete(`${host} ${kind}`));
  }
}

/** A log that keeps its lines as `level message`. */
export function listLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const at =
    (level: string) =>
    (message: string): void =>
      void lines.push(`${level} ${message}`);
  const log: Log & { readonly lines: string[] } = {
    lines,
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    trace: at('trace'),
    child: () => log,
  };
  return log;
}

export function authContext(
  host: HostConfig,
  person: FakePerson,
  log: Log = listLog(),
  signal = new AbortController().signal,
): AuthContext {
  return { host, hops: [], ask: person.ask, waitForPerson: () => ({ dispose() {} }), log, signal };
}
