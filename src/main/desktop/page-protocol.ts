import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { protocol } from 'electron';
import { pageFileOf, pageScheme } from './page-files.ts';

/** Before `ready`: our scheme is a standard, secure one, without rights that a web page has not. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: pageScheme, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** After `ready`: serves the built pages from `folder`, and nothing that was not there at the start. */
export function servePages(folder: string): void {
  const known = new Set(listFiles(folder));
  protocol.handle(pageScheme, async (request) => {
    const file = request.method === 'GET' ? pageFileOf(request.url, known) : null;
    if (file === null) return new Response('', { status: 404 });
    const content = await readFile(join(folder, ...file.path.split('/')));
    return new Response(new Uint8Array(content), { status: 200, headers: file.headers });
  });
}

/** Relative paths with `/`. A folder that is missing gives none: the windows then say that their page is not there. */
function listFiles(folder: string, prefix = ''): string[] {
  let names;
  try {
    names = readdirSync(join(folder, prefix));
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const path = prefix === '' ? name : `${prefix}/${name}`;
    const stats = statSync(join(folder, path));
    if (stats.isDirectory()) return listFiles(folder, path);
    return stats.isFile() ? [path] : [];
  });
}
