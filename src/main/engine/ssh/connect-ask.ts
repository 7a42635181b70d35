import { HoldfastError } from '../../../shared/model/failure.ts';
import type { AskHostKey } from '../host-keys/trust.ts';
import type { Disposable } from '../lifecycle/disposable.ts';
import type { PromptAnswer, PromptBroker, PromptQuestion } from '../prompts/broker.ts';
import type { AskSecrets } from './authenticator.ts';
import type { ConnectRequest } from './link.ts';
import { addressText } from './failure-base.ts';

/** The questions of one hop of one attempt. */
export interface HopQuestions {
  readonly askHostKey: AskHostKey;
  /** For the login: a password is asked for in our words, since the server's may pretend to be another's. */
  readonly askSecrets: AskSecrets;
  /** For what lies before the login (a proxy): with the caller's words. */
  readonly askBefore: AskSecrets;
}

/** Asks through `prompts`. `pause` stops the clock of the attempt's time limits while a person thinks; `signal` withdraws the question. */
export function hopQuestions(
  request: ConnectRequest,
  prompts: PromptBroker,
  signal: AbortSignal,
  pause: () => Disposable,
): HopQuestions {
  const { host } = request;
  const about = {
    tunnels: request.tunnels,
    host: request.target,
    hop: host.name,
    address: addressText(host.address, host.port),
    user: host.user,
  };
  const ask = async (question: Omit<PromptQuestion, keyof typeof about>): Promise<PromptAnswer> => {
    const paused = pause();
    try {
      const answer = await prompts.ask({ ...about, ...question }, signal, (id) => request.observer.onWaiting(id));
      if (answer.kind === 'cancel') throw cancelled(request);
      return answer;
    } finally {
      paused.dispose();
      request.observer.onWaiting(null);
    }
  };
  const askBefore: AskSecrets = async ({ kind, message, fields, round, mayRemember }) => {
    const answer = await ask({ kind, message, fields, hostKey: null, round, mayRemember });
    if (answer.kind !== 'values') throw cancelled(request);
    return { values: answer.values, remember: answer.remember };
  };
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
    askSecrets: (question) =>
      askBefore(
        question.kind === 'password' ? { ...question, message: `Password for ${host.user}@${host.address}` } : question,
      ),
    askBefore,
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
