import { usePage } from '../../store/page-store.ts';
import type { Route } from '../../store/route.ts';
import { useTexts } from '../../texts.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { TunnelDetail } from '../detail/tunnel-detail.tsx';
import { FirstRunPage } from '../pages/first-run-page.tsx';
import { TunnelList } from './tunnel-list.tsx';
import styles from './tunnels-page.module.css';

/** List and detail, side by side; one at a time in a narrow window. Without a choice the wide window shows the first tunnel. */
export function TunnelsPage({ route }: { route: Extract<Route, { page: 'tunnels' }> }) {
  const texts = useTexts();
  const none = usePage((page) => page.connection === 'connected' && page.order.length === 0);
  const first = usePage((page) => page.order[0] ?? null);
  const name = route.name ?? first;
  const tunnel = usePage((page) => (name === null ? undefined : page.tunnels.get(name)));
  const loading = usePage((page) => page.connection === 'loading');
  if (none) return <FirstRunPage />;
  return (
    <div className={`${styles['panes']} ${styles[route.name === null ? 'showsList' : 'showsDetail']}`}>
      <TunnelList selected={name} />
      {tunnel === undefined ? (
        <section className={styles['choose']} aria-label={texts.rows.details}>
          {loading || name === null ? null : (
            <EmptyState title={texts.detail.gone(name)} text={texts.detail.goneText} />
          )}
        </section>
      ) : (
        <TunnelDetail tunnel={tunnel} tab={route.tab} />
      )}
    </div>
  );
}
