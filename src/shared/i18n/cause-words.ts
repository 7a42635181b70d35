import type { Cause } from '../model/failure.ts';
import type { Said } from './said.ts';
import { tell } from './sentences/index.ts';

/** The words of a cause in a catalogue. */
export interface CauseWords {
  /** What happened. */
  readonly causeSays: (cause: CauseText) => string;
  /** What to do. */
  readonly stepSays: (cause: CauseText) => string;
  /** Both. */
  readonly errorText: (cause: CauseText) => string;
  /** Any other sentence of the engine: the fact, or the English text where it came without. */
  readonly factSays: (text: string, fact: Said | null | undefined) => string;
}

export type CauseText = Pick<Cause, 'message' | 'next' | 'said'>;

/** English is what the engine speaks. */
export const causeWordsEn: CauseWords = {
  causeSays: ({ message }) => message,
  stepSays: ({ next }) => next,
  errorText: ({ message, next }) => `${message} ${next}`,
  factSays: (text) => text,
};

/** German from the facts; `fromEnglish` for sentences that come without, and for those of another version. */
export function causeWordsDe(fromEnglish: (sentence: string) => string): CauseWords {
  const factSays = (text: string, fact: Said | null | undefined): string =>
    (fact ? tell(fact, 'de') : null) ?? fromEnglish(text);
  const words = (cause: CauseText, part: 'message' | 'next'): string => factSays(cause[part], cause.said?.[part]);
  return {
    causeSays: (cause) => words(cause, 'message'),
    stepSays: (cause) => words(cause, 'next'),
    errorText: (cause) => `${words(cause, 'message')} ${words(cause, 'next')}`,
    factSays,
  };
}
