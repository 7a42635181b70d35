import { useEffect, useRef, useState } from 'react';
import { useBridge } from '../../bridge.ts';
import { LiveRegion } from '../../ui/live-region.tsx';
import { ChangedKeyPrompt } from './changed-key-prompt.tsx';
import { markCopies } from './copied-here.ts';
import { changedKeyIn } from './open-prompts.ts';
import { useChangedKey } from './prompt-layer.tsx';
import { waitingBehind } from './prompt-queue.ts';
import { SheetPlace } from './prompt-sheet.tsx';
import styles from './prompt-window.module.css';
import { PromptView } from './prompt-view.tsx';
import { useHosts, usePrompts } from './use-prompts.ts';
import { wayOf } from './way.ts';

/** The whole of a prompt window: open questions one after another, and changed keys that a person wants to review. It closes when there is none. */
export function PromptWindow() {
  const bridge = useBridge();
  const [wished, setWished] = useState<string | null>(null);
  const { isKnown, prompts, shown } = usePrompts(wished);
  const hosts = useHosts(shown?.id ?? null);
  const [review, setReview] = useState(() => changedKeyIn(location.hash));
  const changed = useChangedKey((key) => key.lookupName === review || key.tunnels.includes(review ?? ''));
  const root = useRef<HTMLElement>(null);

  useEffect(() => markCopies(document), []);
  /** Each time the shell shows the window, it is told anew if there is nothing to ask. */
  const [times, setTimes] = useState(0);
  useEffect(
    () =>
      bridge.onNavigate((page) => {
        setReview((now) => changedKeyIn(page) ?? now);
        setWished(/^prompts\/(.+)$/.exec(page)?.[1] ?? null);
        setTimes((now) => now + 1);
      }),
    [bridge],
  );
  useEffect(() => {
    const onHash = (): void => setReview((now) => changedKeyIn(location.hash) ?? now);
    window.addEventListener('hashchange', onHash);
    return () => window.removeEventListener('hashchange', onHash);
  }, []);

  const isReviewing = review !== null && changed !== 'none';
  const isDone = isKnown && shown === null && !isReviewing;
  useEffect(() => {
    if (isDone) void bridge.desktop?.('desktop.prompts-done', {});
  }, [bridge, isDone, times]);

  useEffect(() => {
    const element = root.current;
    if (element === null || bridge.desktop === null) return undefined;
    const tell = (): void => {
      const height = Math.ceil(element.getBoundingClientRect().height);
      if (height >= 80) void bridge.desktop?.('desktop.prompt-height', { height: Math.min(height, 1200) });
    };
    const observer = new ResizeObserver(tell);
    observer.observe(element);
    return () => observer.disconnect();
  }, [bridge]);

  return (
    <SheetPlace value="window">
      <main ref={root} className={styles['root']}>
        {review !== null && changed !== null && changed !== 'none' ? (
          <ChangedKeyPrompt key={changed.lookupName} changed={changed} onDone={() => setReview(null)} />
        ) : shown !== null ? (
          <PromptView
            prompt={shown}
            waiting={waitingBehind(prompts, shown)}
            way={wayOf(shown, hosts)}
            onPutAside={() => void bridge.desktop?.('desktop.prompts-done', {})}
          />
        ) : null}
        <LiveRegion />
      </main>
    </SheetPlace>
  );
}
