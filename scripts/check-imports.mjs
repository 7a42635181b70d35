// Imports go one way: shared <- engine <- { desktop, cli, headless, demo }, shared <- preload, renderer.
// `electron` only in src/main/desktop and src/preload; `ssh2` only in engine/ssh, engine/gateway and the demo's servers; no `node:` in shared and renderer.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const files = readdirSync(join(root, 'src'), { recursive: true })
  .map((f) => join('src', f))
  .filter((f) => /\.tsx?$/.test(f));
const room = (file) => {
  if (file.startsWith('src/shared/')) return 'shared';
  if (file.startsWith('src/main/engine/')) return 'engine';
  if (file.startsWith('src/main/desktop/')) return 'desktop';
  if (file.startsWith('src/main/cli/')) return 'cli';
  if (file.startsWith('src/main/demo/')) return 'demo';
  if (file.startsWith('src/preload/')) return 'preload';
  if (file.startsWith('src/renderer/')) return 'renderer';
  return 'entry';
};
const mayImport = {
  shared: ['shared'],
  engine: ['shared', 'engine'],
  desktop: ['shared', 'engine', 'desktop', 'entry'],
  cli: ['shared', 'engine', 'cli', 'entry'],
  demo: ['shared', 'engine', 'cli', 'demo', 'entry'],
  entry: ['shared', 'engine', 'desktop', 'cli', 'demo', 'entry'],
  preload: ['shared', 'preload'],
  renderer: ['shared', 'renderer'],
};
const complaints = [];
for (const file of files) {
  const from = room(file);
  const text = readFileSync(join(root, file), 'utf8');
  for (const [, specifier] of text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
    if (specifier.startsWith('.')) {
      const to = room(normalize(join(dirname(file), specifier)));
      if (!mayImport[from].includes(to)) complaints.push(`${file}: ${from} must not import ${to} (${specifier})`);
      continue;
    }
    const name = specifier.split('/')[0];
    if (name === 'electron' && !['desktop', 'preload'].includes(from))
      complaints.push(`${file}: electron is imported outside the desktop shell`);
    if (name === 'ssh2' && !/^src\/main\/(engine\/(ssh|gateway)|demo)\//.test(file))
      complaints.push(`${file}: ssh2 is imported outside engine/ssh`);
    if (name.startsWith('node:') && ['shared', 'renderer'].includes(from))
      complaints.push(`${file}: ${specifier} in ${from}`);
  }
}
for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exit(1);
console.log(`import directions: ${files.length} files, ${relative(root, root) || 'all'} well`);
