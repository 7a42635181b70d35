import { useState } from 'react';
import { createPortal } from 'react-dom';
import type { ConfigEdit, ConfigValue } from '../../../shared/contract/editing-calls.ts';
import { act } from '../../store/acts.ts';
import { useActs } from '../../store/use-act.ts';
import { useTexts } from '../../texts.ts';
import { Button } from '../../ui/button.tsx';
import { ButtonRow, Dialog } from '../../ui/dialog.tsx';
import { Select } from '../../ui/field.tsx';
import type { FaultStep } from './fault-view.ts';

interface AllowLegacyProps {
  readonly step: Extract<FaultStep, { kind: 'allow-legacy' }>;
  readonly onDone: () => void;
}

/** Allows one outdated algorithm for one host, after a word. Leaving it is the default. */
export function AllowLegacy({ step: { host, names }, onDone }: AllowLegacyProps) {
  const texts = useTexts();
  const page = useActs();
  const [chosen, setChosen] = useState(names[0] ?? '');
  const allow = async () => {
    const view = await act(page, 'config.view', {});
    if (view.ok) {
      const before = view.output.hosts.find((known) => known.name === host)?.values['legacy-algorithms'];
      const value: ConfigValue = [...(Array.isArray(before) ? (before as readonly ConfigValue[]) : []), chosen];
      const edit: ConfigEdit = { op: 'set', path: ['hosts', host, 'legacy-algorithms'], value };
      await act(page, 'config.edit', { edits: [edit], dryRun: false });
    }
    onDone();
  };
  return createPortal(
    <Dialog
      title={texts.fault.allowTitle(host)}
      role="alertdialog"
      onCancel={onDone}
      buttons={
        <ButtonRow
          platform={page.bridge.platform}
          other={
            <Button kind="danger" onClick={() => void allow()}>
              {texts.fault.allowNow(host)}
            </Button>
          }
          primary={
            <Button kind="primary" data-autofocus="" onClick={onDone}>
              {texts.fault.allowNot}
            </Button>
          }
        />
      }
    >
      <p>{texts.fault.allowWhat(host)}</p>
      {names.length === 1 ? (
        <p className="mono">{chosen}</p>
      ) : (
        <Select aria-label={texts.fault.allowWhich} value={chosen} onChange={(event) => setChosen(event.target.value)}>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </Select>
      )}
    </Dialog>,
    document.body,
  );
}
