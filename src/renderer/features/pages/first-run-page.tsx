import { useState } from 'react';
import { go } from '../../store/route.ts';
import { Button } from '../../ui/button.tsx';
import { Checkbox, Input } from '../../ui/field.tsx';
import styles from './pages.module.css';
import { PickSshHosts } from './pick-ssh-hosts.tsx';
import { usePageTexts } from './texts.ts';
import { useDesktopState } from './use-desktop-state.ts';

/** The first page of somebody without tunnels: paste, pick, or fill in; and the start at login. */
export function FirstRunPage() {
  const texts = usePageTexts().firstRun;
  const { state, problem, change } = useDesktopState();
  const [command, setCommand] = useState('');
  const start = (text: string): void => {
    if (text.trim() !== '') go({ page: 'new', command: text.trim() });
  };
  return (
    <div className={styles['first']}>
      <div className={styles['firstInner']}>
        <h1 className={styles['title']}>{texts.title}</h1>
        <p className={styles['lead']}>{texts.lead}</p>
        <form
          className={styles['firstForm']}
          onSubmit={(event) => {
            event.preventDefault();
            start(command);
          }}
        >
          <Input
            aria-label={texts.field}
            placeholder={texts.placeholder}
            className={styles['big']}
            value={command}
            onChange={(event) => setCommand(event.target.value)}
            onPaste={(event) => {
              const pasted = event.clipboardData.getData('text/plain').replaceAll(/\\?\r?\n\s*/g, ' ');
              if (!/^\s*(auto)?ssh\s/.test(pasted)) return;
              event.preventDefault();
              setCommand(pasted.trim());
            }}
          />
          <Button kind="primary" type="submit" disabled={command.trim() === ''}>
            {texts.go}
          </Button>
        </form>
        <PickSshHosts
          beside={(isImported) => (
            <Button onClick={() => go({ page: 'new', command: null })}>
              {isImported ? texts.newTunnel : texts.form}
            </Button>
          )}
        />
        {state === null ? null : (
          <div className={styles['spaced']}>
            <Checkbox
              label={texts.loginStart}
              checked={state.loginStart.enabled}
              disabled={!state.loginStart.possible}
              onChange={(event) => change('desktop.set-login-start', { enabled: event.target.checked })}
            />
            {problem === null && state.loginStart.note === null ? null : (
              <p className={problem === null ? styles['hint'] : styles['problem']}>
                {problem ?? state.loginStart.note}
              </p>
            )}
          </div>
        )}
      </div>
    </div>
  );
}
