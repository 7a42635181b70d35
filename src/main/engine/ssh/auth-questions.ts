import type { HostConfig } from '../../../shared/model/config.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { PromptField, SignInDetails } from '../../../shared/model/prompt.ts';
import type { Secret } from '../secrets/secret.ts';
import type { AskInAttempt } from './authenticator.ts';
import { maxDemands, maxWrongAnswers } from './auth-plan.ts';
import { requestKind } from './auth-prompt-kind.ts';
import type { HostSecrets } from './auth-secrets.ts';
import type { InfoRequest } from './userauth-wire.ts';

/** Limits against a server that asks without end. */
export const maxPromptsPerRequest = 10;
export const maxRequestsPerAttempt = 10;
/** Beside those: rounds in which PAM has a password changed, three for each of three tries, and one. */
const maxChangeRequests = 10;

/** What one keyboard-interactive or password exchange did. */
export interface ExchangeRecord {
  /** A person answered something. */
  asked: boolean;
  /** A stored password went out. */
  storedUsed: boolean;
  /** Fields answered at all. */
  fields: number;
  /** What was answered where a new password was asked for, in order. */
  readonly newPasswords: Secret[];
}

/** One round of keyboard-interactive. */
export interface InteractiveRound {
  readonly round: number;
  readonly record: ExchangeRecord;
  /** See `UserauthWire.keyboardInteractive`. */
  readonly over: AbortSignal;
}

export const newRecord = (): ExchangeRecord => ({ asked: false, storedUsed: false, fields: 0, newPasswords: [] });

const newPasswordReasons: Readonly<Record<NonNullable<SignInDetails['newPassword']>, string>> = {
  first: 'The password has expired. Type a new password',
  different: 'The two were not the same. Type the new password',
  refused: 'The server did not take it. Type another new password',
};

/** Answers the server's questions during one attempt, from the store or by asking a person. */
export class Questions {
  readonly #host: HostConfig;
  readonly #command: string;
  readonly #ask: AskInAttempt;
  readonly #secrets: HostSecrets;
  #requests = 0;
  #changeRequests = 0;
  /** The saved password that was given last in this exchange. */
  #lastStored: Secret | null = null;
  /** Text of requests that had no field: shown with the next prompt. */
  #pendingText: string[] = [];
  /** What a person gave in the exchange so far, or in the one before. */
  #given: 'code' | 'password' | 'answer' | null = null;

  /** `command`: logs in there by hand, for advice. */
  constructor(host: HostConfig, ask: AskInAttempt, secrets: HostSecrets, command: string) {
    this.#command = command;
    this.#host = host;
    this.#ask = ask;
    this.#secrets = secrets;
  }

