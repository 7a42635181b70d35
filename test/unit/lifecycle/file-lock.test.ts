import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withFileLock } from '../../../src/main/engine/lifecycle/file-lock.ts';
import { checkLeaks } from '../../support/leak-check.ts';

checkLeaks();
let folder = '';
let lock = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-lock-'));
  lock = join(folder, '.lock');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('one at a time, and nothing is left', async () => {
  let inside = 0;
  let most = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
    done += 1;
  };
  await Promise.all(Array.from({ length: 20 }, () => withFileLock(lock, work)));
  expect([most, done]).toEqual([1, 20]);
  expect(await readdir(folder)).toEqual([]);
});

test('an error goes through, and the lock is free again', async () => {
  await expect(withFileLock(lock, () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
  expect(await withFileLock(lock, () => Promise.resolve(7))).toBe(7);
});

test('the lock of somebody who died is taken over, by one', async () => {
  await writeFile(lock, '1\n');
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(lock, longAgo, longAgo);
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 10 }, () =>
      withFileLock(lock, async () => {
        inside += 1;
        most = Math.max(most, inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
      }),
    ),
  );
  expect(most).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test('a folder that is not there is said at once', async () => {
  await expect(withFileLock(join(folder, 'no', 'lock'), () => Promise.resolve())).rejects.toThrow('ENOENT');
});
