import { createContext, useContext } from 'react';
import { windowDe } from '../shared/i18n/window-de.ts';
import { windowEn, type WindowTexts } from '../shared/i18n/window-en.ts';

/** Of several catalogues the one for a BCP 47 language; English when there is none. Other parts keep catalogues of their own and pick with this. */
export function pickTexts<T>(language: string, catalogues: { readonly en: T; readonly de: T }): T {
  return language.toLowerCase().split('-')[0] === 'de' ? catalogues.de : catalogues.en;
}

export function windowTexts(language: string): WindowTexts {
  return pickTexts(language, { en: windowEn, de: windowDe });
}

export const TextsContext = createContext<WindowTexts>(windowEn);

/** The window's texts in the page's language. */
export function useTexts(): WindowTexts {
  return useContext(TextsContext);
}
