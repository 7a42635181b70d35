import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../../src/main/engine/log/log.ts';
import { KeyRecord } from '../../../src/main/engine/ssh/key-record.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { hostConfig } from '../../support/host-config.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { type TempFolder, makeTempFolder, tempFolder } from '../../support/temp.ts';

checkLeaks();

const open = (folder: TempFolder): Promise<KeyRecord> =>
  KeyRecord.open({ folder: folder.path, clock: new FakeClock(), log: silentLog });

describe('which key worked last', () => {
  test('outlives the engine, for this login alone, and names nobody', async () => {
    const folder = tempFolder();
    const host = hostConfig();
    const record = await open(folder);
    record.worked(host, ['SHA256:one', '', 'certificate SHA256:two']);
    await record.flush();
    const file = folder.file('login-keys.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain(host.address);
    const again = await open(folder);
    expect(again.workedLast(host)).toEqual(['SHA256:one', 'certificate SHA256:two']);
    for (const other of [{ user: 'you' }, { address: 'x' }, { port: 23 }, { hostKeyAlias: 'a' }, { jump: ['edge'] }])
      expect(again.workedLast({ ...host, ...other })).toEqual([]);
    // What a person calls the host does not matter.
    expect(again.workedLast({ ...host, name: 'other' })).toHaveLength(2);
  });

  test('is written only when it changes', async () => {
    const folder = tempFolder();
    const record = await open(folder);
    record.worked(hostConfig(), ['SHA256:one']);
    await record.flush();
    writeFileSync(folder.file('login-keys.json'), 'untouched');
    record.worked(hostConfig(), ['SHA256:one']);
    record.worked(hostConfig(), []);
    await record.flush();
    expect(readFileSync(folder.file('login-keys.json'), 'utf8')).toBe('untouched');
    expect(record.workedLast(hostConfig())).toEqual(['SHA256:one']);
  });

  test('is bounded: the login that was used longest ago is forgotten', async () => {
    const folder = tempFolder();
    const record = await open(folder);
    const at = (port: number) => hostConfig({ port });
    for (let port = 1; port <= 1000; port += 1) record.worked(at(port), ['SHA256:k']);
    record.worked(at(1), ['SHA256:k']);
    record.worked(
      at(1001),
      Array.from({ length: 9 }, (_, index) => `SHA256:${index}`),
    );
    await record.flush();
    const again = await open(folder);
    expect([1, 2, 3].map((port) => again.workedLast(at(port)).length)).toEqual([1, 0, 1]);
    expect(again.workedLast(at(1001))).toHaveLength(4);
    expect(statSync(folder.file('login-keys.json')).size).toBeLessThan(400_000);
  });

  test.each(['{"version": 7}', 'not json', '{"version":1,"logins":[{"login":"x","keys":"y"}]}'])(
    'a damaged file is set aside: %s',
    async (text) => {
      const folder = makeTempFolder();
      writeFileSync(folder.file('login-keys.json'), text);
      const record = await open(folder);
      expect(record.workedLast(hostConfig())).toEqual([]);
      record.worked(hostConfig(), ['SHA256:one']);
      await record.flush();
      expect((await open(folder)).workedLast(hostConfig())).toEqual(['SHA256:one']);
      folder.dispose();
    },
  );
});
