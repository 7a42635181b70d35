import { useEffect, useId, useState, type ReactNode } from 'react';
import { LinkButton } from '../../ui/button.tsx';
import { Input } from '../../ui/field.tsx';
import { Switch } from '../../ui/switch.tsx';
import styles from './pages.module.css';

interface ItemFrameProps {
  readonly label: string;
  /** Its key in the file, or where it is kept. */
  readonly keyText: string;
  readonly hint: string;
  readonly problem: string | null;
  /** Just written. */
  readonly good: string | null;
  readonly labelId: string;
  readonly reset?: ItemProps['reset'];
  readonly children: ReactNode;
}

function ItemFrame({ label, keyText, hint, problem, good, labelId, reset, children }: ItemFrameProps) {
  return (
    <div className={styles['item']}>
      <div>
        <div>
          <span id={labelId} className={styles['label']}>
            {label}
          </span>
          <span className={styles['key']}>{keyText}</span>
          {reset ? (
            <LinkButton className={styles['reset']} aria-describedby={labelId} onClick={reset.run}>
              {reset.label}
            </LinkButton>
          ) : null}
        </div>
        {problem === null && hint !== '' ? <p className={styles['hint']}>{hint}</p> : null}
        <div role="status">
          {problem === null ? null : <p className={styles['problem']}>{problem}</p>}
          {problem === null && good !== null ? <p className={styles['good']}>{good}</p> : null}
        </div>
      </div>
      <div className={styles['control']}>{children}</div>
    </div>
  );
}

export interface ItemProps {
  readonly label: string;
  readonly keyText: string;
  readonly hint: string;
  readonly problem?: string | null;
  readonly good?: string | null;
  readonly disabled?: boolean;
  /** The way back to the default; null: it is the default. */
  readonly reset?: { readonly label: string; readonly run: () => void } | null;
}

export function ChoiceItem(
  props: ItemProps & {
    readonly value: string;
    readonly choices: readonly { readonly value: string; readonly label: string }[];
    readonly onChange: (value: string) => void;
  },
) {
  const id = useId();
  return (
    <ItemFrame {...props} problem={props.problem ?? null} good={props.good ?? null} labelId={id}>
      <select
        className={styles['select']}
        aria-labelledby={id}
        value={props.value}
        disabled={props.disabled}
        onChange={(event) => props.onChange(event.target.value)}
      >
        {props.choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </ItemFrame>
  );
}

export function SwitchItem(
  props: ItemProps & { readonly checked: boolean; readonly onChange: (checked: boolean) => void },
) {
  const id = useId();
  return (
    <ItemFrame {...props} problem={props.problem ?? null} good={props.good ?? null} labelId={id}>
      <Switch checked={props.checked} label={props.label} disabled={props.disabled} onChange={props.onChange} />
    </ItemFrame>
  );
}

/** A text that is written when it is left, or with Enter; Esc brings the old one back. */
export function TextItem(
  props: ItemProps & {
    readonly value: string;
    readonly placeholder: string;
    readonly onChange: (value: string) => void;
  },
) {
  const id = useId();
  const [text, setText] = useState(props.value);
  useEffect(() => setText(props.value), [props.value]);
  const commit = (): void => {
    if (text.trim() !== props.value) props.onChange(text.trim());
  };
  return (
    <ItemFrame {...props} problem={props.problem ?? null} good={props.good ?? null} labelId={id}>
      <Input
        className={styles['input']}
        aria-labelledby={id}
        aria-invalid={props.problem ? true : undefined}
        mono
        value={text}
        placeholder={props.placeholder}
        disabled={props.disabled}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          if (event.key !== 'Escape' || text === props.value) return;
          event.stopPropagation();
          setText(props.value);
        }}
      />
    </ItemFrame>
  );
}
