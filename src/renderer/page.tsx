import './ui/fonts.css';
import './ui/tokens.css';
import './ui/base.css';
import { StrictMode, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import type { ShellBridge } from '../shared/contract/shell-bridge.ts';
import { BridgeContext } from './bridge.ts';
import { PageGuard } from './page-guard.tsx';
import { createPanelBridge } from './panel-bridge.ts';
import { connectStore } from './store/connect-store.ts';
import { createPageStore, PageStoreContext, type PageStore } from './store/page-store.ts';
import { TextsContext, windowTexts } from './texts.ts';
import { applyTheme, storedTheme } from './ui/theme.ts';

/** What every component may count on: the shell, the page's store, the texts. */
export function PageFrame({ bridge, store, children }: { bridge: ShellBridge; store: PageStore; children: ReactNode }) {
  return (
    <BridgeContext value={bridge}>
      <TextsContext value={windowTexts(bridge.language)}>
        <PageStoreContext value={store}>{children}</PageStoreContext>
      </TextsContext>
    </BridgeContext>
  );
}

/** Starts a page in `#root`: the shell's bridge or, in a browser, one over a WebSocket. */
export function startPage(page: 'main' | 'prompts', content: ReactNode): void {
  const root = document.getElementById('root');
  if (root === null) throw new Error('the page has no root');
  const bridge = window.holdfast ?? createPanelBridge();
  document.documentElement.lang = bridge.language;
  document.documentElement.dataset['platform'] = bridge.platform;
  document.documentElement.dataset['shell'] = bridge.shell;
  if (bridge.shell === 'panel') applyTheme(storedTheme());
  const store = createPageStore();
  connectStore(store, bridge);
  createRoot(root).render(
    <StrictMode>
      <PageFrame bridge={bridge} store={store}>
        <PageGuard bridge={bridge} page={page} texts={windowTexts(bridge.language)}>
          {content}
        </PageGuard>
      </PageFrame>
    </StrictMode>,
  );
}
