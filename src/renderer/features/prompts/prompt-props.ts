import type { Prompt } from '../../../shared/model/prompt.ts';
import type { Way } from './way.ts';

/** What every kind of question is given. */
export interface PromptProps {
  readonly prompt: Prompt;
  /** How many other questions wait. */
  readonly waiting: number;
  readonly way: Way | null;
  /** Hides it; it stays open. */
  readonly onPutAside: () => void;
}
