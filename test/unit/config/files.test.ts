import { spawnSync } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfigFile, type LoadResult } from '../../../src/main/engine/config/load.ts';
import { editConfigFile, writeConfigFile } from '../../../src/main/engine/config/save.ts';
import { HoldfastError } from '../../../src/shared/model/failure.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { itAsRoot } from '../../support/root.ts';

const posix = process.platform !== 'win32';
const text = '# mine\n[hosts.h]\naddress = "a"\n';

checkLeaks();
let folder = '';
let file = '';
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'holdfast-config-')));
  file = join(folder, 'config.toml');
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function problems(result: LoadResult): string[] {
  return result.kind === 'bad'
    ? result.problems.map(({ line, key, message }) => `${line}: ${key}: ${message}`)
    : [result.kind];
}

describe('loadConfigFile', () => {
  test('a good file, a missing one, a missing folder', async () => {
    await writeFile(file, text, { mode: 0o600 });
    const result = await loadConfigFile(file);
    expect(result.kind === 'ok' && result.config.hosts.has('h')).toBe(true);
    expect(await loadConfigFile(join(folder, 'none.toml'))).toEqual({ kind: 'missing' });
    expect(await loadConfigFile(join(folder, 'none', 'c.toml'))).toEqual({ kind: 'missing' });
  });

  test.each<[string, string | Uint8Array, string]>([
    [
      'binary',
      Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 0]),
      '1: file: there is a NUL character: this is not a text file',
    ],
    ['not UTF-8', Buffer.from('a = 1\nb = "\xff"\n', 'latin1'), '2: file: the file is not UTF-8 text'],
    ['UTF-16', Buffer.from('\ufeffa = 1', 'utf16le'), '1: file: the file is written in UTF-16; save it as UTF-8'],
    ['half a character', Buffer.from([0x23, 0xe2, 0x82]), '1: file: the file is not UTF-8 text'],
    ['huge', '#'.repeat(50 * 1024 * 1024), '1: file: the file is larger than 1 MiB'],
    ['truncated', '{', '1: syntax: unexpected token'],
  ])('%s', async (_, content, problem) => {
    await writeFile(file, content, { mode: 0o600 });
    expect(problems(await loadConfigFile(file))).toEqual([expect.stringContaining(problem.slice(0, 24))]);
    if (!problem.includes('syntax')) expect(problems(await loadConfigFile(file))).toEqual([problem]);
  });

  test('BOM and CRLF are welcome', async () => {
    await writeFile(file, `\ufeff${text.replaceAll('\n', '\r\n')}`, { mode: 0o600 });
    expect((await loadConfigFile(file)).kind).toBe('ok');
  });

  test('a folder', async () => {
    await mkdir(file);
    expect(problems(await loadConfigFile(file))).toEqual(['1: file: this is a folder; expected a file']);
  });

  test.runIf(posix)('a named pipe and a device do not hold it', async () => {
    spawnSync('mkfifo', [file]);
    expect(problems(await loadConfigFile(file))).toEqual(['1: file: this is not a regular file']);
    expect(problems(await loadConfigFile('/dev/zero'))).toEqual(['1: file: this is not a regular file']);
  });

  test.runIf(posix)('links are read; relative paths are those of the link', async () => {
    await mkdir(join(folder, 'real'), { mode: 0o700 });
    await writeFile(join(folder, 'real', 'c.toml'), `${text}identity = "k"\n`, { mode: 0o600 });
    await symlink('real/c.toml', file);
    const result = await loadConfigFile(file);
    expect(result.kind === 'ok' && result.config.hosts.get('h')?.identity).toEqual([join(folder, 'k')]);
    await rm(join(folder, 'real', 'c.toml'));
    expect(problems(await loadConfigFile(file))).toEqual([
      '1: file: the file is a link to something that does not exist',
    ]);
    await rm(file);
    await symlink('config.toml', file);
    expect(problems(await loadConfigFile(file))).toEqual(['1: file: the file is a link that leads nowhere']);
  });

  test.runIf(posix)('what others may write is refused, and how to heal it is said', async () => {
    await writeFile(file, text);
    for (const [mode, who] of [
      [0o620, 'its group'],
      [0o602, 'everybody'],
    ] as const) {
      await chmod(file, mode);
      expect(problems(await loadConfigFile(file))).toEqual([
        `1: file: the file ${file} may be written by ${who}; run: chmod go-w ${file}`,
      ]);
    }
    await chmod(file, 0o644);
    for (const mode of [0o770, 0o707]) {
      await chmod(folder, mode);
      expect(problems(await loadConfigFile(file))[0]).toContain(`the folder ${folder} may be written by`);
    }
    await chmod(folder, 0o1777);
    expect((await loadConfigFile(file)).kind).toBe('ok');
  });

  test.runIf(posix)('the folder of the real file counts too', async () => {
    const open = join(folder, 'open');
    await mkdir(open);
    await writeFile(join(open, 'c.toml'), text, { mode: 0o600 });
    await chmod(open, 0o777);
    await symlink('open/c.toml', file);
    expect(problems(await loadConfigFile(file))[0]).toContain(`the folder ${open} may be written by everybody`);
  });

  itAsRoot("somebody else's file and folder are refused", async () => {
    await writeFile(file, text, { mode: 0o600 });
    spawnSync('chown', ['1234', file]);
    expect(problems(await loadConfigFile(file))[0]).toContain('belongs to another user (uid 1234)');
    spawnSync('chown', ['0', file]);
    spawnSync('chown', ['1234', folder]);
    expect(problems(await loadConfigFile(file))[0]).toContain(`the folder ${folder} belongs to another user`);
  });
});

