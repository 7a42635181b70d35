// Builds everything into out/: the app's entry, which is the desktop's main process or the command; the plain Node entry, the engine's thread and its
// workers; the preload; and the pages, which Vite builds.
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { existsSync } from 'node:fs';
import * as esbuild from 'esbuild';

const root = new URL('..', import.meta.url);
const out = new URL('out/', root).pathname;

/** Entry points by output name; one that does not exist yet is an error, so that nothing ships without its source. */
const entries = {
  main: 'src/main/index.ts',
  desktop: 'src/main/desktop/app.ts',
  cli: 'src/main/cli/index.ts',
  headless: 'src/main/headless.ts',
  'engine-thread': 'src/main/engine/engine-thread.ts',
  'key-worker': 'src/main/engine/ssh/key-worker.ts',
  demo: 'src/main/demo/index.ts',
};

/** The app's entry picks one of two bundles at run time, and holds neither. */
export const bundlesApart = {
  name: 'bundles-apart',
  setup(build) {
    const bundles = { './desktop/app.ts': './desktop.js', './cli/index.ts': './cli.js' };
    build.onResolve({ filter: /^\.\/(desktop\/app|cli\/index)\.ts$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path: bundles[path], external: true } : undefined,
    );
  },
};

/** Builds all; gives the names of the files made. */
export async function build() {
  const present = Object.entries(entries).filter(([, file]) => existsSync(new URL(file, root)));
  const missing = Object.entries(entries).filter(([, file]) => !existsSync(new URL(file, root)));
  if (missing.length > 0 && process.env.HOLDFAST_PARTIAL_BUILD !== '1')
    throw new Error(`missing entry points: ${missing.map(([, f]) => f).join(', ')}`);
  await mkdir(out, { recursive: true });
  const { outputFiles } = await esbuild.build({
    entryPoints: Object.fromEntries(present.map(([name, file]) => [name, new URL(file, root).pathname])),
    outdir: out,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    // ssh2 and keytar load files beside themselves and native parts: they stay packages.
    external: [
      'electron',
      'electron-updater',
      'ssh2',
      'keytar',
      'cpu-features',
      '*.node',
      'bufferutil',
      'utf-8-validate',
    ],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    plugins: [bundlesApart],
    sourcemap: 'linked',
    logLevel: 'warning',
    write: false,
  });
  // A sandboxed preload is one CommonJS file.
  const preload = await esbuild.build({
    entryPoints: { preload: new URL('src/preload/index.ts', root).pathname },
    outdir: out,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'browser',
    format: 'cjs',
    target: 'chrome140',
    external: ['electron'],
    logLevel: 'warning',
    write: false,
  });
  // Each as a whole: an engine that runs meanwhile may be about to load one of them.
  const files = [...outputFiles, ...preload.outputFiles];
  for (const { path, contents } of files) {
    const temporary = `${path}.${process.pid}.tmp`;
    await writeFile(temporary, contents, { mode: path === `${out}cli.js` ? 0o755 : 0o644 });
    await rename(temporary, path);
  }
  // HOLDFAST_BUILD_PAGES=0 leaves the pages out, for quick work on the engine.
  if (process.env.HOLDFAST_BUILD_PAGES !== '0') {
    const { build: buildPages } = await import('vite');
    await buildPages({ configFile: new URL('vite.config.ts', root).pathname, logLevel: 'warn' });
  }
  return [...files.map(({ path }) => basename(path)), 'renderer'];
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const made = new Set(await build());
  for (const name of await readdir(out)) if (!made.has(name)) await rm(out + name, { recursive: true, force: true });
}
