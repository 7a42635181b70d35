import type { Cause } from '../model/failure.ts';
import { tell } from './sentences/index.ts';

/** The words of a cause in a catalogue. */
export interface CauseWords {
  /** What happened. */
  readonly causeSays: (cause: CauseText) => string;
  /** What to do. */
  readonly stepSays: (cause: CauseText) => string;
  /** Both. */
  readonly errorText: (cause: CauseText) => string;
}

export type CauseText = Pick<Cause, 'message' | 'next' | 'said'>;

/** English is what the engine speaks. */
export const causeWordsEn: CauseWords = {
  causeSays: ({ message }) => message,
  stepSays: ({ next }) => next,
  errorText: ({ message, next }) => `${message} ${next}`,
};

/** German from the facts; `fromEnglish` for sentences that come without, and for those of another version. */
export function causeWordsDe(fromEnglish: (sentence: string) => string): CauseWords {
  const words = (cause: CauseText, part: 'message' | 'next'): string => {
    const fact = cause.said?.[part] ?? null;
    return (fact === null ? null : tell(fact, 'de')) ?? fromEnglish(cause[part]);
  };
  return {
    causeSays: (cause) => words(cause, 'message'),
    stepSays: (cause) => words(cause, 'next'),
    errorText: (cause) => `${words(cause, 'message')} ${words(cause, 'next')}`,
  };
}
