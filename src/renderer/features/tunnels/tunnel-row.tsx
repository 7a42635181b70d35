import { memo, useDeferredValue, useId, type KeyboardEvent } from 'react';
import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import { switchTunnels } from '../../store/acts.ts';
import { usePage } from '../../store/page-store.ts';
import { showTunnel } from '../../store/route.ts';
import { useActs } from '../../store/use-act.ts';
import { useTexts } from '../../texts.ts';
import { LinkButton } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { Glyph, stateColor } from '../../ui/glyph.tsx';
import { Switch } from '../../ui/switch.tsx';
import { RowSparkline } from '../detail/sparkline.tsx';
import { Countdown } from './countdown.tsx';
import { doRowAct } from './do-row-act.ts';
import { ProductionTag } from './production-tag.tsx';
import { RowFlow } from './row-flow.tsx';
import { useRowTunnel } from './use-row-tunnel.ts';
import { RenameField } from './rename-field.tsx';
import styles from './tunnel-row.module.css';
import { useRowView } from './use-row-view.ts';

/** Words that take colour: those that want attention. */
const loud = new Set(['degraded', 'interactive', 'retrying', 'dead']);

interface RowProps {
  readonly name: string;
  readonly selected: boolean;
  /** The one row of the list that Tab reaches; arrows go on from it. */
  readonly tabStop: boolean;
}

/** A tunnel in the list. */
export const TunnelRow = memo(function TunnelRow({ name, ...rest }: RowProps) {
  // Hundreds of rows may change at once, as after a sleep: drawing them gives way to scrolling and keys.
  const tunnel = useDeferredValue(useRowTunnel(name));
  return tunnel === undefined ? null : <Row tunnel={tunnel} {...rest} />;
});

const Row = memo(function Row({ tunnel, selected, tabStop }: Omit<RowProps, 'name'> & { tunnel: TunnelStatus }) {
  const { name } = tunnel;
  const texts = useTexts();
  const page = useActs();
  const view = useRowView(tunnel);
  const wanted = usePage((state) => state.asked.get(name)) ?? tunnel.wanted;
  const { act } = view;
  const tabIndex = tabStop ? 0 : -1;
  const tagId = useId();
  const isRenaming = usePage((state) => state.renaming === name);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === ' ') void switchTunnels(page, [name], !wanted);
    else if (event.key === 'Enter' && act !== null) void doRowAct(page, name, act);
    else return;
    event.preventDefault();
  };

  const link =
    act === null ? null : (
      <LinkButton
        tabIndex={tabIndex}
        aria-label={act.kind === 'try-now' ? texts.rows.tryNowFor(name) : `${act.label} (${name})`}
        onClick={() => void doRowAct(page, name, act)}
      >
        {act.label}
      </LinkButton>
    );

  return (
    <li className={cx(styles['row'], selected && styles['selected'], view.state === 'stopped' && styles['isOff'])}>
      <button
        type="button"
        className={styles['open']}
        aria-label={texts.rows.row(name, view.word)}
        aria-describedby={tunnel.production ? tagId : undefined}
        aria-current={selected ? 'true' : undefined}
        data-row={name}
        tabIndex={tabIndex}
        onClick={() => showTunnel(name)}
        onKeyDown={onKeyDown}
      />
      <Glyph state={view.state} className={styles['shape']} />
      {isRenaming ? (
        <RenameField name={name} />
      ) : (
        <div className={styles['id']}>
          <div className={styles['title']}>
            <span className={styles['name']}>{name}</span>
            {tunnel.production ? <ProductionTag id={tagId} /> : null}
          </div>
          <div className={cx(styles['line'], view.lineIs === 'path' && styles['path'])} title={view.line}>
            {view.line}
          </div>
        </div>
      )}
      <div className={styles['right']}>
        <span className={styles['state']} title={view.since ?? undefined}>
          {view.state === 'running' || view.state === 'degraded' ? <RowSparkline name={name} /> : null}
          <span className={cx(styles['word'], loud.has(view.state) ? stateColor(view.state) : styles['calm'])}>
            {view.word}
          </span>
        </span>
        <span className={styles['figure']}>
          {view.nextTryAtMs === null ? (
            <>
              {tunnel.state.kind === 'running' ? <RowFlow tunnel={tunnel} /> : view.figure}
              {link}
            </>
          ) : (
            <Countdown toMs={view.nextTryAtMs} say={texts.rows.inTime} over={texts.rows.trying}>
              {link}
            </Countdown>
          )}
        </span>
      </div>
      <Switch
        className={styles['switch']}
        checked={wanted}
        label={texts.rows.keepUp(name)}
        tabIndex={tabIndex}
        onChange={(on) => void switchTunnels(page, [name], on)}
      />
    </li>
  );
});
