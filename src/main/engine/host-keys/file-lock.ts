import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { type Clock, wait } from '../lifecycle/clock.ts';

/** Longest time somebody may hold the lock; it is held for one small write, so an older one was left behind. */
const staleAfterMs = 30_000;
const retryEveryMs = 20;

/** Turns within this process, by path: a lock file alone would let two of our own tasks poll each other. */
const turns = new Map<string, Promise<void>>();

/**
 * Runs `task` while holding `path`.holdfast-lock, so that several Holdfasts do not rewrite a file at once. ssh itself knows no lock: what it
 * appends meanwhile is the task's to notice. Rejects with the system's error if no lock can be made, or `LockTimeout` after `timeoutMs`.
 */
export async function withFileLock<T>(
  clock: Clock,
  path: string,
  task: () => Promise<T>,
  timeoutMs = 10_000,
): Promise<T> {
  const before = turns.get(path) ?? Promise.resolve();
  const mine = before.then(async () => {
    const release = await acquire(clock, `${path}.holdfast-lock`, timeoutMs);
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
  turns.set(path, done);
  try {
    return await mine;
  } finally {
    if (turns.get(path) === done) turns.delete(path);
  }
}

/** Somebody else kept the lock for too long. */
export class LockTimeout extends Error {
  override readonly name = 'LockTimeout';
}

async function acquire(clock: Clock, lockPath: string, timeoutMs: number): Promise<() => Promise<void>> {
  await mkdir(dirname(lockPath), { recursive: true, mode: 0o700 });
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
  const now = await readFile(lockPath, 'utf8').catch(() => null);
  if (now === owner) await unlink(lockPath).catch(() => {});
}

/** Clears away the lock of a dead process or one that is too old. The rename decides between several that try. */
async function removeIfStale(clock: Clock, lockPath: string): Promise<boolean> {
  const content = await readFile(lockPath, 'utf8').catch(() => null);
  if (content === null) return true;
  if (!(await isStale(clock, lockPath, content))) return false;
  const aside = `${lockPath}.${randomBytes(8).toString('hex')}`;
  try {
    await rename(lockPath, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    throw error;
  }
  if ((await readFile(aside, 'utf8').catch(() => null)) !== content) {
    // A fresh lock had taken the stale one's place between the look and the rename: give it back.
    await link(aside, lockPath).catch(() => {});
  }
  await unlink(aside).catch(() => {});
  return true;
}

async function isStale(clock: Clock, lockPath: string, content: string): Promise<boolean> {
  const owner = ownerIn(content);
  if (owner?.host === hostname() && !isAlive(owner.pid)) return true;
  try {
    return Math.abs(clock.wallNow() - (await stat(lockPath)).mtimeMs) > staleAfterMs;
  } catch (error) {
    return errorCode(error) === 'ENOENT';
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
