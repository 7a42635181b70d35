import { Component, type ReactNode } from 'react';
import type { ShellBridge } from '../shared/contract/shell-bridge.ts';
import type { WindowTexts } from '../shared/i18n/window-en.ts';
import { Button } from './ui/button.tsx';
import styles from './page-guard.module.css';

interface PageGuardProps {
  readonly bridge: ShellBridge;
  readonly page: 'main' | 'prompts';
  readonly texts: WindowTexts;
  readonly children: ReactNode;
}

/**
 * A page whose drawing failed says so instead of staying empty, and tells the app: questions are then asked by the system's own boxes. React offers
 * this to classes alone.
 */
export class PageGuard extends Component<PageGuardProps, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { readonly failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(error: unknown): void {
    const { bridge, page } = this.props;
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    void bridge.desktop?.('desktop.page-failed', { page, message: message.slice(0, 4000) });
  }

  override render(): ReactNode {
    const { texts, children } = this.props;
    if (!this.state.failed) return children;
    return (
      <main className={styles['failed']} role="alert">
        <h1>{texts.failed.title}</h1>
        <p>{texts.failed.detail}</p>
        <Button kind="primary" onClick={() => location.reload()}>
          {texts.failed.reload}
        </Button>
      </main>
    );
  }
}
