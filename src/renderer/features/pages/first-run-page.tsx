import { useEffect, useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { useBridge } from '../../bridge.ts';
import { go } from '../../store/route.ts';
import { Button } from '../../ui/button.tsx';
import { Checkbox, Input } from '../../ui/field.tsx';
import { ImportHosts } from './import-hosts.tsx';
import styles from './pages.module.css';
import { usePageTexts } from './texts.ts';
import { useDesktopState } from './use-desktop-state.ts';

type SshConfig = CallOutput<'ssh-config.list'>;

/** The first page of somebody without tunnels: paste, pick, or fill in; and the start at login. */
export function FirstRunPage() {
  const texts = usePageTexts().firstRun;
  const bridge = useBridge();
  const { state, problem, change } = useDesktopState();
  const [command, setCommand] = useState('');
  const [sshConfig, setSshConfig] = useState<SshConfig | null>(null);
  const [isPicking, setPicking] = useState(false);
  const [imported, setImported] = useState<number | null>(null);
  useEffect(() => {
    let alive = true;
    void bridge.call('ssh-config.list', {}).then((result) => {
      if (alive && result.ok) setSshConfig(result.output);
    });
    return () => {
      alive = false;
    };
  }, [bridge]);
  const start = (text: string): void => {
    if (text.trim() !== '') go({ page: 'new', command: text.trim() });
  };
  const count = sshConfig?.hosts.length ?? 0;
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
        {imported === null ? null : (
          <p className={styles['quietNote']} role="status">
            {texts.imported(imported)}
          </p>
        )}
        <div className={styles['acts']}>
          {count === 0 || imported !== null ? null : (
            <Button aria-expanded={isPicking} onClick={() => setPicking(!isPicking)}>
              {texts.pick(count)}
            </Button>
          )}
          <Button onClick={() => go({ page: 'new', command: null })}>
            {imported === null ? texts.form : texts.newTunnel}
          </Button>
        </div>
        {isPicking && sshConfig !== null ? (
          <ImportHosts
            sshConfig={sshConfig}
            onImported={(taken) => {
              setImported(taken);
              setPicking(false);
            }}
          />
        ) : null}
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
