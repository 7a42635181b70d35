import type { ShellBridge } from '../../../shared/contract/shell-bridge.ts';

/** What a person asked to see. */
export type PromptWish = { readonly kind: 'questions' } | { readonly kind: 'changed-key'; readonly tunnel: string };

const wishes = new EventTarget();

/** "Enter code…", "Review…": shows the open questions, in their window on the desktop and over the page in the panel; a changed key over the page. */
export function openPrompts(bridge: ShellBridge, wish: PromptWish = { kind: 'questions' }): void {
  if (bridge.desktop !== null && wish.kind === 'questions')
    void bridge.desktop('desktop.show-window', { page: 'prompts' });
  else wishes.dispatchEvent(new CustomEvent('wish', { detail: wish }));
}

/** Told of every wish on this page. Returns the way to stop. */
export function onPromptWish(listener: (wish: PromptWish) => void): () => void {
  const heard = (event: Event): void => listener((event as CustomEvent<PromptWish>).detail);
  wishes.addEventListener('wish', heard);
  return () => wishes.removeEventListener('wish', heard);
}

/** The tunnel or lookup name in `changed-key/NAME`, as a shell asks for it; null: another page. */
export function changedKeyIn(page: string): string | null {
  const match = /^#?\/?changed-key\/(.+)$/.exec(page);
  if (match === null) return null;
  try {
    return decodeURIComponent(match[1] ?? '');
  } catch {
    return match[1] ?? null;
  }
}
