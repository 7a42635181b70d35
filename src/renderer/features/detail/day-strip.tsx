import type { HistoryEvent } from '../../../shared/contract/calls.ts';
import type { WindowTexts } from '../../../shared/i18n/window-en.ts';
import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import { useBridge } from '../../bridge.ts';
import { clockText, durationText, numberText } from '../../format.ts';
import { useNow } from '../../store/now.ts';
import { useTexts } from '../../texts.ts';
import { dayMs, dayView, type Drop } from './day-view.ts';
import styles from './day-strip.module.css';
import { Section } from './section.tsx';

/** The strip is minutes wide at best: often enough. */
const redrawMs = 5000;
const shownDrops = 6;

/** When the tunnel was up in the last 24 hours, where it dropped, why, and how soon it was back. */
export function DayStrip({ tunnel, history }: { tunnel: TunnelStatus; history: readonly HistoryEvent[] }) {
  const texts = useTexts();
  const { language } = useBridge();
  const now = useNow(redrawMs);
  const view = dayView(history, now, tunnel.state.kind === 'running' ? tunnel.state.sinceMs : null);
  const percent = view.upShare === null ? null : percentText(view.upShare, language);
  const place = (fromMs: number, toMs: number) => ({
    left: `${(100 * (fromMs - now + dayMs)) / dayMs}%`,
    width: `${(100 * (toMs - fromMs)) / dayMs}%`,
  });
  const scale = [0, 6, 12, 18].map((hours) => clockText(now - dayMs + hours * 3_600_000, language));
  const down = view.downMs < 1000 ? null : durationText(view.downMs, texts);
  return (
    <Section
      title={texts.day.title}
      aside={
        percent === null
          ? texts.day.noRecord
          : view.upShare === 0 && down !== null
            ? texts.day.neverUp(down)
            : texts.day.summary(percent, view.drops.length, down)
      }
    >
      <div
        className={styles['strip']}
        role="img"
        aria-label={percent === null ? texts.day.noRecord : texts.day.label(percent, view.drops.length)}
      >
        {view.spans.map((span) => (
          <i
            key={`${span.kind}${span.fromMs}`}
            className={styles[span.kind]}
            style={place(span.fromMs, span.toMs)}
            title={texts.day.span[span.kind](clockText(span.fromMs, language), clockText(span.toMs, language))}
          />
        ))}
        {view.drops.map((drop) => (
          <i
            key={drop.fromMs}
            className={styles['drop']}
            style={place(drop.fromMs, drop.toMs ?? now)}
            title={`${clockText(drop.fromMs, language)} ${why(drop, texts)}`}
          />
        ))}
      </div>
      <div className={styles['scale']} aria-hidden="true">
        {scale.map((text) => (
          <span key={text}>{text}</span>
        ))}
        <span>{texts.day.now}</span>
      </div>
      {view.drops.length === 0 ? null : (
        <ul className={styles['drops']}>
          {view.drops
            .slice(-shownDrops)
            .reverse()
            .map((drop) => (
              <li key={drop.fromMs}>
                <span className={styles['soft']}>{clockText(drop.fromMs, language)}</span>
                <span className={styles['why']} title={drop.cause === null ? undefined : texts.causeSays(drop.cause)}>
                  {why(drop, texts)}
                </span>
                <span className={styles[drop.toMs === null ? 'down' : 'soft']}>
                  {drop.toMs === null
                    ? texts.day.stillDown(durationText(now - drop.fromMs, texts))
                    : drop.switchedOff
                      ? texts.day.switchedOff
                      : texts.day.backAfter(durationText(drop.toMs - drop.fromMs, texts))}
                </span>
              </li>
            ))}
        </ul>
      )}
    </Section>
  );
}

/** The cause in a line. What the link said of its end is no news after a sleep. */
function why(drop: Drop, texts: WindowTexts): string {
  if (drop.afterSleep) return texts.day.woke;
  return drop.cause === null ? texts.day.noReason : texts.causeSays(drop.cause);
}

/** `99.9`: never rounded up to 100 when there was a drop. */
function percentText(share: number, language: string): string {
  const floored = Math.floor(share * 1000) / 10;
  return numberText(floored, language, 1);
}
