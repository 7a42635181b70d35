import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeFakeElectron, type PackedSystem } from './fake-electron.ts';

/** electron-builder, run on the checkout as people do, and what it packed. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);

interface AsarModule {
  listPackage(file: string, options: { isPack: boolean }): string[];
  extractFile(file: string, name: string): Buffer;
  getRawHeader(file: string): { headerString: string };
}
const asarTool = require('@electron/asar') as AsarModule;

/** Packages that others name but need only to be built. */
const onlyForBuilding = new Set(['node-addon-api']);

export interface PackOptions {
  readonly system: PackedSystem;
  /** Folder for the stand-in Electron and for what is packed. */
  readonly folder: string;
  /** `dir` makes no installer. */
  readonly targets?: readonly string[];
  readonly arch?: 'x64' | 'arm64';
  readonly env?: NodeJS.ProcessEnv;
}

/** Packs for that system and gives the output folder; throws with what electron-builder said. */
export function pack({ system, folder, targets = ['dir'], arch = 'x64', env = {} }: PackOptions): string {
  const [dist, output] = [join(folder, `electron-${system}`), join(folder, `out-${system}`)];
  if (!existsSync(dist)) makeFakeElectron(system, dist);
  const builder = join(root, 'node_modules', 'electron-builder', 'cli.js');
  const args = [`--${system}`, ...targets, `--${arch}`, '--config', 'electron-builder.yml'];
  const done = spawnSync(
    process.execPath,
    [builder, ...args, `-c.electronDist=${dist}`, `-c.directories.output=${output}`],
    {
      cwd: root,
      encoding: 'utf8',
      timeout: 110_000,
      env: { ...process.env, CSC_IDENTITY_AUTO_DISCOVERY: 'false', ...env },
    },
  );
  if (done.status !== 0)
    throw new Error(`electron-builder ended with ${done.status ?? done.signal}: ${done.stderr}${done.stdout}`);
  return output;
}

/** A packed app's archive, and what lies beside it. */
export class PackedArchive {
  readonly #file: string;
  /** Files of the archive, those that lie beside it too, with `/` and without the first one. */
  readonly files: readonly string[];

  constructor(resources: string) {
    this.#file = join(resources, 'app.asar');
    this.files = asarTool
      .listPackage(this.#file, { isPack: false })
      .map((name) => name.replaceAll('\\', '/').replace(/^\//, ''))
      .toSorted();
  }

  get bytes(): number {
    return statSync(this.#file).size;
  }

  /** Files that lie beside the archive as they are. */
  get unpacked(): string[] {
    const folder = `${this.#file}.unpacked`;
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => name.replaceAll('\\', '/'))
      .toSorted();
  }

  /** What the system compares the archive with before it is loaded. */
  get headerHash(): string {
    return createHash('sha256').update(asarTool.getRawHeader(this.#file).headerString).digest('hex');
  }

  text(name: string): string {
    const beside = join(`${this.#file}.unpacked`, name);
    return existsSync(beside) ? readFileSync(beside, 'utf8') : asarTool.extractFile(this.#file, name).toString('utf8');
  }

  /** Packages in it. */
  get packages(): string[] {
    const found = this.files.map((file) => /^node_modules\/((?:@[^/]+\/)?[^/@]+)\//.exec(file)?.[1]);
    return [...new Set(found.filter((name) => name !== undefined))].toSorted();
  }

  /** Packages that the bundles ask for, and what those ask for in turn; without Electron itself and what is optional. */
  packagesAskedFor(): string[] {
    const seen = new Set<string>();
    const queue = this.files
      .filter((file) => /^out\/[^/]+\.c?js$/.test(file))
      .flatMap((file) =>
        [...this.text(file).matchAll(/^import [^"\n]*"([^".][^"]*)"|\bimport\("([^".][^"]*)"\)/gm)].map(
          ([, from, lazily]) => from ?? lazily ?? '',
        ),
      )
      .map((specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier)
      .filter((name) => !isBuiltin(name) && name !== 'electron');
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const { dependencies = {} } = JSON.parse(this.text(`node_modules/${name}/package.json`)) as {
        dependencies?: Record<string, string>;
      };
      queue.push(...Object.keys(dependencies).filter((dependency) => !onlyForBuilding.has(dependency)));
    }
    return [...seen].toSorted();
  }
}
