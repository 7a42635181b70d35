import { useState } from 'react';
import { useBridge } from '../../bridge.ts';
import { useTexts } from '../../texts.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import styles from './form.module.css';
import { type FilledIn, fillFrom } from './tunnel-draft.ts';
import { useEditorTexts } from './texts.ts';

export interface PastedCommand extends FilledIn {
  readonly notes: readonly string[];
}

/** A line that takes an `ssh` command and hands over what it means. */
export function PasteCommand({ first, onFilled }: { first: string; onFilled: (filled: PastedCommand) => void }) {
  const texts = useEditorTexts().paste;
  const parse = useParseCommand();
  const [text, setText] = useState(first);
  const [problem, setProblem] = useState<string | null>(null);
  const fill = async (command: string): Promise<void> => {
    if (command.trim() === '') return;
    const result = await parse(command);
    if (typeof result === 'string') setProblem(result);
    else {
      setProblem(null);
      onFilled(result);
    }
  };
  return (
    <form
      className={styles['paste']}
      onSubmit={(event) => {
        event.preventDefault();
        void fill(text);
      }}
    >
      <Field
        label={texts.label}
        placeholder={texts.placeholder}
        mono
        value={text}
        hint={texts.hint}
        problem={problem ?? undefined}
        onChange={(event) => setText(event.target.value)}
        onPaste={(event) => {
          const pasted = event.clipboardData.getData('text/plain').replaceAll(/\\?\r?\n\s*/g, ' ');
          if (!/^\s*(auto)?ssh\s/.test(pasted) || text !== '') return;
          event.preventDefault();
          setText(pasted.trim());
          void fill(pasted);
        }}
      />
      <Button type="submit" disabled={text.trim() === ''}>
        {texts.fill}
      </Button>
    </form>
  );
}

/** Reads a command line; resolves to what it means, or to why it cannot be read. */
export function useParseCommand(): (text: string) => Promise<PastedCommand | string> {
  const bridge = useBridge();
  const { errorText, factSays } = useTexts();
  return async (text) => {
    const result = await bridge.call('ssh-command.parse', { text });
    if (!result.ok) return errorText(result.error);
    const { problem, said } = result.output;
    if (problem !== null) return factSays(problem, said?.problem);
    const filled = fillFrom(result.output.edits);
    const notes = result.output.notes.map((note, index) => factSays(note, said?.notes[index]));
    return filled === null ? notes.join(' ') : { ...filled, notes };
  };
}
