import { useEffect, useId, useRef, useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { useBridge } from '../../bridge.ts';
import { Button, LinkButton } from '../../ui/button.tsx';
import { ButtonRow } from '../../ui/dialog.tsx';
import { Checkbox, Select } from '../../ui/field.tsx';
import { AddressList } from './address-list.tsx';
import { AnswerField } from './answer-field.tsx';
import { useSettled } from './arming.ts';
import { keepOpenHours, storedKeepOpen, storeKeepOpen } from './keep-open.ts';
import styles from './parts.module.css';
import type { PromptProps } from './prompt-props.ts';
import { PromptSheet, SheetPart } from './prompt-sheet.tsx';
import { type SignInView, signInView } from './sign-in-view.ts';
import { stripOf } from './strip.ts';
import { listed, useQuestionTexts } from './texts.ts';
import { useAnswer } from './use-answer.ts';

const hourMs = 3_600_000;

/** Code, password, passphrase: our own heading, the server's words boxed, a line for each field it asks. */
export function SignInPrompt({ prompt, waiting }: PromptProps) {
  const all = useQuestionTexts();
  const texts = all.signIn;
  const { platform } = useBridge();
  const isSettled = useSettled(prompt.id);
  const { answer, isSent, problem } = useAnswer(prompt.id);
  const form = useRef<HTMLFormElement>(null);
  const [remember, setRemember] = useState(false);
  const [keepHours, setKeepHours] = useState(storedKeepOpen);
  const [isShown, setShown] = useState(false);
  const store = useStoreKind(prompt.mayRemember);
  const id = useId();
  const view = signInView(prompt);
  const { kind } = view;

  const send = (): void => {
    if (!isSettled() || isSent || form.current === null) return;
    // Read at the last moment and kept nowhere: no secret stays in the page's state.
    const inputs = [...form.current.querySelectorAll<HTMLInputElement>('input[data-answer]')];
    const keepOpen = kind === 'code' && keepHours > 0 ? { keepOpenMs: keepHours * hourMs } : {};
    answer({
      kind: 'values',
      values: inputs.map(({ value }) => value),
      remember: prompt.mayRemember && remember,
      ...keepOpen,
    });
    for (const input of inputs) input.value = '';
  };
  const refuse = (): void => {
    if (isSettled() && !isSent) answer({ kind: 'cancel' });
  };
  const keep = (hours: number): void => {
    setKeepHours(hours);
    storeKeepOpen(hours);
  };

  const ownTitle = kind === 'passphrase' ? texts.passphrase(view.keyFile || prompt.hop) : texts[kind](prompt.hop);
  const title = view.newPassword === null ? ownTitle : texts.newPassword.title(prompt.hop);
  const primary = prompt.fields.length === 0 ? texts.go : kind === 'passphrase' ? texts.unlock : texts.signIn;
  const fallback = { code: texts.codeLabel, password: texts.passwordLabel, passphrase: texts.passphraseLabel }[kind];
  return (
    <PromptSheet
      tone="interactive"
      strip={stripOf(all, prompt.tunnels, waiting)}
      title={title}
      lead={<Lead prompt={prompt} view={view} waiting={waiting} />}
      onEscape={refuse}
      buttons={
        <ButtonRow
          platform={platform}
          safe={
            <Button onClick={refuse} disabled={isSent}>
              {texts.notNow}
            </Button>
          }
          primary={
            <Button kind="primary" type="submit" form={`${id}-form`} disabled={isSent}>
              {primary}
            </Button>
          }
        />
      }
    >
      {view.serverSays === '' ? null : (
        <SheetPart>
          <p className={styles['hint']} id={`${id}-says`}>
            {texts.serverSays}
          </p>
          <div className={styles['says']} role="group" tabIndex={0} aria-labelledby={`${id}-says`}>
            {view.serverSays}
          </div>
        </SheetPart>
      )}
      <AddressList prompt={prompt} />
      <form
        ref={form}
        id={`${id}-form`}
        className={styles['rowEnd']}
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {view.fields.map((field, index) => (
          <AnswerField
            // Fields of one prompt never change places.
            key={index}
            id={`${id}-${index}`}
            label={(view.newPassword === null ? field.label.trim() : texts.newPassword.labels[index]) || fallback}
            isMasked={!field.echo && !isShown}
            look={kind !== 'code' ? 'plain' : view.fields.length === 1 ? 'code' : 'mono'}
            isFirst={index === 0}
            describedBy={`${id}-asked`}
            disabled={isSent}
          />
        ))}
        <div className={styles['below']}>
          <p id={`${id}-asked`} className={styles['asked']}>
            {kind === 'passphrase' ? null : <Patience askedAtMs={prompt.askedAtMs} />}
          </p>
          {/* After the fields: Tab leads from one to the next. */}
          {view.fields.every(({ echo }) => echo) ? null : (
            <LinkButton disabled={isSent} onClick={() => setShown(!isShown)}>
              {isShown ? texts.hide : texts.show}
            </LinkButton>
          )}
        </div>
        {prompt.mayRemember ? (
          <div className={styles['rowEnd']}>
            <Checkbox
              label={texts.remember[store]}
              checked={remember}
              onChange={(event) => setRemember(event.target.checked)}
            />
          </div>
        ) : null}
        {kind === 'code' ? (
          <div className={styles['keep']}>
            <Checkbox
              label={texts.keepOpen}
              checked={keepHours > 0}
              onChange={(event) => keep(event.target.checked ? 8 : 0)}
            />
            <Select
              aria-label={texts.keepOpen}
              value={keepHours === 0 ? 8 : keepHours}
              disabled={keepHours === 0}
              onChange={(event) => keep(Number(event.target.value))}
            >
              {keepOpenHours.map((hours) => (
                <option key={hours} value={hours}>
                  {texts.hours(hours)}
                </option>
              ))}
            </Select>
          </div>
        ) : null}
      </form>
      {problem === null ? null : (
        <p role="alert" className={styles['problem']}>
          {all.notTaken(problem)}
        </p>
      )}
    </PromptSheet>
  );
}

/** What was wrong before; who signs in where, at which step, and what it opens. */
function Lead({ prompt, view, waiting }: Omit<PromptProps, 'way' | 'onPutAside'> & { view: SignInView }) {
  const all = useQuestionTexts();
  const texts = all.signIn;
  // A single tunnel stands in the strip already, unless the queue takes its place.
  const opened = prompt.tunnels.length > 1 || waiting > 0 ? listed(all, prompt.tunnels) : '';
  return (
    <>
      {view.refused === null ? null : (
        <p className={styles['again']}>
          {texts.refused[view.refused](prompt.hop)}
          {view.triesLeft === null ? null : ` ${texts.triesLeft(view.triesLeft)}`}
        </p>
      )}
      {view.newPassword === null || view.newPassword === 'first' ? null : (
        <p className={styles['again']}>{texts.newPassword[view.newPassword](prompt.hop)}</p>
      )}
      <p>
        {view.kind === 'passphrase' ? (
          texts.passphraseLead(prompt.hop)
        ) : (
          <>
            {texts.asUser} <b>{prompt.user}</b> {texts.address(prompt.address)}.
          </>
        )}
        {view.accepted.length === 0 ? null : ` ${texts.accepted(view.accepted)}`}
        {opened === '' ? null : ` ${view.kind === 'code' ? texts.opensCode(opened) : texts.opensPassword(opened)}`}
      </p>
    </>
  );
}

type SecretPlace = CallOutput<'secret.state'>['remembersIn'];

/** Where a secret would be kept. */
function useStoreKind(mayRemember: boolean): SecretPlace {
  const bridge = useBridge();
  const [place, setPlace] = useState<SecretPlace>('keychain');
  useEffect(() => {
    if (!mayRemember) return undefined;
    let alive = true;
    void bridge.call('secret.state', {}).then((result) => {
      if (alive && result.ok) setPlace(result.output.remembersIn);
    });
    return () => {
      alive = false;
    };
  }, [bridge, mayRemember]);
  return place;
}

/** How long the server has waited by now. */
function Patience({ askedAtMs }: { askedAtMs: number }) {
  const texts = useQuestionTexts().signIn;
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return texts.asked(Math.max(0, Math.floor((now - askedAtMs) / 1000)));
}
