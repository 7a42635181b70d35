import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ChangedKeys } from '../../../src/main/engine/host-keys/changed-keys.ts';
import { createHostKeyTrust } from '../../../src/main/engine/host-keys/host-key-trust.ts';
import { fingerprintOf } from '../../../src/main/engine/host-keys/public-key.ts';
import { TrustRecord } from '../../../src/main/engine/host-keys/trust-record.ts';
import { silentLog } from '../../../src/main/engine/log/log.ts';
import type { HostConfig } from '../../../src/shared/model/config.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { ed25519, hostWith, keyText } from './fixtures.ts';

const right = ed25519('right');
const wrong = ed25519('wrong');
const clock = new FakeClock();

/** One attempt as far as `commit`; true if it was let on. */
async function meets(
  record: TrustRecord,
  host: HostConfig,
  key: Buffer,
  address: string | null,
  changedKeys = new ChangedKeys(),
): Promise<boolean> {
  const trust = createHostKeyTrust({ clock, log: silentLog, changedKeys, record });
  const session = await trust.prepare(host, { trustedOnce: new Map() });
  try {
    await session.decide(key, async () => 'yes', address);
    await session.commit();
    return true;
  } catch {
    return false;
  }
}

describe('what is known of a trusted key', () => {
  test('since when, and where the server answered, over a restart; a changed key is told against it', async () => {
    const folder = tempFolder();
    const host = hostWith({ knownHosts: [folder.file('known_hosts')] });
    const first = await TrustRecord.open({ folder: folder.path, clock, log: silentLog });
    const trustedAtMs = clock.wallNow();
    expect(await meets(first, host, right, '10.0.0.1')).toBe(true);
    await first.flush();
    expect(statSync(folder.file('host-keys.json')).mode & 0o777).toBe(0o600);

    await clock.advance(1000);
    const second = await TrustRecord.open({ folder: folder.path, clock, log: silentLog });
    const changedKeys = new ChangedKeys();
    expect(await meets(second, host, wrong, '10.0.0.9', changedKeys)).toBe(false);
    expect(changedKeys.list()).toMatchObject([
      {
        remoteAddress: '10.0.0.9',
        addressBefore: '10.0.0.1',
        trusted: [{ fingerprint: fingerprintOf(right), line: 1, sinceMs: trustedAtMs }],
      },
    ]);
    // Who shows a wrong key does not become the one that was there before.
    await second.flush();
    expect(readFileSync(folder.file('host-keys.json'), 'utf8')).not.toContain('10.0.0.9');
  });

  test('a key that came there in another way has an address and no date', async () => {
    const folder = tempFolder();
    const file = folder.file('known_hosts');
    writeFileSync(file, `bastion.example.org ${keyText(right)}\n`);
    const record = await TrustRecord.open({ folder: folder.path, clock, log: silentLog });
    const host = hostWith({ knownHosts: [file] });
    expect(await meets(record, host, right, '10.0.0.1')).toBe(true);
    const changedKeys = new ChangedKeys();
    expect(await meets(record, host, wrong, null, changedKeys)).toBe(false);
    expect(changedKeys.list()).toMatchObject([{ addressBefore: '10.0.0.1', trusted: [{ sinceMs: null }] }]);
  });

  test('nothing is kept of a host whose names are hashed', async () => {
    const folder = tempFolder();
    const record = await TrustRecord.open({ folder: folder.path, clock, log: silentLog });
    const host = hostWith({ knownHosts: [folder.file('known_hosts')], hashKnownHosts: true });
    expect(await meets(record, host, right, '10.0.0.1')).toBe(true);
    await record.flush();
    expect(() => statSync(folder.file('host-keys.json'))).toThrow('ENOENT');
  });

  test('a damaged file is set aside', async () => {
    const folder = tempFolder();
    writeFileSync(folder.file('host-keys.json'), '{"version": 7}');
    const record = await TrustRecord.open({ folder: folder.path, clock, log: silentLog });
    expect(record.addressOf('bastion.example.org')).toBeNull();
  });
});
