import { de } from './de.ts';
import { type Catalogue, en } from './en.ts';

/**
 * i18n: the typed catalogue of texts, used by tray, window and command alike.
 *
 * - en.ts  English; its type is the type of all
 * - de.ts  German, in part
 * - window-*, detail-*, pages-*, editor-*, questions-*, desktop-*  the catalogues of window and tray, each language complete
 * - said.ts, sentences/  what the engine finds out, as facts that are said in either language; cause-words.ts says those of a cause
 * - phrases.ts, causes-de.ts, steps-de.ts  what the engine still says as English text, put into German where it is shown
 */

export type { Catalogue, CataloguePart } from './en.ts';

export type Language = 'en' | 'de';

/** The texts of a language; missing ones are English. */
export function textsOf(language: Language): Catalogue {
  if (language === 'en') return en;
  const merged: Record<string, object> = { ...en };
  for (const [section, texts] of Object.entries(de)) {
    merged[section] = { ...merged[section], ...texts };
  }
  return merged as Catalogue;
}

/** The language of a POSIX environment (LC_ALL, LC_MESSAGES, LANG in this order); English if it is none of ours. */
export function languageOf(env: Readonly<Record<string, string | undefined>>): Language {
  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  return /^de(?:[_.@-]|$)/i.test(locale) ? 'de' : 'en';
}
