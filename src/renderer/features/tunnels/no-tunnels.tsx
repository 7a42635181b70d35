import { useEffect, useState } from 'react';
import { useBridge } from '../../bridge.ts';
import { go } from '../../store/route.ts';
import { useTexts } from '../../texts.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Input } from '../../ui/field.tsx';
import styles from './no-tunnels.module.css';

/** The list before there is anything: start from the command used so far, from ~/.ssh/config, or from a form. */
export function NoTunnels() {
  const texts = useTexts();
  const hosts = useSshHosts();
  const [command, setCommand] = useState('');
  const text = command.trim();
  return (
    <div className={styles['page']}>
      <EmptyState title={texts.empty.title} text={texts.empty.text}>
        <form
          className={styles['form']}
          onSubmit={(event) => {
            event.preventDefault();
            if (text !== '') go({ page: 'new', command: text });
          }}
        >
          <Input
            aria-label={texts.empty.command}
            placeholder="ssh -J dmitri@bastion -L 5432:db-01:5432 db-prod"
            value={command}
            onChange={(event) => setCommand(event.target.value)}
          />
          <Button type="submit" kind="primary" disabled={text === ''}>
            {texts.empty.next}
          </Button>
        </form>
        <div className={styles['others']}>
          {hosts === 0 ? null : <Button onClick={() => go({ page: 'first-run' })}>{texts.empty.pick(hosts)}</Button>}
          <Button onClick={() => go({ page: 'new', command: null })}>{texts.empty.form}</Button>
        </div>
      </EmptyState>
    </div>
  );
}

/** How many hosts ~/.ssh/config has; null while not known. */
function useSshHosts(): number | null {
  const bridge = useBridge();
  const [hosts, setHosts] = useState<number | null>(null);
  useEffect(() => {
    let stopped = false;
    void bridge.call('ssh-config.list', {}).then((result) => {
      if (!stopped) setHosts(result.ok ? result.output.hosts.length : 0);
    });
    return () => {
      stopped = true;
    };
  }, [bridge]);
  return hosts;
}
