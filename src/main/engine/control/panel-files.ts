import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { engine } from '../../../shared/i18n/sentences/engine.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';

/** A file of the built renderer as it is served. */
export interface PanelFile {
  readonly type: string;
  readonly body: Buffer;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
};

/** Reads the built renderer once; only these files are ever served, by their exact path (`/assets/x.js`). */
export async function readPanelFiles(folder: string): Promise<ReadonlyMap<string, PanelFile>> {
  const files = new Map<string, PanelFile>();
  try {
    for (const name of await readdir(folder, { recursive: true })) {
      const type = types[extname(name)];
      if (type) files.set(`/${name.replaceAll('\\', '/')}`, { type, body: await readFile(join(folder, name)) });
    }
  } catch (error) {
    throw noPanel(folder, error);
  }
  const index = files.get('/index.html');
  if (!index) throw noPanel(folder, undefined);
  files.set('/', index);
  return files;
}

function noPanel(folder: string, cause: unknown): HoldfastError {
  return new HoldfastError({
    code: 'config',
    where: folder,
    message: engine.panelNotBuilt(),
    next: engine.buildPanel(),
    cause,
  });
}
