import { useEffect, type ReactNode } from 'react';
import styles from './app.module.css';
import { useBridge } from './bridge.ts';
import { ActivityPage } from './features/activity/activity-page.tsx';
import { EndedPage } from './features/frame/ended-page.tsx';
import { Bar, pagePanelId } from './features/frame/bar.tsx';
import { Notices } from './features/frame/notices.tsx';
import { StatusLine } from './features/frame/status-line.tsx';
import { StopWarning } from './features/frame/stop-warning.tsx';
import { useAnnouncements } from './features/frame/use-announcements.ts';
import { useKeyboard } from './features/frame/use-keyboard.ts';
import { LoginsPage } from './features/logins/logins-page.tsx';
import { TunnelsPage } from './features/tunnels/tunnels-page.tsx';
import { pageFor, PromptSlot } from './slots.tsx';
import { usePage } from './store/page-store.ts';
import { go, parseRoute, useRoute, type Route } from './store/route.ts';
import { LiveRegion } from './ui/live-region.tsx';

/** The main window, and the whole of the panel; of a panel that has ended only that. */
export function App() {
  const ended = usePage((page) => page.connection === 'ended');
  return ended ? <EndedPage /> : <Window />;
}

function Window() {
  const route = useRoute();
  useKeyboard();
  useAnnouncements();
  useShellNavigation();
  return (
    <>
      <div className={styles['window']}>
        <Bar route={route} />
        <Notices />
        <main className={styles['page']} id={pagePanelId}>
          {pageOf(route)}
        </main>
        <StatusLine />
      </div>
      <StopWarning />
      <LiveRegion />
      <PromptSlot />
    </>
  );
}

function pageOf(route: Route): ReactNode {
  switch (route.page) {
    case 'tunnels':
      return <TunnelsPage route={route} />;
    case 'logins':
      return <LoginsPage />;
    case 'activity':
      return <ActivityPage />;
    default:
      return pageFor(route);
  }
}

/** The tray, a notification or the system asks for a page by its path. */
function useShellNavigation(): void {
  const bridge = useBridge();
  useEffect(() => bridge.onNavigate((page) => go(parseRoute(page))), [bridge]);
}
