import { sayings, sentence } from '../said.ts';

/** Faults of Holdfast itself. */
export const faultSentences = {
  /** `words`: of what was thrown. */
  unexpected: sentence<{ words: string }>({
    en: ({ words }) => `Something unexpected happened: ${words}`,
    de: ({ words }) => `Etwas Unerwartetes ist geschehen: ${words}`,
  }),
  triesAgain: {
    en: 'Holdfast tries again by itself. The log has the details; please report it if it comes back.',
    de: 'Holdfast versucht es von selbst neu. Einzelheiten stehen im Protokoll; bitte melde es, wenn es wiederkommt.',
  },
};

export const fault = sayings('fault', faultSentences);
