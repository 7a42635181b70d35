import { createContext, useContext, useEffect, useId, useRef, type ReactNode } from 'react';
import { Glyph } from '../../ui/glyph.tsx';
import { useInputHold } from './arming.ts';
import styles from './prompt-sheet.module.css';
import { useQuestionTexts } from './texts.ts';

/** Where the sheets stand: alone in a window of their own, or over a page. */
export const SheetPlace = createContext<'window' | 'page'>('page');

interface PromptSheetProps {
  readonly tone: 'interactive' | 'dead';
  /** At the right of the strip: for whom, and how many wait. */
  readonly strip: string;
  readonly title: string;
  readonly lead: ReactNode;
  readonly children?: ReactNode;
  /** The row of buttons. */
  readonly buttons: ReactNode;
  /** Esc: the safe answer. */
  readonly onEscape: () => void;
}

/** One question: strip, shape, heading, body, buttons. A modal `<dialog>` over a page; the whole page in a prompt window. */
export function PromptSheet({ tone, strip, title, lead, children, buttons, onEscape }: PromptSheetProps) {
  const texts = useQuestionTexts();
  const place = useContext(SheetPlace);
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const isHeld = useInputHold(sheet);
  const escape = useRef(onEscape);
  escape.current = onEscape;

  useEffect(() => {
    const element = dialog.current;
    if (element === null) return undefined;
    const before = document.activeElement;
    if (!element.open) element.showModal();
    element.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    return () => {
      element.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);

  useEffect(() => {
    if (place !== 'window') return undefined;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return;
      event.preventDefault();
      escape.current();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [place]);

  const labels = { 'aria-labelledby': `${id}-title`, 'aria-describedby': `${id}-lead` };
  const role = tone === 'dead' ? 'alertdialog' : 'dialog';
  const inside = (
    <div ref={sheet} data-held={isHeld ? '' : undefined}>
      <div className={styles['strip']}>
        <span>{texts.app}</span>
        <span className={styles['whom']}>{strip}</span>
      </div>
      <div className={styles['body']}>
        <Glyph state={tone} size={24} />
        <div className={styles['text']}>
          <h1 id={`${id}-title`} className={styles['title']}>
            {title}
          </h1>
          <div id={`${id}-lead`} className={styles['lead']}>
            {lead}
          </div>
          {children}
        </div>
      </div>
      {buttons}
    </div>
  );
  if (place === 'window') {
    return (
      <div role={role} aria-modal="true" className={styles['window']} {...labels}>
        {inside}
      </div>
    );
  }
  return (
    <dialog
      ref={dialog}
      role={role}
      className={styles['dialog']}
      onCancel={(event) => {
        event.preventDefault();
        onEscape();
      }}
      {...labels}
    >
      {inside}
    </dialog>
  );
}

/** A part of a sheet's body. */
export function SheetPart({ children }: { children: ReactNode }) {
  return <div className={styles['part']}>{children}</div>;
}

/** Facts as terms and values. */
export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={styles['facts']}>
      {rows.map(([term, value]) => (
        <div key={term} className={styles['fact']}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
