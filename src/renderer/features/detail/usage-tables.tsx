import { useState, type ReactNode } from 'react';
import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import { useBridge } from '../../bridge.ts';
import { bytesText, durationText, rateText, sinceText } from '../../format.ts';
import { forwardText } from '../../forward-text.ts';
import { useNow } from '../../store/now.ts';
import { useTexts } from '../../texts.ts';
import { Icon } from '../../ui/glyph.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { Section } from './section.tsx';
import { Sparkline } from './sparkline.tsx';
import styles from './usage-tables.module.css';
import { clientKey, usageRows, type Client, type UsageRow } from './usage.ts';
import type { Detail } from './use-detail.ts';

/** Who uses the tunnel now, and who waits for it. */
export function UsageTables({ tunnel, detail }: { tunnel: TunnelStatus; detail: Detail }) {
  const rows = usageRows(detail.clients, detail.rates);
  const waiting = rows.filter((row) => row.leftMs !== null);
  const through = rows.filter((row) => row.leftMs === null);
  return (
    <>
      {waiting.length === 0 ? null : <Waiting tunnel={tunnel} rows={waiting} readAtMs={detail.readAtMs} />}
      {through.length === 0 ? null : <InUseBy tunnel={tunnel} rows={through} rates={detail.rates} />}
    </>
  );
}

function useForwardText(tunnel: TunnelStatus) {
  const texts = useTexts();
  return (spec: string) => {
    const listen = tunnel.forwards.find((forward) => forward.spec === spec)?.listen ?? null;
    return forwardText({ spec, listen }, tunnel.host, texts);
  };
}

interface WaitingProps {
  readonly tunnel: TunnelStatus;
  readonly rows: readonly UsageRow[];
  readonly readAtMs: number;
}

/** Clients that came while the link was away. Their time runs down between two readings too; while a person is asked it stands still. */
function Waiting({ tunnel, rows, readAtMs }: WaitingProps) {
  const texts = useTexts();
  const now = useNow();
  const leftText = (leftMs: number) =>
    tunnel.state.kind === 'interactive'
      ? texts.usage.held
      : texts.usage.timeLeft(durationText(leftMs - Math.max(0, now - readAtMs), texts));
  const text = useForwardText(tunnel);
  const columns: readonly Column<UsageRow>[] = [
    {
      id: 'program',
      head: texts.usage.program,
      headHidden: true,
      width: 140,
      look: 'strong',
      cell: (row) => row.program ?? texts.usage.unknown,
    },
    {
      id: 'what',
      head: texts.usage.what,
      headHidden: true,
      look: 'soft',
      cell: (row) => texts.usage.waits(text(row.spec).listen),
    },
    {
      id: 'left',
      head: texts.usage.left,
      headHidden: true,
      width: 120,
      right: true,
      cell: (row) => leftText(row.leftMs ?? 0),
    },
  ];
  return (
    <Section title={texts.usage.waiting}>
      <Table label={texts.usage.waiting} rows={rows} rowKey={(row) => row.key} columns={columns} />
    </Section>
  );
}

/** A program, or below it one of its connections. */
type Line = { readonly row: UsageRow; readonly client: Client | null };

interface InUseByProps {
  readonly tunnel: TunnelStatus;
  readonly rows: readonly UsageRow[];
  readonly rates: Detail['rates'];
}

/** Programs with what flows through them; each opens to its connections. */
function InUseBy({ tunnel, rows, rates }: InUseByProps) {
  const texts = useTexts();
  const { language } = useBridge();
  const now = useNow(5000);
  const text = useForwardText(tunnel);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const toggle = (key: string) =>
    setOpened((before) => {
      const next = new Set(before);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  const lines = rows.flatMap((row): Line[] => [
    { row, client: null },
    ...(opened.has(row.key) ? row.clients.map((client) => ({ row, client })) : []),
  ]);
  const rateOf = ({ row, client }: Line): ReactNode => {
    const rate = client === null ? row.rate : (rates?.get(clientKey(client)) ?? null);
    if (rate === null) return '';
    return rate > 0 ? rateText(rate, language) : texts.rows.idle;
  };
  const columns: readonly Column<Line>[] = [
    {
      id: 'program',
      head: texts.usage.program,
      headHidden: true,
      width: 224,
      cell: ({ row, client }) =>
        client === null ? (
          <button
            type="button"
            className={styles['program']}
            aria-expanded={opened.has(row.key)}
            onClick={() => toggle(row.key)}
          >
            <Icon name="expand" size={12} className={opened.has(row.key) ? styles['opened'] : undefined} />
            <span>{row.program ?? texts.usage.unknown}</span>
          </button>
        ) : (
          <span className={styles['peer']}>{peerText(client, texts.usage.pid)}</span>
        ),
    },
    {
      id: 'what',
      head: texts.usage.what,
      headHidden: true,
      look: 'soft',
      cell: ({ row, client }) => {
        if (client !== null)
          return texts.usage.flowed(bytesText(client.bytesIn, language), bytesText(client.bytesOut, language));
        const { here, listen } = text(row.spec);
        const connections = texts.usage.connections(row.clients.length, listen);
        return here ? connections : texts.usage.onHost(tunnel.host, connections);
      },
    },
    {
      id: 'since',
      head: texts.usage.since,
      headHidden: true,
      width: 120,
      right: true,
      look: 'soft',
      cell: ({ row, client }) =>
        client === null
          ? texts.usage.sinceTime(sinceText(row.sinceMs, now, language))
          : texts.usage.openFor(durationText(now - client.sinceMs, texts)),
    },
    { id: 'rate', head: texts.usage.rate, headHidden: true, width: 84, right: true, cell: rateOf },
  ];
  return (
    <Section title={texts.usage.inUseBy} aside={<Sparkline name={tunnel.name} />}>
      <Table
        label={texts.usage.inUseBy}
        rows={lines}
        rowKey={({ row, client }) => (client === null ? row.key : clientKey(client))}
        columns={columns}
      />
    </Section>
  );
}

function peerText({ peer, pid }: Client, pidText: (pid: number) => string): string {
  return [peer, ...(pid === null ? [] : [pidText(pid)])].filter((part) => part !== '').join(', ');
}
