import { useBridge } from '../../bridge.ts';
import { Button } from '../../ui/button.tsx';
import { ButtonRow, Dialog } from '../../ui/dialog.tsx';

interface ConfirmDialogProps {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly no: string;
  readonly onYes: () => void;
  readonly onCancel: () => void;
}

/** Asks before something is gone. Leaving it is the default, and what Esc does. */
export function ConfirmDialog({ title, text, yes, no, onYes, onCancel }: ConfirmDialogProps) {
  const { platform } = useBridge();
  return (
    <Dialog
      title={title}
      role="alertdialog"
      onCancel={onCancel}
      buttons={
        <ButtonRow
          platform={platform}
          safe={
            <Button kind="danger" onClick={onYes}>
              {yes}
            </Button>
          }
          primary={
            <Button kind="primary" data-autofocus="" onClick={onCancel}>
              {no}
            </Button>
          }
        />
      }
    >
      {text}
    </Dialog>
  );
}
