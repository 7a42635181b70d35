import type { ComponentPropsWithRef } from 'react';
import styles from './copy-button.module.css';
import { cx } from './cx.ts';
import { Icon, type IconName } from './glyph.tsx';

/** A small button that is only a sign; `label` is its name and its tooltip. */
export function IconButton({
  icon,
  label,
  className,
  ...rest
}: ComponentPropsWithRef<'button'> & { icon: IconName; label: string }) {
  return (
    <button type="button" className={cx(styles['copy'], className)} aria-label={label} title={label} {...rest}>
      <Icon name={icon} size={14} />
    </button>
  );
}
