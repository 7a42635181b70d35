import { cpSync, linkSync, mkdirSync, readdirSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildApp, type BuiltApp } from './desktop/app.ts';

/** The app as it lies on a machine after its installation, with a real Electron that runs: archive, native parts beside it, launcher. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);

interface AsarModule {
  createPackageWithOptions(from: string, to: string, options: { unpack: string; unpackDir?: string }): Promise<void>;
}

/** What the bundles load as packages; the rest is in them. */
const packages = ['ssh2', 'asn1', 'safer-buffer', 'bcrypt-pbkdf', 'tweetnacl', 'keytar'];

export interface InstalledApp {
  readonly program: string;
  /** The command, by a link as in a folder of the PATH. */
  readonly command: string;
  /** For `DesktopApp`. */
  readonly built: BuiltApp;
}

/** Installs below `folder`, in a place with a space in its name. */
export async function installApp(folder: string): Promise<InstalledApp> {
  const { electron, folder: source } = buildApp();
  const place = join(folder, 'Hold fast');
  linkTree(dirname(electron.path), place);
  const program = join(place, 'holdfast-desktop');
  renameSync(join(place, 'electron'), program);

  const stage = join(folder, 'stage');
  if (electron.old) cpSync(source, stage, { recursive: true });
  else
    for (const name of ['package.json', 'out', 'assets'])
      cpSync(join(source, name), join(stage, name), { recursive: true });
  for (const name of packages)
    cpSync(join(root, 'node_modules', name), join(stage, 'node_modules', name), { recursive: true });
  const asar = require('@electron/asar') as AsarModule;
  // Threads of the old one read no archives; see old-node.cjs.
  const unpacked = electron.old
    ? { unpack: '{*.node,engine-thread.js,key-worker.js}', unpackDir: '{node_modules,renderer}' }
    : { unpack: '*.node' };
  await asar.createPackageWithOptions(stage, join(place, 'resources', 'app.asar'), unpacked);

  const bin = join(place, 'resources', 'bin');
  mkdirSync(bin);
  cpSync(join(root, 'packaging', 'bin', 'holdfast'), join(bin, 'holdfast'));
  const links = join(folder, 'bin');
  mkdirSync(links);
  // One link behind another, the second one relative.
  symlinkSync(join(bin, 'holdfast'), join(links, 'first'));
  symlinkSync('first', join(links, 'holdfast'));
  return {
    program,
    command: join(links, 'holdfast'),
    built: { electron: { ...electron, path: program }, folder: null },
  };
}

/** A copy that takes no space; Electron looks for its parts beside the real place of its program. */
function linkTree(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (statSync(source).isDirectory()) linkTree(source, target);
    else link(source, target);
  }
}

function link(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    // Another file system.
    cpSync(source, target);
  }
}
