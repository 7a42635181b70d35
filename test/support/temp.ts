import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Disposable, toDisposable } from '../../src/main/engine/lifecycle/disposable.ts';

/** A folder of mode 0700 that is removed with everything in it. */
export interface TempFolder extends Disposable {
  readonly path: string;
  /** A path inside. */
  file(...names: string[]): string;
}

/** What was made and not yet removed; the last resort when a test ends without cleaning up. */
const alive = new Set<Disposable>();
process.once('exit', () => {
  for (const folder of alive) folder.dispose();
});
// The runner ends its workers with SIGTERM, which alone would skip every clean-up at exit.
process.once('SIGTERM', () => process.exit(143));

/** Makes a temp folder that the caller disposes of (at the latest the end of the process does). Its path has no symlink in it. */
export function makeTempFolder(prefix = 'holdfast-test-'): TempFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  chmodSync(path, 0o700);
  const removal = toDisposable(() => {
    alive.delete(removal);
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  });
  alive.add(removal);
  return { path, file: (...names) => join(path, ...names), dispose: () => removal.dispose() };
}

/** A temp folder for the running test: removed when it ends. Call it inside `test`. */
export function tempFolder(prefix?: string): TempFolder {
  const folder = makeTempFolder(prefix);
  onTestFinished(() => folder.dispose());
  return folder;
}
