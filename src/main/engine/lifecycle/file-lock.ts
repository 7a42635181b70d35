import { randomBytes } from 'node:crypto';
import { link, open, rename, stat, unlink } from 'node:fs/promises';
import { systemClock, wait } from './clock.ts';

/** A lock older than this was left by somebody who died: what is done under it takes milliseconds. */
const staleAfterMs = 10_000;
const patienceMs = 15_000;

/**
 * Runs `work` while the file `path` exists by our hand (O_EXCL), for short steps that no two processes may take at once. A stale lock is taken
 * over. Rejects with the error of `work`, or with that of the system when the lock cannot be made at all (`EEXIST`: still held after 15 s).
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await acquire(path);
  try {
    return await work();
  } finally {
    await unlink(path).catch(() => {});
  }
}

async function acquire(path: string): Promise<void> {
  const end = systemClock.now() + patienceMs;
  for (;;) {
    try {
      // Empty: there is nothing that a full disk could refuse after the file is made.
      await (await open(path, 'wx', 0o600)).close();
      return;
    } catch (error) {
      // EPERM and EACCES: on Windows a file that is just being removed.
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      const held = code === 'EEXIST' || (process.platform === 'win32' && ['EPERM', 'EACCES', 'EBUSY'].includes(code));
      if (!held || systemClock.now() > end) throw error;
    }
    if (await isStale(path)) await takeAway(path);
    else await wait(systemClock, 5 + Math.random() * 15);
  }
}

async function isStale(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => null);
  return stats !== null && systemClock.wallNow() - stats.mtimeMs > staleAfterMs;
}

/** Removes a stale lock. Moved aside first: if it turns out to be a fresh one of somebody who was faster, it is put back. */
async function takeAway(path: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if (!(await isStale(aside))) await link(aside, path).catch(() => {});
  await unlink(aside).catch(() => {});
}
