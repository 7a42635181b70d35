import type { Prompt, SignInDetails } from '../../../shared/model/prompt.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { Disposable } from '../lifecycle/disposable.ts';
import { Emitter } from '../lifecycle/emitter.ts';
import { noSecrets, type Redact, type SecretGuard } from '../log/redact.ts';
import type { Secret } from '../secrets/secret.ts';
import { cleanText } from '../../../shared/model/clean-text.ts';
import { webAddresses } from '../../../shared/model/web-address.ts';

/**
 * prompts: questions to a person. A prompt goes to every attached shell; the first answer wins and the others withdraw it.
 * No prompt blocks another tunnel: each is a promise of its own.
 */

export type PromptAnswer =
  | { readonly kind: 'yes' | 'no' | 'once' }
  | {
      readonly kind: 'values';
      readonly values: readonly Secret[];
      readonly remember: boolean;
      readonly keepOpenMs?: number | undefined;
    }
  | { readonly kind: 'cancel' };

/** A prompt as it is asked: `message` and labels are cleaned here, and the tunnels may grow while it is open. */
export interface PromptQuestion extends Omit<Prompt, 'id' | 'tunnels' | 'askedAtMs' | 'addresses'> {
  readonly tunnels: () => readonly string[];
}

/** Why a prompt closed. `answered` and `cancelled` by a person; `withdrawn` because nobody needs it any more. */
export type PromptEnd = 'answered' | 'cancelled' | 'withdrawn';

interface OpenPrompt {
  readonly id: string;
  readonly question: PromptQuestion;
  readonly askedAtMs: number;
  settle(answer: PromptAnswer): void;
}

const messageLimit = 4096;
/** A shorter answer that is echoed is a choice from a list rather than a code. */
const shortestCode = 4;

/** Holds the open prompts. */
export class PromptBroker implements Disposable {
  readonly #clock: Clock;
  readonly #guard: SecretGuard;
  readonly #open = new Map<string, OpenPrompt>();
  #nextId = 1;
  readonly #onDidOpen = new Emitter<Prompt>();
  readonly #onDidClose = new Emitter<{ readonly id: string; readonly end: PromptEnd }>();
  readonly onDidOpen = this.#onDidOpen.event;
  readonly onDidClose = this.#onDidClose.event;

  /** `guard` hears of every secret answer before whoever asked does, and takes what was answered out of the questions that follow. */
  constructor(clock: Clock, guard: SecretGuard = noSecrets) {
    this.#clock = clock;
    this.#guard = guard;
  }

  /** The open prompts, oldest first. */
  list(): readonly Prompt[] {
    return [...this.#open.values()].map((open) => describe(open, (text) => this.#guard.redact(text)));
  }

  /**
   * Opens a prompt and waits for its answer. `onOpen` gets its id at once. Rejects with the signal's reason when it is withdrawn.
   */
  ask(question: PromptQuestion, signal: AbortSignal, onOpen: (id: string) => void): Promise<PromptAnswer> {
    return new Promise((resolve, reject) => {
      const withdrawn = (): Error => (signal.reason instanceof Error ? signal.reason : new Error('withdrawn'));
      if (signal.aborted) {
        reject(withdrawn());
        return;
      }
      const id = String(this.#nextId++);
      const close = (end: PromptEnd): void => {
        signal.removeEventListener('abort', onAbort);
        this.#open.delete(id);
        this.#onDidClose.fire({ id, end });
      };
      const onAbort = (): void => {
        close('withdrawn');
        reject(withdrawn());
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const open: OpenPrompt = {
        id,
        question,
        askedAtMs: this.#clock.wallNow(),
        settle: (answer) => {
          close(answer.kind === 'cancel' ? 'cancelled' : 'answered');
          resolve(answer);
        },
      };
      this.#open.set(id, open);
      onOpen(id);
      this.#onDidOpen.fire(describe(open, (text) => this.#guard.redact(text)));
    });
  }

  /** Answers a prompt. Throws `not-found` for an id that is not open, `usage` for an answer that does not fit its kind. */
  answer(id: string, answer: PromptAnswer): void {
    const open = this.#open.get(id);
    if (answer.kind === 'values') this.#hide(answer.values, open?.question ?? null);
    if (!open) {
      throw new HoldfastError({
        code: 'not-found',
        where: `prompt ${cleanText(id, 64)}`,
        message: `There is no open prompt ${cleanText(id, 64)}.`,
        next: 'See the open ones with: holdfast prompts',
      });
    }
    const { kind, fields } = open.question;
    const isQuestion = kind === 'host-key' || kind === 'confirm';
    const fits =
      answer.kind === 'cancel' ||
      (isQuestion
        ? answer.kind === 'yes' || answer.kind === 'no' || (answer.kind === 'once' && kind === 'host-key')
        : answer.kind === 'values' && answer.values.length === fields.length);
    if (!fits) {
      throw new HoldfastError({
        code: 'usage',
        where: `prompt ${id}`,
        message: isQuestion
          ? `Prompt ${id} is answered with yes, no${kind === 'host-key' ? ' or once' : ''}.`
          : `Prompt ${id} has ${fields.length} field(s): one line of input each.`,
        next: isQuestion
          ? `For example: holdfast answer ${id} yes`
          : `For example: holdfast answer ${id} < file-with-one-line-a-field`,
      });
    }
    open.settle(answer);
  }

  /** What is not echoed is secret whatever it is asked for as; what is echoed may be a code, unless it only repeats a name. */
  #hide(values: readonly Secret[], question: PromptQuestion | null): void {
    const names = question ? [question.user, question.host, question.hop] : [];
    for (const [at, value] of values.entries()) {
      const isShown = question?.fields[at]?.echo ?? false;
      const text = isShown ? value.reveal() : '';
      if (!isShown || (text.length >= shortestCode && !names.includes(text))) this.#guard.hide(value);
    }
  }

  dispose(): void {
    for (const open of [...this.#open.values()]) open.settle({ kind: 'cancel' });
    this.#onDidOpen.dispose();
    this.#onDidClose.dispose();
  }
}

function describe(open: OpenPrompt, redact: Redact): Prompt {
  const { question } = open;
  const clean = (text: string): string => cleanText(redact(text), messageLimit);
  return {
    id: open.id,
    kind: question.kind,
    tunnels: question.tunnels(),
    host: question.host,
    hop: question.hop,
    address: question.address,
    user: question.user,
    message: clean(question.message),
    fields: question.fields.map((field) => ({ label: clean(field.label), echo: field.echo })),
    hostKey: question.hostKey,
    signIn: cleanDetails(question.signIn, clean),
    elsewhere: question.elsewhere && { serverText: clean(question.elsewhere.serverText) },
    addresses: webAddresses(redact(serverWords(question))),
    round: question.round,
    mayRemember: question.mayRemember,
    askedAtMs: open.askedAtMs,
  };
}

/** What of a question may be the server's, its labels too. */
function serverWords({ kind, message, elsewhere }: PromptQuestion): string {
  if (elsewhere) return elsewhere.serverText;
  return kind === 'otp' || kind === 'password' ? message : '';
}

function cleanDetails(details: SignInDetails | null, clean: (text: string) => string): SignInDetails | null {
  if (details === null) return null;
  const { serverText, keyFile } = details;
  return {
    ...details,
    serverText: clean(serverText),
    keyFile: keyFile === null ? null : cleanText(keyFile, 256),
  };
}
