/** Parts that sentences of many subjects share, each in both languages. */

import type { Language } from './said.ts';

/** A time: `15 s`, `1.5 s`; in German `1,5 s`. */
export function seconds(ms: number, language: Language): string {
  const rounded = `${Math.round(ms / 100) / 10}`;
  return `${language === 'de' ? rounded.replace('.', ',') : rounded} s`;
}

/** `a, b and c`. */
export function listed(names: readonly string[], language: Language): string {
  const joint = language === 'de' ? 'und' : 'and';
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${joint} ${names.at(-1) ?? ''}`;
}

/** Foreign words as a quotation. */
export function quoted(text: string, language: Language): string {
  return language === 'de' ? `„${text}“` : `"${text}"`;
}
