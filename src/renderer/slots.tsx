import type { ReactNode } from 'react';
import { useBridge } from './bridge.ts';
import { PromptLayer } from './features/prompts/prompt-layer.tsx';
import type { Route } from './store/route.ts';

/** The pages beside the tunnels (editor, settings and the like) by route; null: not one of theirs. */
export function pageFor(_route: Route): ReactNode {
  return null;
}

/** In the panel, questions show as dialogs over the page; the desktop app has windows for them. */
export function PromptSlot(): ReactNode {
  return useBridge().desktop === null ? <PromptLayer /> : null;
}
