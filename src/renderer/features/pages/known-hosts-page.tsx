import { useCallback, useEffect, useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { useBridge } from '../../bridge.ts';
import { useTexts } from '../../texts.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { FindField } from '../../ui/field.tsx';
import { announce } from '../../ui/live-region.tsx';
import { Table } from '../../ui/table.tsx';
import { Tag } from '../../ui/tag.tsx';
import { keyTypeName } from '../prompts/fingerprint.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { matches } from './matches.ts';
import { PageShell } from './page-shell.tsx';
import styles from './pages.module.css';
import { usePageTexts } from './texts.ts';

type Entry = CallOutput<'known-hosts.list'>[number];

/** As many rows as are drawn at once; the find field narrows the rest. */
const mostRows = 400;
const findDelayMs = 200;

/** The known host keys of every file, to look through and to forget. */
export function KnownHostsPage() {
  const all = usePageTexts();
  const texts = all.knownHosts;
  const { errorText } = useTexts();
  const bridge = useBridge();
  const [entries, setEntries] = useState<readonly Entry[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [find, setFind] = useState('');
  const [leaving, setLeaving] = useState<Entry | null>(null);
  const reload = useCallback(async () => {
    const result = await bridge.call('known-hosts.list', find.trim() === '' ? {} : { find: find.trim() });
    if (result.ok) setEntries(result.output);
    setProblem(result.ok ? null : errorText(result.error));
  }, [bridge, find]);
  // Asked again while one types: only the engine can tell whose name a hash is.
  useEffect(() => {
    const timer = setTimeout(() => void reload(), find === '' ? 0 : findDelayMs);
    return () => clearTimeout(timer);
  }, [reload, find]);

  const isHidden = (entry: Entry): boolean => entry.hashed && entry.names !== find.trim();
  const nameOf = (entry: Entry): string => (isHidden(entry) ? texts.hashed : entry.names);
  const shown = (entries ?? []).filter((entry) =>
    matches(find, [nameOf(entry), entry.keyType, keyTypeName(entry.keyType), entry.fingerprint, entry.file]),
  );
  const remove = async (entry: Entry): Promise<void> => {
    setLeaving(null);
    const result = await bridge.call('known-hosts.remove', { file: entry.file, name: firstName(entry) });
    if (result.ok) announce(texts.removed(result.output.removed, firstName(entry)));
    else setProblem(errorText(result.error));
    if (result.ok) await reload();
  };
  return (
    <PageShell page="known-hosts" title={texts.title} lead={texts.lead} isWide>
      <div className={styles['bar']}>
        <FindField label={texts.find} value={find} onFind={setFind} />
        <span className={styles['count']} role="status">
          {entries === null ? null : texts.count(shown.length)}
        </span>
      </div>
      {problem === null ? null : (
        <p role="alert" className={styles['note']}>
          {problem}
        </p>
      )}
      {entries === null ? null : entries.length === 0 ? (
        <EmptyState title={texts.none} text={texts.noneText} />
      ) : shown.length === 0 ? (
        <p className={styles['quietNote']}>
          {all.nothingFound(find)} {entries.some(isHidden) ? texts.hashedHint : null}
        </p>
      ) : (
        <Table
          label={texts.title}
          rows={shown.slice(0, mostRows)}
          rowKey={(entry) => `${entry.file}:${entry.line}`}
          columns={[
            {
              id: 'names',
              head: texts.names,
              width: 170,
              look: 'strong',
              cell: (entry) => (
                <span title={nameOf(entry)}>
                  <span className={isHidden(entry) ? 't3' : undefined}>{nameOf(entry)}</span>{' '}
                  {entry.marker === null ? null : <Tag>{markerName(entry.marker, texts.markers)}</Tag>}
                </span>
              ),
            },
            { id: 'key', head: texts.key, width: 84, look: 'soft', cell: (entry) => keyTypeName(entry.keyType) },
            {
              id: 'fingerprint',
              head: texts.fingerprint,
              look: 'mono',
              cell: (entry) => <span title={entry.fingerprint}>{entry.fingerprint.replace(/^SHA256:/, '')}</span>,
            },
            {
              id: 'file',
              head: texts.file,
              width: 172,
              look: 'soft',
              cell: (entry) => (
                <span title={entry.file}>{texts.line(entry.file.split(/[\\/]/).at(-1) ?? entry.file, entry.line)}</span>
              ),
            },
            {
              id: 'acts',
              head: texts.acts,
              headHidden: true,
              width: 92,
              right: true,
              cell: (entry) =>
                entry.removable ? (
                  <Button kind="quiet" aria-label={texts.removeLabel(nameOf(entry))} onClick={() => setLeaving(entry)}>
                    {texts.remove}
                  </Button>
                ) : (
                  <span className="t3" title={isHidden(entry) ? texts.hashedHint : texts.fixed}>
                    {isHidden(entry) ? texts.unnamed : texts.readOnly}
                  </span>
                ),
            },
          ]}
        />
      )}
      {leaving === null ? null : (
        <ConfirmDialog
          title={texts.removeTitle(nameOf(leaving))}
          text={texts.removeText(leaving.file)}
          yes={texts.removeYes}
          no={all.cancel}
          onCancel={() => setLeaving(null)}
          onYes={() => void remove(leaving)}
        />
      )}
    </PageShell>
  );
}

/** The name by which the engine finds the line. */
function firstName(entry: Entry): string {
  return entry.names.split(',')[0] ?? entry.names;
}

function markerName(marker: string, names: Readonly<Record<string, string>>): string {
  const bare = marker.replace(/^@/, '');
  return names[bare] ?? bare;
}
