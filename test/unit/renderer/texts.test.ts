import { describe, expect, it } from 'vitest';
import { editorDe } from '../../../src/shared/i18n/editor-de.ts';
import { editorEn } from '../../../src/shared/i18n/editor-en.ts';
import { pagesDe } from '../../../src/shared/i18n/pages-de.ts';
import { pagesEn } from '../../../src/shared/i18n/pages-en.ts';
import { questionsDe } from '../../../src/shared/i18n/questions-de.ts';
import { questionsEn } from '../../../src/shared/i18n/questions-en.ts';

type Tree = { readonly [key: string]: unknown };

function paths(tree: Tree, before = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null ? paths(value as Tree, `${before}${key}.`) : [`${before}${key}`],
  );
}

function texts(tree: Tree): string[] {
  return Object.values(tree).flatMap((value) =>
    typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? texts(value as Tree) : [],
  );
}

describe.each([
  ['questions', questionsEn, questionsDe],
  ['editor', editorEn, editorDe],
  ['pages', pagesEn, pagesDe],
] as const)('texts of %s', (_, en, de) => {
  it('are all there in German', () => expect(paths(de).sort()).toEqual(paths(en).sort()));

  it('are plain: no "failed to", no "please", no shouting', () => {
    const plain = [...texts(en), ...texts(de)];
    expect(plain.filter((text) => /failed to|please|bitte\b|!/i.test(text))).toEqual([]);
  });
});
