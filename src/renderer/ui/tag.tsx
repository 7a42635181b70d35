import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import styles from './tag.module.css';

/** A short mark beside a name. `strong`: one that should stop the hand (`prod`). */
export function Tag({ strong = false, children }: { strong?: boolean; children: ReactNode }) {
  return <span className={cx(styles['tag'], strong && styles['strong'])}>{children}</span>;
}
