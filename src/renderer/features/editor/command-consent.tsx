import { type ReactNode, useState } from 'react';
import { commandsOfEdits } from '../../../shared/contract/edit-commands.ts';
import type { ConfigEdit } from '../../../shared/contract/editing-calls.ts';
import { cleanWhole } from '../../../shared/model/clean-text.ts';
import { useBridge } from '../../bridge.ts';
import { Button } from '../../ui/button.tsx';
import { ButtonRow, Dialog } from '../../ui/dialog.tsx';
import styles from './form.module.css';
import { useEditorTexts } from './texts.ts';

interface CommandConsent {
  /** True once a person agreed to every command that the edits would have this computer run; at once if there is none, or all were agreed to. */
  readonly agreesTo: (edits: readonly ConfigEdit[]) => Promise<boolean>;
  /** To be rendered with the form. */
  readonly question: ReactNode;
}

/** Asks before commands that came with a pasted text or a file are saved or run, and shows them whole. Not to allow them is the default. */
export function useCommandConsent(): CommandConsent {
  const texts = useEditorTexts().command;
  const { platform } = useBridge();
  const [agreed, setAgreed] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<{
    readonly commands: readonly string[];
    readonly answer: (isAllowed: boolean) => void;
  } | null>(null);
  const agreesTo = async (edits: readonly ConfigEdit[]): Promise<boolean> => {
    const commands = commandsOfEdits(edits).filter((command) => !agreed.has(command));
    if (commands.length === 0) return true;
    const isAllowed = await new Promise<boolean>((answer) => setAsked({ commands, answer }));
    setAsked(null);
    if (isAllowed) setAgreed((now) => new Set([...now, ...commands]));
    return isAllowed;
  };
  const question =
    asked === null ? null : (
      <Dialog
        title={texts.title}
        role="alertdialog"
        onCancel={() => asked.answer(false)}
        buttons={
          <ButtonRow
            platform={platform}
            safe={
              <Button kind="danger" onClick={() => asked.answer(true)}>
                {texts.allow}
              </Button>
            }
            primary={
              <Button kind="primary" data-autofocus="" onClick={() => asked.answer(false)}>
                {texts.refuse}
              </Button>
            }
          />
        }
      >
        <p>{texts.text}</p>
        {asked.commands.map((command) => (
          <pre key={command} className={styles['command']}>
            {cleanWhole(command)}
          </pre>
        ))}
      </Dialog>
    );
  return { agreesTo, question };
}
