import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { LogLine } from '../../../shared/contract/calls.ts';
import { useBridge } from '../../bridge.ts';
import { useCopy } from '../../store/copy.ts';
import { useTexts } from '../../texts.ts';
import { Button } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { FindField } from '../../ui/field.tsx';
import { copyText, fieldsText, filterLines, levelOf, levels, lineId, type Level } from './log-lines.ts';
import styles from './log-tab.module.css';
import { useLog } from './use-log.ts';

/** So near the end counts as at the end. */
const nearPx = 24;
const marks: Record<Level, string> = { debug: '·', info: '', warn: '!', error: '×' };

/** The tunnel's log as it grows. It follows only while the person is at its end. */
export function LogTab({ tunnel }: { tunnel: string }) {
  const texts = useTexts();
  const copy = useCopy();
  const lines = useLog(tunnel);
  const [chosen, setChosen] = useState<ReadonlySet<Level>>(new Set(['info', 'warn', 'error']));
  const [find, setFind] = useState('');
  const shown = useMemo(() => filterLines(lines ?? [], chosen, find), [lines, chosen, find]);
  const toggle = (level: Level) => {
    const next = new Set(chosen);
    if (!next.delete(level)) next.add(level);
    setChosen(next);
  };
  return (
    <div className={styles['log']}>
      <div className={styles['tools']}>
        <div className={styles['find']}>
          <FindField label={texts.log.find} value={find} onFind={setFind} />
        </div>
        <div className={styles['chips']} role="group" aria-label={texts.log.levels}>
          {levels.map((level) => (
            <button
              key={level}
              type="button"
              className={styles['chip']}
              aria-pressed={chosen.has(level)}
              onClick={() => toggle(level)}
            >
              {texts.log.level[level]}
            </button>
          ))}
        </div>
        <Button kind="quiet" disabled={shown.length === 0} onClick={() => void copy(copyText(shown))}>
          {texts.log.copy}
        </Button>
      </div>
      <Lines lines={shown} none={lines === null ? '' : lines.length === 0 ? texts.log.empty : texts.log.noMatch} />
    </div>
  );
}

function Lines({ lines, none }: { lines: readonly LogLine[]; none: string }) {
  const texts = useTexts();
  const { language } = useBridge();
  const box = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const time = useMemo(
    () =>
      new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }),
    [language],
  );
  useLayoutEffect(() => {
    if (following && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [lines, following]);
  const onScroll = () => {
    const element = box.current;
    if (element !== null) setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < nearPx);
  };
  return (
    // Scrolls by keys too, so it takes the focus.
    <div
      className={styles['lines']}
      ref={box}
      onScroll={onScroll}
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={texts.log.lines}
    >
      {lines.length === 0 ? <p className={styles['none']}>{none}</p> : null}
      {lines.map((line) => (
        <div key={lineId(line)} className={cx(styles['line'], styles[levelOf(line)])}>
          <span className={styles['time']}>{time.format(line.atMs)}</span>
          <span className={styles['mark']} aria-hidden="true">
            {marks[levelOf(line)]}
          </span>
          <span className={styles['text']}>
            {line.message} <span className={styles['fields']}>{fieldsText(line)}</span>
          </span>
        </div>
      ))}
      {following || lines.length === 0 ? null : (
        <div className={styles['follow']}>
          <Button onClick={() => setFollowing(true)}>{texts.log.toBottom}</Button>
        </div>
      )}
    </div>
  );
}
