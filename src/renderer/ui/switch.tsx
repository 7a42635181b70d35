import type { ComponentPropsWithRef } from 'react';
import { cx } from './cx.ts';
import styles from './switch.module.css';

interface SwitchProps extends Omit<ComponentPropsWithRef<'button'>, 'onChange' | 'aria-checked' | 'role'> {
  /** What the person asked for; what is true is the shape's to say. */
  readonly checked: boolean;
  /** The accessible name: "Keep postgres-prod up". */
  readonly label: string;
  readonly onChange: (checked: boolean) => void;
}

/** An on-off switch of the kind screen readers know. */
export function Switch({ checked, label, onChange, className, ...rest }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      aria-label={label}
      className={cx(styles.switch, className)}
      onClick={() => onChange(!checked)}
      {...rest}
    />
  );
}
