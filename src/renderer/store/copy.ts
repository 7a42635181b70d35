import { useCallback } from 'react';
import { useBridge } from '../bridge.ts';
import { useTexts } from '../texts.ts';
import { announce } from '../ui/live-region.tsx';

/** Puts a text on the clipboard, through the shell where there is one. Resolves to whether it worked. */
export function useCopy(): (text: string) => Promise<boolean> {
  const bridge = useBridge();
  const texts = useTexts();
  return useCallback(
    async (text) => {
      const done =
        bridge.desktop === null ? await browserCopy(text) : (await bridge.desktop('desktop.copy', { text })).ok;
      announce(done ? texts.copied : texts.notCopied);
      return done;
    },
    [bridge, texts],
  );
}

async function browserCopy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
