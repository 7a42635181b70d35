import { useCallback } from 'react';
import { useBridge } from '../../bridge.ts';
import { announce } from '../../ui/live-region.tsx';
import { copyMarked } from './copied-here.ts';
import { useQuestionTexts } from './texts.ts';

/** Copies so that the compare fields know the text again. */
export function useMarkedCopy(): (text: string) => void {
  const { desktop } = useBridge();
  const texts = useQuestionTexts();
  return useCallback(
    (text) => {
      const shell = desktop === null ? browserCopy : (value: string) => void desktop('desktop.copy', { text: value });
      if (copyMarked(document, text, shell)) announce(texts.copied);
    },
    [desktop, texts],
  );
}

function browserCopy(text: string): void {
  void navigator.clipboard?.writeText(text).catch(() => undefined);
}
