import { type ReactNode, useEffect, useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { useBridge } from '../../bridge.ts';
import { Button } from '../../ui/button.tsx';
import { ImportHosts } from './import-hosts.tsx';
import styles from './pages.module.css';
import { usePageTexts } from './texts.ts';

interface PickSshHostsProps {
  /** What stands beside the button. `isImported`: hosts were taken over here. */
  readonly beside?: (isImported: boolean) => ReactNode;
  /** The hosts that were taken over, with those they go through. */
  readonly onImported?: (names: readonly string[]) => void;
}

/** Opens the list of the hosts in ~/.ssh/config that are not here yet; nothing if there are none. */
export function PickSshHosts({ beside, onImported }: PickSshHostsProps) {
  const texts = usePageTexts().firstRun;
  const bridge = useBridge();
  const [sshConfig, setSshConfig] = useState<CallOutput<'ssh-config.list'> | null>(null);
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
  const fresh = sshConfig?.hosts.filter(({ known }) => !known).length ?? 0;
  const isOffered = fresh > 0 && imported === null;
  if (!isOffered && imported === null && beside === undefined) return null;
  return (
    <div>
      {imported === null ? null : (
        <p className={styles['quietNote']} role="status">
          {texts.imported(imported)}
        </p>
      )}
      <div className={styles['acts']}>
        {isOffered ? (
          <Button aria-expanded={isPicking} onClick={() => setPicking(!isPicking)}>
            {texts.pick(fresh)}
          </Button>
        ) : null}
        {beside?.(imported !== null)}
      </div>
      {isPicking && sshConfig !== null ? (
        <ImportHosts
          sshConfig={sshConfig}
          onImported={(names) => {
            setImported(names.length);
            setPicking(false);
            onImported?.(names);
          }}
        />
      ) : null}
    </div>
  );
}