describe('writeConfigFile and editConfigFile', () => {
  test('the first edit makes the folder, 0700, and the file, 0600', async () => {
    const path = join(folder, 'a', 'b', 'config.toml');
    const { config } = await editConfigFile(path, (editor) => editor.addHost('h', { address: 'x' }));
    expect(config.hosts.get('h')?.address).toBe('x');
    expect(await readFile(path, 'utf8')).toBe('[hosts.h]\naddress = "x"\n');
    if (posix) {
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o700);
      expect((await stat(join(folder, 'a', 'b'))).mode & 0o777).toBe(0o700);
    }
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['config.toml']);
  });

  test('an edit that is not valid writes nothing, and makes nothing', async () => {
    await writeFile(file, text, { mode: 0o600 });
    await expect(editConfigFile(file, (editor) => editor.set(['hosts', 'h', 'port'], 0))).rejects.toThrow(
      `${file}:4: hosts.h.port: expected a whole number from 1 to 65535, got 0`,
    );
    expect(await readFile(file, 'utf8')).toBe(text);
    const path = join(folder, 'a', 'config.toml');
    await expect(editConfigFile(path, (editor) => editor.addHost('h', {}))).rejects.toThrow('is missing');
    expect(await readdir(folder)).toEqual(['config.toml']);
  });

  test('a broken file is not edited', async () => {
    await writeFile(file, '[a', { mode: 0o600 });
    await expect(editConfigFile(file, (editor) => editor.addHost('h', { address: 'x' }))).rejects.toThrow(
      'cannot be edited',
    );
    await writeFile(file, Buffer.from([0x61, 0xff]), { mode: 0o600 });
    await expect(editConfigFile(file, (editor) => editor.addHost('h', { address: 'x' }))).rejects.toThrow('not UTF-8');
    expect([...(await readFile(file))]).toEqual([0x61, 0xff]);
  });

  test('a change by somebody else meanwhile is not overwritten', async () => {
    await writeFile(file, text, { mode: 0o600 });
    await expect(writeConfigFile(file, 'version = 1\n', 'something else')).rejects.toThrow('changed by somebody else');
    await expect(writeConfigFile(file, 'version = 1\n', null)).rejects.toThrow('changed by somebody else');
    expect(await readFile(file, 'utf8')).toBe(text);
    await writeConfigFile(file, 'version = 1\n', text);
    expect(await readFile(file, 'utf8')).toBe('version = 1\n');
  });

  test('of edits at the same time none is lost', async () => {
    for (const begun of [text, null]) {
      await rm(file, { force: true });
      if (begun !== null) await writeFile(file, begun, { mode: 0o600 });
      const names = ['a', 'b', 'c', 'd', 'e', 'f'];
      await Promise.all(names.map((name) => editConfigFile(file, (editor) => editor.addHost(name, { address: 'x' }))));
      const result = await loadConfigFile(file);
      const hosts = result.kind === 'ok' ? [...result.config.hosts.keys()] : [];
      expect(hosts.sort()).toEqual(begun === null ? names : [...names, 'h']);
      expect(await readdir(folder)).toEqual(['config.toml']);
    }
  });

  test.runIf(posix)('behind a link the real file is written, if nobody else could have placed it', async () => {
    const shared = join(folder, 'shared');
    const real = join(shared, 'mine', 'real.toml');
    await mkdir(join(shared, 'mine'), { recursive: true });
    await writeFile(real, text, { mode: 0o600 });
    await symlink('shared/mine/real.toml', file);
    await editConfigFile(file, (editor) => editor.set(['hosts', 'h', 'port'], 5));
    const written = await readFile(real, 'utf8');
    expect(written).toContain('port = 5');
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(['config.toml', 'shared']);
    expect(await readdir(join(shared, 'mine'))).toEqual(['real.toml']);
    // Who may write a folder further up may put another in its place.
    await chmod(shared, 0o777);
    expect((await loadConfigFile(file)).kind).toBe('ok');
    const error: unknown = await editConfigFile(file, (editor) => editor.set(['hosts', 'h', 'port'], 6)).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(HoldfastError);
    expect(String(error)).toContain(`leads to ${real}`);
    expect(String(error)).toContain(`the folder ${shared} may be written by everybody; run: chmod go-w ${shared}`);
    expect(await readFile(real, 'utf8')).toBe(written);
  });

  test.runIf(posix)('what others may write is not written', async () => {
    await writeFile(file, text);
    await chmod(file, 0o666);
    await expect(writeConfigFile(file, 'version = 1\n')).rejects.toThrow('may be written by everybody');
    await chmod(file, 0o600);
    await chmod(folder, 0o777);
    await expect(writeConfigFile(file, 'version = 1\n')).rejects.toThrow(`chmod go-w ${folder}`);
    await expect(writeConfigFile(join(folder, 'new.toml'), 'version = 1\n')).rejects.toThrow(
      'may be written by everybody',
    );
    expect(await readdir(folder)).toEqual(['config.toml']);
  });

  itAsRoot('a full disk leaves the file as it was', async (context) => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8k,mode=700', 'tmpfs', disk]).status !== 0) {
      context.skip('no small disk can be mounted here');
      return;
    }
    try {
      const path = join(disk, 'config.toml');
      await writeFile(path, text, { mode: 0o600 });
      const command = 'x'.repeat(4000);
      await expect(
        editConfigFile(path, (editor) => {
          for (const name of ['i', 'j', 'k']) editor.addHost(name, { address: 'y', 'proxy-command': command });
        }),
      ).rejects.toThrow('the disk is full');
      expect(await readFile(path, 'utf8')).toBe(text);
      expect(await readdir(disk)).toEqual(['config.toml']);
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});
