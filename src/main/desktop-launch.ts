import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The desktop app as it can be started from plain Node: where its Electron is, or why there is none. */
export type DesktopProgram =
  | { readonly kind: 'found'; readonly program: string }
  | { readonly kind: 'none'; readonly why: string };

/** Fetching Electron at its first use may take this long. */
const fetchLimitMs = 300_000;

/**
 * Looks for Electron and a display. HOLDFAST_ELECTRON names a program; else the package `electron` is asked, which fetches its binary at the first
 * use (set HOLDFAST_ELECTRON=none to never ask).
 */
export function findDesktop(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): DesktopProgram {
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY'])
    return { kind: 'none', why: 'there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)' };
  const chosen = env['HOLDFAST_ELECTRON'];
  if (chosen === 'none') return { kind: 'none', why: 'HOLDFAST_ELECTRON is "none"' };
  if (chosen)
    return existsSync(chosen)
      ? { kind: 'found', program: chosen }
      : { kind: 'none', why: `HOLDFAST_ELECTRON names ${chosen}, which does not exist` };
  return askPackage(env);
}

function askPackage(env: NodeJS.ProcessEnv): DesktopProgram {
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve('electron');
  } catch {
    return { kind: 'none', why: 'the package electron is not installed' };
  }
  const asked = spawnSync(process.execPath, ['-e', `process.stdout.write(require(${JSON.stringify(entry)}))`], {
    encoding: 'utf8',
    timeout: fetchLimitMs,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const program = asked.stdout?.trim() ?? '';
  if (asked.status === 0 && existsSync(program)) return { kind: 'found', program };
  return { kind: 'none', why: 'Electron’s binary is not here and could not be fetched' };
}

/** Starts the app on a configuration. The caller waits for its end. */
export function launchDesktop(program: string, configFile: string, env: NodeJS.ProcessEnv = process.env): ChildProcess {
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  // Chromium refuses its sandbox as root; everybody else runs with it.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return spawn(program, [...asRoot, main, `--config=${configFile}`], { stdio: 'inherit', env });
}
