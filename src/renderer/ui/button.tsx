import type { ComponentPropsWithRef } from 'react';
import styles from './button.module.css';
import { cx } from './cx.ts';

export type ButtonKind = 'plain' | 'primary' | 'danger' | 'quiet';

/** A push button. `kind` sets its weight; one primary a view. */
export function Button({
  kind = 'plain',
  className,
  ...rest
}: ComponentPropsWithRef<'button'> & { kind?: ButtonKind }) {
  return <button type="button" className={cx(styles.button, kind !== 'plain' && styles[kind], className)} {...rest} />;
}

/** An act inside a line of text, looking like a link. */
export function LinkButton({ className, ...rest }: ComponentPropsWithRef<'button'>) {
  return <button type="button" className={cx(styles.link, className)} {...rest} />;
}
