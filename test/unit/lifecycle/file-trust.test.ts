import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inEnglish } from '../../../src/shared/i18n/sentences/index.ts';
import { writeFileAtomic } from '../../../src/main/engine/lifecycle/atomic-file.ts';
import { wayTo, writePlaceOf } from '../../../src/main/engine/lifecycle/file-trust.ts';
import { isPrivateGroup } from '../../../src/main/engine/lifecycle/private-group.ts';
import { itAsRoot } from '../../support/root.ts';
import { tempFolder } from '../../support/temp.ts';

const nobody = 65534;

/** A folder with `dir/sub/file`, and `link` that leads to it through a chain with relative and absolute parts. */
function scene() {
  const { path: top } = tempFolder();
  const at = (...names: string[]): string => join(top, ...names);
  mkdirSync(at('dir', 'sub'), { recursive: true, mode: 0o755 });
  mkdirSync(at('other'));
  writeFileSync(at('dir', 'sub', 'file'), 'old', { mode: 0o600 });
  symlinkSync('../dir/../dir/sub/./file', at('other', 'second'));
  symlinkSync(at('other', 'second'), at('link'));
  return { top, at, link: at('link'), file: at('dir', 'sub', 'file') };
}

async function why(path: string): Promise<string | null> {
  const place = await writePlaceOf(path);
  return place.kind === 'refused' ? inEnglish(place.why) : null;
}

async function distrustAt(path: string): Promise<string | null> {
  const { distrust } = await wayTo(path);
  return distrust === null ? null : inEnglish(distrust);
}

