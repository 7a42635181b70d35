import { useBridge } from '../../bridge.ts';
import { Button } from '../../ui/button.tsx';
import { ButtonRow } from '../../ui/dialog.tsx';
import { useSettled } from './arming.ts';
import styles from './parts.module.css';
import type { PromptProps } from './prompt-props.ts';
import { PromptSheet, SheetPart } from './prompt-sheet.tsx';
import { stripOf } from './strip.ts';
import { useQuestionTexts } from './texts.ts';
import { useAnswer } from './use-answer.ts';

/** A yes or no; no is first. */
export function ConfirmPrompt({ prompt, waiting }: PromptProps) {
  const all = useQuestionTexts();
  const { platform } = useBridge();
  const isSettled = useSettled(prompt.id);
  const { answer, isSent, problem } = useAnswer(prompt.id);
  const choose = (kind: 'yes' | 'no'): void => {
    if (isSettled() && !isSent) answer({ kind });
  };
  return (
    <PromptSheet
      tone="interactive"
      strip={stripOf(all, prompt.tunnels, waiting)}
      title={all.confirm.title(prompt.hop)}
      lead={
        <>
          {all.signIn.asUser} <b>{prompt.user}</b> {all.signIn.address(prompt.address)}.
        </>
      }
      onEscape={() => choose('no')}
      buttons={
        <ButtonRow
          platform={platform}
          safe={
            <Button autoFocus data-autofocus="" onClick={() => choose('no')} disabled={isSent}>
              {all.confirm.no}
            </Button>
          }
          primary={
            <Button kind="primary" onClick={() => choose('yes')} disabled={isSent}>
              {all.confirm.yes}
            </Button>
          }
        />
      }
    >
      <SheetPart>
        <p className={styles['wait']}>{prompt.message}</p>
        <p className={styles['hint']}>{all.confirm.hint}</p>
      </SheetPart>
      {problem === null ? null : (
        <p role="alert" className={styles['problem']}>
          {all.notTaken(problem)}
        </p>
      )}
    </PromptSheet>
  );
}
