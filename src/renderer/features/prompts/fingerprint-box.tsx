import type { ReactNode } from 'react';
import { cx } from '../../ui/cx.ts';
import styles from './fingerprint-box.module.css';
import { fingerprintGroups } from './fingerprint.ts';

/** A fingerprint in groups of four. The groups are spaced by looks alone: selected and copied it is unbroken. */
export function FingerprintBox({
  caption,
  aside,
  fingerprint,
  alarming = false,
}: {
  caption: ReactNode;
  aside: ReactNode;
  fingerprint: string;
  alarming?: boolean;
}) {
  return (
    <div className={cx(styles['box'], alarming && styles['alarming'])}>
      <div className={styles['caption']}>
        <span>{caption}</span>
        <span>{aside}</span>
      </div>
      <div className={styles['groups']}>
        <span className="vh">{fingerprint}</span>
        <span aria-hidden="true">
          {fingerprintGroups(fingerprint).map((group, index) => (
            // The place is the identity of a group; equal groups may come twice.
            <span key={index} className={styles['group']}>
              {group}
            </span>
          ))}
        </span>
      </div>
    </div>
  );
}
