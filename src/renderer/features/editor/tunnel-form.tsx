import { usePage } from '../../store/page-store.ts';
import { Button } from '../../ui/button.tsx';
import { Checkbox, Field } from '../../ui/field.tsx';
import { chainTo } from '../prompts/way.ts';
import { type FieldProblems, problemOfKey } from './field-problems.ts';
import { emptyForward, listenText, type ForwardDraft } from './forward-draft.ts';
import { ForwardSentence } from './forward-sentence.tsx';
import { FormRow, FormSection, MoreSection, SelectField } from './form-section.tsx';
import { KeyInput } from './key-input.tsx';
import styles from './form.module.css';
import { useEditorTexts } from './texts.ts';
import { tunnelDefaults, type TunnelDraft, tunnelMoreDefaults, tunnelMoreFields } from './tunnel-draft.ts';
import type { ConfigView } from './use-config.ts';

interface TunnelFormProps {
  readonly draft: TunnelDraft;
  /** As saved; null for a new tunnel. */
  readonly saved: TunnelDraft | null;
  /** The configuration's hosts, and those that saving would make. */
  readonly hosts: ConfigView['hosts'];
  /** Those that are saved already, and have a form of their own. */
  readonly savedHosts: readonly string[];
  readonly problems: FieldProblems;
  readonly groups: readonly string[];
  /** Keys that hold a table in the file. */
  readonly tables: ReadonlySet<string>;
  readonly onChange: (draft: TunnelDraft) => void;
  /** Opens the form of a host; null: a new one. */
  readonly onHost: (name: string | null) => void;
}

/** The fields of a tunnel. */
export function TunnelForm(props: TunnelFormProps) {
  const { draft, saved, hosts, savedHosts, problems, groups, tables, onChange, onHost } = props;
  const texts = useEditorTexts();
  const restarts = usePage((page) => saved !== null && (page.tunnels.get(saved.name)?.wanted ?? false));
  const set = (part: Partial<TunnelDraft>): void => onChange({ ...draft, ...part });
  const problemOf = (field: string): string | undefined => problems.byField.get(field);
  const isMoreInUse = tunnelMoreFields.some(
    ({ key }) => (draft.more[key] ?? '') !== '' || tables.has(key) || problemOfKey(problems, key) !== undefined,
  );
  const isKnown = hosts.some(({ name }) => name === draft.host);
  const hostOptions = [
    ...(draft.host === '' ? [{ value: '', label: texts.chooseHost }] : []),
    ...(draft.host === '' || isKnown ? [] : [{ value: draft.host, label: texts.missingHost(draft.host) }]),
    ...hosts.map(({ name }) => ({ value: name, label: name })),
    { value: '+', label: texts.addHost },
  ];
  const chain = draft.host === '' ? [] : chainTo(draft.host, hosts);
  const replace = (key: string, forward: ForwardDraft): void =>
    set({ forwards: draft.forwards.map((known) => (known.key === key ? forward : known)) });
  const savedListen = (forward: ForwardDraft): string | null => {
    const before = saved?.forwards.find(({ savedSpec }) => savedSpec === forward.savedSpec);
    return before?.listensHere ? listenText(before) : null;
  };

  return (
    <>
      <FormSection title={texts.sections.tunnel}>
        <FormRow>
          <Field
            label={texts.name}
            value={draft.name}
            maxLength={64}
            problem={problemOf('name')}
            hint={restarts && draft.name.trim() !== saved?.name ? texts.renameHint(saved?.name ?? '') : undefined}
            onChange={(event) => set({ name: event.target.value })}
          />
          <Field
            label={texts.group}
            value={draft.group}
            maxLength={64}
            list="editor-groups"
            problem={problemOf('group')}
            hint={texts.groupHint}
            onChange={(event) => set({ group: event.target.value })}
          />
          <SelectField
            label={texts.host}
            value={draft.host}
            options={hostOptions}
            problem={problemOf('host')}
            onChange={(value) => (value === '+' ? onHost(null) : set({ host: value }))}
            aside={
              savedHosts.includes(draft.host) ? (
                <Button kind="quiet" onClick={() => onHost(draft.host)}>
                  {texts.changeHost}
                </Button>
              ) : null
            }
          />
        </FormRow>
        <datalist id="editor-groups">
          {groups.map((group) => (
            <option key={group} value={group} />
          ))}
        </datalist>
      </FormSection>
      <FormSection title={texts.sections.forwards}>
        {draft.forwards.map((forward, index) => (
          <ForwardSentence
            key={forward.key}
            draft={forward}
            number={index + 1}
            chain={chain}
            savedListen={savedListen(forward)}
            ownHolder={saved === null ? null : `tunnel ${saved.name}`}
            problem={problemOf(`forwards[${index}]`) ?? null}
            onChange={(changed) => replace(forward.key, changed)}
            onRemove={
              draft.forwards.length < 2
                ? null
                : () => set({ forwards: draft.forwards.filter(({ key }) => key !== forward.key) })
            }
          />
        ))}
        {draft.forwards.length === 0 || problemOf('forwards') !== undefined ? (
          <p className={problemOf('forwards') === undefined ? styles['hint'] : styles['problem']}>
            {problemOf('forwards') ?? texts.forward.none}
          </p>
        ) : null}
        <div className={styles['toolbar']}>
          <Button onClick={() => set({ forwards: [...draft.forwards, emptyForward(freshKey(draft.forwards))] })}>
            {texts.forward.add}
          </Button>
        </div>
      </FormSection>
      <FormSection title={texts.sections.more}>
        <FormRow>
          <SelectField
            label={texts.start}
            value={draft.start}
            options={Object.entries(texts.starts).map(([value, label]) => ({ value, label }))}
            problem={problemOf('start')}
            onChange={(start) => set({ start })}
          />
          <Field
            label={texts.park}
            value={draft.park}
            placeholder={tunnelDefaults.park}
            problem={problemOf('park')}
            hint={texts.parkHint}
            onChange={(event) => set({ park: event.target.value })}
          />
        </FormRow>
        <div className={styles['check']}>
          <Checkbox
            label={texts.interactive}
            checked={draft.interactive}
            onChange={(event) => set({ interactive: event.target.checked })}
          />
          <Checkbox
            label={texts.production}
            checked={draft.production}
            onChange={(event) => set({ production: event.target.checked })}
          />
        </div>
      </FormSection>
      <MoreSection title={texts.moreKeys} isOpen={isMoreInUse}>
        <FormRow>
          {tunnelMoreFields.map((field) => (
            <KeyInput
              key={field.key}
              field={field}
              label={texts.tunnelKeys[field.key]?.label ?? field.key}
              hint={texts.tunnelKeys[field.key]?.hint ?? ''}
              placeholder={tunnelMoreDefaults[field.key]}
              text={draft.more[field.key] ?? ''}
              own={draft.name}
              hosts={hosts}
              problem={problemOfKey(problems, field.key)}
              isTable={tables.has(field.key)}
              onChange={(text) => set({ more: { ...draft.more, [field.key]: text } })}
            />
          ))}
        </FormRow>
      </MoreSection>
    </>
  );
}

/** A key that no forward of the form has. */
export function freshKey(forwards: readonly ForwardDraft[]): string {
  for (let number = forwards.length; ; number += 1) {
    const key = `new-${number}`;
    if (!forwards.some((forward) => forward.key === key)) return key;
  }
}
