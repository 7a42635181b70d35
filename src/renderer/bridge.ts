import { createContext, useContext } from 'react';
import type { ShellBridge } from '../shared/contract/shell-bridge.ts';

/**
 * renderer: the pages of the window and the panel. Everything they know comes over the bridge; they hold no tunnel logic.
 */

declare global {
  interface Window {
    /** Put there by the desktop app's preload; not in a browser. */
    readonly holdfast?: ShellBridge;
  }
}

export const BridgeContext = createContext<ShellBridge | null>(null);

/** The shell around this page. */
export function useBridge(): ShellBridge {
  const bridge = useContext(BridgeContext);
  if (bridge === null) throw new Error('a page is rendered without its shell');
  return bridge;
}
