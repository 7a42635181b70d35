import { existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveProfile } from '../../../src/main/engine/config/paths.ts';
import {
  fitsSocketPath,
  inPrivateFolder,
  isHiddenName,
  longestSocketFolder,
  longestSocketPath,
} from '../../../src/main/engine/lifecycle/private-socket.ts';
import { tempFolder } from '../../support/temp.ts';

/** A folder below `top` whose path has so many bytes. */
function folderOf(top: string, bytes: number): string {
  const folder = `${top}/${'d'.repeat(bytes - top.length - 1)}`;
  mkdirSync(folder);
  return folder;
}

describe.skipIf(process.platform === 'win32')('the private folder of a socket', () => {
  it('is closed to others under any umask, and goes with what is in it', async () => {
    const place = tempFolder().file('x.sock');
    const before = process.umask(0);
    try {
      const result = await inPrivateFolder(place, (hidden) => {
        expect(statSync(dirname(hidden)).mode & 0o777).toBe(0o700);
        expect(dirname(dirname(hidden))).toBe(dirname(place));
        writeFileSync(hidden, '');
        return Promise.resolve('made');
      });
      expect(result).toBe('made');
      await expect(inPrivateFolder(place, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    } finally {
      process.umask(before);
    }
    expect(readdirSync(dirname(place))).toEqual([]);
    await expect(inPrivateFolder('/nonexistent/x.sock', () => Promise.resolve())).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });

  it('has room at each path that fits, to the last byte, and a path without room does not fit', async () => {
    const { path: top } = tempFolder();
    const longest = longestSocketPath();
    const folder = folderOf(top, longestSocketFolder());
    for (const name of ['a', 'eleven-byte', 'control.sock']) {
      const path = `${folder}/${name}`;
      expect(fitsSocketPath(path)).toBe(Buffer.byteLength(path) <= longest);
      await inPrivateFolder(path, async (hidden) => {
        expect(Buffer.byteLength(hidden)).toBe(longest);
        const server = createServer();
        server.listen(hidden);
        await once(server, 'listening');
        server.close();
        await once(server, 'close');
      });
    }
    expect(fitsSocketPath(`${folder}/${'x'.repeat(longest - folder.length - 1)}`)).toBe(true);
    expect(fitsSocketPath(`${folder}/${'x'.repeat(longest - folder.length)}`)).toBe(false);
    expect(fitsSocketPath(`${folder}d/a`)).toBe(false);
    expect(fitsSocketPath(`${'ä'.repeat(50)}/a`)).toBe(false);
  });

  it('has a name that nobody else has a file of: libuv removes it once more when the server closes', async () => {
    const folder = tempFolder();
    const victim = folder.file('victim');
    mkdirSync(victim);
    writeFileSync(`${victim}/s`, 'precious');
    const server = createServer();
    const hidden = await inPrivateFolder(folder.file('x.sock'), async (path) => {
      server.listen(path);
      await once(server, 'listening');
      return path;
    });
    expect(existsSync(hidden)).toBe(false);
    symlinkSync(victim, dirname(hidden));
    server.close();
    await once(server, 'close');
    expect(existsSync(`${victim}/s`)).toBe(true);
    rmSync(dirname(hidden));
    expect(isHiddenName(hidden.slice(dirname(hidden).length + 1))).toBe(true);
    expect(['', 'x', 'secret', 's/..', 'control.sock'].filter(isHiddenName)).toEqual([]);
  });

  it.each(['linux', 'darwin', 'freebsd'] as const)('has room where a profile puts its socket: %s', (platform) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 150 }), fc.boolean(), (length, runtime) => {
        const long = `/${'h'.repeat(length)}`;
        const env = runtime ? { XDG_RUNTIME_DIR: long } : { HOLDFAST_STATE: long };
        expect(fitsSocketPath(resolveProfile('/c.toml', env, platform, '/home/me').socketPath, platform)).toBe(true);
      }),
    );
  });
});
