import type { ReactNode } from 'react';
import { useBridge } from '../../bridge.ts';
import { Button } from '../../ui/button.tsx';
import styles from './save-bar.module.css';
import { useEditorTexts } from './texts.ts';

interface SaveBarProps {
  readonly isOff: boolean;
  /** Saving ends connections that programs have open. */
  readonly endsClients: boolean;
  readonly onSave: () => void;
  readonly onCancel: () => void;
  /** At the left, apart: copying and removing. */
  readonly aside?: ReactNode;
}

/** The buttons of a form, in the system's order. */
export function SaveBar({ isOff, endsClients, onSave, onCancel, aside }: SaveBarProps) {
  const texts = useEditorTexts();
  const { platform } = useBridge();
  const cancel = <Button onClick={onCancel}>{texts.cancel}</Button>;
  const save = (
    <Button kind="primary" disabled={isOff} onClick={onSave}>
      {endsClients ? texts.saveAnyway : texts.save}
    </Button>
  );
  return (
    <div className={styles['bar']}>
      <div className={styles['aside']}>{aside}</div>
      {platform === 'win32' ? (
        <>
          {save}
          {cancel}
        </>
      ) : (
        <>
          {cancel}
          {save}
        </>
      )}
    </div>
  );
}
