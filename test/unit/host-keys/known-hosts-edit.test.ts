import { chmodSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findKnownHost, listKnownHosts, removeKnownHost } from '../../../src/main/engine/host-keys/known-hosts-edit.ts';
import { knownHostsPlaces } from '../../../src/main/engine/host-keys/known-hosts-places.ts';
import { fingerprintOf } from '../../../src/main/engine/host-keys/public-key.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { tempFolder } from '../../support/temp.ts';
import { ed25519, hashed, hostWith, keyText, rsa } from './fixtures.ts';

checkLeaks();

const K = keyText(ed25519('a'));
const content = [
  '# my hosts\r',
  `a.example,b.example ${K} laptop\r`,
  '',
  `${hashed('a.example')} ${keyText(rsa('a'))}`,
  `*.example ${keyText(ed25519('all'))}`,
  `@revoked a.example ${keyText(ed25519('stolen'))}`,
  `[a.example]:2222 ${K}`,
  'a.example ssh-ed25519 broken!',
  `|1|AAAA|AAAA ${K}`,
  `A.EXAMPLE ${keyText(ed25519('capitals'))}`,
  `evil\x1b[2Jname ${K} com\x9bment`,
].join('\n');

function fileWith(text: string): string {
  const file = tempFolder().file('known_hosts');
  writeFileSync(file, text, 'latin1');
  return file;
}

describe('list', () => {
  test('every line but blank ones and comments, broken ones with their reason, cleaned', async () => {
    const file = fileWith(content);
    const entries = await listKnownHosts([file, `${file}.missing`]);
    expect(entries.map((entry) => entry.line)).toEqual([2, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(entries[0]).toEqual({
      file,
      line: 2,
      marker: 'none',
      names: 'a.example,b.example',
      hashed: false,
      keyType: 'ED25519',
      bits: 256,
      fingerprint: fingerprintOf(ed25519('a')),
      comment: 'laptop',
      problem: null,
    });
    expect(entries[1]).toMatchObject({ names: '(hashed name)', hashed: true, keyType: 'RSA', bits: 2048 });
    expect(entries[3]).toMatchObject({ marker: 'revoked' });
    expect(entries[5]).toMatchObject({ keyType: null, problem: 'the key is not base64' });
    expect(entries[6]).toMatchObject({ problem: 'the hashed name cannot be read' });
    expect(entries[8]?.names).toBe('evil\\033[2Jname');
    expect(entries[8]?.comment).not.toContain('\x9b');
  });

  test('a hashed name is told to who names it, whole and in any case, and to nobody else', async () => {
    const file = fileWith(content);
    const namesOn4 = async (...names: string[]) => (await listKnownHosts([file], names)).find(({ line }) => line === 4);
    expect(await namesOn4('A.example')).toMatchObject({ names: 'A.example', hashed: true });
    expect(await namesOn4('a.exampl', 'b.example')).toMatchObject({ names: '(hashed name)' });
  });

  test('the files are those of the hosts; without any, the one of OpenSSH', () => {
    const both = { knownHosts: ['/a', '/b'] } as const;
    const places = knownHostsPlaces([hostWith(both), hostWith({ knownHosts: ['/b', '/c'] })]);
    expect(places).toEqual({ files: ['/a', '/b', '/c'], written: ['/a', '/b'] });
    const standard = [join(homedir(), '.ssh', 'known_hosts')];
    expect(knownHostsPlaces([])).toEqual({ files: standard, written: standard });
  });
});

describe('find', () => {
  test('as ssh looks it up', async () => {
    const file = fileWith(content);
    const lines = async (name: string): Promise<number[]> =>
      (await findKnownHost([file], name)).map((entry) => entry.line);
    expect(await lines('a.example')).toEqual([2, 4, 5, 6, 10]);
    expect(await lines('A.Example')).toEqual([2, 4, 5, 6, 10]);
    expect(await lines('[a.example]:2222')).toEqual([7]);
    expect(await lines('nobody')).toEqual([]);
  });
});

describe('remove', () => {
  test('the plain keys of that name, nothing else; the file before is kept', async () => {
    const file = fileWith(content);
    const removed = await removeKnownHost(file, 'A.example');
    expect(removed.map((entry) => entry.line)).toEqual([2, 4, 10]);
    const kept = content
      .split('\n')
      .filter((_, i) => ![3, 9].includes(i))
      .join('\n')
      .replace('a.example,b.example', 'b.example');
    expect(readFileSync(file, 'latin1')).toBe(kept);
    expect(readFileSync(`${file}.old`, 'latin1')).toBe(content);
  });

  test('nothing to remove: no write, no backup', async () => {
    const file = fileWith(content);
    const before = lstatSync(file);
    expect(await removeKnownHost(file, 'nobody')).toEqual([]);
    expect(lstatSync(file).ino).toBe(before.ino);
    expect(() => lstatSync(`${file}.old`)).toThrow('ENOENT');
    expect(await removeKnownHost(`${file}.missing`, 'a')).toEqual([]);
    expect(() => lstatSync(`${file}.missing`)).toThrow('ENOENT');
  });

  test('a name that also matches by a pattern on its own line stays', async () => {
    const file = fileWith(`a.example,*.example ${K}\na.example,!a.example ${K}\n`);
    expect(await removeKnownHost(file, 'a.example')).toEqual([]);
  });

  test('behind a trusted link, not behind others, and a backup that is a link is not followed', async () => {
    const folder = tempFolder();
    writeFileSync(folder.file('real'), content, 'latin1');
    symlinkSync(folder.file('real'), folder.file('known_hosts'));
    expect((await removeKnownHost(folder.file('known_hosts'), 'a.example')).length).toBeGreaterThan(0);
    expect(lstatSync(folder.file('known_hosts')).isSymbolicLink()).toBe(true);
    expect(readFileSync(folder.file('real'), 'latin1')).not.toBe(content);
    expect(readFileSync(folder.file('known_hosts.old'), 'latin1')).toBe(content);
    writeFileSync(folder.file('real'), content, 'latin1');
    chmodSync(folder.path, 0o777);
    await expect(removeKnownHost(folder.file('known_hosts'), 'a.example')).rejects.toMatchObject({
      code: 'host-key-not-saved',
      message: expect.stringContaining(folder.file('real')) as string,
    });
    chmodSync(folder.path, 0o700);
    writeFileSync(folder.file('victim'), 'victim');
    symlinkSync(folder.file('victim'), folder.file('real.old'));
    await expect(removeKnownHost(folder.file('real'), 'a.example')).rejects.toMatchObject({
      code: 'host-key-not-saved',
    });
    expect(readFileSync(folder.file('victim'), 'utf8')).toBe('victim');
    expect(readFileSync(folder.file('real'), 'latin1')).toBe(content);
  });
});
