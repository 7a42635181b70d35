import { setWanted, tryNow, type Page } from '../../store/acts.ts';
import { go } from '../../store/route.ts';
import { openPrompts } from '../prompts/open-prompts.ts';
import type { RowAct } from './row-view.ts';

/** Does what a row's one act says. */
export async function doRowAct(page: Page, name: string, rowAct: RowAct): Promise<void> {
  switch (rowAct.kind) {
    case 'try-now':
      await tryNow(page, name);
      return;
    case 'start':
      await setWanted(page, [name], true);
      return;
    case 'edit':
      go({ page: 'edit', name });
      return;
    case 'review-changed-key':
      openPrompts(page.bridge, { kind: 'changed-key', tunnel: name });
      return;
    case 'answer':
      openPrompts(page.bridge);
      return;
  }
}
