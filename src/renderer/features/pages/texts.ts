import { pagesDe } from '../../../shared/i18n/pages-de.ts';
import { pagesEn, type PageTexts } from '../../../shared/i18n/pages-en.ts';
import { useBridge } from '../../bridge.ts';
import { pickTexts } from '../../texts.ts';

/** The pages' texts in the page's language. */
export function usePageTexts(): PageTexts {
  return pickTexts(useBridge().language, { en: pagesEn, de: pagesDe });
}
