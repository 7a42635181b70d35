import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import { useBridge } from '../../bridge.ts';
import { bytesText, durationText, sinceText } from '../../format.ts';
import { forwardText } from '../../forward-text.ts';
import { useNow } from '../../store/now.ts';
import { useTexts } from '../../texts.ts';
import { Table, type Column } from '../../ui/table.tsx';
import { Section } from './section.tsx';
import { Sparkline } from './sparkline.tsx';
import { usageRows, type UsageRow } from './usage.ts';
import type { Detail } from './use-detail.ts';

/** Who uses the tunnel now, and who waits for it. */
export function UsageTables({ tunnel, detail }: { tunnel: TunnelStatus; detail: Detail }) {
  const texts = useTexts();
  const { language } = useBridge();
  const now = useNow();
  const rows = usageRows(detail.clients);
  const waiting = rows.filter((row) => row.leftMs !== null);
  const through = rows.filter((row) => row.leftMs === null);
  const text = (row: UsageRow) =>
    forwardText({ spec: row.spec, listen: listenOf(tunnel, row.spec) }, tunnel.host, texts);
  const program: Column<UsageRow> = {
    id: 'program',
    head: texts.usage.program,
    headHidden: true,
    width: 224,
    look: 'strong',
    cell: (row) => row.program ?? (text(row).here ? texts.usage.unknown : texts.usage.farSide),
  };
  return (
    <>
      {waiting.length === 0 ? null : (
        <Section title={texts.usage.waiting}>
          <Table
            label={texts.usage.waiting}
            rows={waiting}
            rowKey={(row) => row.key}
            columns={[
              program,
              {
                id: 'what',
                head: texts.usage.what,
                headHidden: true,
                look: 'soft',
                cell: (row) => texts.usage.waits(text(row).listen),
              },
              {
                id: 'left',
                head: texts.usage.left,
                headHidden: true,
                width: 90,
                right: true,
                cell: (row) => texts.usage.timeLeft(durationText(row.leftMs ?? 0, texts)),
              },
            ]}
          />
        </Section>
      )}
      {through.length === 0 ? null : (
        <Section title={texts.usage.inUseBy} aside={<Sparkline name={tunnel.name} />}>
          <Table
            label={texts.usage.inUseBy}
            rows={through}
            rowKey={(row) => row.key}
            columns={[
              program,
              {
                id: 'what',
                head: texts.usage.what,
                headHidden: true,
                look: 'soft',
                cell: (row) => texts.usage.connections(row.count, text(row).listen),
              },
              {
                id: 'since',
                head: texts.usage.since,
                headHidden: true,
                width: 120,
                right: true,
                look: 'soft',
                cell: (row) => texts.usage.sinceTime(sinceText(row.sinceMs, now, language)),
              },
              {
                id: 'bytes',
                head: texts.usage.bytes,
                headHidden: true,
                width: 84,
                right: true,
                cell: (row) => bytesText(row.bytes, language),
              },
            ]}
          />
        </Section>
      )}
    </>
  );
}

function listenOf(tunnel: TunnelStatus, spec: string): string | null {
  return tunnel.forwards.find((forward) => forward.spec === spec)?.listen ?? null;
}
