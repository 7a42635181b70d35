import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { createPortal } from 'react-dom';
import type { ConfigEdit } from '../../../shared/contract/editing-calls.ts';
import { act } from '../../store/acts.ts';
import { currentRoute, showTunnel } from '../../store/route.ts';
import { useActs } from '../../store/use-act.ts';
import { useTexts } from '../../texts.ts';
import { Button } from '../../ui/button.tsx';
import { ButtonRow, Dialog } from '../../ui/dialog.tsx';
import { Input } from '../../ui/field.tsx';
import { focusSoon } from '../../ui/focus-soon.ts';
import { rowButton } from './focus-row.ts';
import styles from './rename-field.module.css';

/** A tunnel's name as a field in its row. Enter saves what the configuration would take, Esc leaves the name as it was. */
export function RenameField({ name }: { name: string }) {
  const texts = useTexts();
  const page = useActs();
  const { store, bridge } = page;
  const [text, setText] = useState(name);
  const [problem, setProblem] = useState<string | null>(null);
  const [clients, setClients] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const problemId = useId();
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);

  const close = (focus: string) => {
    store.setState({ renaming: null });
    focusSoon(() => rowButton(document, focus));
  };
  const edits = (): ConfigEdit[] => [{ op: 'rename-tunnel', name, to: text.trim() }];
  const save = async () => {
    const result = await act(page, 'config.edit', { edits: edits(), dryRun: false });
    const shown = currentRoute();
    if (result.ok && result.output.saved && shown.page === 'tunnels' && shown.name === name)
      showTunnel(text.trim(), shown.tab, true);
    close(result.ok && result.output.saved ? text.trim() : name);
  };
  const submit = async () => {
    if (text.trim() === name) {
      close(name);
      return;
    }
    const result = await bridge.call('config.edit', { edits: edits(), dryRun: true });
    if (!result.ok) {
      setProblem(texts.causeSays(result.error));
      return;
    }
    const [first] = result.output.problems;
    if (first !== undefined) {
      setProblem(texts.engineSays(first.message));
      return;
    }
    const cut = result.output.inUse.reduce((sum, use) => sum + use.clients, 0);
    if (cut > 0) setClients(cut);
    else await save();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') void submit();
    else if (event.key === 'Escape') close(name);
    else return;
    event.preventDefault();
  };

  return (
    <div className={styles['rename']}>
      <Input
        ref={field}
        className={styles['field']}
        aria-label={texts.rows.renameOf(name)}
        aria-invalid={problem === null ? undefined : true}
        aria-describedby={problemId}
        maxLength={64}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setProblem(null);
        }}
        onKeyDown={onKeyDown}
      />
      <p className={problem === null ? styles['hint'] : styles['problem']} id={problemId} role="status">
        {problem ?? texts.rows.renameHint}
      </p>
      {clients === 0
        ? null
        : createPortal(
            <Dialog
              title={texts.rows.renameInUse(name)}
              role="alertdialog"
              onCancel={() => setClients(0)}
              buttons={
                <ButtonRow
                  platform={bridge.platform}
                  other={
                    <Button kind="danger" onClick={() => void save()}>
                      {texts.rows.renameAnyway}
                    </Button>
                  }
                  primary={
                    <Button kind="primary" data-autofocus="" onClick={() => setClients(0)}>
                      {texts.rows.renameNot}
                    </Button>
                  }
                />
              }
            >
              <p>{texts.rows.renameCuts(clients)}</p>
            </Dialog>,
            document.body,
          )}
    </div>
  );
}
