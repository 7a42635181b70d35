import { useId } from 'react';
import { useBridge } from '../../bridge.ts';
import { Button } from '../../ui/button.tsx';
import { ButtonRow } from '../../ui/dialog.tsx';
import { AddressList } from './address-list.tsx';
import { useSettled } from './arming.ts';
import styles from './parts.module.css';
import type { PromptProps } from './prompt-props.ts';
import { PromptSheet, SheetPart } from './prompt-sheet.tsx';
import { stripOf } from './strip.ts';
import { useQuestionTexts } from './texts.ts';
import { useAnswer } from './use-answer.ts';

/** A login that is finished elsewhere: what the server says, and nothing to answer. It closes by itself, and hiding it stops nothing. */
export function ElsewherePrompt({ prompt, waiting, onPutAside }: PromptProps) {
  const all = useQuestionTexts();
  const texts = all.elsewhere;
  const { platform } = useBridge();
  const id = useId();
  const isSettled = useSettled(prompt.id);
  const { answer, isSent, problem } = useAnswer(prompt.id);
  const stop = (): void => {
    if (isSettled() && !isSent) answer({ kind: 'no' });
  };
  const said = prompt.elsewhere?.serverText.trim() ?? '';
  return (
    <PromptSheet
      tone="interactive"
      strip={stripOf(all, prompt.tunnels, waiting)}
      title={texts.title(prompt.hop)}
      lead={
        <>
          {all.signIn.asUser} <b>{prompt.user}</b> {all.signIn.address(prompt.address)}.
        </>
      }
      onEscape={onPutAside}
      buttons={
        <ButtonRow
          platform={platform}
          safe={
            <Button onClick={stop} disabled={isSent}>
              {texts.stop}
            </Button>
          }
          primary={
            <Button autoFocus data-autofocus="" onClick={onPutAside}>
              {texts.hide}
            </Button>
          }
        />
      }
    >
      <SheetPart>
        {said === '' ? (
          <p className={styles['wait']}>{texts.silent(prompt.hop)}</p>
        ) : (
          <>
            <p className={styles['hint']} id={`${id}-says`}>
              {all.signIn.serverSays}
            </p>
            <div className={styles['says']} role="group" tabIndex={0} aria-labelledby={`${id}-says`}>
              {said}
            </div>
          </>
        )}
      </SheetPart>
      <AddressList prompt={prompt} />
      <p className={styles['foot']}>{texts.hint}</p>
      {problem === null ? null : (
        <p role="alert" className={styles['problem']}>
          {all.notTaken(problem)}
        </p>
      )}
    </PromptSheet>
  );
}
