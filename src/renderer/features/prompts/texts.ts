import { questionsDe } from '../../../shared/i18n/questions-de.ts';
import { questionsEn, type QuestionTexts } from '../../../shared/i18n/questions-en.ts';
import { useBridge } from '../../bridge.ts';
import { pickTexts } from '../../texts.ts';

/** The questions' texts in the page's language. */
export function useQuestionTexts(): QuestionTexts {
  return pickTexts(useBridge().language, { en: questionsEn, de: questionsDe });
}

/** Some names in a sentence; the rest as a count. */
export function listed(texts: QuestionTexts, names: readonly string[], most = 4): string {
  const shown = names.length > most ? [...names.slice(0, most - 1), texts.moreNames(names.length - most + 1)] : names;
  return texts.and(shown);
}
