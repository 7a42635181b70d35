import { useId, useState, type ReactNode } from 'react';
import { LinkButton } from '../../ui/button.tsx';
import styles from './form.module.css';

/** A titled part of a form. */
export function FormSection({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section className={styles['section']} aria-labelledby={id}>
      <h2 id={id} className={styles['heading']}>
        {title}
      </h2>
      {children}
    </section>
  );
}

/** A part that few need: folded until one opens it, or something in it is set. */
export function MoreSection({ title, isOpen, children }: { title: string; isOpen: boolean; children: ReactNode }) {
  const [isUnfolded, setUnfolded] = useState(isOpen);
  // What is set or wrong is never hidden.
  const isShown = isUnfolded || isOpen;
  const id = useId();
  return (
    <section className={styles['section']} aria-labelledby={id}>
      <h2 id={id} className={styles['heading']}>
        <LinkButton aria-expanded={isShown} disabled={isOpen} onClick={() => setUnfolded(!isUnfolded)}>
          {title}
        </LinkButton>
      </h2>
      {isShown ? children : null}
    </section>
  );
}

/** Fields beside each other where there is room. */
export function FormRow({ children }: { children: ReactNode }) {
  return <div className={styles['row']}>{children}</div>;
}

/** A page of a form: title, scrolling body, and buttons that stay in sight. */
export function FormPage({
  title,
  lead,
  children,
  buttons,
}: {
  title: string;
  lead?: ReactNode;
  children: ReactNode;
  buttons: ReactNode;
}) {
  return (
    <div className={styles['page']}>
      <div className={styles['scroll']}>
        <div className={styles['column']}>
          <h1 className={styles['title']}>{title}</h1>
          {lead === undefined ? null : <div className={styles['lead']}>{lead}</div>}
          {children}
        </div>
      </div>
      <div className={styles['footer']}>
        <div className={styles['column']}>{buttons}</div>
      </div>
    </div>
  );
}

/** A coloured box for what wants attention before one goes on. */
export function Note({ tone, children }: { tone: 'retry' | 'dead' | 'plain'; children: ReactNode }) {
  return (
    <div className={styles[tone]} role={tone === 'plain' ? undefined : 'status'}>
      {children}
    </div>
  );
}

/** A labelled choice list with room for a hint or a complaint. */
export function SelectField({
  label,
  value,
  options,
  onChange,
  hint,
  problem,
  aside,
}: {
  label: string;
  value: string;
  options: readonly { readonly value: string; readonly label: string }[];
  onChange: (value: string) => void;
  hint?: string | undefined;
  problem?: string | undefined;
  aside?: ReactNode;
}) {
  const id = useId();
  const below = problem ?? (hint === '' ? undefined : hint);
  return (
    <div>
      <label htmlFor={id} className={styles['label']}>
        {label}
      </label>
      <div className={styles['withAside']}>
        <select
          id={id}
          className={styles['select']}
          value={value}
          aria-invalid={problem === undefined ? undefined : true}
          aria-describedby={below === undefined ? undefined : `${id}-below`}
          onChange={(event) => onChange(event.target.value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        {aside}
      </div>
      {below === undefined ? null : (
        <p id={`${id}-below`} className={problem === undefined ? styles['hint'] : styles['problem']}>
          {below}
        </p>
      )}
    </div>
  );
}
