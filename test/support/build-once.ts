import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Vitest global setup: builds `out/` once, so that workers and the command run as they ship. */
export function setup(): void {
  if (process.env['HOLDFAST_BUILT'] === '1') return;
  const build = fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url));
  const result = spawnSync(process.execPath, ['-e', `import(${JSON.stringify(build)}).then((m) => m.build())`], {
    stdio: 'inherit',
    env: { ...process.env, HOLDFAST_PARTIAL_BUILD: '1' },
  });
  if (result.status !== 0) throw new Error('the build failed');
}
