import { useEffect } from 'react';
import { useBridge } from '../../bridge.ts';
import { forwardText } from '../../forward-text.ts';
import { setWanted, startRename, tryNow } from '../../store/acts.ts';
import { useCopy } from '../../store/copy.ts';
import { currentRoute, go, showTunnel } from '../../store/route.ts';
import { useActs } from '../../store/use-act.ts';
import { useTexts } from '../../texts.ts';
import { focusRow } from '../tunnels/focus-row.ts';
import { findFieldId } from './find-field.tsx';

/** Keys of the whole window; those of a row (arrows, Space, Enter) are the row's. */
export function useKeyboard(): void {
  const page = useActs();
  const copy = useCopy();
  const texts = useTexts();
  const { platform } = useBridge();
  useEffect(() => {
    const selected = () => {
      const route = currentRoute();
      if (route.page !== 'tunnels') return undefined;
      const { order, tunnels } = page.store.getState();
      return tunnels.get(route.name ?? order[0] ?? '');
    };
    const copyAddress = () => {
      const tunnel = selected();
      const here = tunnel?.forwards
        .map((forward) => forwardText(forward, tunnel.host, texts))
        .find((forward) => forward.here);
      if (here !== undefined) void copy(here.listen);
    };
    const back = () => {
      const route = currentRoute();
      if (route.page === 'tunnels' && (route.name === null || route.tab === 'overview')) {
        const wide = matchMedia('(min-width: 900px)').matches;
        if (wide) focusRow(document, route.name ?? '');
        else showTunnel(null);
      } else if (route.page === 'tunnels') showTunnel(route.name, 'overview', true);
      else if (route.page !== 'new' && route.page !== 'edit') showTunnel(null);
    };
    const plain: Record<string, () => void> = {
      n: () => go({ page: 'new', command: null }),
      r: () => {
        const tunnel = selected();
        if (tunnel?.state.kind === 'dead') void setWanted(page, [tunnel.name], true);
        else if (tunnel?.wanted === true) void tryNow(page, tunnel.name);
      },
      c: copyAddress,
      l: () => {
        const tunnel = selected();
        if (tunnel !== undefined) showTunnel(tunnel.name, 'log');
      },
      ',': () => go({ page: 'settings' }),
      F2: () => {
        const tunnel = selected();
        if (tunnel !== undefined) startRename(page.store, tunnel.name);
      },
      Escape: back,
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey) return;
      if (document.querySelector('dialog[open]') !== null) return;
      const command = platform === 'darwin' ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (command && key === 'k') {
        event.preventDefault();
        const field = document.getElementById(findFieldId);
        if (field instanceof HTMLInputElement) {
          field.focus();
          field.select();
        }
        return;
      }
      if (command && key === ',') {
        event.preventDefault();
        go({ page: 'settings' });
        return;
      }
      if (event.ctrlKey || event.metaKey || event.shiftKey || isTyping(event.target)) return;
      const run = plain[key];
      if (run === undefined) return;
      event.preventDefault();
      run();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [page, copy, texts, platform]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}
