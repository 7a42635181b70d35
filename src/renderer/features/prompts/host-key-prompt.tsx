import { useState } from 'react';
import { useBridge } from '../../bridge.ts';
import { Button, LinkButton } from '../../ui/button.tsx';
import { ButtonRow } from '../../ui/dialog.tsx';
import { useSettled } from './arming.ts';
import { reachedAddress } from './changed-key-view.ts';
import { CompareField } from './compare-field.tsx';
import { type Comparison, consoleCommand, keyTypeName } from './fingerprint.ts';
import { FingerprintBox } from './fingerprint-box.tsx';
import styles from './parts.module.css';
import type { PromptProps } from './prompt-props.ts';
import { Facts, PromptSheet, SheetPart } from './prompt-sheet.tsx';
import { stripOf } from './strip.ts';
import { listed, useQuestionTexts } from './texts.ts';
import { useAnswer } from './use-answer.ts';
import { useMarkedCopy } from './use-marked-copy.ts';

/** First contact. Nothing is the default until the pasted fingerprint is equal. */
export function HostKeyPrompt({ prompt, waiting, way }: PromptProps) {
  const all = useQuestionTexts();
  const texts = all.hostKey;
  const { platform } = useBridge();
  const isSettled = useSettled(prompt.id);
  const { answer, isSent, problem } = useAnswer(prompt.id);
  const copy = useMarkedCopy();
  const [given, setGiven] = useState('');
  const [comparison, setComparison] = useState<Comparison>('empty');
  const [isPicture, setPicture] = useState(false);
  const key = prompt.hostKey;
  if (key === null) return null;

  const choose = (kind: 'yes' | 'no' | 'once'): void => {
    if (!isSettled() || isSent) return;
    if (kind !== 'no' && comparison === 'different') return;
    answer({ kind });
  };
  const isOff = isSent || comparison === 'different';
  const isEqual = comparison === 'equal';
  const family = keyTypeName(key.keyType);
  const command = consoleCommand(key.keyType);
  const wayText =
    way === null
      ? texts.wayUnknown(prompt.host)
      : way.through === null
        ? texts.wayDirect(way.position, way.length)
        : texts.wayThrough(way.through, way.position, way.length);
  // The first two lines say what this sheet says itself; what follows are warnings of the engine.
  const warnings = prompt.message.split('\n').slice(2).map(all.engineSays).join('\n').trim();

  return (
    <PromptSheet
      tone="interactive"
      strip={stripOf(all, prompt.tunnels, waiting)}
      title={texts.title(prompt.hop)}
      lead={texts.lead}
      onEscape={() => choose('no')}
      buttons={
        <ButtonRow
          platform={platform}
          safe={
            <Button onClick={() => choose('no')} disabled={isSent}>
              {texts.refuse}
            </Button>
          }
          other={
            <Button onClick={() => choose('once')} disabled={isOff}>
              {texts.once}
            </Button>
          }
          primary={
            <Button kind={isEqual ? 'primary' : 'plain'} onClick={() => choose('yes')} disabled={isOff}>
              {texts.trust}
            </Button>
          }
        />
      }
    >
      <SheetPart>
        <FingerprintBox
          caption={texts.caption(family)}
          aside={
            <LinkButton aria-label={all.copyFingerprint} onClick={() => copy(key.fingerprint)}>
              {all.copy}
            </LinkButton>
          }
          fingerprint={key.fingerprint}
        />
        {key.randomart === '' ? null : (
          <div className={styles['picture']}>
            <LinkButton aria-expanded={isPicture} onClick={() => setPicture(!isPicture)}>
              {isPicture ? texts.hidePicture : texts.showPicture}
            </LinkButton>
            {isPicture ? (
              <pre role="img" aria-label={texts.pictureLabel} className={styles['randomart']}>
                {key.randomart}
              </pre>
            ) : null}
          </div>
        )}
      </SheetPart>
      <Facts
        rows={[
          // The strip tells of the queue instead, where there is one.
          ...(waiting > 0 && prompt.tunnels.length > 0 ? [[texts.forWhom, listed(all, prompt.tunnels)] as const] : []),
          [texts.address, <span className="mono">{reachedAddress(prompt.address, key.remoteAddress)}</span>],
          [texts.way, wayText],
          [texts.sameKey, key.otherNames.length === 0 ? texts.sameKeyNone : listed(all, key.otherNames, 8)],
        ]}
      />
      {warnings === '' ? null : <p className={styles['warning']}>{warnings}</p>}
      <SheetPart>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (isEqual) choose('yes');
          }}
        >
          <CompareField
            label={texts.given}
            placeholder={texts.givenPlaceholder}
            own={key.fingerprint}
            hint={null}
            words={texts}
            value={given}
            autoFocus
            onChange={(text, result) => {
              setGiven(text);
              setComparison(result);
            }}
          />
        </form>
      </SheetPart>
      <SheetPart>
        <p className={styles['hint']}>{texts.noFingerprint}</p>
        <div className={styles['command']}>
          <code>{command}</code>
          <Button kind="quiet" className={styles['small']} aria-label={all.copyCommand} onClick={() => copy(command)}>
            {all.copy}
          </Button>
        </div>
      </SheetPart>
      {problem === null ? null : (
        <p role="alert" className={styles['problem']}>
          {all.notTaken(problem)}
        </p>
      )}
    </PromptSheet>
  );
}
