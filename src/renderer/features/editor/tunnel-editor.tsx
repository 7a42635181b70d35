import { useEffect, useMemo, useRef, useState } from 'react';
import type { ConfigEdit } from '../../../shared/contract/editing-calls.ts';
import { useBridge } from '../../bridge.ts';
import { useTexts } from '../../texts.ts';
import { useCopy } from '../../store/copy.ts';
import { showTunnel } from '../../store/route.ts';
import { Button } from '../../ui/button.tsx';
import { announce } from '../../ui/live-region.tsx';
import { PickSshHosts } from '../pages/pick-ssh-hosts.tsx';
import { useCommandConsent } from './command-consent.tsx';
import { type Problem, problemsOf, splitKey } from './field-problems.ts';
import { FormPage, FormSection, Note } from './form-section.tsx';
import { emptyForward, isBeyondLoopback } from './forward-draft.ts';
import { HostEditor } from './host-editor.tsx';
import { mergeTunnel } from './merge-draft.ts';
import { type OutsideChange, OutsideNote } from './outside-change.tsx';
import { PasteCommand, type PastedCommand, useParseCommand } from './paste-command.tsx';
import { RemoveDialog } from './remove-dialog.tsx';
import { SaveBar } from './save-bar.tsx';
import { TestPanel } from './test-panel.tsx';
import { useEditorTexts } from './texts.ts';
import { TunnelForm } from './tunnel-form.tsx';
import { useUnsaved } from './unsaved.tsx';
import { UsageNotes } from './usage-notes.tsx';
import {
  addTunnelEdits,
  changeTunnelEdits,
  draftOfTunnel,
  emptyTunnel,
  freeName,
  isTable,
  type TunnelDraft,
} from './tunnel-draft.ts';
import { type Config, type ConfigView, useConfig, useDryRun, useSave } from './use-config.ts';

/** The page of `new` and `edit`. `name` null: a new tunnel; `command`: an ssh command to begin with. */
export function TunnelEditor({ name, command }: { name: string | null; command: string | null }) {
  const config = useConfig();
  const texts = useEditorTexts();
  /** Once it was there, the form stays, whatever becomes of the file. */
  const wasThere = useRef(false);
  if (config.view === null) {
    return config.problem === null ? null : <Message title={texts.newTunnel} text={config.problem} />;
  }
  const isThere = name === null || config.view.tunnels.some((tunnel) => tunnel.name === name);
  if (isThere) wasThere.current = true;
  if (name !== null && !wasThere.current) {
    return <Message title={texts.editTunnel(name)} text={texts.notFound(name)} />;
  }
  return <LoadedEditor key={name ?? ''} config={config} view={config.view} name={name} command={command} />;
}

function Message({ title, text }: { title: string; text: string }) {
  const texts = useEditorTexts();
  return (
    <FormPage title={title} lead={text} buttons={<Button onClick={() => showTunnel(null)}>{texts.cancel}</Button>}>
      {null}
    </FormPage>
  );
}

interface LoadedEditorProps {
  readonly config: Config;
  readonly view: ConfigView;
  readonly name: string | null;
  readonly command: string | null;
}

