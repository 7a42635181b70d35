// Builds the app's own sources, written for a current Electron, so that the test Electron 9 (Node 12.14, Chromium 83, CommonJS only) runs them:
//   node downlevel.mjs OUTDIR
// What the old one lacks is added here and in old-node.cjs, electron-wrapper.ts: the product's code is not bent for it. Worker files must end in .js.
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { bundlesApart } from '../../../scripts/build.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..', '..');

/** Modules that Node 12 has under another name, or in part. */
const shims = {
  'fs/promises': "module.exports = require('fs').promises",
  'dns/promises': "module.exports = require('dns').promises",
  'timers/promises': 'module.exports = { setTimeout: (ms, v) => new Promise((r) => setTimeout(r, ms, v)) }',
  'stream/promises':
    "const s = require('stream'), u = require('util'); module.exports = { pipeline: u.promisify(s.pipeline), finished: u.promisify(s.finished) }",
  'readline/promises': "module.exports = require('readline')",
};

const oldNode = {
  name: 'old-node',
  setup(build) {
    build.onResolve({ filter: /^(node:.*|fs\/promises|dns\/promises|timers\/promises)$/ }, ({ path }) => {
      const name = path.replace(/^node:/, '');
      return shims[name] ? { path: name, namespace: 'shim' } : { path: name, external: true };
    });
    build.onLoad({ filter: /.*/, namespace: 'shim' }, ({ path }) => ({ contents: shims[path], loader: 'js' }));
    // The wrapper itself wants the real one.
    build.onResolve({ filter: /^electron$/ }, ({ importer }) =>
      importer.endsWith('electron-wrapper.cjs')
        ? { path: 'electron', external: true }
        : { path: join(here, 'electron-wrapper.cjs') },
    );
    // A test does not wait 80 s for a notification of a loss.
    build.onLoad({ filter: /desktop[\\/]notification-limits\.ts$/ }, () => ({
      contents: 'export const notificationLimits = { minUpMs: 500, minDownMs: 500 };',
      loader: 'ts',
    }));
    // CommonJS has no top-level await: the entries that use it run inside an async function.
    build.onLoad({ filter: /(engine-thread|main[\\/]index|cli[\\/]index)\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const end = [...text.matchAll(/^(?:import [^;]*;|export \{[^}]*\} from [^;]*;)$/gm)].at(-1);
      const at = end ? end.index + end[0].length : 0;
      // Electron 9 goes on without waiting for its main module, and takes over the signals on the way: the command begins behind that.
      const wait = /main[\\/]index\.ts$/.test(path)
        ? "if (process.argv.includes('--command')) await require('electron').app.whenReady();"
        : '';
      const contents = `${text.slice(0, at)}\nvoid (async () => {${wait}${text.slice(at)}\n})();`;
      return { contents: contents.replace(/^export /gm, ''), loader: 'ts', resolveDir: dirname(path) };
    });
  },
};

const node = {
  bundle: true,
  platform: 'node',
  target: 'node12',
  format: 'cjs',
  external: ['keytar', 'ssh2', 'cpu-features', 'electron-updater', '*.node'],
  plugins: [bundlesApart, oldNode],
  inject: [join(here, 'old-node.cjs')],
  define: { 'import.meta.url': '__fileUrl' },
  banner: { js: "var __fileUrl = require('url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
  sourcemap: 'inline',
  absWorkingDir: root,
};

export async function buildDown(out) {
  mkdirSync(out, { recursive: true });
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(out, 'package.json'), JSON.stringify({ name: 'holdfast', version, main: 'main.js' }));
  await esbuild.build({
    ...node,
    outdir: out,
    entryPoints: { main: 'src/main/index.ts', desktop: 'src/main/desktop/app.ts', cli: 'src/main/cli/index.ts' },
  });
  await esbuild.build({
    ...node,
    inject: [],
    banner: {},
    target: 'chrome83',
    external: ['electron'],
    plugins: [],
    entryPoints: { preload: 'src/preload/index.ts' },
    outdir: out,
    outExtension: { '.js': '.cjs' },
  });
  cpSync(join(root, 'assets'), join(out, 'assets'), { recursive: true });
  if (existsSync(join(root, 'src/renderer/index.html'))) await buildRenderer(join(out, 'renderer'));
  await esbuild.build({
    ...node,
    outdir: out,
    entryPoints: {
      'engine-thread': 'src/main/engine/engine-thread.ts',
      'key-worker': 'src/main/engine/ssh/key-worker.ts',
    },
  });
}

/** The pages: vite as it ships them, for an older Chromium. */
async function buildRenderer(outDir) {
  const { build } = await import('vite');
  await build({
    configFile: join(root, 'vite.config.ts'),
    root: join(root, 'src/renderer'),
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, target: 'chrome83', cssTarget: 'chrome83' },
    plugins: [
      {
        name: 'old-browser',
        // The polyfills come before the page's own first module.
        transform(code, id) {
          return /src\/renderer\/(prompts-)?main\.tsx$/.test(id.replaceAll('\\', '/'))
            ? { code: `import 'core-js/stable';\n${code}`, map: null }
            : undefined;
        },
      },
    ],
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildDown(resolve(process.argv[2]));
