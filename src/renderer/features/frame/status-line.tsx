import { useEffect, useRef, useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { shownState, type ShownState } from '../../../shared/model/shown-state.ts';
import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import { useBridge } from '../../bridge.ts';
import { usePage, usePageStore, type PageState } from '../../store/page-store.ts';
import { currentRoute, go, showTunnel } from '../../store/route.ts';
import { useTexts } from '../../texts.ts';
import { cx } from '../../ui/cx.ts';
import { Glyph, stateColor } from '../../ui/glyph.tsx';
import { clientCount } from '../tunnels/row-view.ts';
import { focusRow } from '../tunnels/focus-row.ts';
import styles from './status-line.module.css';

/** The engine looks at every process for it: not with each client that comes and goes. */
const usagePollMs = 5000;
const usageRestMs = 2000;

/** States that are counted; what listens counts as up. */
const counted = ['running', 'degraded', 'interactive', 'retrying', 'dead'] as const;
type Counted = (typeof counted)[number];
const coloured: ReadonlySet<ShownState> = new Set(['interactive', 'dead']);

function countedAs(tunnel: TunnelStatus): ShownState {
  const state = shownState(tunnel.state);
  return state === 'listening' ? 'running' : state;
}

function namesIn(page: PageState, state: Counted): readonly string[] {
  return page.order.filter((name) => {
    const tunnel = page.tunnels.get(name);
    return tunnel !== undefined && countedAs(tunnel) === state;
  });
}

/** How many tunnels are how, and whether network and engine are there. */
export function StatusLine() {
  const texts = useTexts();
  return (
    <footer className={styles['foot']}>
      <div className={styles['counts']} role="group" aria-label={texts.foot.counts}>
        {counted.map((state) => (
          <Count key={state} state={state} />
        ))}
      </div>
      <div className={styles['facts']}>
        <Usage />
        <Reach />
      </div>
    </footer>
  );
}

/** A count; each click selects the next tunnel of that state. */
function Count({ state }: { state: Counted }) {
  const texts = useTexts();
  const store = usePageStore();
  const count = usePage((page) => namesIn(page, state).length);
  if (count === 0) return null;
  const select = () => {
    const names = namesIn(store.getState(), state);
    const route = currentRoute();
    const at = route.page === 'tunnels' && route.name !== null ? names.indexOf(route.name) : -1;
    const next = names[(at + 1) % names.length];
    if (next === undefined) return;
    store.setState({ find: '' });
    showTunnel(next);
    requestAnimationFrame(() => focusRow(document, next));
  };
  return (
    <button type="button" className={cx(styles['count'], coloured.has(state) && stateColor(state))} onClick={select}>
      <Glyph state={state} size={12} />
      {texts.foot[state](count)}
    </button>
  );
}

/** How many programs use how many logins; leads to the logins. */
function Usage() {
  const texts = useTexts();
  const usage = useUsage();
  if (usage === null || usage.logins === 0) return null;
  const { clients, programs, logins } = usage;
  return (
    <button type="button" className={styles['fact']} onClick={() => go({ page: 'logins' })}>
      {clients === 0 ? texts.foot.logins(logins) : texts.foot.using(clients, programs, logins)}
    </button>
  );
}

function useUsage(): CallOutput<'usage'> | null {
  const bridge = useBridge();
  const connected = usePage((page) => page.connection === 'connected');
  /** Clients and tunnels that came or went: read anew. */
  const mark = usePage(usageMark);
  const [usage, setUsage] = useState<CallOutput<'usage'> | null>(null);
  const lastMs = useRef(-Infinity);
  useEffect(() => {
    if (!connected) return undefined;
    let stopped = false;
    const read = () => {
      if (document.visibilityState === 'hidden') return;
      lastMs.current = performance.now();
      void bridge.call('usage', {}).then((result) => {
        if (!stopped && result.ok) setUsage(result.output);
      });
    };
    const soon = setTimeout(read, Math.max(0, lastMs.current + usageRestMs - performance.now()));
    const timer = setInterval(read, usagePollMs);
    return () => {
      stopped = true;
      clearTimeout(soon);
      clearInterval(timer);
    };
  }, [bridge, connected, mark]);
  return connected ? usage : null;
}

function usageMark({ tunnels }: PageState): string {
  let [clients, running] = [0, 0];
  for (const tunnel of tunnels.values()) {
    clients += clientCount(tunnel);
    if (tunnel.state.kind === 'running') running += 1;
  }
  return `${clients} ${running}`;
}

function Reach() {
  const texts = useTexts();
  const connection = usePage((page) => page.connection);
  const causes = usePage((page) =>
    [...page.tunnels.values()].some(
      (tunnel) => tunnel.state.kind === 'retrying' && tunnel.state.cause.code === 'offline',
    ),
  );
  const online = useOnline();
  if (connection === 'loading') return <span>{texts.foot.loading}</span>;
  if (connection === 'lost') return <span className={styles['bad']}>{texts.foot.lost}</span>;
  return online && !causes ? (
    <span>{texts.foot.online}</span>
  ) : (
    <span className={styles['bad']}>{texts.foot.offline}</span>
  );
}

function useOnline(): boolean {
  const [online, setOnline] = useState(() => navigator.onLine);
  useEffect(() => {
    const look = () => setOnline(navigator.onLine);
    window.addEventListener('online', look);
    window.addEventListener('offline', look);
    return () => {
      window.removeEventListener('online', look);
      window.removeEventListener('offline', look);
    };
  }, []);
  return online;
}
