import { app } from 'electron';
import { desktopDe } from '../../shared/i18n/desktop-de.ts';
import { type DesktopTexts, desktopEn } from '../../shared/i18n/desktop-en.ts';
import { languageOf } from '../../shared/i18n/index.ts';

/** The texts of boxes, tray and notifications in the person's language. */
export function personTexts(): DesktopTexts {
  // Electron does not know the language before it is ready.
  const language = app.isReady() ? app.getLocale().slice(0, 2) : languageOf(process.env);
  return language === 'de' ? desktopDe : desktopEn;
}
