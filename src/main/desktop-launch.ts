import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The desktop app as the command can start it: its program and what comes first of its arguments, or why there is none. */
export type DesktopProgram =
  | { readonly kind: 'found'; readonly program: string; readonly args: readonly string[] }
  | { readonly kind: 'none'; readonly why: string };

/** Fetching Electron at its first use may take this long. */
const fetchLimitMs = 300_000;

/**
 * Looks for Electron and a display. The command of a packed app is that app's own program. From a checkout HOLDFAST_ELECTRON names a program; else the package `electron` is asked, which fetches its binary at the first
 * use (set HOLDFAST_ELECTRON=none to never ask).
 */
export function findDesktop(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): DesktopProgram {
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY'])
    return { kind: 'none', why: 'there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)' };
  if (process.versions['electron'] !== undefined) return { kind: 'found', program: process.execPath, args: [] };
  const chosen = env['HOLDFAST_ELECTRON'];
  if (chosen === 'none') return { kind: 'none', why: 'HOLDFAST_ELECTRON is "none"' };
  if (chosen)
    return existsSync(chosen)
      ? ofCheckout(chosen)
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
  if (asked.status === 0 && existsSync(program)) return ofCheckout(program);
  return { kind: 'none', why: 'Electron’s binary is not here and could not be fetched' };
}

function ofCheckout(program: string): DesktopProgram {
  return { kind: 'found', program, args: [fileURLToPath(new URL('./main.js', import.meta.url))] };
}

/** What to say before the app is started without Chromium's sandbox; null: it is on. */
export function sandboxNote(): string | null {
  if (!isRoot()) return null;
  return 'Holdfast runs as root here, and Chromium has no sandbox for root: the window runs without one. Better start it as an ordinary user.';
}

/** What to say when the app has ended by this signal; null: nothing. Chromium ends itself so where it finds no way to a sandbox. */
export function endNote({ program }: { readonly program: string }, signal: NodeJS.Signals | null): string | null {
  if (process.platform !== 'linux' || isRoot() || (signal !== 'SIGTRAP' && signal !== 'SIGABRT')) return null;
  const helper = join(dirname(program), 'chrome-sandbox');
  return `The app ended itself (${signal}). If it speaks of its sandbox above, this system gives ordinary users no namespaces: run "sudo chown root ${helper} && sudo chmod 4755 ${helper}", or use a browser instead: holdfast app --panel`;
}

const isRoot = (): boolean => process.getuid?.() === 0;

/** Starts the app on a configuration. The caller says `sandboxNote` and waits for its end. */
export function launchDesktop(
  { program, args }: { readonly program: string; readonly args: readonly string[] },
  configFile: string,
  env: NodeJS.ProcessEnv = process.env,
): ChildProcess {
  // Chromium refuses its sandbox as root; everybody else runs with it.
  const asRoot = isRoot() ? ['--no-sandbox'] : [];
  return spawn(program, [...asRoot, ...args, `--config=${configFile}`], { stdio: 'inherit', env });
}
