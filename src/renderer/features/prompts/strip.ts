import type { QuestionTexts } from '../../../shared/i18n/questions-en.ts';
import { listed } from './texts.ts';

/** The right of the strip: the queue if there is one, else for whom. */
export function stripOf(texts: QuestionTexts, tunnels: readonly string[], waiting: number): string {
  if (waiting > 0) return texts.moreWait(waiting);
  return tunnels.length === 0 ? '' : texts.forTunnels(listed(texts, tunnels, 3));
}
