import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resolveProfile } from '../../../src/main/engine/config/paths.ts';
import { silentLog } from '../../../src/main/engine/log/log.ts';
import { CallQueue } from '../../../src/main/engine/secrets/call-queue.ts';
import { KeychainStore, type Keytar } from '../../../src/main/engine/secrets/keychain-store.ts';
import {
  type EngineSecrets,
  openSecretStore,
  type SecretSettings,
} from '../../../src/main/engine/secrets/open-secret-store.ts';
import { readAnswer } from '../../../src/main/engine/secrets/secret-service.ts';
import { Secret } from '../../../src/main/engine/secrets/secret.ts';
import { SecretsIndex } from '../../../src/main/engine/secrets/secrets-index.ts';
import { secret as words } from '../../../src/shared/i18n/sentences/secret.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { tempFolder } from '../../support/temp.ts';

checkLeaks();

const name = { host: 'bastion', kind: 'password' } as const;

/** A keychain in memory, with the faults of real ones. */
class FakeKeytar implements Keytar {
  readonly kept = new Map<string, string>();
  fault: string | null = null;
  /** So many of the next reads find nothing. */
  blindReads = 0;
  running = 0;
  mostRunning = 0;

  async getPassword(service: string, account: string): Promise<string | null> {
    if (this.blindReads > 0) {
      this.blindReads -= 1;
      return null;
    }
    return this.#call(() => this.kept.get(`${service} ${account}`) ?? null);
  }
  async setPassword(service: string, account: string, password: string): Promise<void> {
    await this.#call(() => this.kept.set(`${service} ${account}`, password));
  }
  async deletePassword(service: string, account: string): Promise<boolean> {
    return this.#call(() => this.kept.delete(`${service} ${account}`));
  }
  async #call<T>(action: () => T): Promise<T> {
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    await new Promise((resolve) => setImmediate(resolve));
    this.running -= 1;
    if (this.fault !== null) throw new Error(this.fault);
    return action();
  }
}

interface Opened {
  store: EngineSecrets;
  keytar: FakeKeytar;
  indexFile: string;
  hidden: string[];
  profileId: string;
}

/** On darwin the state does not ask D-Bus: a keychain that loads is available. */
function open(settings: SecretSettings, changes: { platform?: NodeJS.Platform; broken?: boolean } = {}): Opened {
  const temp = tempFolder();
  const profile = resolveProfile(temp.file('config.toml'), { XDG_STATE_HOME: temp.file('state') }, 'linux', temp.path);
  const keytar = new FakeKeytar();
  const hidden: string[] = [];
  const store = openSecretStore({
    settings,
    profile,
    log: silentLog,
    clock: new FakeClock(),
    platform: changes.platform ?? 'darwin',
    hide: (secret) => hidden.push(secret.reveal()),
    loadKeytar: () => (changes.broken === true ? Promise.reject(new Error('no library')) : Promise.resolve(keytar)),
  });
  onTestFinished(() => store.dispose());
  return { store, keytar, indexFile: `${profile.stateFolder}/secrets-index.json`, hidden, profileId: profile.id };
}

const keychain: SecretSettings = { secretStore: 'keychain', vaultFile: null };

