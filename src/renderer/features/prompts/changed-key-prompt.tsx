import { useState } from 'react';
import { useBridge } from '../../bridge.ts';
import { useTexts } from '../../texts.ts';
import { Button } from '../../ui/button.tsx';
import { ButtonRow } from '../../ui/dialog.tsx';
import { useSettled } from './arming.ts';
import { CompareField } from './compare-field.tsx';
import { type ChangedKey, type ChangedKeyView, changedKeyView, fileName, reachedAddress } from './changed-key-view.ts';
import { type Comparison, consoleCommand, keyTypeName } from './fingerprint.ts';
import { FingerprintBox } from './fingerprint-box.tsx';
import styles from './parts.module.css';
import { Facts, PromptSheet, SheetPart } from './prompt-sheet.tsx';
import { stripOf } from './strip.ts';
import { listed, useQuestionTexts } from './texts.ts';
import { useMarkedCopy } from './use-marked-copy.ts';

/** A block, not a question: refusing is the default, and replacing needs the new fingerprint from outside. */
export function ChangedKeyPrompt({ changed, onDone }: { changed: ChangedKey; onDone: () => void }) {
  const all = useQuestionTexts();
  const texts = all.changed;
  const { errorText } = useTexts();
  const bridge = useBridge();
  const isSettled = useSettled(changed.lookupName);
  const copy = useMarkedCopy();
  const [given, setGiven] = useState('');
  const [comparison, setComparison] = useState<Comparison>('empty');
  const [isSent, setSent] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const keep = (): void => {
    if (isSettled()) onDone();
  };
  const replace = async (): Promise<void> => {
    if (!isSettled() || isSent || comparison !== 'equal') return;
    setSent(true);
    const result = await bridge.call('host-key.replace', {
      lookupName: changed.lookupName,
      // Equal to what was given, and in the form the engine writes.
      fingerprint: changed.shown.fingerprint,
    });
    if (result.ok) return onDone();
    setSent(false);
    setProblem(errorText(result.error));
  };

  const view = changedKeyView(changed);
  const [first, ...others] = changed.tunnels;
  const message = texts.messageText(
    changed.hop,
    changed.address,
    changed.trusted.map(({ fingerprint }) => fingerprint).join(', '),
    changed.shown.fingerprint,
    consoleCommand(changed.shown.keyType),
  );
  return (
    <PromptSheet
      tone="dead"
      strip={stripOf(all, first === undefined ? [] : [first], 0)}
      title={texts.title(changed.hop)}
      lead={texts.lead}
      onEscape={keep}
      buttons={
        <ButtonRow
          platform={bridge.platform}
          aside={
            <Button kind="quiet" onClick={() => copy(message)}>
              {texts.message}
            </Button>
          }
          // Destructive: the safe one stands where the primary does, and is it.
          safe={
            changed.replaceable ? (
              <Button onClick={() => void replace()} disabled={isSent || comparison !== 'equal'}>
                {texts.replace}
              </Button>
            ) : null
          }
          primary={
            <Button kind="primary" autoFocus data-autofocus="" onClick={keep}>
              {texts.keep}
            </Button>
          }
        />
      }
    >
      <SheetPart>
        {view.boxes.map(({ fingerprint, file, line, sinceMs }) => (
          <FingerprintBox
            key={fingerprint}
            caption={
              <>
                <b>{texts.trusted}</b>
                {sinceMs === null ? null : texts.trustedSince(dayOf(sinceMs, bridge.language))}
                {texts.trustedWhere(fileName(file), line)}
              </>
            }
            aside="SHA256"
            fingerprint={fingerprint}
          />
        ))}
        <FingerprintBox
          caption={
            <>
              <b>{texts.shown}</b>
              {texts.shownWhen(timeOf(changed.shownAtMs, bridge.language, texts.today))}
            </>
          }
          aside="SHA256"
          fingerprint={changed.shown.fingerprint}
          alarming
        />
      </SheetPart>
      <Facts
        rows={[
          [
            texts.keyType,
            view.typesBefore === null
              ? texts.asBefore(view.type)
              : texts.changedFrom(view.type, all.and(view.typesBefore)),
          ],
          [
            texts.address,
            <Address at={reachedAddress(changed.address, changed.remoteAddress)} before={view.addressBefore} />,
          ],
          ...(view.others.length === 0
            ? []
            : [
                [
                  texts.otherKeys,
                  listed(
                    all,
                    view.others.map((key) => texts.otherKey(keyTypeName(key.keyType), fileName(key.file), key.line)),
                  ),
                ] as const,
              ]),
          ...(others.length === 0 ? [] : [[texts.alsoHeld, listed(all, others)] as const]),
        ]}
      />
      <SheetPart>
        {changed.replaceable ? null : <p className={styles['warning']}>{texts.readOnly(changed.file)}</p>}
        <form
          hidden={!changed.replaceable}
          onSubmit={(event) => {
            event.preventDefault();
            // Enter is for the default, and the default refuses; replacing takes its button.
          }}
        >
          <CompareField
            label={texts.paste}
            placeholder={texts.placeholder}
            own={changed.shown.fingerprint}
            hint={texts.hint(changed.trusted.length > 1, fileName(changed.file))}
            words={{ ...all.hostKey, equal: texts.equal, different: texts.different }}
            value={given}
            onChange={(text, result) => {
              setGiven(text);
              setComparison(result);
            }}
          />
        </form>
      </SheetPart>
      {problem === null ? null : (
        <p role="alert" className={styles['problem']}>
          {problem}
        </p>
      )}
    </PromptSheet>
  );
}

function timeOf(atMs: number, language: string, today: (time: string) => string): string {
  const at = new Date(atMs);
  const time = at.toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  if (at.toDateString() === new Date().toDateString()) return today(time);
  return `${dayOf(atMs, language)}, ${time}`;
}

function dayOf(atMs: number, language: string): string {
  // Day before month, as in the other texts.
  const form = language === 'en' || language.startsWith('en-US') ? 'en-GB' : language;
  return new Date(atMs).toLocaleDateString(form, { day: 'numeric', month: 'long', year: 'numeric' });
}

function Address({ at, before }: { at: string; before: ChangedKeyView['addressBefore'] }) {
  const texts = useQuestionTexts().changed;
  const place = <span className="mono">{at}</span>;
  if (before === null) return place;
  return (
    <>
      {place}
      {before.kind === 'same' ? texts.sameAsBefore : texts.before(before.address)}
    </>
  );
}
