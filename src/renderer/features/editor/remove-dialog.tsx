import type { ConfigEdit } from '../../../shared/contract/editing-calls.ts';
import { useBridge } from '../../bridge.ts';
import { Button } from '../../ui/button.tsx';
import { ButtonRow, Dialog } from '../../ui/dialog.tsx';
import { Note } from './form-section.tsx';
import { useEditorTexts } from './texts.ts';
import { placeOf } from './forward-draft.ts';
import { useDryRun } from './use-config.ts';

interface RemoveDialogProps {
  readonly title: string;
  readonly text: string;
  readonly edits: readonly ConfigEdit[];
  readonly onCancel: () => void;
  readonly onRemove: () => Promise<void>;
}

/** Asks before something leaves the configuration, and says who is connected. Keeping is the default. */
export function RemoveDialog({ title, text, edits, onCancel, onRemove }: RemoveDialogProps) {
  const texts = useEditorTexts();
  const { platform } = useBridge();
  const inUse = useDryRun(edits).check?.inUse ?? [];
  return (
    <Dialog
      title={title}
      role="alertdialog"
      onCancel={onCancel}
      buttons={
        <ButtonRow
          platform={platform}
          safe={
            <Button kind="danger" onClick={() => void onRemove()}>
              {texts.removeYes}
            </Button>
          }
          primary={
            <Button kind="primary" data-autofocus="" onClick={onCancel}>
              {texts.cancel}
            </Button>
          }
        />
      }
    >
      <p>{text}</p>
      {inUse.length === 0 ? null : (
        <Note tone="retry">
          {texts.inUse(inUse.map(({ programs, clients, spec }) => ({ programs, clients, place: placeOf(spec) })))}
        </Note>
      )}
    </Dialog>
  );
}
