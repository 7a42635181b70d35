import { randomBytes } from 'node:crypto';
import { lstat, open, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type Clock, wait } from './clock.ts';
import { forReadingItself } from './open-flags.ts';

/** Longest time somebody may hold a lock; it is held for one small write, so an older one was left behind. */
export const staleAfterMs = 30_000;
const retryEveryMs = 20;
/** A longer file is none of our locks. */
const maxLockBytes = 4096;

/** Turns within this process, by path: a lock file alone would let two of our own tasks poll each other. */
const turns = new Map<string, Promise<void>>();

/**
 * Runs `task` while the file `lockPath` exists by our hand, so that several Holdfasts do not rewrite a file at once. The lock of a process that is
 * gone, or an old one, is taken over. Rejects with the error of `task`, the system's if no lock can be made, or `LockTimeout` after `timeoutMs`.
 */
export async function withFileLock<T>(
  clock: Clock,
  lockPath: string,
  task: () => Promise<T>,
  timeoutMs = 10_000,
): Promise<T> {
  const before = turns.get(lockPath) ?? Promise.resolve();
  const mine = before.then(async () => {
    const release = await acquire(clock, lockPath, timeoutMs);
    try {
      return await task();
    } finally {
      await release();
    }
  });
  const done = mine.then(
    () => {},
    () => {},
  );
  turns.set(lockPath, done);
  try {
    return await mine;
  } finally {
    if (turns.get(lockPath) === done) turns.delete(lockPath);
  }
}

/** Somebody else kept the lock for too long. */
export class LockTimeout extends Error {
  override readonly name = 'LockTimeout';
}

async function acquire(clock: Clock, lockPath: string, timeoutMs: number): Promise<() => Promise<void>> {
  const owner = JSON.stringify({ pid: process.pid, host: hostname(), token: randomBytes(8).toString('hex') });
  const end = clock.now() + timeoutMs;
  for (;;) {
    if (await create(lockPath, owner)) return () => release(lockPath, owner);
    if (await removeIfStale(clock, lockPath)) continue;
    if (clock.now() >= end) throw new LockTimeout(`${lockPath} is held by somebody else`);
    await wait(clock, retryEveryMs);
  }
}

async function create(lockPath: string, owner: string): Promise<boolean> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(lockPath, 'wx', 0o600);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    // Windows: a lock that is being deleted.
    if (process.platform === 'win32' && errorCode(error) === 'EPERM') return false;
    throw error;
  }
  try {
    await handle.writeFile(owner);
    await handle.close();
    return true;
  } catch (error) {
    await handle.close().catch(() => {});
    await unlink(lockPath).catch(() => {});
    throw error;
  }
}

/** Only our own lock: somebody may have taken it from us for stale. */
async function release(lockPath: string, owner: string): Promise<void> {
  const now = await contentOf(lockPath);
  if (now === owner) await unlink(lockPath).catch(() => {});
}

/**
 * Clears away the lock of a dead process or one that is too old; true if it is worth trying again at once. Only one process at a time may do so, and
 * it looks again when it is its turn: otherwise the second one that found the lock stale would remove the fresh lock of the first.
 */
async function removeIfStale(clock: Clock, lockPath: string): Promise<boolean> {
  if (!(await isStale(clock, lockPath))) return false;
  const turn = `${lockPath}.stale`;
  if (!(await create(turn, ''))) {
    // Left behind by a process that died in the few lines below.
    if (await isOld(clock, turn)) await unlink(turn).catch(() => {});
    return false;
  }
  try {
    if (await isStale(clock, lockPath)) await unlink(lockPath).catch(() => {});
  } finally {
    await unlink(turn).catch(() => {});
  }
  return true;
}

async function isStale(clock: Clock, lockPath: string): Promise<boolean> {
  const content = await contentOf(lockPath);
  if (content === null) return false;
  const owner = ownerIn(content);
  return (owner?.host === hostname() && !isAlive(owner.pid)) || (await isOld(clock, lockPath));
}

async function isOld(clock: Clock, path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => null);
  return stats !== null && Math.abs(clock.wallNow() - stats.mtimeMs) > staleAfterMs;
}

/** Null if there is none. In a folder for all a stranger may have put anything there: a pipe must not hold us, a link not lead elsewhere. */
async function contentOf(lockPath: string): Promise<string | null> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(lockPath, forReadingItself);
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? null : '';
  }
  try {
    const stats = await handle.stat();
    return stats.isFile() && stats.size <= maxLockBytes ? await handle.readFile('utf8') : '';
  } catch {
    return '';
  } finally {
    await handle.close();
  }
}

function ownerIn(content: string): { pid: number; host: string } | null {
  try {
    const parsed: unknown = JSON.parse(content);
    if (typeof parsed !== 'object' || parsed === null || !('pid' in parsed) || !('host' in parsed)) return null;
    const { pid, host } = parsed;
    return typeof pid === 'number' && Number.isInteger(pid) && pid > 0 && typeof host === 'string'
      ? { pid, host }
      : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

/** The system's code of an error (`ENOENT`), or an empty text. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
