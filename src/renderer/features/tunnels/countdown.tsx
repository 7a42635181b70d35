import { durationText } from '../../format.ts';
import { useNow } from '../../store/now.ts';
import { useTexts } from '../../texts.ts';

/** A time that runs down, as text made by `say`; `over` once it is reached. */
export function Countdown({ toMs, say, over }: { toMs: number; say: (time: string) => string; over: string }) {
  const now = useNow();
  const texts = useTexts();
  const leftMs = toMs - now;
  return leftMs < 500 ? over : say(durationText(leftMs, texts));
}
