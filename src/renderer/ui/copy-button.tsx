import { useEffect, useState } from 'react';
import { useCopy } from '../store/copy.ts';
import styles from './copy-button.module.css';
import { Icon } from './glyph.tsx';

/** Copies a text; the sign turns into a tick for a moment, and screen readers hear that it is done. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const copy = useCopy();
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <button
      type="button"
      className={styles['copy']}
      aria-label={label}
      title={label}
      onClick={() => void copy(text).then(setDone)}
    >
      <Icon name={done ? 'done' : 'copy'} size={14} />
    </button>
  );
}
