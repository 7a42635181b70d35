import { useMemo } from 'react';
import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import { useBridge } from '../../bridge.ts';
import { usePage } from '../../store/page-store.ts';
import { useTexts } from '../../texts.ts';
import { rowView, type RowView } from './row-view.ts';

/** The row of a tunnel as it is now. */
export function useRowView(tunnel: TunnelStatus): RowView {
  const texts = useTexts();
  const { language } = useBridge();
  const promptId = tunnel.state.kind === 'interactive' ? tunnel.state.promptId : null;
  const prompt = usePage((page) =>
    promptId === null ? undefined : page.prompts.find((candidate) => candidate.id === promptId),
  );
  return useMemo(() => rowView(tunnel, prompt, texts, language), [tunnel, prompt, texts, language]);
}
