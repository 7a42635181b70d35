import { useTexts } from '../../texts.ts';
import { Tag } from '../../ui/tag.tsx';

/** `prod`: a mark that should stop the hand. Read aloud in full. */
export function ProductionTag({ id }: { id?: string }) {
  const texts = useTexts();
  return (
    <Tag strong>
      <span aria-hidden="true">{texts.rows.prod}</span>
      <span className="vh" id={id}>
        {texts.rows.production}
      </span>
    </Tag>
  );
}
