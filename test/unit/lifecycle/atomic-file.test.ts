import { spawnSync } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeFileAtomic } from '../../../src/main/engine/lifecycle/atomic-file.ts';
import { HoldfastError } from '../../../src/shared/model/failure.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { isRoot, itAsRoot } from '../../support/root.ts';

const posix = process.platform !== 'win32';

describe('writeFileAtomic', () => {
  checkLeaks();
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-atomic-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('creates a file of mode 0600 whatever the umask, and leaves nothing else', async () => {
    const path = join(folder, 'a.toml');
    const old = process.umask(0o077);
    try {
      await writeFileAtomic(path, 'one');
      await writeFileAtomic(join(folder, 'b'), 'two', { mode: 0o644 });
    } finally {
      process.umask(old);
    }
    expect(await readFile(path, 'utf8')).toBe('one');
    if (posix) {
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect((await stat(join(folder, 'b'))).mode & 0o777).toBe(0o644);
    }
    expect((await readdir(folder)).sort()).toEqual(['a.toml', 'b']);
  });

  test('replaces a file by a new one', async () => {
    const path = join(folder, 'a');
    await writeFileAtomic(path, 'one');
    const before = (await stat(path)).ino;
    await writeFileAtomic(path, Buffer.from([0, 1, 2]), { expectedBefore: 'one' });
    expect([...(await readFile(path))]).toEqual([0, 1, 2]);
    if (posix) expect((await stat(path)).ino).not.toBe(before);
  });

  test.runIf(posix)('refuses a link unless told otherwise, names the real file and changes neither', async () => {
    const real = join(folder, 'real');
    const path = join(folder, 'link');
    await writeFile(real, 'one');
    await symlink('real', path);
    const error = await failure(writeFileAtomic(path, 'two', { code: 'config' }));
    expect(error.code).toBe('config');
    expect(error.message).toContain(real);
    expect(await readFile(real, 'utf8')).toBe('one');
    expect((await lstat(path)).isSymbolicLink()).toBe(true);
  });

  test.runIf(posix)('refuses a dangling link', async () => {
    await symlink('nowhere', join(folder, 'link'));
    const error = await failure(writeFileAtomic(join(folder, 'link'), 'two'));
    expect(error.message).toContain(join(folder, 'nowhere'));
    expect(await readdir(folder)).toEqual(['link']);
  });

  test.runIf(posix)('writes behind a trusted link if told to', async () => {
    await mkdir(join(folder, 'sub'), { mode: 0o700 });
    await writeFile(join(folder, 'sub', 'real'), 'one');
    await symlink('sub/real', join(folder, 'link'));
    await writeFileAtomic(join(folder, 'link'), 'two', { links: 'trusted' });
    expect(await readFile(join(folder, 'sub', 'real'), 'utf8')).toBe('two');
    expect((await lstat(join(folder, 'link'))).isSymbolicLink()).toBe(true);
  });

  test('refuses a folder in its place', async () => {
    await mkdir(join(folder, 'a'));
    expect((await failure(writeFileAtomic(join(folder, 'a'), 'x'))).message).toContain('not a regular file');
  });

  test('refuses when the file holds something else than expected', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'theirs');
    for (const expectedBefore of ['mine', '', null]) {
      const error = await failure(writeFileAtomic(path, 'new', { expectedBefore }));
      expect(error.message).toContain('changed by somebody else');
    }
    expect(await readFile(path, 'utf8')).toBe('theirs');
    expect((await failure(writeFileAtomic(join(folder, 'b'), 'new', { expectedBefore: 'x' }))).message).toContain(
      'changed by somebody else',
    );
    expect(await readdir(folder)).toEqual(['a']);
  });

  test('of several first writers exactly one wins', async () => {
    const path = join(folder, 'a');
    const results = await Promise.allSettled(
      ['1', '2', '3', '4', '5'].map((text) => writeFileAtomic(path, text, { expectedBefore: null })),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    const winner = results.findIndex((result) => result.status === 'fulfilled');
    expect(await readFile(path, 'utf8')).toBe(String(winner + 1));
    expect(await readdir(folder)).toEqual(['a']);
  });

  test('says so if the folder does not exist', async () => {
    const error = await failure(writeFileAtomic(join(folder, 'no', 'a'), 'x', { code: 'secret-store' }));
    expect(error.code).toBe('secret-store');
    expect(error.message).toContain('folder does not exist');
  });

  itAsRoot("keeps the owner when root changes somebody's file", async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'one');
    spawnSync('chown', ['1234:1235', path]);
    await writeFileAtomic(path, 'two');
    const { uid, gid } = await stat(path);
    expect([uid, gid]).toEqual([1234, 1235]);
  });

  test.runIf(posix && !isRoot)('says so if the folder may not be written', async () => {
    await chmod(folder, 0o500);
    const error = await failure(writeFileAtomic(join(folder, 'a'), 'x'));
    await chmod(folder, 0o700);
    expect(error.message).toContain('may not be written');
  });

  itAsRoot('keeps the file byte for byte on a full disk and removes its own leftovers', async (context) => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk]).status !== 0) {
      context.skip('no small disk can be mounted here');
      return;
    }
    try {
      const path = join(disk, 'a');
      await writeFile(path, 'precious');
      const error = await failure(writeFileAtomic(path, 'x'.repeat(64 * 1024)));
      expect(error.message).toContain('disk is full');
      expect(await readFile(path, 'utf8')).toBe('precious');
      expect(await readdir(disk)).toEqual(['a']);
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});

async function failure(result: Promise<unknown>): Promise<HoldfastError> {
  const error: unknown = await result.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HoldfastError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}
