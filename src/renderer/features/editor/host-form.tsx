import { Button } from '../../ui/button.tsx';
import { Checkbox, Field, TextArea } from '../../ui/field.tsx';
import type { FieldProblems } from './field-problems.ts';
import { FormRow, FormSection, SelectField } from './form-section.tsx';
import styles from './form.module.css';
import { hostDefaults, type HostDraft, type HostField, type HostSection, hostSections } from './host-draft.ts';
import { useEditorTexts } from './texts.ts';
import type { ConfigView } from './use-config.ts';

interface HostFormProps {
  readonly draft: HostDraft;
  readonly isNew: boolean;
  readonly hosts: ConfigView['hosts'];
  readonly problems: FieldProblems;
  readonly onChange: (draft: HostDraft) => void;
}

/** The fields of a host, in sections; what is empty is the default. */
export function HostForm({ draft, isNew, hosts, problems, onChange }: HostFormProps) {
  const texts = useEditorTexts();
  const set = (key: string, text: string): void => onChange({ ...draft, texts: { ...draft.texts, [key]: text } });
  const sections = Object.keys(hostSections) as readonly HostSection[];
  return (
    <>
      {isNew ? (
        <FormSection title={texts.host}>
          <FormRow>
            <Field
              label={texts.name}
              value={draft.name}
              maxLength={64}
              hint={texts.nameHint}
              problem={problems.byField.get('name')}
              onChange={(event) => onChange({ ...draft, name: event.target.value })}
            />
          </FormRow>
        </FormSection>
      ) : null}
      {sections.map((section) => (
        <FormSection key={section} title={texts.hostSections[section]}>
          <FormRow>
            {hostSections[section].map((field: HostField) => (
              <HostInput
                key={field.key}
                field={field}
                text={draft.texts[field.key] ?? ''}
                own={draft.name}
                hosts={hosts}
                problem={problemOf(problems, field.key)}
                onChange={(text) => set(field.key, text)}
              />
            ))}
          </FormRow>
        </FormSection>
      ))}
    </>
  );
}

/** A problem of the key or of one of its items. */
function problemOf({ byField }: FieldProblems, key: string): string | undefined {
  return byField.get(key) ?? [...byField].find(([field]) => field.startsWith(`${key}[`))?.[1];
}

interface HostInputProps {
  readonly field: HostField;
  readonly text: string;
  readonly own: string;
  readonly hosts: ConfigView['hosts'];
  readonly problem: string | undefined;
  readonly onChange: (text: string) => void;
}

function HostInput({ field, text, own, hosts, problem, onChange }: HostInputProps) {
  const texts = useEditorTexts();
  const { label, hint } = texts.hostKeys[field.key] ?? { label: field.key, hint: '' };
  const below = hint === '' ? undefined : hint;
  const placeholder = hostDefaults[field.key];
  if (field.kind === 'flag') {
    const value = text === '' ? field.fallback : text === 'true';
    return (
      <div className={styles['check']}>
        <Checkbox label={label} checked={value} onChange={(event) => onChange(String(event.target.checked))} />
      </div>
    );
  }
  if (field.kind === 'choice') {
    return (
      <SelectField
        label={label}
        value={text === '' ? field.fallback : text}
        options={field.choices.map((value) => ({ value, label: texts.choices[value] ?? value }))}
        hint={hint}
        problem={problem}
        onChange={onChange}
      />
    );
  }
  if (field.kind === 'agent') {
    const isPath = text !== '' && text !== 'true' && text !== 'false';
    return (
      <div>
        <SelectField
          label={label}
          value={isPath ? 'path' : text === 'false' ? 'none' : 'usual'}
          options={Object.entries(texts.agent).map(([value, name]) => ({ value, label: name }))}
          problem={isPath ? undefined : problem}
          onChange={(value) => onChange(value === 'usual' ? '' : value === 'none' ? 'false' : '~/')}
        />
        {isPath ? (
          <Field
            label={texts.agentPath}
            labelHidden
            mono
            value={text}
            problem={problem}
            onChange={(event) => onChange(event.target.value)}
          />
        ) : null}
      </div>
    );
  }
  if (field.kind === 'jump') {
    return <JumpChain label={label} text={text} own={own} hosts={hosts} problem={problem} onChange={onChange} />;
  }
  if (field.kind === 'list') {
    return (
      <TextArea
        label={label}
        mono
        rows={2}
        value={text}
        hint={below}
        problem={problem}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  return (
    <Field
      label={label}
      value={text}
      hint={below}
      problem={problem}
      placeholder={placeholder}
      inputMode={field.kind === 'number' ? 'numeric' : undefined}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** The hosts on the way, outermost first. */
function JumpChain({ label, text, own, hosts, problem, onChange }: Omit<HostInputProps, 'field'> & { label: string }) {
  const texts = useEditorTexts();
  const hops = text.split('\n').filter((hop) => hop !== '');
  const free = hosts.filter(({ name }) => name !== own && !hops.includes(name));
  const put = (list: readonly string[]): void => onChange(list.join('\n'));
  return (
    <div>
      <SelectField
        label={label}
        value=""
        options={[
          { value: '', label: hops.length === 0 ? texts.direct : texts.jumpAdd },
          ...free.map(({ name }) => ({ value: name, label: name })),
        ]}
        hint={texts.hostKeys['jump']?.hint}
        problem={problem}
        onChange={(name) => put([...hops, name])}
      />
      {hops.length === 0 ? null : (
        <ol className={styles['jumps']}>
          {hops.map((hop, index) => (
            <li key={hop}>
              <span>{hop}</span>
              {index === 0 ? (
                <span />
              ) : (
                <Button
                  kind="quiet"
                  aria-label={texts.jumpMove(hop)}
                  onClick={() =>
                    put([...hops.slice(0, index - 1), hop, hops[index - 1] ?? '', ...hops.slice(index + 1)])
                  }
                >
                  ↑
                </Button>
              )}
              <Button
                kind="quiet"
                aria-label={texts.jumpRemove(hop)}
                onClick={() => put(hops.filter((known) => known !== hop))}
              >
                ×
              </Button>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
