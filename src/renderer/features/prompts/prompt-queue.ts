import type { Prompt } from '../../../shared/model/prompt.ts';

/**
 * The question to show: the one on screen as long as it is open (nothing moves under the pointer), then the next of the host that asked last
 * (its second step), then the oldest. What is only told comes last and holds nothing up. `lastHop`: the host of the question shown before.
 */
export function nextPrompt(prompts: readonly Prompt[], shownId: string | null, lastHop: string | null): Prompt | null {
  const asking = prompts.filter(({ elsewhere }) => elsewhere === null);
  const first = asking.length > 0 ? asking : prompts;
  const shown = first.find(({ id }) => id === shownId);
  if (shown !== undefined) return shown;
  const byAge = [...first].sort((a, b) => a.askedAtMs - b.askedAtMs);
  return byAge.find(({ hop }) => hop === lastHop) ?? byAge[0] ?? null;
}

/** How many other questions wait. */
export function waitingBehind(prompts: readonly Prompt[], shown: Prompt): number {
  return prompts.filter(({ id }) => id !== shown.id).length;
}
