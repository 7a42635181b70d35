import { useEffect, useRef, useState } from 'react';
import type { Prompt } from '../../../shared/model/prompt.ts';
import { useBridge } from '../../bridge.ts';
import { ChangedKeyPrompt } from './changed-key-prompt.tsx';
import type { ChangedKey } from './changed-key-view.ts';
import { markCopies } from './copied-here.ts';
import { changedKeyIn, onPromptWish, type PromptWish } from './open-prompts.ts';
import { waitingBehind } from './prompt-queue.ts';
import { SheetPlace } from './prompt-sheet.tsx';
import { PromptView } from './prompt-view.tsx';
import { useHosts, usePrompts } from './use-prompts.ts';
import { wayOf } from './way.ts';

/** A question that comes so soon after an act of the person on this page is taken for its outcome, and shown at once. */
const actMs = 30_000;

/** The questions as dialogs over a page, for the panel, which has no windows of its own; and changed keys that a person reviews, in both shells. */
export function PromptLayer() {
  const bridge = useBridge();
  /** The question that the person's act brought: it goes before older ones that wait. */
  const [broughtId, setBroughtId] = useState<string | null>(null);
  const { shown, prompts } = usePrompts(broughtId);
  const hosts = useHosts(shown?.id ?? null);
  const [wish, setWish] = useState<PromptWish | null>(null);
  const actedSince = useLastAct();
  useEffect(() => markCopies(document), []);
  useEffect(() => onPromptWish(setWish), []);
  useEffect(
    () =>
      bridge.onNavigate((page) => {
        const tunnel = changedKeyIn(page);
        if (tunnel !== null) setWish({ kind: 'changed-key', tunnel });
      }),
    [bridge],
  );

  const newestId = newestOf(prompts);
  const hasNoWindows = bridge.desktop === null;
  useEffect(() => {
    if (newestId === null) setWish((now) => (now?.kind === 'questions' ? null : now));
    else if (hasNoWindows && actedSince(actMs) && !isBusy()) {
      setBroughtId(newestId);
      setWish((now) => now ?? { kind: 'questions' });
    }
  }, [newestId, actedSince, hasNoWindows]);

  if (wish?.kind === 'changed-key') return <ChangedKeyLayer tunnel={wish.tunnel} onClose={() => setWish(null)} />;
  if (wish === null || shown === null || !hasNoWindows) return null;
  return (
    <SheetPlace value="page">
      <PromptView
        prompt={shown}
        waiting={waitingBehind(prompts, shown)}
        way={wayOf(shown, hosts)}
        onPutAside={() => setWish(null)}
      />
    </SheetPlace>
  );
}

function newestOf(prompts: readonly Prompt[]): string | null {
  let newest: Prompt | null = null;
  for (const prompt of prompts) if (newest === null || prompt.askedAtMs >= newest.askedAtMs) newest = prompt;
  return newest?.id ?? null;
}

/** Somebody types, or another dialog is open: nothing may come in between. */
function isBusy(): boolean {
  const active = document.activeElement;
  return (
    active?.matches('input, textarea, select, [contenteditable=true]') === true ||
    document.querySelector('dialog[open]') !== null
  );
}

function useLastAct(): (withinMs: number) => boolean {
  const at = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    const note = (): void => {
      at.current = performance.now();
    };
    document.addEventListener('pointerdown', note, { capture: true });
    document.addEventListener('keydown', note, { capture: true });
    return () => {
      document.removeEventListener('pointerdown', note, { capture: true });
      document.removeEventListener('keydown', note, { capture: true });
    };
  }, []);
  const acted = useRef((withinMs: number) => performance.now() - at.current < withinMs);
  return acted.current;
}

/** A changed key over a page. `tunnel`: the one that was held back; its key is looked up. */
function ChangedKeyLayer({ tunnel, onClose }: { tunnel: string; onClose: () => void }) {
  const changed = useChangedKey((key) => key.tunnels.includes(tunnel) || key.lookupName === tunnel);
  const isGone = changed === 'none';
  useEffect(() => {
    if (isGone) onClose();
  }, [isGone, onClose]);
  if (changed === null || changed === 'none') return null;
  return (
    <SheetPlace value="page">
      <ChangedKeyPrompt key={changed.lookupName} changed={changed} onDone={onClose} />
    </SheetPlace>
  );
}

/** The held-back key that fits; null while it is looked up, `none` if there is none. Looked up anew when the tunnels' states change. */
export function useChangedKey(fits: (key: ChangedKey) => boolean): ChangedKey | 'none' | null {
  const bridge = useBridge();
  const [keys, setKeys] = useState<readonly ChangedKey[] | null>(null);
  useEffect(() => {
    let alive = true;
    const take = async (): Promise<void> => {
      const result = await bridge.call('host-key.changed', {});
      if (alive) setKeys(result.ok ? result.output : []);
    };
    void take();
    const stop = bridge.onEvent((event) => {
      if (event.kind === 'tunnels') void take();
    });
    return () => {
      alive = false;
      stop();
    };
  }, [bridge]);
  if (keys === null) return null;
  return keys.find(fits) ?? 'none';
}
