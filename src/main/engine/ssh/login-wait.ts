import { HoldfastError } from '../../../shared/model/failure.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, MutableDisposable } from '../lifecycle/disposable.ts';
import type { AnswerRequest, UserauthReply, UserauthWire } from './userauth-wire.ts';

/** From here on our clock stands still for so long at most. */
export const elsewhereLimitMs = 5 * 60_000;
/** Silence after an instruction without a field, or after a text with an address: it is meant for somebody. */
const afterInstructionMs = 2000;
/** Silence after any other text: most banners are followed by an answer at once. */
const afterBannerMs = 5000;
/** Silence without a word where the server's own questions are under way: some say nothing while a phone rings. */
const afterNothingMs = 10_000;
/** What is kept of a server's words, in texts and characters of one. */
const mostTexts = 10;
const longestText = 4096;
/** New words bring a new notice so often. */
const mostNotices = 3;

export interface LoginWaitOptions {
  readonly clock: Clock;
  /** Tells a person what the server says, until disposed of. Empty: it says nothing. */
  readonly show: (serverText: string) => Disposable;
  /** Stops the login's clock until disposed of. */
  readonly pause: () => Disposable;
}

/**
 * Tells a login that is finished elsewhere (in a browser, on a phone) from one that is answered at once. The server waits for a person when it
 * said something while a request of ours was open, by a banner (RFC 4252 section 5.4) or an instruction without a field (RFC 4256 section 3.2), and is
 * silent since. What it said before an answer belongs to that answer: a greeting before a key login is never a call.
 */
export class LoginWait implements Disposable {
  readonly #options: LoginWaitOptions;
  readonly #store = new DisposableStore();
  readonly #silence = this.#store.add(new MutableDisposable());
  readonly #shown = this.#store.add(new MutableDisposable());
  readonly #pause = this.#store.add(new MutableDisposable());
  readonly #texts: string[] = [];
  /** A request of ours waits for the server's answer; null: none does. */
  #open: 'questions' | 'other' | null = null;
  #hasInstruction = false;
  /** A saved password was sent in this exchange: nobody sits here. */
  #unattended = false;
  #notices = 0;
  #wasCalled = false;
  #hasPaused = false;

  constructor(options: LoginWaitOptions) {
    this.#options = options;
  }

  /** A person was called upon in this login: another try would only call them again. */
  get wasCalled(): boolean {
    return this.#wasCalled;
  }

  /** A person answers a question here. */
  attended(): void {
    this.#unattended = false;
  }

  /** The server says this, without asking. */
  said(text: string): void {
    if (this.#open === null || text.trim() === '') return;
    this.#texts.push(text.slice(0, longestText));
    if (this.#texts.length > mostTexts) this.#texts.shift();
    this.#listen();
  }

  /** The same wire, listened to. */
  watch(wire: UserauthWire): UserauthWire {
    const during = async (
      kind: 'questions' | 'other',
      request: () => Promise<UserauthReply>,
    ): Promise<UserauthReply> => {
      this.#begin(kind);
      try {
        return await request();
      } finally {
        this.#end();
      }
    };
    return {
      user: wire.user,
      get serverSigAlgs() {
        return wire.serverSigAlgs;
      },
      get binding() {
        return wire.binding ?? null;
      },
      get lastWords() {
        return wire.lastWords ?? null;
      },
      none: () => during('other', () => wire.none()),
      password: (password) => during('other', () => wire.password(password)),
      changePassword: (old, next) => during('other', () => wire.changePassword(old, next)),
      probeKey: (algorithm, blob) => during('other', () => wire.probeKey(algorithm, blob)),
      signKey: async (algorithm, blob, sign) => {
        try {
          return await wire.signKey(algorithm, blob, async (data) => {
            const signature = await sign(data);
            this.#begin('other');
            return signature;
          });
        } finally {
          this.#end();
        }
      },
      keyboardInteractive: (answer) => this.#questions(wire, answer),
    };
  }

  dispose(): void {
    this.#store.dispose();
  }

  async #questions(wire: UserauthWire, answer: AnswerRequest): Promise<UserauthReply> {
    let onlyTold = false;
    let asked = false;
    this.#unattended = false;
    this.#begin('questions');
    try {
      const reply = await wire.keyboardInteractive(async (request, over) => {
        this.#end();
        const told = [request.name, request.instruction].filter((text) => text.trim() !== '').join('\n');
        const hasFields = request.prompts.length > 0;
        // Whoever is asked takes it back.
        if (hasFields) this.#unattended = true;
        const values = await answer(request, over);
        // Another request may be under way by now.
        if (over.aborted) return values;
        this.#begin('questions');
        if (hasFields) asked = true;
        else if (told !== '') {
          onlyTold = true;
          this.#hasInstruction = true;
          this.said(told);
        }
        return values;
      });
      // It told somebody to do something and asked nothing: that was the call, however quickly it was refused.
      if (reply.kind === 'failure' && !reply.partial && onlyTold && !asked) this.#wasCalled = true;
      return reply;
    } finally {
      this.#end();
    }
  }

  #begin(kind: 'questions' | 'other'): void {
    this.#end();
    this.#open = kind;
    this.#listen();
  }

  #end(): void {
    this.#open = null;
    this.#hasInstruction = false;
    this.#texts.length = 0;
    this.#notices = 0;
    this.#silence.clear();
    this.#shown.clear();
  }

  /** Waits for silence. */
  #listen(): void {
    const patienceMs = this.#patienceMs();
    if (patienceMs === null || this.#notices >= mostNotices) return;
    this.#silence.value = this.#options.clock.schedule(patienceMs, () => this.#call());
  }

  #patienceMs(): number | null {
    if (this.#texts.length === 0) return this.#open === 'questions' && !this.#unattended ? afterNothingMs : null;
    if (this.#hasInstruction || this.#texts.some((text) => /https:\/\//i.test(text))) return afterInstructionMs;
    return afterBannerMs;
  }

  #call(): void {
    const { clock, pause, show } = this.#options;
    this.#silence.clear();
    this.#notices += 1;
    this.#wasCalled = true;
    // For the rest of the login: sshd takes as long again to answer as the approval took (its delay against guessing grows with it).
    if (!this.#hasPaused) {
      this.#hasPaused = true;
      const paused = pause();
      const timer = clock.schedule(elsewhereLimitMs, () => paused.dispose());
      this.#pause.value = {
        dispose() {
          timer.dispose();
          paused.dispose();
        },
      };
    }
    // The old notice goes first: there is one at a time.
    this.#shown.clear();
    this.#shown.value = show(this.#texts.join('\n').trim());
  }
}

/** The end of a login that called somebody: nobody is called again until they ask for it. */
export function endedElsewhere(error: HoldfastError): HoldfastError {
  if (error.code === 'cancelled') return error;
  const { where, phase, hop } = error;
  const name = hop ?? where;
  const next = 'Bring the tunnel up again when you can finish the login; the server asks anew then.';
  return error.code === 'timeout'
    ? new HoldfastError({
        code: 'login-elsewhere',
        where,
        phase,
        hop,
        message: `${name} waited for you elsewhere, and the login was not finished in time.`,
        next,
        cause: error,
      })
    : new HoldfastError({
        code: error.code,
        where,
        phase,
        hop,
        message: error.message,
        next,
        retry: 'person',
        cause: error,
      });
}