function LoadedEditor({ config, view, name, command }: LoadedEditorProps) {
  const texts = useEditorTexts();
  const { errorText } = useTexts();
  const bridge = useBridge();
  const copy = useCopy();
  const save = useSave();
  const consent = useCommandConsent();
  const parse = useParseCommand();
  // What the file said last, as this form knows it: edits are relative to it.
  const [saved, setSaved] = useState(() => view.tunnels.find((tunnel) => tunnel.name === name) ?? null);
  const [outside, setOutside] = useState<OutsideChange | null>(null);
  const savedDraft = useMemo(() => (saved === null ? null : draftOfTunnel(saved)), [saved]);
  const [blank] = useState<TunnelDraft>(() => ({
    ...emptyTunnel,
    host: view.hosts.length === 1 ? (view.hosts[0]?.name ?? '') : '',
    forwards: [emptyForward('new-0')],
  }));
  const [draft, setDraft] = useState<TunnelDraft>(() => savedDraft ?? blank);
  const [hostEdits, setHostEdits] = useState<readonly ConfigEdit[]>([]);
  const [notes, setNotes] = useState<readonly string[] | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [isSaving, setSaving] = useState(false);
  const [isRemoving, setRemoving] = useState(false);
  const [hostForm, setHostForm] = useState<{ readonly name: string | null } | null>(null);

  const fill = ({ draft: filled, hostEdits: edits, notes: said }: PastedCommand): void => {
    const taken = new Set(view.tunnels.map((tunnel) => tunnel.name));
    setDraft((now) => ({ ...filled, name: freeName(filled.name, taken), group: now.group }));
    setHostEdits(edits);
    setNotes(said);
  };
  const begun = useRef(false);
  useEffect(() => {
    if (command === null || begun.current) return;
    begun.current = true;
    void parse(command).then((result) => (typeof result === 'string' ? setFailure(result) : fill(result)));
  });

  const tunnelEdits = saved === null ? addTunnelEdits(draft) : changeTunnelEdits(saved, draft);
  const edits = [...hostEdits, ...tunnelEdits];
  const isEmpty = saved === null && draft.name.trim() === '';
  const dryRun = useDryRun(isEmpty ? [] : edits);
  const found = problemsOf(dryRun.check?.problems ?? [], 'tunnels', draft.name.trim());
  const inUse = dryRun.check?.inUse ?? [];
  const warnings = warningsOf(dryRun.check?.warnings ?? [], draft);
  const isDirty = saved === null ? hostEdits.length > 0 || draft !== blank : edits.length > 0;
  const { question, letGo } = useUnsaved({
    isDirty,
    what: draft.name.trim() === '' ? texts.newTunnel : draft.name.trim(),
    onEscape: hostForm === null ? () => showTunnel(saved?.name ?? null) : null,
  });
  /** Our own edit is on its way: what changes then is no news. */
  const isOurs = useRef(false);
  useEffect(() => {
    if (name === null || isOurs.current) return;
    const now = view.tunnels.find((tunnel) => tunnel.name === name) ?? null;
    if (JSON.stringify(now?.values) === JSON.stringify(saved?.values)) return;
    setSaved(now);
    if (now === null) return setOutside({ kind: 'gone' });
    const theirs = draftOfTunnel(now);
    const merged = mergeTunnel(savedDraft ?? draft, draft, theirs);
    setDraft(merged.draft);
    setOutside(merged.conflicts.length > 0 ? { kind: 'conflict', keys: merged.conflicts } : { kind: 'merged' });
  }, [view, name, saved, savedDraft, draft]);
  const hosts = withNewHosts(view.hosts, hostEdits);

  const write = async (list: readonly ConfigEdit[]): Promise<boolean> => {
    setSaving(true);
    isOurs.current = true;
    const outcome = await save(list);
    setSaving(false);
    if (outcome.kind === 'saved') return true;
    isOurs.current = false;
    setFailure(
      outcome.kind === 'failed'
        ? outcome.problem
        : outcome.check.problems.map(({ key, message }) => `${key}: ${message}`).join(' '),
    );
    return false;
  };
  const leaveTo = (tunnel: string | null): void => {
    letGo();
    showTunnel(tunnel);
  };
  const submit = async (): Promise<void> => {
    setFailure(null);
    // Hosts of a pasted command: what their commands are, nobody has typed here.
    if (!(await consent.agreesTo(hostEdits))) return;
    if (edits.length > 0 && !(await write(edits))) return;
    announce(edits.length === 0 ? texts.unchanged : texts.saved(draft.name.trim()));
    leaveTo(draft.name.trim());
  };
  const copyCommand = async (): Promise<void> => {
    const result = await bridge.call('ssh-command.format', { tunnel: name ?? '' });
    if (result.ok) await copy(result.output.text);
    else setFailure(errorText(result.error));
  };

  if (hostForm !== null) {
    return (
      <>
        <HostEditor
          config={config}
          view={view}
          name={hostForm.name}
          onDone={(made) => {
            if (made !== null) setDraft((now) => ({ ...now, host: made }));
            setHostForm(null);
          }}
        />
        {question}
      </>
    );
  }
  const newHosts = hostEdits.flatMap((edit) => (edit.op === 'add-host' ? [edit.name] : []));
  return (
    <FormPage
      title={saved === null ? texts.newTunnel : texts.editTunnel(saved.name)}
      lead={view.readOnlyReason === null ? texts.keepsComments(view.file) : texts.readOnly(view.readOnlyReason)}
      buttons={
        <SaveBar
          isOff={
            isSaving ||
            view.readOnlyReason !== null ||
            isEmpty ||
            outside?.kind === 'conflict' ||
            (dryRun.check?.problems.length ?? 0) > 0
          }
          endsClients={inUse.length > 0}
          onSave={() => void submit()}
          onCancel={() => leaveTo(saved?.name ?? null)}
          aside={
            saved === null ? null : (
              <>
                <Button kind="quiet" onClick={() => void copyCommand()}>
                  {texts.copySsh}
                </Button>
                <Button kind="quiet" disabled={view.readOnlyReason !== null} onClick={() => setRemoving(true)}>
                  {texts.remove}
                </Button>
              </>
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
            if (savedDraft !== null) setDraft(savedDraft);
            setOutside(null);
          }}
          onKeepMine={() => setOutside(null)}
        />
      )}
      {name === null ? (
        <>
          <PasteCommand first={command ?? ''} onFilled={fill} />
          <PickSshHosts
            onImported={([first = '', ...others]) =>
              setDraft((now) => (now.host === '' && others.length === 0 ? { ...now, host: first } : now))
            }
          />
        </>
      ) : null}
      {notes === null ? null : (
        <Note tone="plain">
          <p>
            {texts.paste.understood} {newHosts.length === 0 ? null : texts.paste.makesHosts(newHosts.join(', '))}
          </p>
          {notes.map((note) => (
            <p key={note}>{note}</p>
          ))}
        </Note>
      )}
      <TunnelForm
        draft={draft}
        saved={savedDraft}
        hosts={hosts}
        savedHosts={view.hosts.map((host) => host.name)}
        problems={found}
        tables={new Set(Object.entries(saved?.values ?? {}).flatMap(([key, value]) => (isTable(value) ? [key] : [])))}
        groups={[...new Set(view.tunnels.flatMap(({ group }) => group ?? []))]}
        onChange={setDraft}
        onHost={(host) => setHostForm({ name: host })}
      />
      <FormSection title={texts.sections.test}>
        <TestPanel
          tunnel={draft.name.trim()}
          edits={edits}
          mayRun={() => consent.agreesTo(hostEdits)}
          isOff={draft.name.trim() === '' || draft.host === '' || (dryRun.check?.problems.length ?? 0) > 0}
        />
      </FormSection>
      {found.others.map((problem) => (
        <Note key={problem} tone="dead">
          {problem}
        </Note>
      ))}
      {warnings.map((warning) => (
        <Note key={warning} tone="retry">
          {warning}
        </Note>
      ))}
      <UsageNotes check={dryRun.check} />
      {question}
      {consent.question}
      {failure === null && dryRun.problem === null ? null : <Note tone="dead">{failure ?? dryRun.problem}</Note>}
      {isRemoving && saved !== null ? (
        <RemoveDialog
          title={texts.removeTitle(saved.name)}
          text={texts.removeText}
          edits={[{ op: 'remove-tunnel', name: saved.name }]}
          onCancel={() => setRemoving(false)}
          onRemove={async () => {
            setRemoving(false);
            if (await write([{ op: 'remove-tunnel', name: saved.name }])) leaveTo(null);
          }}
        />
      ) : null}
    </FormPage>
  );
}

/** Warnings about this tunnel that the form does not say itself: an open listener has its own words at its sentence. */
function warningsOf(warnings: readonly Problem[], draft: TunnelDraft): readonly string[] {
  const own = warnings.filter(({ key }) => {
    const [section, name, field, index] = splitKey(key);
    const forward = field === 'forwards' && typeof index === 'number' ? draft.forwards[index] : undefined;
    return section === 'tunnels' && name === draft.name.trim() && (forward === undefined || !isBeyondLoopback(forward));
  });
  return [...new Set(own.map(({ message }) => message))];
}

function withNewHosts(hosts: ConfigView['hosts'], edits: readonly ConfigEdit[]): ConfigView['hosts'] {
  const added = edits.flatMap((edit) =>
    edit.op === 'add-host' ? [{ name: edit.name, values: edit.values, effective: edit.values }] : [],
  );
  return [...hosts, ...added];
}
