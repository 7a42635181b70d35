import { useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { useBridge } from '../../bridge.ts';
import { useTexts } from '../../texts.ts';
import { Button } from '../../ui/button.tsx';
import { Checkbox } from '../../ui/field.tsx';
import { useCommandConsent } from '../editor/command-consent.tsx';
import { useSave } from '../editor/use-config.ts';
import styles from './pages.module.css';
import { usePageTexts } from './texts.ts';

interface ImportHostsProps {
  readonly sshConfig: CallOutput<'ssh-config.list'>;
  /** These hosts were taken over. */
  readonly onImported: (names: readonly string[]) => void;
}

/** Picks hosts of an OpenSSH client configuration and takes them over. */
export function ImportHosts({ sshConfig, onImported }: ImportHostsProps) {
  const texts = usePageTexts().firstRun;
  const { errorText, factSays } = useTexts();
  const bridge = useBridge();
  const save = useSave();
  const consent = useCommandConsent();
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [mayRun, setMayRun] = useState(false);
  const [said, setSaid] = useState<readonly string[]>([]);
  const fresh = sshConfig.hosts.filter(({ known }) => !known).map(({ alias }) => alias);
  const toggle = (alias: string, on: boolean): void =>
    setPicked((now) => new Set(on ? [...now, alias] : [...now].filter((known) => known !== alias)));
  const take = async (): Promise<void> => {
    const result = await bridge.call('ssh-config.import', {
      aliases: [...picked],
      mayRunCommands: sshConfig.runsCommands && mayRun,
    });
    if (!result.ok) return setSaid([errorText(result.error)]);
    const { edits, skipped, said: facts } = result.output;
    const notes = result.output.notes.map((note, index) => factSays(note, facts?.notes[index]));
    const left = skipped.map(({ alias, reason }, index) =>
      texts.skipped(alias, factSays(reason, facts?.reasons[index])),
    );
    if (edits.length === 0) return setSaid([...left, ...notes]);
    if (!(await consent.agreesTo(edits))) return;
    const outcome = await save(edits);
    if (outcome.kind === 'failed') return setSaid([outcome.problem]);
    if (outcome.kind === 'refused')
      return setSaid(outcome.check.problems.map(({ key, message }) => `${key}: ${message}`));
    setSaid([...left, ...notes]);
    if (left.length === 0) onImported(edits.flatMap((edit) => (edit.op === 'add-host' ? [edit.name] : [])));
  };
  const isBlocked = sshConfig.runsCommands && !mayRun;
  return (
    <section className={styles['spaced']} aria-label={texts.importTitle(sshConfig.file)}>
      <h2 className={styles['label']}>{texts.importTitle(sshConfig.file)}</h2>
      <p className={styles['hint']}>{fresh.length === 0 ? texts.none : texts.importText}</p>
      <div className={styles['checks']}>
        {fresh.length > 1 ? (
          <Checkbox
            label={texts.all}
            checked={picked.size === fresh.length}
            onChange={(event) => setPicked(new Set(event.target.checked ? fresh : []))}
          />
        ) : null}
        {sshConfig.hosts.map(({ alias, known }) => (
          <Checkbox
            key={alias}
            label={known ? `${alias} (${texts.known})` : alias}
            disabled={known}
            checked={known || picked.has(alias)}
            onChange={(event) => toggle(alias, event.target.checked)}
          />
        ))}
      </div>
      {sshConfig.runsCommands ? (
        <div className={styles['spaced']}>
          <Checkbox label={texts.mayRun} checked={mayRun} onChange={(event) => setMayRun(event.target.checked)} />
        </div>
      ) : null}
      <div role="status">
        {said.map((line) => (
          <p key={line} className={styles['note']}>
            {line}
          </p>
        ))}
      </div>
      <div className={styles['acts']}>
        <Button kind="primary" disabled={picked.size === 0 || isBlocked} onClick={() => void take()}>
          {texts.importGo(picked.size)}
        </Button>
      </div>
      {consent.question}
    </section>
  );
}
