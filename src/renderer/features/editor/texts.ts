import { editorDe } from '../../../shared/i18n/editor-de.ts';
import { editorEn, type EditorTexts } from '../../../shared/i18n/editor-en.ts';
import { useBridge } from '../../bridge.ts';
import { pickTexts } from '../../texts.ts';

/** The editor's texts in the page's language. */
export function useEditorTexts(): EditorTexts {
  return pickTexts(useBridge().language, { en: editorEn, de: editorDe });
}
