import { contextBridge, ipcRenderer } from 'electron';
import type { EngineEvent } from '../shared/contract/events.ts';
import type { Platform, ShellBridge } from '../shared/contract/shell-bridge.ts';

/**
 * preload: the bridge between a page and the main process, derived from the contract. It passes names and values on; who may call what, and whether
 * it fits the contract, is judged on the other side. Neither `ipcRenderer` nor an event object ever reaches the page.
 */

/** Listens to one channel and gives the page the payload alone. Returns the way to stop. */
function subscribe<T>(channel: string, listener: (value: T) => void): () => void {
  const own = (_event: unknown, value: T): void => listener(value);
  ipcRenderer.on(channel, own);
  return () => {
    ipcRenderer.removeListener(channel, own);
  };
}

/** A place to go to may be named before the page has got to listen: the last one waits for it. */
let pendingPage: string | null = null;
let hears = false;
ipcRenderer.on('holdfast:navigate', (_event: unknown, page: string) => {
  if (!hears) pendingPage = page;
});

function onNavigate(listener: (page: string) => void): () => void {
  hears = true;
  const stop = subscribe('holdfast:navigate', listener);
  const page = pendingPage;
  if (page !== null) {
    queueMicrotask(() => listener(page));
    // For all who begin to listen with the page's first drawing, not for the first of them alone.
    setTimeout(() => {
      pendingPage = null;
    });
  }
  return stop;
}

const bridge: ShellBridge = {
  shell: 'desktop',
  platform: process.platform as Platform,
  language: navigator.language,
  call: (name, input) => ipcRenderer.invoke('holdfast:call', name, input),
  desktop: (name, input) => ipcRenderer.invoke('holdfast:desktop', name, input),
  onEvent: (listener: (event: EngineEvent) => void) => subscribe('holdfast:event', listener),
  onConnection: (listener: (state: 'connected' | 'lost') => void) => subscribe('holdfast:connection', listener),
  onNavigate,
};

contextBridge.exposeInMainWorld('holdfast', bridge);
