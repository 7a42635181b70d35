import { useEffect, useId, useRef, type ReactNode } from 'react';
import type { Platform } from '../../shared/contract/shell-bridge.ts';
import { cx } from './cx.ts';
import styles from './dialog.module.css';

interface DialogProps {
  readonly title: string;
  readonly children: ReactNode;
  /** The row of buttons, made with `ButtonRow`. */
  readonly buttons: ReactNode;
  /** Esc, or the system closing it: the safe answer. */
  readonly onCancel: () => void;
  /** `alertdialog` for a danger that interrupts. */
  readonly role?: 'dialog' | 'alertdialog';
}

/** A modal dialog inside a page, on the browser's own `<dialog>`: focus stays in, Esc is the safe answer. Put `autoFocus` on what is first. */
export function Dialog({ title, children, buttons, onCancel, role = 'dialog' }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    if (dialog === null || dialog.open) return undefined;
    const before = document.activeElement;
    dialog.showModal();
    // React's autoFocus runs before showModal, which takes the first control instead.
    dialog.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    return () => {
      dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      className={styles['dialog']}
      role={role}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-content`}
      onCancel={(event) => {
        event.preventDefault();
        onCancel();
      }}
    >
      <div className={styles['body']}>
        <h1 id={`${id}-title`} className={styles['title']}>
          {title}
        </h1>
        <div id={`${id}-content`} className={styles['content']}>
          {children}
        </div>
      </div>
      {buttons}
    </dialog>
  );
}

interface ButtonRowProps {
  readonly platform: Platform;
  /** The answer that changes nothing. */
  readonly safe?: ReactNode;
  readonly other?: ReactNode;
  readonly primary: ReactNode;
  /** Stands apart at the left. */
  readonly aside?: ReactNode;
}

/** Buttons in the order of the system: Windows has the primary first, the others last. */
export function ButtonRow({ platform, safe, other, primary, aside }: ButtonRowProps) {
  return (
    <div className={cx(styles['buttons'], aside !== undefined && styles['withAside'])}>
      {aside === undefined ? null : <div>{aside}</div>}
      {platform === 'win32' ? (
        <>
          {primary}
          {other}
          {safe}
        </>
      ) : (
        <>
          {safe}
          {other}
          {primary}
        </>
      )}
    </div>
  );
}
