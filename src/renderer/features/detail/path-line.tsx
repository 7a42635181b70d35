import type { WindowTexts } from '../../../shared/i18n/window-en.ts';
import type { TunnelState } from '../../../shared/model/tunnel.ts';
import { useBridge } from '../../bridge.ts';
import { durationText, numberText } from '../../format.ts';
import { useNow } from '../../store/now.ts';
import { shownPort } from '../../forward-text.ts';
import { useTexts } from '../../texts.ts';
import { cx } from '../../ui/cx.ts';
import { Glyph } from '../../ui/glyph.tsx';
import styles from './path-line.module.css';
import type { Detail } from './use-detail.ts';

type Station = Detail['path'][number];

const dots = { ok: 'dotOk', working: 'dotWorking', broken: 'dotBroken', later: 'dotLater', idle: 'dotIdle' } as const;
const legs = { ok: 'legOk', working: 'legWorking', broken: 'legBroken', later: 'legLater', idle: 'legIdle' } as const;

/** The way from this computer to the target: a station a hop, and what each leg takes. A fault stands where it is. */
export function PathLine({ path, state }: { path: readonly Station[]; state: TunnelState }) {
  const columns = `repeat(${Math.max(1, path.length - 1)}, minmax(0, 1fr)) minmax(40px, auto)`;
  return (
    <ol className={styles['path']} style={{ gridTemplateColumns: columns }}>
      {path.map((station, index) => (
        <StationMark key={`${index}-${station.name}`} station={station} next={path[index + 1]} state={state} />
      ))}
    </ol>
  );
}

/** A station and the leg that leaves it (the next station knows how that leg is). */
function StationMark({ station, next, state }: { station: Station; next: Station | undefined; state: TunnelState }) {
  const texts = useTexts();
  const leg =
    next === undefined ? 'legNone' : next.state === 'broken' && state.kind === 'dead' ? 'legGone' : legs[next.state];
  return (
    <li
      className={cx(styles['station'], (station.state === 'later' || station.state === 'broken') && styles['behind'])}
    >
      <div className={styles['who']} title={station.name}>
        {station.kind === 'here' ? texts.path.here : station.name}
        <span className="vh">, {texts.path.stations[station.state]}</span>
      </div>
      <div className={styles['address']} title={addressText(station)}>
        {addressText(station) || '\u00a0'}
      </div>
      <div className={cx(styles['track'], styles[dots[station.state]], styles[leg])}>
        <LegTime leg={next} state={state} />
      </div>
    </li>
  );
}

/** A bare port of this computer is one of loopback. */
function addressText({ kind, address }: Station): string {
  return shownPort(kind === 'here' && /^\d+$/.test(address) ? `localhost:${address}` : address);
}

function LegTime({ leg, state }: { leg: Station | undefined; state: TunnelState }) {
  const texts = useTexts();
  const { language } = useBridge();
  if (leg === undefined) return null;
  if (leg.state === 'broken')
    return (
      <span className={styles['time']} title={leg.cause === null ? undefined : texts.causeSays(leg.cause)}>
        {brokenText(state, texts)}
      </span>
    );
  if (leg.state === 'working') return <span className={styles['time']}>{workingText(state, texts)}</span>;
  if (leg.legMs === null) return null;
  return <span className={styles['time']}>{texts.path.ms(msText(leg.legMs, language))}</span>;
}

function brokenText(state: TunnelState, texts: WindowTexts): string {
  const cause = state.kind === 'running' ? state.degraded : 'cause' in state ? state.cause : null;
  return (cause === null ? undefined : texts.path.faults[cause.code]) ?? texts.path.broken;
}

function workingText(state: TunnelState, texts: WindowTexts): string {
  return state.kind === 'starting' ? texts.path.working[state.phase] : texts.path.asking;
}

function msText(ms: number, language: string): string {
  return numberText(ms, language, ms < 9.95 ? 1 : 0);
}

/** The last check; how far it went is up to the probe. */
export function ProbeLine({ probe }: { probe: NonNullable<Detail['lastProbe']> }) {
  const texts = useTexts();
  const { language } = useBridge();
  const now = useNow();
  const ago = durationText(now - probe.atMs, texts);
  return (
    <p className={styles['probe']}>
      <Glyph state={probe.ms === null ? 'retrying' : 'running'} size={14} />
      <span>{probe.ms === null ? texts.path.probeFailed(ago) : texts.path.probe(msText(probe.ms, language), ago)}</span>
    </p>
  );
}
