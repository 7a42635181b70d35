import { useEffect } from 'react';
import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import type { WindowTexts } from '../../../shared/i18n/window-en.ts';
import { usePageStore, type PageState } from '../../store/page-store.ts';
import { useTexts } from '../../texts.ts';
import { announce } from '../../ui/live-region.tsx';
import { promptLine } from '../tunnels/row-view.ts';

/** Tells screen readers what happened elsewhere in the list: somebody is needed, a tunnel gave up, one is back. */
export function useAnnouncements(): void {
  const store = usePageStore();
  const texts = useTexts();
  useEffect(
    () =>
      store.subscribe((now, before) => {
        if (now.tunnels === before.tunnels || before.connection === 'loading') return;
        for (const [name, tunnel] of now.tunnels) {
          const old = before.tunnels.get(name);
          if (old === undefined || old.state === tunnel.state) continue;
          const text = newsOf(old, tunnel, now, texts);
          if (text !== null) announce(text);
        }
      }),
    [store, texts],
  );
}

/** What a change of state is worth saying; null: nothing. */
export function newsOf(old: TunnelStatus, tunnel: TunnelStatus, page: PageState, texts: WindowTexts): string | null {
  const { name, state } = tunnel;
  switch (state.kind) {
    case 'interactive': {
      if (old.state.kind === 'interactive' && old.state.promptId === state.promptId) return null;
      const prompt = page.prompts.find((candidate) => candidate.id === state.promptId);
      return texts.say.needsYou(name, promptLine(prompt, texts));
    }
    case 'dead':
      return old.state.kind === 'dead' ? null : texts.say.gaveUp(name, texts.causeSays(state.cause));
    case 'running':
      return old.reconnects < tunnel.reconnects ? texts.say.back(name) : null;
    default:
      return null;
  }
}
