import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useBridge } from '../../bridge.ts';
import { holdRoute } from '../../store/route.ts';
import { ConfirmDialog } from '../pages/confirm-dialog.tsx';
import { useEditorTexts } from './texts.ts';

interface Unsaved {
  /** Asks before changes are given up; to be rendered with the form. */
  readonly question: ReactNode;
  /** What was changed is saved, or is given up on purpose: the next page may come. */
  readonly letGo: () => void;
}

/** Keeps a form with unsaved changes on the screen until a person says that they may go. `onEscape`: where Esc leads. */
export function useUnsaved({
  isDirty,
  what,
  onEscape,
}: {
  isDirty: boolean;
  what: string;
  /** Null: Esc is another form's, which stands over this one. */
  onEscape: (() => void) | null;
}): Unsaved {
  const texts = useEditorTexts().unsaved;
  const { desktop } = useBridge();
  const [wanted, setWanted] = useState<{ readonly leave: () => void; readonly stay: () => void } | null>(null);
  const release = useRef<() => void>(() => undefined);
  const escape = useRef(onEscape);
  escape.current = onEscape;
  const isPanel = desktop === null;

  useEffect(() => {
    if (!isDirty) return undefined;
    const letGo = holdRoute((leave, stay) => setWanted({ leave, stay }));
    // The browser asks before its page goes; a window of the desktop only hides.
    const beforeUnload = (event: BeforeUnloadEvent): void => event.preventDefault();
    if (isPanel) window.addEventListener('beforeunload', beforeUnload);
    release.current = () => {
      letGo();
      window.removeEventListener('beforeunload', beforeUnload);
    };
    return release.current;
  }, [isDirty, isPanel]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return;
      const leave = escape.current;
      if (leave === null || document.querySelector('dialog[open], [role=menu]') !== null) return;
      if (event.target instanceof Element && event.target.closest('input, textarea, select') !== null) return;
      event.preventDefault();
      leave();
    };
    // Before the window's own keys, for which Esc means nothing here.
    document.addEventListener('keydown', onKey, { capture: true });
    return () => document.removeEventListener('keydown', onKey, { capture: true });
  }, []);

  return {
    letGo: () => release.current(),
    question:
      wanted === null ? null : (
        <ConfirmDialog
          title={texts.title}
          text={texts.text(what)}
          yes={texts.discard}
          no={texts.keep}
          onYes={() => {
            setWanted(null);
            release.current();
            wanted.leave();
          }}
          onCancel={() => {
            setWanted(null);
            wanted.stay();
          }}
        />
      ),
  };
}
