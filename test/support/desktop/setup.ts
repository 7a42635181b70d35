import { rmSync } from 'node:fs';
import { buildOnce, noElectronVariable } from './app.ts';
import { electronBinary } from './electron-binary.ts';

/**
 * Vitest global setup of the suites in a real Electron: fetches Electron and builds the app for it, once for all files. Where none can be had it says
 * so, and the suites are skipped; in CI that is a failure.
 */
export function setup(): (() => void) | undefined {
  try {
    const folder = buildOnce();
    const { sandbox } = electronBinary();
    if (sandbox.kind === 'off') process.stderr.write(`\nElectron runs without Chromium's sandbox: ${sandbox.why}\n\n`);
    return () => rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    process.env[noElectronVariable] = reason;
    process.stderr.write(`\nThe suites in a real Electron are skipped: ${reason}\n\n`);
    return undefined;
  }
}
