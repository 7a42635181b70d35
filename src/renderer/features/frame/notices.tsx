import type { ReactNode } from 'react';
import { useBridge } from '../../bridge.ts';
import { usePage, usePageStore } from '../../store/page-store.ts';
import { useTexts } from '../../texts.ts';
import { LinkButton } from '../../ui/button.tsx';
import { Glyph } from '../../ui/glyph.tsx';
import styles from './notices.module.css';

/** What concerns the whole window: the engine is gone, the configuration is broken, an act was refused. */
export function Notices() {
  const texts = useTexts();
  const store = usePageStore();
  const { shell } = useBridge();
  const lost = usePage((page) => page.connection === 'lost');
  const problem = usePage((page) => page.problem);
  const configProblem = usePage((page) => page.configProblem);
  const refusal = usePage((page) => page.refusal);
  return (
    <div role="status">
      {lost ? (
        <Notice>
          {texts.notice.lost} {shell === 'panel' ? texts.notice.lostPanel : null}
        </Notice>
      ) : problem === null ? null : (
        <Notice>
          <b>{texts.causeSays(problem)}</b> {texts.stepSays(problem)}
        </Notice>
      )}
      {configProblem === null ? null : (
        <Notice>
          <b>{texts.notice.config}</b>
          {configProblem.includes('\n') ? '\n' : ' '}
          {texts.engineSays(configProblem)}
        </Notice>
      )}
      {refusal === null || lost ? null : (
        <Notice onDismiss={() => store.setState({ refusal: null })}>
          <b>{texts.causeSays(refusal)}</b> {texts.stepSays(refusal)}
        </Notice>
      )}
    </div>
  );
}

function Notice({ children, onDismiss }: { children: ReactNode; onDismiss?: () => void }) {
  const texts = useTexts();
  return (
    <div className={styles['notice']}>
      <Glyph state="retrying" className={styles['shape']} />
      <p>{children}</p>
      {onDismiss === undefined ? null : <LinkButton onClick={onDismiss}>{texts.notice.dismiss}</LinkButton>}
    </div>
  );
}
