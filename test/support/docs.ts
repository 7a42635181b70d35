import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The documents that people read, taken apart. */

export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Page {
  /** From the root of the checkout, like `docs/forwards.md`. */
  readonly path: string;
  readonly text: string;
}

export interface Block {
  readonly language: string;
  readonly text: string;
  readonly line: number;
}

/** README.md and all of docs/. */
export function pages(): Page[] {
  const docs = readdirSync(`${root}docs`).filter((name) => name.endsWith('.md'));
  return ['README.md', ...docs.map((name) => `docs/${name}`)].map(page);
}

export function page(path: string): Page {
  return { path, text: readFileSync(root + path, 'utf8') };
}

/** The fenced blocks in their order. */
export function blocksOf({ text }: Page): Block[] {
  return [...text.matchAll(/^```([a-z]*)\n([^]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    line: text.slice(0, match.index).split('\n').length,
  }));
}

/** The page without its fenced blocks. */
export function proseOf({ text }: Page): string {
  return text.replaceAll(/^```[a-z]*\n[^]*?^```$/gm, '');
}

/** Rows of the tables whose first heading is `heading`: cells, trimmed. */
export function tableOf({ text }: Page, heading: string): string[][] {
  const lines = text.split('\n');
  const rows: string[][] = [];
  let inside = false;
  for (const line of lines) {
    const cells = line
      .replaceAll('\\|', '\u0000')
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('\u0000', '|').trim());
    if (cells.length === 0) inside = false;
    else if (!inside && cells[0] === heading) inside = true;
    else if (inside && !/^:?-+:?$/.test(cells[0] ?? '')) rows.push(cells);
  }
  return rows;
}

/** Names of the page's headings as links use them. */
export function anchorsOf(of: Page): string[] {
  return [...proseOf(of).matchAll(/^#+ (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
