import { useEffect, useState } from 'react';
import { contractVersion, type CallOutput } from '../../../shared/contract/calls.ts';
import { useBridge } from '../../bridge.ts';
import { useCopy } from '../../store/copy.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { PageShell } from './page-shell.tsx';
import styles from './pages.module.css';
import { usePageTexts } from './texts.ts';
import { thirdParty } from './third-party.ts';
import { useDesktopState } from './use-desktop-state.ts';

type Fact = readonly [string, string];

/** Versions, crypto path, folders, licences. */
export function AboutPage() {
  const texts = usePageTexts().about;
  const bridge = useBridge();
  const copy = useCopy();
  const { state } = useDesktopState();
  const [engine, setEngine] = useState<CallOutput<'hello'> | null>(null);
  useEffect(() => {
    let alive = true;
    void bridge.call('hello', { client: 'about', contract: contractVersion }).then((result) => {
      if (alive && result.ok) setEngine(result.output);
    });
    return () => {
      alive = false;
    };
  }, [bridge]);
  const since =
    engine === null
      ? ''
      : new Date(engine.startedAtMs).toLocaleString(bridge.language, { dateStyle: 'medium', timeStyle: 'short' });
  const versions: readonly Fact[] = [
    ...(state === null ? [] : [[texts.version, state.version] as const]),
    ...(engine === null ? [] : [[texts.engine, texts.engineSince(engine.version, engine.pid, since)] as const]),
    ...(state === null
      ? bridge.desktop === null
        ? [[texts.page, texts.panel] as const]
        : []
      : [
          [texts.electron, state.electron] as const,
          [texts.chromium, state.chromium] as const,
          [texts.node, state.node] as const,
          [texts.crypto, texts.cryptoPaths[state.cryptoPath] ?? state.cryptoPath] as const,
        ]),
  ];
  const folders: readonly Fact[] = [
    [texts.config, state?.configFile ?? engine?.configFile ?? ''],
    [texts.logs, state?.logFolder ?? engine?.logFolder ?? ''],
  ];
  const report = [...versions, ...folders].map(([name, value]) => `${name}: ${value}`).join('\n');
  return (
    <PageShell page="about" title={texts.title} lead={texts.lead}>
      <h2 className={styles['heading']}>{texts.versions}</h2>
      <Facts facts={versions} />
      <h2 className={styles['heading']}>{texts.folders}</h2>
      <Facts facts={folders} copyLabel={texts.copy} />
      <div className={styles['acts']}>
        <Button onClick={() => void copy(report)}>{texts.copyAll}</Button>
      </div>
      <h2 className={styles['heading']}>{texts.licences}</h2>
      <p className={styles['lead']}>{texts.licence}</p>
      <p className={styles['lead']}>{texts.fonts}</p>
      <p className={styles['lead']}>
        {texts.madeWith} {thirdParty.map(([name, licence]) => `${name} (${licence})`).join(', ')}.
      </p>
    </PageShell>
  );
}

function Facts({ facts, copyLabel }: { facts: readonly Fact[]; copyLabel?: (what: string) => string }) {
  return (
    <dl className={styles['facts']}>
      {facts.map(([name, value]) => (
        <div key={name} className={styles['fact']}>
          <dt>{name}</dt>
          <dd className={copyLabel === undefined ? undefined : 'mono'}>{value}</dd>
          {copyLabel === undefined ? null : (
            <dd>
              <CopyButton text={value} label={copyLabel(name)} />
            </dd>
          )}
        </div>
      ))}
    </dl>
  );
}