  /** The password for the `password` method. */
  async password(round: number, record: ExchangeRecord): Promise<Secret> {
    record.fields += 1;
    const stored = await this.#stored(record);
    if (stored) return stored;
    const message = `Password of ${this.#host.user} at ${this.#host.name}`;
    const [value] = await this.#person({
      kind: 'password',
      message,
      serverText: '',
      fields: [{ label: 'Password', echo: false }],
      round,
      record,
      storable: true,
    });
    return value ?? this.#tooFew();
  }

  /**
   * A new password in place of one that has expired (RFC 4252 section 8), typed twice; null: it was typed differently each time. `demand` counts
   * from 1: above 1 the server did not take the one before. `serverText` is the server's prompt.
   */
  async newPassword(serverText: string, demand: number): Promise<{ value: Secret; remember: boolean } | null> {
    const { name, user } = this.#host;
    let why: NonNullable<SignInDetails['newPassword']> = demand === 1 ? 'first' : 'refused';
    for (let round = 1; round <= maxDemands; round += 1) {
      const answer = await this.#ask({
        kind: 'password',
        message: [`${newPasswordReasons[why]} of ${user} at ${name}, twice.`, serverText.trim()].join('\n').trim(),
        fields: [
          { label: 'New password', echo: false },
          { label: 'New password again', echo: false },
        ],
        round: why === 'first' ? 1 : demand + round,
        mayRemember: true,
        signIn: { serverText, keyFile: null, triesLeft: maxDemands - round + 1, refused: null, newPassword: why },
      });
      const [value, again] = answer.values;
      if (value === undefined || again === undefined) return this.#tooFew();
      if (value.revealBytes().equals(again.revealBytes())) return { value, remember: answer.remember };
      why = 'different';
    }
    return null;
  }

  /** One request of keyboard-interactive (RFC 4256 section 3.2). Rejects with `too-many-prompts`, `cancelled`. */
  async interactive(request: InfoRequest, { round, record, over }: InteractiveRound): Promise<readonly Secret[]> {
    const { kind, storable, change } = requestKind(request);
    // A change of the password takes three rounds by itself.
    if (change !== undefined && this.#changeRequests < maxChangeRequests) this.#changeRequests += 1;
    else this.#requests += 1;
    if (this.#requests > maxRequestsPerAttempt) throw this.#tooMany(`more than ${maxRequestsPerAttempt} times`);
    if (request.prompts.length > maxPromptsPerRequest) throw this.#tooMany(`${request.prompts.length} things at once`);
    const heading = [...this.#pendingText, request.name, request.instruction].filter((text) => text.trim() !== '');
    if (request.prompts.length === 0) {
      this.#pendingText = heading.slice(-maxRequestsPerAttempt);
      return [];
    }
    this.#pendingText = [];
    record.fields += request.prompts.length;
    if (storable) {
      const stored = await this.#stored(record);
      if (stored) return [stored];
    }
    // The saved one that was right a moment ago, and that nobody has in mind.
    if (change === 'current' && this.#lastStored !== null && record.storedUsed) return [this.#lastStored];
    const fields = request.prompts.map(({ prompt, echo }) => ({ label: prompt.trim(), echo }));
    const message = [...heading, ...request.prompts.map(({ prompt }) => prompt.trim())].join('\n');
    const serverText = heading.join('\n');
    const values = await this.#person({ kind, message, serverText, fields, round, record, storable, over });
    const [value] = values;
    if (change === 'new' && value !== undefined) record.newPasswords.push(value);
    return values.length === fields.length ? values : [this.#tooFew()];
  }

  async #stored(record: ExchangeRecord): Promise<Secret | null> {
    const stored = await this.#secrets.take('password');
    if (stored) record.storedUsed = true;
    this.#lastStored = stored;
    return stored;
  }

  async #person(question: {
    readonly kind: 'otp' | 'password';
    readonly message: string;
    readonly serverText: string;
    readonly fields: readonly PromptField[];
    readonly round: number;
    readonly record: ExchangeRecord;
    readonly storable: boolean;
    readonly over?: AbortSignal;
  }): Promise<readonly Secret[]> {
    const { kind, message, serverText, fields, round, record } = question;
    const mayRemember = kind === 'password' && question.storable;
    const refused = record.asked || round === 1 ? null : this.#given;
    const given = kind === 'password' ? 'password' : fields.length === 1 ? 'code' : 'answer';
    // Of several answers in one exchange nobody knows which was wrong.
    this.#given = record.asked ? 'answer' : given;
    const signIn = { serverText, keyFile: null, triesLeft: maxWrongAnswers - round + 1, refused };
    const answer = await this.#ask({ kind, message, fields, round, mayRemember, signIn, over: question.over });
    record.asked = true;
    const [value] = answer.values;
    if (mayRemember && answer.remember && value) this.#secrets.remember('password', value);
    return answer.values;
  }

  #tooMany(what: string): HoldfastError {
    return new HoldfastError({
      code: 'too-many-prompts',
      where: this.#host.name,
      phase: 'auth',
      hop: this.#host.name,
      message: `${this.#host.name} asked ${what}, and Holdfast stopped answering.`,
      next: `Look at what it asks with: ${this.#command}`,
    });
  }

  #tooFew(): never {
    throw new HoldfastError({
      code: 'internal',
      where: this.#host.name,
      phase: 'auth',
      hop: this.#host.name,
      message: 'A prompt was answered with too few values.',
      next: 'Holdfast tries again by itself.',
    });
  }
}
