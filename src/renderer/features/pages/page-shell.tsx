import type { ReactNode } from 'react';
import { go } from '../../store/route.ts';
import styles from './pages.module.css';
import { usePageTexts } from './texts.ts';

/**
 * pages: settings, known hosts, credentials, first run, about.
 *
 * - page-shell.tsx       the frame and the way between them
 * - setting-item.tsx     one setting with its key
 * - matches.ts           finding by words
 */

const pages = ['settings', 'known-hosts', 'credentials', 'about'] as const;
export type PageId = (typeof pages)[number];

/** A page with its title and, at the left, the way to the others. */
export function PageShell({
  page,
  title,
  lead,
  children,
  isWide = false,
}: {
  page: PageId;
  title: string;
  lead: ReactNode;
  children: ReactNode;
  /** A table that needs the room. */
  isWide?: boolean;
}) {
  const texts = usePageTexts();
  return (
    <div className={styles['page']}>
      <nav className={styles['nav']} aria-label={texts.nav.label}>
        {pages.map((id) => (
          <button
            key={id}
            type="button"
            className={styles['link']}
            aria-current={id === page ? 'page' : undefined}
            onClick={() => go({ page: id })}
          >
            {texts.nav[id]}
          </button>
        ))}
      </nav>
      <div className={styles['scroll']}>
        <div className={isWide ? styles['wide'] : styles['column']}>
          <h1 className={styles['title']}>{title}</h1>
          <div className={styles['lead']}>{lead}</div>
          {children}
        </div>
      </div>
    </div>
  );
}
