import type { ShellBridge } from '../../../shared/contract/shell-bridge.ts';

/** What a person asked to see. */
export type PromptWish = { readonly kind: 'questions' } | { readonly kind: 'changed-key'; readonly tunnel: string };

const wishes = new EventTarget();

/** "Enter code…", "Review…": shows the open questions, in their window on the desktop and over the page in the panel. */
export function openPrompts(bridge: ShellBridge, wish: PromptWish = { kind: 'questions' }): void {
  if (bridge.desktop === null) {
    wishes.dispatchEvent(new CustomEvent('wish', { detail: wish }));
    return;
  }
  const page = wish.kind === 'questions' ? 'prompts' : `changed-key/${encodeURIComponent(wish.tunnel)}`;
  void bridge.desktop('desktop.show-window', { page });
}

/** Told of every wish on this page. Returns the way to stop. */
export function onPromptWish(listener: (wish: PromptWish) => void): () => void {
  const heard = (event: Event): void => listener((event as CustomEvent<PromptWish>).detail);
  wishes.addEventListener('wish', heard);
  return () => wishes.removeEventListener('wish', heard);
}