describe.skipIf(process.platform === 'win32')('the way to a file', () => {
  test('goes through chains, `..` and folders that are links, to where the system goes', async () => {
    const { at, link, file } = scene();
    expect(await wayTo(link)).toMatchObject({ realPath: file, isLinked: true, isLink: true, distrustOfWay: null });
    expect(await writePlaceOf(link)).toMatchObject({ kind: 'open', path: file });
    symlinkSync('dir/sub', at('folder'));
    expect(await wayTo(at('folder', 'file'))).toMatchObject({ realPath: file, isLinked: true, isLink: false });
    expect(await wayTo(file)).toMatchObject({ realPath: file, isLinked: false });
    // `..` behind a link is above what the link leads to.
    symlinkSync('folder/../sub/file', at('up'));
    expect((await wayTo(at('up'))).realPath).toBe(realpathSync.native(at('up')));
    symlinkSync('folder/../..', at('root'));
    expect((await wayTo(at('root'))).realPath).toBe(realpathSync.native(at('root')));
    symlinkSync('dir/new', at('dangling'));
    expect(await wayTo(at('dangling'))).toMatchObject({ realPath: at('dir', 'new'), stats: null, isLink: true });
    symlinkSync('away/new', at('gone'));
    expect(await wayTo(at('gone'))).toMatchObject({ realPath: at('away', 'new'), stats: null });
  });

  test('ends at loops, long chains and files in place of folders', async () => {
    const { at, file } = scene();
    symlinkSync('b', at('a'));
    symlinkSync('a', at('b'));
    await expect(wayTo(at('a'))).rejects.toMatchObject({ code: 'ELOOP' });
    symlinkSync('self/self', at('self'));
    await expect(wayTo(at('self'))).rejects.toMatchObject({ code: 'ELOOP' });
    await expect(wayTo(join(file, 'x'))).rejects.toMatchObject({ code: 'ENOTDIR' });
    for (let n = 0; n < 45; n += 1) symlinkSync(n === 0 ? file : `c${n - 1}`, at(`c${n}`));
    expect((await wayTo(at('c39'))).realPath).toBe(file);
    await expect(wayTo(at('c44'))).rejects.toMatchObject({ code: 'ELOOP' });
  });

  test('any folder on the way that others may write is found, of links and file', async () => {
    const { at, top, link } = scene();
    for (const [folder, mode, who] of [
      [at('dir'), 0o777, 'everybody'],
      [at('dir', 'sub'), 0o775, 'its group'],
      [at('other'), 0o757, 'everybody'],
      [top, 0o702, 'everybody'],
    ] as const) {
      chmodSync(folder, mode);
      expect(await why(link)).toBe(`the folder ${folder} may be written by ${who}; run: chmod go-w ${folder}`);
      // The folder that the file itself lies in counts for a reader, and those of its links.
      expect((await wayTo(link)).distrust === null).toBe(folder === at('dir'));
      chmodSync(folder, 0o1777);
      expect(await why(link)).toBeNull();
      chmodSync(folder, 0o755);
    }
    chmodSync(at('dir', 'sub', 'file'), 0o622);
    expect(await why(link)).toMatch(/^the file .* may be written by everybody/);
  });

  test('a file and a link with another name in a folder for all are found', async () => {
    const { at, top } = scene();
    chmodSync(top, 0o1777);
    linkSync(at('dir', 'sub', 'file'), at('planted'));
    expect(await why(at('planted'))).toMatch(/planted has another name too/);
    expect(await distrustAt(at('planted'))).toMatch(/planted has another name too/);
    linkSync(at('link'), at('planted-link'));
    expect(await why(at('planted-link'))).toMatch(/the link .*planted-link has another name too/);
    chmodSync(top, 0o755);
    expect(await why(at('planted'))).toBeNull();
    expect(await why(at('planted-link'))).toBeNull();
  });

  itAsRoot("somebody else's file, link and folder are found", async () => {
    const { at, link, file } = scene();
    for (const [path, kind] of [
      [file, 'file'],
      [at('dir'), 'folder'],
      [at('other'), 'folder'],
    ] as const) {
      chownSync(path, nobody, nobody);
      expect(await why(link)).toBe(
        `the ${kind} ${path} belongs to another user (uid 65534); it must be yours or root's`,
      );
      chownSync(path, 0, 0);
    }
    execFileSync('chown', ['-h', '65534', at('other', 'second')]);
    expect(await why(link)).toMatch(/^the link .*second belongs to another user/);
    expect(await distrustAt(link)).toMatch(/^the link .*second belongs to another user/);
  });

  test('a link to a device or a pipe leads there and nowhere else', async () => {
    const { at } = scene();
    symlinkSync('/dev/null', at('null'));
    spawnSync('mkfifo', [at('pipe')]);
    for (const path of [at('null'), at('pipe')]) {
      const place = await writePlaceOf(path);
      expect(place.kind === 'open' && place.stats?.isFile()).toBe(false);
      await expect(writeFileAtomic(path, 'x', { links: 'trusted' })).rejects.toThrow('is not a regular file');
    }
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test('agrees with realpath on any heap of links', async () => {
    const { path: top } = tempFolder();
    const names = ['a', 'b', 'c', 'd'];
    const target = fc
      .array(fc.constantFrom(...names, '..', '.', 'deep'), { minLength: 1, maxLength: 5 })
      .map((parts) => parts.join('/'));
    await fc.assert(
      fc.asyncProperty(fc.array(target, { minLength: 4, maxLength: 4 }), fc.boolean(), async (targets, absolute) => {
        rmSync(join(top, 'x'), { recursive: true, force: true });
        mkdirSync(join(top, 'x', 'deep', 'deep'), { recursive: true });
        writeFileSync(join(top, 'x', 'deep', 'a'), '');
        for (const [index, name] of names.entries()) {
          const text = targets[index] ?? '.';
          symlinkSync(absolute && index === 0 ? join(top, 'x', text) : text, join(top, 'x', name));
        }
        for (const name of names) {
          const path = join(top, 'x', name);
          let real: string | null = null;
          try {
            real = realpathSync.native(path);
          } catch {
            real = null;
          }
          const found = await wayTo(path).catch(() => null);
          if (real === null) expect(found?.stats ?? null).toBeNull();
          else expect(found?.realPath).toBe(real);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe.skipIf(process.platform === 'win32')('writing behind a link', () => {
  test('replaces the file and keeps link, mode and neighbours', async () => {
    const { at, link, file } = scene();
    const inode = lstatSync(file).ino;
    await writeFileAtomic(link, 'new', { links: 'trusted', expectedBefore: 'old' });
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(lstatSync(file).ino).not.toBe(inode);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(execFileSync('ls', ['-A', at('dir', 'sub'), at('other')], { encoding: 'utf8' })).not.toMatch(/\.tmp|lock/);
  });

  test.each([
    [
      'the link leads elsewhere',
      (s: ReturnType<typeof scene>) => {
        writeFileSync(s.at('dir', 'victim'), 'old');
        unlinkSync(s.link);
        symlinkSync(s.at('dir', 'victim'), s.link);
      },
    ],
    [
      'a link stands in place of the file',
      (s: ReturnType<typeof scene>) => {
        writeFileSync(s.at('dir', 'victim'), 'old');
        unlinkSync(s.file);
        symlinkSync(s.at('dir', 'victim'), s.file);
      },
    ],
    ['a folder was opened to everybody', (s: ReturnType<typeof scene>) => chmodSync(s.at('dir'), 0o777)],
    [
      'a folder was replaced by a link',
      (s: ReturnType<typeof scene>) => {
        mkdirSync(s.at('elsewhere'));
        writeFileSync(s.at('elsewhere', 'file'), 'old');
        renameSync(s.at('dir', 'sub'), s.at('dir', 'sub-before'));
        symlinkSync(s.at('elsewhere'), s.at('dir', 'sub'));
      },
    ],
  ])('nothing is written where, between look and rename, %s', async (_, change) => {
    const s = scene();
    // The lock of the real file is held, so that the write stands between its look and its rename.
    const lock = join(dirname(s.file), '.file.lock');
    writeFileSync(lock, JSON.stringify({ pid: process.pid, host: 'elsewhere', token: 'x' }));
    const writing = writeFileAtomic(s.link, 'new', { links: 'trusted', expectedBefore: 'old' }).then(
      () => 'written',
      (error: unknown) => String(error),
    );
    await expect.poll(() => spawnSync('ls', ['-A', dirname(s.file)], { encoding: 'utf8' }).stdout).toMatch(/\.tmp/);
    change(s);
    rmSync(lock, { force: true });
    rmSync(s.at('dir', 'sub-before', '.file.lock'), { force: true });
    expect(await writing).toMatch(/changed by somebody else|may be written by everybody|no such file|does not exist/);
    for (const path of [s.file, s.at('dir', 'victim'), s.at('elsewhere', 'file')])
      expect(spawnSync('cat', [path], { encoding: 'utf8' }).stdout).not.toBe('new');
  });
});

describe('a private group', () => {
  function database(group: string, passwd: string) {
    const folder = tempFolder();
    writeFileSync(folder.file('group'), group);
    writeFileSync(folder.file('passwd'), passwd);
    return { groupFile: folder.file('group'), passwdFile: folder.file('passwd') };
  }
  const users = 'root:x:0:0::/root:/bin/sh\nme:x:1000:1000::/home/me:/bin/sh\nyou:x:1001:1001::/home/you:/bin/sh\n';

  test.each([
    ['its user alone, as first group', 'me:x:1000:\n', users, true],
    ['its user alone, as member', 'dots:x:1000:me\n', users.replace('1000:1000', '1000:100'), true],
    ['another member', 'me:x:1000:me,you\n', users, false],
    ['another user with this first group', 'me:x:1000:\n', users.replace('1001:1001', '1001:1000'), false],
    ['a second line for the same group', 'me:x:1000:\nalso:x:1000:you\n', users, false],
    ['a second name of the same user', 'me:x:1000:self\n', `${users}self:x:1000:1000::/:/bin/sh\n`, true],
    ['nobody', 'me:x:1000:\n', users.replace('1000:1000', '1000:100'), false],
    ['a member nobody knows', 'me:x:1000:ghost\n', users, false],
    ['a group that is not there', 'x:x:5:\n', users, false],
    ['a user that is not there', 'me:x:1000:me\n', 'root:x:0:0::/root:/bin/sh\n', false],
    ['empty files', '', '', false],
    ['rubbish', ':::\n\n:1000:1000', '::1000:1000', false],
  ])('%s', async (_, group, passwd, expected) => {
    expect(await isPrivateGroup(1000, 1000, database(group, passwd))).toBe(expected);
  });

  test('group 0 never is, nor one of files that cannot be read', async () => {
    expect(await isPrivateGroup(0, 0, database('root:x:0:\n', users))).toBe(false);
    expect(await isPrivateGroup(1000, 1000, { groupFile: '/nowhere', passwdFile: '/nowhere' })).toBe(false);
  });
});
