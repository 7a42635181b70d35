import { linkSync, mkdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isOfThisMachine, isOwnAddress, isOwnPath } from '../../../src/main/engine/forward/own-places.ts';
import { tempFolder } from '../../support/temp.ts';

const panel = { kind: 'tcp', address: '127.0.0.1', port: 8765 } as const;

describe('an address of this machine', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.2',
    '127.255.255.254',
    '0.0.0.0',
    '0.1.2.3',
    '::1',
    '::1%lo',
    '0:0:0:0:0:0:0:1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:FFFF:127.0.0.1',
    '::ffff:0.0.0.0',
    '::127.0.0.1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::127.0.0.1',
    ...Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
  ])('is %s', (address) => {
    expect(isOfThisMachine(address)).toBe(true);
    expect(isOwnAddress(address, 8765, [panel])).toBe(true);
    expect(isOwnAddress(address, 8766, [panel])).toBe(false);
    expect(isOwnAddress(address, 8765, [])).toBe(false);
  });

  it.each(['192.0.2.1', '2001:db8::1', '128.0.0.1', '::ffff:192.0.2.1', '64:ff9b::192.0.2.1', 'nonsense', ''])(
    'is not %s',
    (address) => {
      expect(isOwnAddress(address, 8765, [panel])).toBe(false);
    },
  );
});

describe('a path', () => {
  it.skipIf(process.platform === 'win32')('is known through links of both kinds, and others are not', async () => {
    const folder = tempFolder();
    const [own, other] = [folder.file('control.sock'), folder.file('other.sock')];
    const servers = [own, other].map((path) => createServer().listen(path));
    try {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
      mkdirSync(folder.file('deep'));
      symlinkSync(own, folder.file('link.sock'));
      symlinkSync('../link.sock', folder.file('deep/again'));
      symlinkSync('..', folder.file('deep/up'));
      linkSync(own, folder.file('hard.sock'));
      const places = [{ kind: 'unix', path: own } as const, panel];
      for (const name of [
        'control.sock',
        'link.sock',
        'deep/again',
        'deep/up/control.sock',
        'hard.sock',
        'deep/../control.sock',
      ])
        expect([name, await isOwnPath(`${folder.path}/${name}`, places)]).toEqual([name, true]);
      expect(await isOwnPath(`/proc/self/root${own}`, places)).toBe(process.platform === 'linux');
      for (const path of [other, folder.file('nothing'), folder.path, ''])
        expect([path, await isOwnPath(path, places)]).toEqual([path, false]);
    } finally {
      for (const server of servers) server.close();
    }
  });

  it('of a pipe is known by its name, however it is written', async () => {
    const places = [{ kind: 'unix', path: '\\\\.\\pipe\\holdfast-1-2' } as const];
    for (const path of [
      '\\\\.\\pipe\\holdfast-1-2',
      '\\\\?\\PIPE\\Holdfast-1-2',
      '//./pipe/HOLDFAST-1-2',
      '\\\\localhost\\pipe\\holdfast-1-2',
    ])
      expect([path, await isOwnPath(path, places)]).toEqual([path, true]);
    expect(await isOwnPath('\\\\.\\pipe\\other', places)).toBe(false);
  });
});
