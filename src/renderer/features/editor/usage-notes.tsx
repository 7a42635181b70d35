import { Note } from './form-section.tsx';
import { placeOf } from './forward-draft.ts';
import { useEditorTexts } from './texts.ts';
import type { EditCheck } from './use-config.ts';

/** Whose connections a change ends, or that those which are open stay. */
export function UsageNotes({ check }: { check: EditCheck | null }) {
  const texts = useEditorTexts();
  if (check === null) return null;
  if (check.inUse.length > 0)
    return (
      <Note tone="retry">
        {texts.inUse(check.inUse.map(({ programs, clients, spec }) => ({ programs, clients, place: placeOf(spec) })))}
      </Note>
    );
  return check.kept.length === 0 ? null : <Note tone="plain">{texts.kept(check.kept)}</Note>;
}
