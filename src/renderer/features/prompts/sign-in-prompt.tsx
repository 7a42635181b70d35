import { useEffect, useId, useRef, useState } from 'react';
import { useBridge } from '../../bridge.ts';
import { Button } from '../../ui/button.tsx';
import { ButtonRow } from '../../ui/dialog.tsx';
import { Checkbox, Input } from '../../ui/field.tsx';
import { useSettled } from './arming.ts';
import styles from './parts.module.css';
import type { PromptProps } from './prompt-props.ts';
import { PromptSheet, SheetPart } from './prompt-sheet.tsx';
import { stripOf } from './strip.ts';
import { listed, useQuestionTexts } from './texts.ts';
import { useAnswer } from './use-answer.ts';

/** Code, password, passphrase: our own heading, the server's words boxed, a line for each field it asks. */
export function SignInPrompt({ prompt, waiting }: PromptProps) {
  const all = useQuestionTexts();
  const texts = all.signIn;
  const { platform } = useBridge();
  const isSettled = useSettled(prompt.id);
  const { answer, isSent, problem } = useAnswer(prompt.id);
  const form = useRef<HTMLFormElement>(null);
  const [remember, setRemember] = useState(false);
  const id = useId();
  const seconds = useSecondsSince(prompt.askedAtMs);
  const kind = prompt.kind === 'password' || prompt.kind === 'passphrase' ? prompt.kind : 'code';

  const send = (): void => {
    if (!isSettled() || isSent || form.current === null) return;
    // Read at the last moment and kept nowhere: no secret stays in the page's state.
    const inputs = [...form.current.querySelectorAll<HTMLInputElement>('input[data-answer]')];
    answer({ kind: 'values', values: inputs.map(({ value }) => value), remember: prompt.mayRemember && remember });
    for (const input of inputs) input.value = '';
  };
  const refuse = (): void => {
    if (isSettled() && !isSent) answer({ kind: 'cancel' });
  };

  const others = prompt.tunnels.length > 1 ? listed(all, prompt.tunnels) : null;
  const keyFile = kind === 'passphrase' ? keyFileOf(prompt.message) : '';
  const title =
    kind === 'code'
      ? texts.code(prompt.hop)
      : kind === 'password'
        ? texts.password(prompt.hop)
        : texts.passphrase(keyFile || prompt.hop);
  const primary = prompt.fields.length === 0 ? texts.go : kind === 'passphrase' ? texts.unlock : texts.signIn;
  return (
    <PromptSheet
      tone="interactive"
      strip={stripOf(all, prompt.tunnels, waiting)}
      title={title}
      lead={
        <>
          {prompt.round > 1 ? (
            <p className={styles['again']}>{kind === 'passphrase' ? texts.againPassphrase : texts.again(prompt.hop)}</p>
          ) : null}
          <p>
            {kind === 'passphrase' ? (
              texts.passphraseLead(prompt.hop)
            ) : (
              <>
                {texts.asUser} <b>{prompt.user}</b> {texts.address(prompt.address)}.
              </>
            )}
            {others === null ? null : ` ${kind === 'code' ? texts.opensCode(others) : texts.opensPassword(others)}`}
          </p>
        </>
      }
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
      {kind === 'passphrase' || prompt.message.trim() === '' ? null : (
        <SheetPart>
          <p className={styles['hint']} id={`${id}-says`}>
            {texts.serverSays}
          </p>
          <div className={styles['says']} role="group" tabIndex={0} aria-labelledby={`${id}-says`}>
            {prompt.message}
          </div>
        </SheetPart>
      )}
      <form
        key={prompt.id}
        ref={form}
        id={`${id}-form`}
        className={styles['rowEnd']}
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {prompt.fields.map((field, index) => {
          const fallback =
            kind === 'code' ? texts.codeLabel : kind === 'password' ? texts.passwordLabel : texts.passphraseLabel;
          const isCode = kind === 'code' && prompt.fields.length === 1;
          return (
            // Fields of one prompt never change places.
            <div key={index} className={styles['field']}>
              <label htmlFor={`${id}-${index}`} className={styles['label']}>
                {field.label.trim() || fallback}
              </label>
              <Input
                id={`${id}-${index}`}
                type={field.echo ? 'text' : 'password'}
                className={isCode ? styles['code'] : undefined}
                mono={kind === 'code'}
                autoComplete={kind === 'code' ? 'one-time-code' : 'off'}
                autoCapitalize="off"
                data-answer=""
                data-autofocus={index === 0 ? '' : undefined}
                autoFocus={index === 0}
                aria-describedby={`${id}-asked`}
                maxLength={8192}
                disabled={isSent}
              />
            </div>
          );
        })}
        <p id={`${id}-asked`} className={styles['asked']}>
          {kind === 'passphrase' ? null : texts.asked(seconds)}
        </p>
        {prompt.mayRemember ? (
          <div className={styles['rowEnd']}>
            <Checkbox
              label={texts.remember}
              checked={remember}
              onChange={(event) => setRemember(event.target.checked)}
            />
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

/** The file's name in the engine's words "Passphrase of id_ed25519". */
function keyFileOf(message: string): string {
  return /Passphrase of (.+?)[.:\s]*$/i.exec(message)?.[1]?.split(/[\\/]/).at(-1) ?? '';
}

function useSecondsSince(atMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.floor((now - atMs) / 1000));
}
