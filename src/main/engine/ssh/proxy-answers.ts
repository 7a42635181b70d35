import type { AskSecrets } from './authenticator.ts';

/** What a person gave for the proxy on the way, during one login. */
export interface ProxyAnswers {
  given: Awaited<ReturnType<AskSecrets>> | null;
}

/**
 * Asks a person for the proxy's password at the first connection of a login; further ones are given the same answer first. A proxy that turns it
 * down has the person asked again.
 */
export function askOnce(ask: AskSecrets, answers: ProxyAnswers): AskSecrets {
  let isFirst = true;
  return async (question) => {
    const known = isFirst ? answers.given : null;
    isFirst = false;
    answers.given = known ?? (await ask(question));
    return answers.given;
  };
}
