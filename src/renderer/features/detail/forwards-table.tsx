import type { ForwardStatus, TunnelStatus } from '../../../shared/model/tunnel.ts';
import { useBridge } from '../../bridge.ts';
import { bytesText } from '../../format.ts';
import { browserAddress, forwardText } from '../../forward-text.ts';
import { openAddress, switchForward } from '../../store/acts.ts';
import { useActs } from '../../store/use-act.ts';
import { useTexts } from '../../texts.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { cx } from '../../ui/cx.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { Switch } from '../../ui/switch.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import styles from './forwards-table.module.css';
import type { Detail } from './use-detail.ts';

/** The forwards of a tunnel, each with its own switch. */
export function ForwardsTable({ tunnel, detail }: { tunnel: TunnelStatus; detail: Detail | null }) {
  const texts = useTexts();
  const page = useActs();
  const { language } = useBridge();
  const down = tunnel.state.kind !== 'running';
  const parkedAt = (spec: string) =>
    detail?.clients.filter((client) => client.spec === spec && client.parkedLeftMs !== null).length ?? 0;
  const columns: readonly Column<ForwardStatus>[] = [
    {
      id: 'listen',
      head: texts.forwards.listensOn,
      width: 206,
      look: 'mono',
      cell: (forward) => <ListenCell forward={forward} host={tunnel.host} />,
    },
    { id: 'arrow', head: texts.forwards.direction, headHidden: true, width: 26, look: 'soft', cell: () => '→' },
    {
      id: 'target',
      head: texts.forwards.goesTo,
      look: 'mono',
      cell: (forward) => <TargetCell forward={forward} host={tunnel.host} />,
    },
    {
      id: 'clients',
      head: down && tunnel.parked > 0 ? texts.forwards.waiting : texts.forwards.clients,
      width: 66,
      right: true,
      cell: (forward) => (down && tunnel.parked > 0 ? parkedAt(forward.spec) : forward.clients),
    },
    {
      id: 'in',
      head: texts.forwards.received,
      width: 80,
      right: true,
      cell: (forward) => bytesText(forward.bytesIn, language),
    },
    {
      id: 'out',
      head: texts.forwards.sent,
      width: 80,
      right: true,
      cell: (forward) => bytesText(forward.bytesOut, language),
    },
    {
      id: 'on',
      head: texts.forwards.on,
      headHidden: true,
      width: 46,
      right: true,
      cell: (forward) => (
        <Switch
          checked={forward.state !== 'off' || !tunnel.wanted}
          disabled={!tunnel.wanted}
          label={texts.forwards.forward(forwardText(forward, tunnel.host, texts).listen)}
          onChange={(on) => void switchForward(page, tunnel.name, forward.spec, on)}
        />
      ),
    },
  ];
  return (
    <div className={styles['table']}>
      <Table label={texts.forwards.title} columns={columns} rows={tunnel.forwards} rowKey={(forward) => forward.spec} />
    </div>
  );
}

function ListenCell({ forward, host }: { forward: ForwardStatus; host: string }) {
  const texts = useTexts();
  const page = useActs();
  const text = forwardText(forward, host, texts);
  const url = browserAddress(text);
  return (
    <div className={cx(styles['listen'], forward.state === 'off' && styles['off'])} title={text.listen}>
      <span>{text.listen}</span>
      <span>
        {text.here ? <CopyButton text={text.listen} label={texts.detail.copyAddressOf(text.listen)} /> : null}
        {url !== null && (forward.state === 'up' || forward.state === 'listening') ? (
          <IconButton
            icon="open"
            label={texts.detail.openOf(text.listen)}
            onClick={() => void openAddress(page, url)}
          />
        ) : null}
      </span>
    </div>
  );
}

function TargetCell({ forward, host }: { forward: ForwardStatus; host: string }) {
  const texts = useTexts();
  const { target } = forwardText(forward, host, texts);
  if (forward.state === 'off') return <span className={styles['off']}>{target}</span>;
  if (forward.cause === null) return <span title={target}>{target}</span>;
  return (
    <span className={styles['fault']} title={texts.errorText(forward.cause)}>
      {target}
    </span>
  );
}
