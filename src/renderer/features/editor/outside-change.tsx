import { Button } from '../../ui/button.tsx';
import { Note } from './form-section.tsx';
import styles from './form.module.css';
import { useEditorTexts } from './texts.ts';

/** What happened to the file while a form was open. */
export type OutsideChange =
  /** What was not touched in the form shows the file's values now. */
  | { readonly kind: 'merged' }
  /** Both changed these keys: saving waits for a choice. */
  | { readonly kind: 'conflict'; readonly keys: readonly string[] }
  | { readonly kind: 'gone' };

/** Says it, and asks which of two values is meant. */
export function OutsideNote({
  change,
  name,
  onTakeFile,
  onKeepMine,
}: {
  change: OutsideChange;
  name: string;
  onTakeFile: () => void;
  onKeepMine: () => void;
}) {
  const texts = useEditorTexts().outside;
  switch (change.kind) {
    case 'merged':
      return <Note tone="plain">{texts.merged}</Note>;
    case 'gone':
      return <Note tone="retry">{texts.gone(name)}</Note>;
    case 'conflict':
      return (
        <Note tone="retry">
          <p>{texts.conflict(change.keys)}</p>
          <div className={styles['toolbar']}>
            <Button onClick={onTakeFile}>{texts.takeFile}</Button>{' '}
            <Button onClick={onKeepMine}>{texts.keepMine}</Button>
          </div>
        </Note>
      );
    default:
      return change satisfies never;
  }
}
