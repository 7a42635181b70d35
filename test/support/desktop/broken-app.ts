import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { UnpackedApp } from './app.ts';

const cache = fileURLToPath(new URL('../../../node_modules/.cache/', import.meta.url));

/** The app without one of its pages, as after an installation that was cut short. It goes with the test process. */
export function withoutPage(built: UnpackedApp, page: string): UnpackedApp {
  const folder = mkdtempSync(join(cache, 'holdfast-broken-app-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const renderer = built.electron.old ? 'renderer' : join('out', 'renderer');
  const parts = built.electron.old ? [''] : ['package.json', 'out', 'assets'];
  for (const part of parts) cpSync(join(built.folder, part), join(folder, part), { recursive: true });
  rmSync(join(folder, renderer, page));
  return { ...built, folder };
}
