import { Field } from '../../ui/field.tsx';
import { type FieldProblems, problemOfKey } from './field-problems.ts';
import { FormRow, FormSection, MoreSection } from './form-section.tsx';
import { hostDefaults, type HostDraft, type HostSection, hostSections } from './host-draft.ts';
import type { KeyField } from './key-fields.ts';
import { KeyInput } from './key-input.tsx';
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
  // There is nothing to choose while only one of the transports works; what the file says is shown, to be taken back.
  const isShown = ({ key }: KeyField): boolean => key !== 'transport' || (draft.texts[key] ?? '') !== '';
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
      {sections.map((section) => {
        const fields: readonly KeyField[] = hostSections[section];
        const rows = (
          <FormRow>
            {fields.filter(isShown).map((field) => (
              <KeyInput
                key={field.key}
                field={field}
                label={texts.hostKeys[field.key]?.label ?? field.key}
                hint={texts.hostKeys[field.key]?.hint ?? ''}
                placeholder={hostDefaults[field.key]}
                text={draft.texts[field.key] ?? ''}
                own={draft.name}
                hosts={hosts}
                problem={problemOfKey(problems, field.key)}
                onChange={(text) => set(field.key, text)}
              />
            ))}
          </FormRow>
        );
        if (section !== 'rare') {
          return (
            <FormSection key={section} title={texts.hostSections[section]}>
              {rows}
            </FormSection>
          );
        }
        const isInUse = fields.some(
          ({ key }) => (draft.texts[key] ?? '') !== '' || problemOfKey(problems, key) !== undefined,
        );
        return (
          <MoreSection key={section} title={texts.hostSections[section]} isOpen={isInUse}>
            {rows}
          </MoreSection>
        );
      })}
    </>
  );
}
