import { useTexts } from '../../texts.ts';
import { Glyph } from '../../ui/glyph.tsx';
import styles from './ended-page.module.css';

/** A panel whose session is over, or whose server is not the engine that it belongs to: nothing else is shown, and nothing is sent. */
export function EndedPage() {
  const texts = useTexts();
  return (
    <main className={styles['page']}>
      <div className={styles['ended']} role="alert">
        <Glyph state="stopped" size={28} className={styles['shape']} />
        <h1>{texts.ended.title}</h1>
        <p>{texts.ended.detail}</p>
        <p className={styles['next']}>{texts.ended.next}</p>
        <code>holdfast panel</code>
      </div>
    </main>
  );
}
