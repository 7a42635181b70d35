import type { ReactNode } from 'react';
import styles from './empty-state.module.css';

/** What a page shows when it has nothing to show: why, and what to do. */
export function EmptyState({ title, text, children }: { title: string; text?: ReactNode; children?: ReactNode }) {
  return (
    <div className={styles['empty']}>
      <div>
        <h2 className={styles['title']}>{title}</h2>
        {text ? <p className={styles['text']}>{text}</p> : null}
        {children ? <div className={styles['acts']}>{children}</div> : null}
      </div>
    </div>
  );
}
