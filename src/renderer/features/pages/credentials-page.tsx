import { useCallback, useEffect, useRef, useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { useBridge } from '../../bridge.ts';
import { useTexts } from '../../texts.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Field } from '../../ui/field.tsx';
import { Table } from '../../ui/table.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { PageShell } from './page-shell.tsx';
import styles from './pages.module.css';
import { usePageTexts } from './texts.ts';

type Entry = CallOutput<'secret.list'>[number];
type StoreState = CallOutput<'secret.state'>;

/** What is kept for which host, never the value. */
export function CredentialsPage() {
  const all = usePageTexts();
  const texts = all.credentials;
  const { causeSays, errorText, factSays } = useTexts();
  const bridge = useBridge();
  const [state, setState] = useState<StoreState | null>(null);
  const [entries, setEntries] = useState<readonly Entry[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [leaving, setLeaving] = useState<Entry | null>(null);
  const reload = useCallback(async () => {
    const [store, list] = await Promise.all([bridge.call('secret.state', {}), bridge.call('secret.list', {})]);
    if (store.ok) setState(store.output);
    setEntries(list.ok ? list.output : []);
    // A store that is locked or absent says so above; its list then has nothing to add.
    setProblem(store.ok && store.output.kind === 'available' && !list.ok ? causeSays(list.error) : null);
  }, [bridge, causeSays]);
  useEffect(() => void reload(), [reload]);
  const remove = async (entry: Entry): Promise<void> => {
    setLeaving(null);
    const result = await bridge.call('secret.remove', entry);
    await reload();
    if (!result.ok) setProblem(errorText(result.error));
  };
  const isVault = state?.place === 'vault';
  return (
    <PageShell page="credentials" title={texts.title} lead={texts.lead}>
      {state === null ? null : (
        <p className={state.kind === 'available' ? styles['quietNote'] : styles['note']} role="status">
          {texts.states[state.kind](factSays(state.store, state.said))}
        </p>
      )}
      {isVault ? <Vault state={state} onChange={() => void reload()} /> : null}
      {problem === null ? null : (
        <p role="alert" className={styles['note']}>
          {problem}
        </p>
      )}
      {entries === null ? null : entries.length === 0 ? (
        <EmptyState title={texts.none} text={texts.noneText} />
      ) : (
        <div className={styles['spaced']}>
          <Table
            label={texts.title}
            rows={entries}
            rowKey={(entry) => `${entry.kind} ${entry.host}`}
            columns={[
              { id: 'host', head: texts.host, look: 'strong', cell: (entry) => entry.host },
              { id: 'kind', head: texts.kind, look: 'soft', cell: (entry) => texts.kinds[entry.kind] },
              {
                id: 'acts',
                head: texts.acts,
                headHidden: true,
                width: 110,
                right: true,
                cell: (entry) => (
                  <Button
                    kind="quiet"
                    aria-label={texts.removeLabel(texts.kinds[entry.kind], entry.host)}
                    onClick={() => setLeaving(entry)}
                  >
                    {texts.remove}
                  </Button>
                ),
              },
            ]}
          />
        </div>
      )}
      {leaving === null ? null : (
        <ConfirmDialog
          title={texts.removeTitle(texts.kinds[leaving.kind], leaving.host)}
          text={texts.removeText}
          yes={texts.removeYes}
          no={all.cancel}
          onCancel={() => setLeaving(null)}
          onYes={() => void remove(leaving)}
        />
      )}
    </PageShell>
  );
}

/** Opens, makes or locks the vault file. The passphrase goes from the field to the engine and is not kept. */
function Vault({ state, onChange }: { state: StoreState; onChange: () => void }) {
  const texts = usePageTexts().credentials;
  const { errorText } = useTexts();
  const bridge = useBridge();
  const field = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  if (state.kind === 'available') {
    return (
      <div className={styles['acts']}>
        <Button onClick={() => void bridge.call('vault.lock', {}).then(onChange)}>{texts.lock}</Button>
      </div>
    );
  }
  const create = state.kind === 'absent';
  const unlock = async (): Promise<void> => {
    const passphrase = field.current?.value ?? '';
    if (passphrase === '') return;
    if (field.current !== null) field.current.value = '';
    const result = await bridge.call('vault.unlock', { passphrase, create });
    setProblem(result.ok ? null : errorText(result.error));
    if (result.ok) onChange();
  };
  return (
    <form
      className={styles['acts']}
      onSubmit={(event) => {
        event.preventDefault();
        void unlock();
      }}
    >
      <Field ref={field} label={texts.unlockLabel} type="password" problem={problem ?? undefined} />
      <Button type="submit">{create ? texts.create : texts.unlock}</Button>
    </form>
  );
}
