import { contractVersion } from '../../../shared/contract/calls.ts';
import { useEffect, useMemo, useState } from 'react';
import { useBridge } from '../../bridge.ts';
import { clockText, durationText, sameDay, sinceText } from '../../format.ts';
import { usePage } from '../../store/page-store.ts';
import { showTunnel } from '../../store/route.ts';
import { useHistory } from '../../store/use-history.ts';
import { useTexts } from '../../texts.ts';
import { LinkButton } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Checkbox, FindField } from '../../ui/field.tsx';
import { Glyph } from '../../ui/glyph.tsx';
import { activityDays, type ActivityLine } from './activity-view.ts';
import styles from './activity-page.module.css';

const limit = 1000;
const dayMs = 86_400_000;

/** What happened to all tunnels, newest first: causes and repairs. */
export function ActivityPage() {
  const texts = useTexts();
  const events = useHistory(null, limit);
  const [find, setFind] = useState('');
  const [onlyDrops, setOnlyDrops] = useState(false);
  const { causeSays } = texts;
  const days = useMemo(
    () => activityDays(events ?? [], find, onlyDrops, causeSays),
    [events, find, onlyDrops, causeSays],
  );
  if (events === null) return <div className={styles['page']} />;
  if (events.length === 0) return <NothingYet />;
  return (
    <div className={styles['page']}>
      <div className={styles['head']}>
        <h2>{texts.activity.title}</h2>
        <FindField label={texts.activity.find} value={find} onFind={setFind} />
        <Checkbox
          label={texts.activity.onlyDrops}
          checked={onlyDrops}
          onChange={(event) => setOnlyDrops(event.target.checked)}
        />
      </div>
      {days.length === 0 ? <p className="t2">{texts.activity.noMatch}</p> : null}
      {days.map((day) => (
        <section key={day.atMs} className={styles['day']}>
          <DayName atMs={day.atMs} />
          <ol>
            {day.lines.map((line) => (
              <Line key={`${line.event.atMs} ${line.event.tunnel} ${line.what}`} line={line} />
            ))}
          </ol>
        </section>
      ))}
    </div>
  );
}

function DayName({ atMs }: { atMs: number }) {
  const texts = useTexts();
  const { language } = useBridge();
  const now = Date.now();
  const name = sameDay(atMs, now)
    ? texts.activity.today
    : sameDay(atMs, now - dayMs)
      ? texts.activity.yesterday
      : new Intl.DateTimeFormat(language, { weekday: 'long', day: 'numeric', month: 'long' }).format(atMs);
  return <h3>{name}</h3>;
}

function Line({ line: { event, what, shape, backAtMs, asleepAtMs } }: { line: ActivityLine }) {
  const texts = useTexts();
  const { language } = useBridge();
  const known = usePage((page) => page.tunnels.has(event.tunnel));
  const text = event.cause === null ? texts.activity.what[what] : texts.causeSays(event.cause);
  return (
    <li className={styles['line']}>
      <time className={styles['time']} dateTime={new Date(event.atMs).toISOString()}>
        {clockText(event.atMs, language)}
      </time>
      <Glyph state={shape} className={what === 'started' ? styles['still'] : undefined} />
      <span className={styles['tunnel']}>
        {known ? (
          <LinkButton onClick={() => showTunnel(event.tunnel)}>{event.tunnel}</LinkButton>
        ) : (
          event.tunnel || texts.path.here
        )}
      </span>
      <span className={styles['text']} title={text}>
        {event.cause === null ? null : <span className="vh">{texts.activity.what[what]}: </span>}
        {text}
      </span>
      <span className={styles['after']}>
        {backAtMs === null ? '' : texts.day.backAfter(durationText(backAtMs - event.atMs, texts))}
        {asleepAtMs === null ? '' : texts.day.sleptFor(durationText(event.atMs - asleepAtMs, texts))}
      </span>
    </li>
  );
}

function NothingYet() {
  const texts = useTexts();
  const bridge = useBridge();
  const [sinceMs, setSinceMs] = useState<number | null>(null);
  useEffect(() => {
    let stopped = false;
    void bridge.call('hello', { client: bridge.shell, contract: contractVersion }).then((result) => {
      if (!stopped && result.ok) setSinceMs(result.output.startedAtMs);
    });
    return () => {
      stopped = true;
    };
  }, [bridge]);
  if (sinceMs === null) return <div className={styles['page']} />;
  return (
    <div className={styles['page']}>
      <EmptyState
        title={texts.activity.empty(sinceText(sinceMs, Date.now(), bridge.language))}
        text={texts.activity.emptyText}
      />
    </div>
  );
}
