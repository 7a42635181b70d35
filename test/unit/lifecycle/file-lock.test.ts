import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lutimesSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { LockTimeout, withFileLock } from '../../../src/main/engine/lifecycle/file-lock.ts';
import { systemClock } from '../../../src/main/engine/lifecycle/clock.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { tempFolder } from '../../support/temp.ts';

checkLeaks();

function owner(pid: number, host = hostname()): string {
  return JSON.stringify({ pid, host, token: 'x' });
}

/** A pid that was alive a moment ago. */
function deadPid(): number {
  return spawnSync('true').pid;
}

describe('withFileLock', () => {
  test('one at a time, in order, and nothing is left', async () => {
    const folder = tempFolder();
    const lock = folder.file('lock');
    const seen: string[] = [];
    const task = (name: string) => () =>
      withFileLock(systemClock, lock, async () => {
        seen.push(`${name} in`);
        expect(readFileSync(lock, 'utf8')).toContain(`"pid":${process.pid}`);
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(`${name} out`);
      });
    await Promise.all([task('a')(), task('b')(), task('c')()]);
    expect(seen).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('a task that fails lets the next one in', async () => {
    const lock = tempFolder().file('lock');
    await expect(withFileLock(systemClock, lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withFileLock(systemClock, lock, () => Promise.resolve(7))).toBe(7);
  });

  test('waits for a live owner, and goes on when it lets go', async () => {
    const lock = tempFolder().file('lock');
    writeFileSync(lock, owner(process.ppid));
    let entered = false;
    const waiting = withFileLock(systemClock, lock, () => {
      entered = true;
      return Promise.resolve();
    });
    for (let i = 0; i < 50; i += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(entered).toBe(false);
    unlinkSync(lock);
    await waiting;
    expect(entered).toBe(true);
  });

  test('gives up on a live owner in time and leaves its lock alone', async () => {
    const lock = tempFolder().file('lock');
    writeFileSync(lock, owner(process.ppid));
    await expect(withFileLock(systemClock, lock, () => Promise.resolve(), 60)).rejects.toBeInstanceOf(LockTimeout);
    expect(existsSync(lock)).toBe(true);
  });

  test.each<[string, () => string]>([
    ['a dead process', () => owner(deadPid())],
    ['nobody, and old', () => ''],
    ['another machine, and old', () => owner(1, 'elsewhere')],
  ])('takes the lock of %s', async (what, content) => {
    const folder = tempFolder();
    const lock = folder.file('lock');
    writeFileSync(lock, content());
    if (what.includes('old')) utimesSync(lock, new Date(0), new Date(0));
    expect(await withFileLock(systemClock, lock, () => Promise.resolve('in'), 200)).toBe('in');
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('a fresh lock of another machine is waited for', async () => {
    const lock = tempFolder().file('lock');
    writeFileSync(lock, owner(deadPid(), 'elsewhere'));
    await expect(withFileLock(systemClock, lock, () => Promise.resolve(), 60)).rejects.toBeInstanceOf(LockTimeout);
  });

  test('of many that find a stale lock, one at a time gets in', async () => {
    const lock = tempFolder().file('lock');
    writeFileSync(lock, owner(deadPid()));
    let inside = 0;
    await Promise.all(
      Array.from({ length: 10 }, () =>
        withFileLock(systemClock, lock, async () => {
          inside += 1;
          expect(inside).toBe(1);
          await new Promise((resolve) => setImmediate(resolve));
          inside -= 1;
        }),
      ),
    );
  });

  test.skipIf(process.platform === 'win32').each<[string, (lock: string) => void]>([
    ['a pipe', (lock) => void spawnSync('mkfifo', [lock])],
    ['a link to an endless device', (lock) => symlinkSync('/dev/zero', lock)],
    ['a link that leads nowhere', (lock) => symlinkSync('nowhere', lock)],
    ['a huge file', (lock) => writeFileSync(lock, 'x'.repeat(100_000))],
  ])('%s in its place holds nobody up for longer than a lock', async (_, make) => {
    const lock = tempFolder().file('lock');
    make(lock);
    await expect(withFileLock(systemClock, lock, () => Promise.resolve(), 60)).rejects.toBeInstanceOf(LockTimeout);
    lutimesSync(lock, new Date(0), new Date(0));
    expect(await withFileLock(systemClock, lock, () => Promise.resolve('in'), 200)).toBe('in');
  });

  test('a folder that is not there is said at once', async () => {
    const lock = tempFolder().file('no/lock');
    await expect(withFileLock(systemClock, lock, () => Promise.resolve())).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a lock that was taken from us is not removed', async () => {
    const lock = tempFolder().file('lock');
    await withFileLock(systemClock, lock, () => {
      writeFileSync(lock, owner(process.ppid));
      return Promise.resolve();
    });
    expect(readFileSync(lock, 'utf8')).toBe(owner(process.ppid));
  });
});
