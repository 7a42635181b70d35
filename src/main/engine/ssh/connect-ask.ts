import { HoldfastError } from '../../../shared/model/failure.ts';
import type { ElsewhereDetails } from '../../../shared/model/prompt.ts';
import type { AskHostKey } from '../host-keys/trust.ts';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, toDisposable } from '../lifecycle/disposable.ts';
import type { PromptAnswer, PromptBroker, PromptQuestion } from '../prompts/broker.ts';
import type { AskSecrets } from './authenticator.ts';
import type { ConnectRequest } from './link.ts';
import { addressText } from './failure-base.ts';

/** Most agents sign at once; who takes longer waits for somebody. */
const patienceMs = 1000;

/** The questions of one hop of one attempt. */
export interface HopQuestions {
  readonly askHostKey: AskHostKey;
  /** With the asker's or the server's words; who asks stands beside them in the prompt. */
  readonly askSecrets: AskSecrets;
  /** See `AuthContext`; `onCancel` gets the end of the attempt. */
  readonly waitForPerson: (what: string) => Disposable;
  /** Says, until disposed of, that the login is finished elsewhere, with the server's words. Time limits go on. */
  readonly tellElsewhere: (serverText: string) => Disposable;
}

/** Asks through `prompts`. `pause` stops the clock of the attempt's time limits while a person thinks; `signal` withdraws the question. */
export function hopQuestions(
  request: ConnectRequest,
  prompts: PromptBroker,
  signal: AbortSignal,
  clock: Clock,
  pause: () => Disposable,
  onCancel: (error: HoldfastError) => void,
): HopQuestions {
  const { host } = request;
  const about = {
    tunnels: request.tunnels,
    host: request.target,
    hop: host.name,
    address: addressText(host.address, host.port),
    user: host.user,
  };
  /** The question that was opened last: one that goes later than it is not the one that is waited for. */
  let openId: string | null = null;
  const ask = async (
    question: Omit<PromptQuestion, keyof typeof about | 'signIn' | 'elsewhere'> &
      Partial<Pick<PromptQuestion, 'signIn' | 'elsewhere'>>,
    until: AbortSignal = signal,
  ): Promise<PromptAnswer> => {
    const elsewhere = question.elsewhere ?? null;
    const paused = elsewhere === null ? pause() : toDisposable(() => {});
    let ownId: string | null = null;
    try {
      const answer = await prompts.ask(
        { ...about, ...question, signIn: question.signIn ?? null, elsewhere },
        until,
        (id) => {
          ownId = id;
          openId = id;
          request.observer.onWaiting(id);
        },
      );
      if (answer.kind === 'cancel') throw cancelled(request);
      return answer;
    } finally {
      paused.dispose();
      if (openId === ownId) {
        openId = null;
        request.observer.onWaiting(null);
      }
    }
  };
  const askSecrets: AskSecrets = async ({ kind, message, fields, round, mayRemember, signIn, over }) => {
    const answer = await ask(
      { kind, message, fields, hostKey: null, round, mayRemember, signIn: signIn ?? null },
      over === undefined ? signal : AbortSignal.any([signal, over]),
    );
    if (answer.kind !== 'values') throw cancelled(request);
    return { values: answer.values, remember: answer.remember, keepOpenMs: answer.keepOpenMs };
  };
  /** Says something until disposed of; a person may give up. */
  const tell = (message: string, elsewhere: ElsewhereDetails | null): Disposable => {
    const over = new AbortController();
    const question = { kind: 'confirm', message, fields: [], hostKey: null, round: 1, mayRemember: false } as const;
    ask({ ...question, elsewhere }, AbortSignal.any([signal, over.signal])).then(
      ({ kind }) => {
        if (kind === 'no') onCancel(cancelled(request));
      },
      (error: unknown) => {
        if (!over.signal.aborted && error instanceof HoldfastError) onCancel(error);
      },
    );
    return toDisposable(() => over.abort(new Error('it is over')));
  };
  const waitForPerson = (what: string): Disposable => {
    const store = new DisposableStore();
    store.add(pause());
    store.add(clock.schedule(patienceMs, () => store.add(tell(what, null))));
    return store;
  };
  const tellElsewhere = (serverText: string): Disposable =>
    tell(
      serverText === ''
        ? `${host.name} has not answered the login yet. It may wait for you elsewhere: on a phone, or in a browser.`
        : `${host.name} waits for you: ${serverText}`,
      { serverText },
    );
  return {
    askHostKey: async (details, message) => {
      const answer = await ask({
        kind: 'host-key',
        message,
        fields: [],
        hostKey: details,
        round: 1,
        mayRemember: false,
      });
      if (answer.kind === 'values' || answer.kind === 'cancel') throw cancelled(request);
      return answer.kind;
    },
    askSecrets,
    waitForPerson,
    tellElsewhere,
  };
}

function cancelled(request: ConnectRequest): HoldfastError {
  return new HoldfastError({
    code: 'cancelled',
    where: request.host.name,
    message: `The question of ${request.host.name} was cancelled.`,
    next: 'Start the tunnel again when you can answer.',
    hop: request.host.name,
  });
}
