import type { ReactNode } from 'react';
import styles from './empty-state.module.css';

/** What a page shows when it has nothing to show, and why. */
export function EmptyState({ title, text }: { title: string; text?: ReactNode }) {
  return (
    <div className={styles['empty']}>
      <div>
        <h2 className={styles['title']}>{title}</h2>
        {text ? <p className={styles['text']}>{text}</p> : null}
      </div>
    </div>
  );
}
