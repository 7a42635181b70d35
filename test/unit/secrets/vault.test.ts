import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { silentLog } from '../../../src/main/engine/log/log.ts';
import { Secret } from '../../../src/main/engine/secrets/secret.ts';
import { SecretsIndex } from '../../../src/main/engine/secrets/secrets-index.ts';
import { VaultStore } from '../../../src/main/engine/secrets/vault-store.ts';
import { secret as words } from '../../../src/shared/i18n/sentences/secret.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { tempFolder } from '../../support/temp.ts';

const name = { host: 'bastion', kind: 'password' } as const;
const passphrase = (): Secret => Secret.from('the long passphrase');

function vaultAt(file: string, folder = tempFolder().path, profile = 'p1'): VaultStore {
  return new VaultStore(file, profile, new SecretsIndex(`${folder}/secrets-index.json`, new FakeClock(), silentLog));
}

async function made(): Promise<{ file: string; folder: string; vault: VaultStore }> {
  const temp = tempFolder();
  const file = temp.file('vault.json');
  const vault = vaultAt(file, temp.path);
  await vault.unlock(passphrase(), true);
  await vault.set(name, Secret.from('kept secret'));
  return { file, folder: temp.path, vault };
}

test('is made, locked, and opened again with what was kept; nothing of it is readable in the file', async () => {
  const { file, folder, vault } = await made();
  expect((await vault.get(name))?.reveal()).toBe('kept secret');
  vault.lock();
  expect(await vault.state()).toEqual({ kind: 'locked', store: words.vault() });
  await expect(vault.get(name)).rejects.toMatchObject({ code: 'secret-store', message: 'The vault file is locked.' });
  const text = readFileSync(file, 'utf8');
  for (const clear of ['kept secret', Buffer.from('kept secret').toString('base64'), 'bastion', 'passphrase'])
    expect(text).not.toContain(clear);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);

  const again = vaultAt(file, folder);
  await again.unlock(passphrase(), false);
  expect((await again.get(name))?.reveal()).toBe('kept secret');
  expect(await again.list()).toEqual([name]);
  expect(await again.remove(name)).toBe(true);
  expect(await again.remove(name)).toBe(false);
  expect(await again.get(name)).toBeNull();
  expect(await again.list()).toEqual([]);
});

test('a given secret may be wiped by its owner; the vault has its own copy', async () => {
  const { vault } = await made();
  const mine = Secret.from('to be wiped');
  await vault.set({ host: 'web', kind: 'passphrase' }, mine);
  mine.wipe();
  const out = await vault.get({ host: 'web', kind: 'passphrase' });
  expect(out?.reveal()).toBe('to be wiped');
  out?.wipe();
  expect((await vault.get({ host: 'web', kind: 'passphrase' }))?.reveal()).toBe('to be wiped');
});

test('a wrong passphrase, damage, a newer version and a missing file are told apart', async () => {
  const { file, folder } = await made();
  const vault = vaultAt(file, folder);
  await expect(vault.unlock(Secret.from('wrong'), false)).rejects.toMatchObject({
    message: 'This is not the passphrase of the vault.',
  });
  const good = readFileSync(file, 'utf8');
  const fields = JSON.parse(good) as Record<string, unknown>;
  const damaged: string[] = [good.slice(0, -40), '', '{}', 'null', good.replace('"n": 131072', '"n": 1073741824')];
  for (const key of ['data', 'nonce', 'check', 'sum'] as const) {
    const bytes = Buffer.from(String(fields[key]), 'base64');
    bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
    damaged.push(JSON.stringify({ ...fields, [key]: bytes.toString('base64') }));
  }
  for (const text of damaged) {
    writeFileSync(file, text);
    await expect(vault.unlock(passphrase(), false), text.slice(0, 80)).rejects.toMatchObject({
      code: 'secret-store',
      message: 'The vault file is damaged.',
    });
    expect(await vault.state()).toMatchObject({ kind: 'error' });
  }
  writeFileSync(file, JSON.stringify({ ...fields, version: 2 }));
  await expect(vault.unlock(passphrase(), false)).rejects.toThrow('newer Holdfast');
  const missing = vaultAt(`${folder}/none.json`, folder);
  expect(await missing.state()).toEqual({ kind: 'absent', reason: words.notMadeYet() });
  await expect(missing.unlock(passphrase(), false)).rejects.toMatchObject({ code: 'secret-store' });
  expect(existsSync(`${folder}/none.json`)).toBe(false);
});

test('making one never replaces what is there, and never goes through a link', async () => {
  const { file, folder, vault } = await made();
  const before = readFileSync(file, 'utf8');
  await expect(vaultAt(file, folder).unlock(passphrase(), true)).rejects.toThrow('There is a vault already');
  expect(readFileSync(file, 'utf8')).toBe(before);
  mkdirSync(`${folder}/elsewhere`);
  const link = `${folder}/link.json`;
  symlinkSync(`${folder}/elsewhere/real.json`, link);
  await expect(vaultAt(link, folder).unlock(passphrase(), true)).rejects.toMatchObject({ code: 'secret-store' });
  expect(existsSync(`${folder}/elsewhere/real.json`)).toBe(false);
  await expect(vaultAt(`${folder}/v2.json`, folder).unlock(Secret.from(''), true)).rejects.toThrow(
    'needs a passphrase',
  );
  vault.dispose();
});

test('a change by somebody else is not overwritten, and a failed save changes nothing', async () => {
  const { file, folder, vault } = await made();
  const other = vaultAt(file, folder, 'p2');
  await other.unlock(passphrase(), false);
  await other.set(name, Secret.from('of the other profile'));
  const theirs = readFileSync(file, 'utf8');
  await expect(vault.set(name, Secret.from('mine'))).rejects.toMatchObject({ code: 'secret-store' });
  expect(readFileSync(file, 'utf8')).toBe(theirs);
  expect((await vault.get(name))?.reveal()).toBe('kept secret');
  await vault.unlock(passphrase(), false);
  expect((await vault.get(name))?.reveal()).toBe('kept secret');
  expect((await other.get(name))?.reveal()).toBe('of the other profile');
});

describe('the index', () => {
  test('a damaged one is set aside and begun anew', async () => {
    const temp = tempFolder();
    writeFileSync(temp.file('secrets-index.json'), '{"version":1,"names":[{"host":5}]}');
    const clock = new FakeClock();
    const index = new SecretsIndex(temp.file('secrets-index.json'), clock, silentLog);
    expect(await index.list('keychain')).toEqual([]);
    expect(existsSync(temp.file(`secrets-index.json.corrupt-${clock.wallNow()}`))).toBe(true);
    await Promise.all([
      index.add('keychain', { host: 'b', kind: 'password' }),
      index.add('keychain', { host: 'a', kind: 'password' }),
      index.add('vault', { host: 'c', kind: 'password' }),
    ]);
    const again = new SecretsIndex(temp.file('secrets-index.json'), clock, silentLog);
    expect((await again.list('keychain')).map((entry) => entry.host)).toEqual(['a', 'b']);
    expect((await again.list('vault')).map((entry) => entry.host)).toEqual(['c']);
  });
});
