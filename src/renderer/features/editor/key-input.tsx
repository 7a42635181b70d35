import { Button } from '../../ui/button.tsx';
import { Checkbox, Field, TextArea } from '../../ui/field.tsx';
import { SelectField } from './form-section.tsx';
import styles from './form.module.css';
import type { KeyField } from './key-fields.ts';
import { useEditorTexts } from './texts.ts';
import type { ConfigView } from './use-config.ts';

/** Read in a file, but not offered: nothing carries it here. */
const unavailable = 'openssh';

export interface KeyInputProps {
  readonly field: KeyField;
  readonly label: string;
  readonly hint: string;
  /** What holds when it is empty. */
  readonly placeholder: string | undefined;
  readonly text: string;
  /** The host that the form is of; it cannot go through itself. */
  readonly own: string;
  readonly hosts: ConfigView['hosts'];
  readonly problem: string | undefined;
  /** The file has a table here, which is not changed. */
  readonly isTable?: boolean;
  readonly onChange: (text: string) => void;
}

/** One key of a host or tunnel, whatever its kind. */
export function KeyInput(props: KeyInputProps) {
  const { field, label, hint, placeholder, text, own, hosts, problem, isTable = false, onChange } = props;
  const texts = useEditorTexts();
  const below = hint === '' ? undefined : hint;
  if (field.kind === 'flag') {
    const value = text === '' ? field.fallback : text === 'true';
    return (
      <div className={styles['check']}>
        <Checkbox label={label} checked={value} onChange={(event) => onChange(String(event.target.checked))} />
      </div>
    );
  }
  if (field.kind === 'choice') {
    return (
      <SelectField
        label={label}
        value={text === '' ? field.fallback : text}
        options={field.choices
          .filter((value) => value !== unavailable || value === text)
          .map((value) => ({ value, label: texts.choices[value] ?? value }))}
        hint={hint}
        problem={problem}
        onChange={onChange}
      />
    );
  }
  if (field.kind === 'agent') {
    const isPath = text !== '' && text !== 'true' && text !== 'false';
    return (
      <div>
        <SelectField
          label={label}
          value={isPath ? 'path' : text === 'false' ? 'none' : 'usual'}
          options={Object.entries(texts.agent).map(([value, name]) => ({ value, label: name }))}
          problem={isPath ? undefined : problem}
          onChange={(value) => onChange(value === 'usual' ? '' : value === 'none' ? 'false' : '~/')}
        />
        {isPath ? (
          <Field
            label={texts.agentPath}
            labelHidden
            mono
            value={text}
            problem={problem}
            onChange={(event) => onChange(event.target.value)}
          />
        ) : null}
      </div>
    );
  }
  if (field.kind === 'jump') {
    return <JumpChain label={label} text={text} own={own} hosts={hosts} problem={problem} onChange={onChange} />;
  }
  if (field.kind === 'list') {
    return (
      <TextArea
        label={label}
        mono
        rows={2}
        value={text}
        hint={below}
        problem={problem}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  return (
    <Field
      label={label}
      value={text}
      hint={isTable ? texts.isTable : below}
      problem={problem}
      placeholder={placeholder}
      disabled={isTable}
      inputMode={field.kind === 'number' ? 'numeric' : undefined}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** The hosts on the way, outermost first. */
function JumpChain({
  label,
  text,
  own,
  hosts,
  problem,
  onChange,
}: Omit<KeyInputProps, 'field' | 'hint' | 'placeholder'>) {
  const texts = useEditorTexts();
  const hops = text.split('\n').filter((hop) => hop !== '');
  const free = hosts.filter(({ name }) => name !== own && !hops.includes(name));
  const put = (list: readonly string[]): void => onChange(list.join('\n'));
  return (
    <div>
      <SelectField
        label={label}
        value=""
        options={[
          { value: '', label: hops.length === 0 ? texts.direct : texts.jumpAdd },
          ...free.map(({ name }) => ({ value: name, label: name })),
        ]}
        hint={texts.hostKeys['jump']?.hint}
        problem={problem}
        onChange={(name) => put([...hops, name])}
      />
      {hops.length === 0 ? null : (
        <ol className={styles['jumps']}>
          {hops.map((hop, index) => (
            <li key={hop}>
              <span>{hop}</span>
              {index === 0 ? (
                <span />
              ) : (
                <Button
                  kind="quiet"
                  aria-label={texts.jumpMove(hop)}
                  onClick={() =>
                    put([...hops.slice(0, index - 1), hop, hops[index - 1] ?? '', ...hops.slice(index + 1)])
                  }
                >
                  ↑
                </Button>
              )}
              <Button
                kind="quiet"
                aria-label={texts.jumpRemove(hop)}
                onClick={() => put(hops.filter((known) => known !== hop))}
              >
                ×
              </Button>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
