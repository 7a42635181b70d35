import { useId, type ComponentPropsWithRef, type ReactNode } from 'react';
import { cx } from './cx.ts';
import styles from './field.module.css';

interface FieldFrame {
  readonly label: ReactNode;
  /** The label is there for screen readers alone. */
  readonly labelHidden?: boolean;
  readonly hint?: ReactNode;
  /** What is wrong with the value; takes the hint's place. */
  readonly problem?: ReactNode;
  /** Says the value is right; takes the hint's place. */
  readonly good?: ReactNode;
  readonly mono?: boolean;
}

function useFrame({ label, labelHidden, hint, problem, good }: FieldFrame) {
  const id = useId();
  const below = problem ?? good ?? hint ?? null;
  return {
    id,
    describedBy: below === null ? undefined : `${id}-below`,
    head: (
      <label htmlFor={id} className={labelHidden ? 'vh' : styles['label']}>
        {label}
      </label>
    ),
    foot:
      below === null ? null : (
        <p id={`${id}-below`} className={problem ? styles['problem'] : good ? styles['good'] : styles['hint']}>
          {below}
        </p>
      ),
  };
}

/** A labelled line of text with room for a hint or a complaint below. */
export function Field(props: Omit<ComponentPropsWithRef<'input'>, 'id'> & FieldFrame) {
  const { label: _label, labelHidden: _hidden, hint: _hint, problem, good: _good, mono, className, ...rest } = props;
  const frame = useFrame(props);
  return (
    <div>
      {frame.head}
      <input
        id={frame.id}
        className={cx(styles['input'], mono && styles['mono'], className)}
        aria-describedby={frame.describedBy}
        aria-invalid={problem ? true : undefined}
        spellCheck={false}
        autoComplete="off"
        {...rest}
      />
      {frame.foot}
    </div>
  );
}

/** Several lines of text, as `Field`. */
export function TextArea(props: Omit<ComponentPropsWithRef<'textarea'>, 'id'> & FieldFrame) {
  const { label: _label, labelHidden: _hidden, hint: _hint, problem, good: _good, mono, className, ...rest } = props;
  const frame = useFrame(props);
  return (
    <div>
      {frame.head}
      <textarea
        id={frame.id}
        className={cx(styles['area'], mono && styles['mono'], className)}
        aria-describedby={frame.describedBy}
        aria-invalid={problem ? true : undefined}
        spellCheck={false}
        {...rest}
      />
      {frame.foot}
    </div>
  );
}

/** The bare input of a `Field`, for places that bring their own label (`aria-label` is a must). */
export function Input({ className, mono, ...rest }: ComponentPropsWithRef<'input'> & { mono?: boolean }) {
  return (
    <input
      className={cx(styles['input'], mono && styles['mono'], className)}
      spellCheck={false}
      autoComplete="off"
      {...rest}
    />
  );
}

interface FindFieldProps {
  /** Names the field, and stands in it while it is empty. */
  readonly label: string;
  readonly value: string;
  readonly onFind: (text: string) => void;
}

/** Narrows a list while one types. */
export function FindField({ label, value, onFind }: FindFieldProps) {
  return (
    <Input
      type="search"
      aria-label={label}
      placeholder={label}
      value={value}
      onChange={(event) => onFind(event.target.value)}
    />
  );
}

/** The system's own choice list. */
export function Select({ className, ...rest }: ComponentPropsWithRef<'select'>) {
  return <select className={cx(styles['select'], className)} {...rest} />;
}

/** A tick box with its words. */
export function Checkbox({
  label,
  ...rest
}: Omit<ComponentPropsWithRef<'input'>, 'type' | 'id'> & { label: ReactNode }) {
  const id = useId();
  return (
    <div className={styles['check']}>
      <input type="checkbox" id={id} {...rest} />
      <label htmlFor={id}>{label}</label>
    </div>
  );
}
