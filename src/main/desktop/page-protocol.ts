import { readdirSync } from 'node:fs';
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
  let entries;
  try {
    entries = readdirSync(join(folder, prefix), { withFileTypes: true });
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) return listFiles(folder, path);
    return entry.isFile() ? [path] : [];
  });
}
