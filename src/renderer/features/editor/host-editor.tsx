import { useEffect, useMemo, useRef, useState } from 'react';
import { announce } from '../../ui/live-region.tsx';
import { Button } from '../../ui/button.tsx';
import { problemsOf } from './field-problems.ts';
import { FormPage, Note } from './form-section.tsx';
import { addHostEdits, changeHostEdits, draftOfHost, emptyHost, type HostDraft, usersOfHost } from './host-draft.ts';
import { HostForm } from './host-form.tsx';
import { mergeFields } from './merge-draft.ts';
import { type OutsideChange, OutsideNote } from './outside-change.tsx';
import { ConfirmDialog } from '../pages/confirm-dialog.tsx';
import { RemoveDialog } from './remove-dialog.tsx';
import { SaveBar } from './save-bar.tsx';
import { useEditorTexts } from './texts.ts';
import { useUnsaved } from './unsaved.tsx';
import { UsageNotes } from './usage-notes.tsx';
import { type Config, type ConfigView, useConfig, useDryRun, useSave } from './use-config.ts';

/** The page of a host by itself. */
export function HostPage({ name, onDone }: { name: string | null; onDone: () => void }) {
  const config = useConfig();
  const texts = useEditorTexts();
  /** Once it was there, the form stays, whatever becomes of the file. */
  const wasThere = useRef(false);
  if (config.view === null) return config.problem === null ? null : <Note tone="dead">{config.problem}</Note>;
  if (config.view.hosts.some((host) => host.name === name)) wasThere.current = true;
  if (name !== null && !wasThere.current) {
    return (
      <FormPage
        title={texts.editHost(name)}
        lead={texts.notFound(name)}
        buttons={<Button onClick={onDone}>{texts.cancel}</Button>}
      >
        {null}
      </FormPage>
    );
  }
  return <HostEditor config={config} view={config.view} name={name} onDone={onDone} />;
}

interface HostEditorProps {
  readonly config: Config;
  readonly view: ConfigView;
  /** Null: a new host. */
  readonly name: string | null;
  /** The name of the saved host, null if nothing was saved. */
  readonly onDone: (name: string | null) => void;
}

export function HostEditor({ config, view, name, onDone }: HostEditorProps) {
  const texts = useEditorTexts();
  const save = useSave();
  const [saved, setSaved] = useState(() => view.hosts.find((host) => host.name === name) ?? null);
  const [outside, setOutside] = useState<OutsideChange | null>(null);
  const [draft, setDraft] = useState<HostDraft>(() => (saved === null ? emptyHost : draftOfHost(saved)));
  const [failure, setFailure] = useState<string | null>(null);
  const [isSaving, setSaving] = useState(false);
  const [isRemoving, setRemoving] = useState(false);
  const [isLeaving, setLeaving] = useState(false);
  const edits = saved === null ? addHostEdits(draft) : changeHostEdits(saved, draft);
  const isEmpty = draft.name.trim() === '';
  const dryRun = useDryRun(isEmpty ? [] : edits);
  const found = problemsOf(dryRun.check?.problems ?? [], 'hosts', draft.name.trim());
  const inUse = dryRun.check?.inUse ?? [];
  const isDirty = saved === null ? draft !== emptyHost : edits.length > 0;
  const { question, letGo } = useUnsaved({
    isDirty,
    what: draft.name.trim() === '' ? texts.newHost : draft.name.trim(),
    onEscape: () => (isDirty ? setLeaving(true) : onDone(null)),
  });
  /** Our own edit is on its way: what changes then is no news. */
  const isOurs = useRef(false);
  useEffect(() => {
    if (name === null || isOurs.current) return;
    const now = view.hosts.find((host) => host.name === name) ?? null;
    if (JSON.stringify(now?.values) === JSON.stringify(saved?.values)) return;
    setSaved(now);
    if (now === null) return setOutside({ kind: 'gone' });
    const theirs = draftOfHost(now);
    const merged = mergeFields(saved === null ? draft.texts : draftOfHost(saved).texts, draft.texts, theirs.texts);
    setDraft({ name: now.name, texts: merged.draft });
    setOutside(merged.conflicts.length > 0 ? { kind: 'conflict', keys: merged.conflicts } : { kind: 'merged' });
  }, [view, name, saved, draft]);
  const users = useMemo(() => (saved === null ? [] : usersOfHost(saved.name, view.hosts, view.tunnels)), [saved, view]);

  const write = async (list: typeof edits): Promise<boolean> => {
    setSaving(true);
    setFailure(null);
    isOurs.current = true;
    const outcome = list.length === 0 ? null : await save(list);
    setSaving(false);
    if (outcome === null || outcome.kind === 'saved') {
      await config.reload();
      letGo();
      return true;
    }
    isOurs.current = false;
    setFailure(
      outcome.kind === 'failed'
        ? outcome.problem
        : outcome.check.problems.map(({ key, message }) => `${key}: ${message}`).join(' '),
    );
    return false;
  };
  const submit = async (): Promise<void> => {
    if (!(await write(edits))) return;
    announce(edits.length === 0 ? texts.unchanged : texts.saved(draft.name.trim()));
    onDone(draft.name.trim());
  };

  const giveUp = (): void => {
    letGo();
    onDone(null);
  };

  return (
    <FormPage
      title={saved === null ? texts.newHost : texts.editHost(saved.name)}
      lead={view.readOnlyReason === null ? texts.keepsComments(view.file) : texts.readOnly(view.readOnlyReason)}
      buttons={
        <SaveBar
          isOff={
            isSaving ||
            isEmpty ||
            outside?.kind === 'conflict' ||
            view.readOnlyReason !== null ||
            (dryRun.check?.problems.length ?? 0) > 0
          }
          endsClients={inUse.length > 0}
          onSave={() => void submit()}
          onCancel={giveUp}
          aside={
            saved === null ? null : (
              <Button kind="quiet" disabled={view.readOnlyReason !== null} onClick={() => setRemoving(true)}>
                {texts.removeHost}
              </Button>
            )
          }
        />
      }
    >
      {outside === null ? null : (
        <OutsideNote
          change={outside}
          name={name ?? ''}
          onTakeFile={() => {
            if (saved !== null) setDraft(draftOfHost(saved));
            setOutside(null);
          }}
          onKeepMine={() => setOutside(null)}
        />
      )}
      <HostForm draft={draft} isNew={saved === null} hosts={view.hosts} problems={found} onChange={setDraft} />
      {found.others.map((problem) => (
        <Note key={problem} tone="dead">
          {problem}
        </Note>
      ))}
      <UsageNotes check={dryRun.check} />
      {question}
      {isLeaving ? (
        <ConfirmDialog
          title={texts.unsaved.title}
          text={texts.unsaved.text(draft.name.trim() === '' ? texts.newHost : draft.name.trim())}
          yes={texts.unsaved.discard}
          no={texts.unsaved.keep}
          onYes={giveUp}
          onCancel={() => setLeaving(false)}
        />
      ) : null}
      {failure === null && dryRun.problem === null ? null : <Note tone="dead">{failure ?? dryRun.problem}</Note>}
      {isRemoving && saved !== null ? (
        <RemoveDialog
          title={texts.removeHostTitle(saved.name)}
          text={users.length > 0 ? texts.hostInUse(users.join(', ')) : texts.removeHostText}
          edits={[{ op: 'remove-host', name: saved.name }]}
          onCancel={() => setRemoving(false)}
          onRemove={async () => {
            setRemoving(false);
            if (await write([{ op: 'remove-host', name: saved.name }])) onDone(null);
          }}
        />
      ) : null}
    </FormPage>
  );
}
