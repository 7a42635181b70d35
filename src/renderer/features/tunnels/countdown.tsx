import type { ReactNode } from 'react';
import { durationText } from '../../format.ts';
import { useNow } from '../../store/now.ts';
import { useTexts } from '../../texts.ts';

interface CountdownProps {
  readonly toMs: number;
  readonly say: (time: string) => string;
  readonly over: string;
  /** Shown behind the time as long as it runs. */
  readonly children?: ReactNode;
}

/** A time that runs down, as text made by `say`; `over` once it is reached. */
export function Countdown({ toMs, say, over, children }: CountdownProps) {
  const now = useNow();
  const texts = useTexts();
  const leftMs = toMs - now;
  if (leftMs < 500) return over;
  return (
    <>
      {say(durationText(leftMs, texts))}
      {children}
    </>
  );
}
