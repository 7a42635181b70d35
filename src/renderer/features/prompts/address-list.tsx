import { useState } from 'react';
import type { Prompt } from '../../../shared/model/prompt.ts';
import { useBridge } from '../../bridge.ts';
import { Button } from '../../ui/button.tsx';
import styles from './parts.module.css';
import { useQuestionTexts } from './texts.ts';
import { useMarkedCopy } from './use-marked-copy.ts';

/**
 * The https addresses in a server's words, each in full. The app opens one only after its main process has shown it once more in the system's own
 * box; in the panel it is a link.
 */
export function AddressList({ prompt }: { prompt: Prompt }) {
  const { desktop } = useBridge();
  const all = useQuestionTexts();
  const texts = all.elsewhere;
  const copy = useMarkedCopy();
  const [problem, setProblem] = useState<string | null>(null);
  if (prompt.addresses.length === 0) return null;
  const open = async (address: string): Promise<void> => {
    if (desktop === null) return;
    const result = await desktop('desktop.open-login', { promptId: prompt.id, address });
    setProblem(result.ok ? null : result.error.message);
  };
  return (
    <div className={styles['rowEnd']}>
      <p className={styles['hint']}>{texts.addressOf(prompt.hop)}</p>
      {prompt.addresses.map((address) => (
        <div key={address} className={styles['address']}>
          {desktop === null ? (
            <a className={styles['url']} href={address} target="_blank" rel="noopener noreferrer">
              {address}
            </a>
          ) : (
            <span className={styles['url']}>{address}</span>
          )}
          <Button className={styles['small']} aria-label={texts.copyAddress} onClick={() => copy(address)}>
            {all.copy}
          </Button>
          {desktop === null ? null : (
            <Button className={styles['small']} onClick={() => void open(address)}>
              {texts.open}
            </Button>
          )}
        </div>
      ))}
      {problem === null ? null : (
        <p role="alert" className={styles['problem']}>
          {problem}
        </p>
      )}
    </div>
  );
}
