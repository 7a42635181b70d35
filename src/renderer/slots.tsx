import type { ReactNode } from 'react';
import type { Route } from './store/route.ts';

/** The pages beside the tunnels (editor, settings and the like) by route; null: not one of theirs. */
export function pageFor(_route: Route): ReactNode {
  return null;
}

/** In the panel, questions show as dialogs over the page; the desktop app has windows for them. */
export function PromptSlot(): ReactNode {
  return null;
}