describe('the keychain', () => {
  test('keeps secrets under service, profile, host and kind, and their names in the index', async () => {
    const { store, keytar, indexFile, hidden, profileId } = open(keychain);
    await store.set(name, Secret.from('s1'));
    expect([...keytar.kept]).toEqual([[`Holdfast ${profileId}/bastion/password`, 's1']]);
    expect(await store.list()).toEqual([name]);
    expect(readFileSync(indexFile, 'utf8')).not.toContain('s1');
    expect((await store.get(name))?.reveal()).toBe('s1');
    expect(hidden).toContain('s1');
    expect(await store.remove(name)).toBe(true);
    expect(await store.remove(name)).toBe(false);
    expect(await store.list()).toEqual([]);
  });

  test('one call at a time', async () => {
    const { store, keytar } = open(keychain);
    await Promise.all(
      Array.from({ length: 12 }, (_, n) => store.set({ host: `h${n}`, kind: 'password' }, Secret.from(`v${n}`))),
    );
    expect(keytar.kept.size).toBe(12);
    expect(keytar.mostRunning).toBe(1);
    expect(await store.list()).toHaveLength(12);
  });

  test('a save that the keychain refuses leaves no name behind; a read that fails gives nothing', async () => {
    const { store, keytar } = open(keychain);
    keytar.fault = 'Cannot create an item in a locked collection';
    await expect(store.set(name, Secret.from('s1'))).rejects.toMatchObject({
      code: 'secret-store',
      message: 'The keychain refused: Cannot create an item in a locked collection.',
    });
    expect(await store.list()).toEqual([]);
    expect(await store.get(name)).toBeNull();
  });

  test('a keyring that finds nothing for a moment is asked again for what was kept in it', async () => {
    const { store, keytar } = open(keychain);
    await store.set(name, Secret.from('s1'));
    keytar.blindReads = 1;
    expect((await store.get(name))?.reveal()).toBe('s1');
    // What was never kept is asked for once.
    keytar.blindReads = 1;
    expect(await store.get({ host: 'other', kind: 'password' })).toBeNull();
    expect(keytar.blindReads).toBe(0);
    keytar.kept.clear();
    expect(await store.get(name)).toBeNull();
  });

  test.skipIf(process.platform === 'win32')('a keyring that is missing for a moment is asked again', async () => {
    const temp = tempFolder();
    const gone = 'Error: GDBus.Error:org.freedesktop.DBus.Error.UnknownMethod: Object does not exist at path';
    const script = `#!/bin/sh\nif [ -e '${temp.file('asked')}' ]; then echo '(<false>,)'; else : >'${temp.file('asked')}'; echo '${gone}' >&2; exit 1; fi\n`;
    writeFileSync(temp.file('gdbus'), script, { mode: 0o755 });
    const keytar = new FakeKeytar();
    const clock = new FakeClock();
    const store = new KeychainStore({
      profileId: 'p',
      index: new SecretsIndex(temp.file('index.json'), clock, silentLog),
      clock,
      platform: 'linux',
      env: { PATH: `${temp.path}:/usr/bin:/bin`, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' },
      load: () => Promise.resolve(keytar),
    });
    await store.set(name, Secret.from('s1'));
    expect([...keytar.kept.values()]).toEqual(['s1']);
  });

  test('without its library it is absent: saving is refused and nothing is written, the session still remembers', async () => {
    const { store, indexFile } = open(keychain, { platform: 'linux', broken: true });
    expect(await store.state()).toEqual({ kind: 'absent', reason: words.noLibsecret() });
    await expect(store.set(name, Secret.from('s1'))).rejects.toMatchObject({
      code: 'secret-store',
      next: expect.stringContaining('vault') as string,
    });
    expect(existsSync(indexFile)).toBe(false);
    expect(await store.get(name)).toBeNull();
    expect(await store.remembersIn()).toBe('memory');
    await store.remember(name, Secret.from('typed'));
    expect((await store.get(name))?.reveal()).toBe('typed');
    expect(existsSync(indexFile)).toBe(false);
    store.lock();
    expect(await store.get(name)).toBeNull();
  });

  test('what Windows could not keep is refused by number', async () => {
    const { store } = open(keychain, { platform: 'win32' });
    await store.set(name, Secret.from('x'.repeat(2560)));
    await expect(store.set(name, Secret.from('x'.repeat(2561)))).rejects.toThrow('2561 bytes');
    await expect(store.set(name, Secret.from('ä'.repeat(1281)))).rejects.toThrow('2562 bytes');
    await expect(store.set(name, Secret.from(''))).rejects.toThrow('empty');
    await expect(store.set(name, Secret.from('a\0b'))).rejects.toThrow('NUL');
  });
});

describe('which store counts', () => {
  test('what the person said while nothing could be saved wins until something is', async () => {
    const { store } = open({ secretStore: 'memory', vaultFile: null });
    await store.remember(name, Secret.from('typed'));
    store.applySettings(keychain);
    expect(await store.remembersIn()).toBe('keychain');
    expect((await store.get(name))?.reveal()).toBe('typed');
    await store.remember(name, Secret.from('newest'));
    expect((await store.get(name))?.reveal()).toBe('newest');
    expect(await store.list()).toEqual([name]);
    expect(await store.remove(name)).toBe(true);
    expect(await store.get(name)).toBeNull();
  });

  test('locked, it has forgotten what was said in this session, and keeps what was saved', async () => {
    const { store } = open({ secretStore: 'memory', vaultFile: null });
    const other = { host: 'other', kind: 'password' } as const;
    await store.remember(other, Secret.from('typed'));
    store.applySettings(keychain);
    await store.set(name, Secret.from('saved'));
    store.lock();
    expect(await store.get(other)).toBeNull();
    expect((await store.get(name))?.reveal()).toBe('saved');
  });

  test('memory alone refuses to save', async () => {
    const { store, keytar } = open({ secretStore: 'memory', vaultFile: null });
    expect(store.persistent).toBe(false);
    await expect(store.set(name, Secret.from('s1'))).rejects.toMatchObject({ code: 'secret-store' });
    await store.remember(name, Secret.from('typed'));
    expect(await store.list()).toEqual([name]);
    expect(await store.remove(name)).toBe(true);
    expect(keytar.kept.size).toBe(0);
  });

  test('a vault that the person opened stands in for a keychain that is not there', async () => {
    const { store, hidden } = open(keychain, { platform: 'linux', broken: true });
    await store.vault.unlock(Secret.from('vault phrase'), true);
    expect(await store.remembersIn()).toBe('vault');
    expect(hidden).toContain('vault phrase');
    expect(await store.state()).toEqual({ kind: 'available', store: words.vault() });
    await store.set(name, Secret.from('s1'));
    expect((await store.get(name))?.reveal()).toBe('s1');
    expect(await store.list()).toEqual([name]);
    store.vault.lock();
    await expect(store.set(name, Secret.from('s2'))).rejects.toMatchObject({ code: 'secret-store' });
    expect(await store.get(name)).toBeNull();
  });

  test('a chosen vault that is locked or not made refuses; another file in the settings locks the old one', async () => {
    const { store } = open({ secretStore: 'vault', vaultFile: null });
    await expect(store.set(name, Secret.from('s1'))).rejects.toThrow('has not been made');
    await store.vault.unlock(Secret.from('vault phrase'), true);
    await store.set(name, Secret.from('s1'));
    store.applySettings({ secretStore: 'vault', vaultFile: `${tempFolder().path}/other.json` });
    expect(await store.get(name)).toBeNull();
    store.applySettings({ secretStore: 'vault', vaultFile: null });
    expect(await store.state()).toEqual({ kind: 'locked', store: words.vault() });
    await expect(store.set(name, Secret.from('s1'))).rejects.toThrow('locked');
  });
});

describe('the call queue', () => {
  test('a call that hangs is given up after the limit, and the next waits for its real end', async () => {
    const clock = new FakeClock();
    const queue = new CallQueue(clock, 20_000);
    let finish: () => void = () => {};
    const order: string[] = [];
    const hanging = queue.run('keychain', () => new Promise<void>((resolve) => (finish = resolve)));
    const hangingEnd = expect(hanging).rejects.toMatchObject({
      code: 'secret-store',
      message: expect.stringContaining('20 s') as string,
    });
    const starved = queue.run('keychain', async () => void order.push('starved'));
    const starvedEnd = expect(starved).rejects.toMatchObject({ code: 'secret-store' });
    await clock.advance(10_000);
    const patient = queue.run('keychain', async () => void order.push('patient'));
    await clock.advance(10_000);
    await hangingEnd;
    await starvedEnd;
    expect(order).toEqual([]);
    finish();
    await patient;
    await settle();
    expect(order).toEqual(['patient']);
    expect(clock.pending).toBe(0);
  });

  test('a failed call does not stop the next', async () => {
    const queue = new CallQueue(new FakeClock(), 20_000);
    await expect(queue.run('keychain', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await queue.run('keychain', () => Promise.resolve(7))).toBe(7);
  });
});

describe('what the Secret Service answers', () => {
  test.each([
    ['(<true>,)\n', { kind: 'locked', store: words.desktopKeyring() }],
    ['(<false>,)\n', { kind: 'available', store: words.desktopKeyring() }],
    ['b true\n', { kind: 'locked', store: words.desktopKeyring() }],
    ['b false\n', { kind: 'available', store: words.desktopKeyring() }],
    ['method return time=1\n   variant       boolean false\n', { kind: 'available', store: words.desktopKeyring() }],
    [
      'Error: GDBus.Error:org.freedesktop.DBus.Error.ServiceUnknown: The name org.freedesktop.secrets was not provided by any .service files',
      { kind: 'absent', reason: words.noService() },
    ],
    [
      'Error: GDBus.Error:org.freedesktop.DBus.Error.UnknownMethod: Object does not exist at path “/org/freedesktop/secrets/aliases/default”',
      { kind: 'absent', reason: words.noDefaultKeyring() },
    ],
    ['timed out', { kind: 'error', reason: words.serviceSilent() }],
    [
      'Error connecting: Could not connect: No such file or directory',
      { kind: 'absent', reason: words.busUnreachable() },
    ],
    ['gibberish', { kind: 'error', reason: words.serviceUnclear() }],
  ])('%s', (said, state) => {
    expect(readAnswer(words.desktopKeyring(), said)).toEqual(state);
  });
});

test('a Secret is never printed by accident', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 9 }), (value) => {
      const secret = Secret.from(value);
      const shown = [
        String(secret),
        `${secret}`,
        JSON.stringify({ secret }),
        inspect({ secret }, { showHidden: true, depth: 9 }),
        String(Object.values(secret)),
      ];
      for (const text of shown)
        expect(text.includes(value) && !'[secret]{ secret: [secret] }{"secret":"[secret]"}'.includes(value)).toBe(
          false,
        );
      expect(secret.reveal()).toBe(Buffer.from(value).toString());
    }),
  );
});
