import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, symlinkSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import type { HostConfig } from '../../../src/shared/model/config.ts';
import { systemClock } from '../../../src/main/engine/lifecycle/clock.ts';
import { createAuthenticator } from '../../../src/main/engine/ssh/machine-authenticator.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { tempFolder } from '../../support/temp.ts';
import { blob, folder, login, useTestKeys } from './auth-login.ts';
import { FakePerson, FakeServer, MapStore, authContext, cancelled, loginHost, listLog } from './auth-support.ts';

checkLeaks();
useTestKeys();
// Key derivation is slow on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

describe('passphrases', () => {
  test('not asked for a key that the server does not want', async () => {
    const person = new FakePerson();
    const { run } = login({ chains: [['publickey']], keys: [blob('one')] }, person, {
      identity: [folder.file('locked'), folder.file('pem'), folder.file('one')],
    });
    await run();
    expect(person.questions).toHaveLength(0);
  });

  test.each(['locked', 'pem', 'bare'])(
    '%s: asked after the server took the public half; wrong ones cost no try there',
    async (name) => {
      const person = new FakePerson('cow', 'horse');
      const { server, run } = login({ chains: [['publickey']], keys: [blob(name)] }, person, {
        identity: [folder.file(name)],
      });
      await run();
      expect(person.questions.map(({ kind, round }) => [kind, round])).toEqual([
        ['passphrase', 1],
        ['passphrase', 2],
      ]);
      expect(server.seen.filter((what) => what.startsWith('sign'))).toHaveLength(1);
    },
  );

  test('the stored one first; three wrong ones leave the key out', async () => {
    const store = new MapStore();
    store.values.set('bastion passphrase', 'horse');
    const nobody = new FakePerson();
    await login(
      { chains: [['publickey']], keys: [blob('locked')] },
      nobody,
      { identity: [folder.file('locked')] },
      store,
    ).run();
    store.values.set('bastion passphrase', 'cow');
    const person = new FakePerson('a', 'b', 'c');
    const { server, run } = login(
      { chains: [['publickey']], keys: [blob('locked')] },
      person,
      { identity: [folder.file('locked')] },
      store,
    );
    await expect(run()).rejects.toMatchObject({
      code: 'key-unreadable',
      message: expect.stringContaining('locked: its passphrase was wrong 3 times') as string,
    });
    expect(server.seen).toEqual(['none', 'probe ssh-ed25519']);
  });

  test('an unlocked key stays unlocked for the next attempt, until the file changes', async () => {
    const file = tempFolder().file('key');
    copyFileSync(folder.file('locked'), file);
    chmodSync(file, 0o600);
    const person = new FakePerson('horse', 'horse');
    const authenticator = createAuthenticator({ clock: systemClock, secrets: new MapStore(), env: {} });
    try {
      const again = (): Promise<unknown> =>
        authenticator.authenticate(
          new FakeServer({ chains: [['publickey']], keys: [blob('locked')] }),
          authContext(loginHost({ identity: [file] }), person),
        );
      await again();
      await again();
      expect(person.questions).toHaveLength(1);
      writeFileSync(file, `${readFileSync(file, 'utf8')}\n`);
      await again();
      expect(person.questions).toHaveLength(2);
    } finally {
      authenticator.dispose();
    }
  });

  test('a .pub beside it that belongs to another key is said, and nothing is signed', async () => {
    const own = tempFolder();
    copyFileSync(folder.file('bare'), own.file('key'));
    copyFileSync(folder.file('pem.pub'), own.file('key.pub'));
    const { server, run } = login({ chains: [['publickey']], keys: [blob('pem')] }, new FakePerson('horse'), {
      identity: [own.file('key')],
    });
    await expect(run()).rejects.toMatchObject({
      message: expect.stringContaining('the public key beside it belongs to another key') as string,
    });
    expect(server.seen.some((what) => what.startsWith('sign'))).toBe(false);
  });

  test('cancel ends the attempt', async () => {
    const { run } = login(
      { chains: [['publickey'], ['password']], keys: [blob('locked')], password: 'x' },
      new FakePerson(cancelled()),
      {
        identity: [folder.file('locked')],
      },
    );
    await expect(run()).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('RSA', () => {
  const host = (): Partial<HostConfig> => ({ identity: [folder.file('rsa')] });
  test.each([
    ['by server-sig-algs', ['rsa-sha2-256', 'rsa-sha2-512'], [], ['probe rsa-sha2-512', 'sign rsa-sha2-512']],
    ['256 alone', ['rsa-sha2-256'], [], ['probe rsa-sha2-256', 'sign rsa-sha2-256']],
    ['no EXT_INFO', null, [], ['probe rsa-sha2-256', 'sign rsa-sha2-256']],
    ['SHA-1 by hand', ['ssh-rsa'], ['ssh-rsa'], ['probe ssh-rsa', 'sign ssh-rsa']],
  ] as const)('%s', async (_name, serverSigAlgs, legacyAlgorithms, seen) => {
    const { server, run } = login({ chains: [['publickey']], keys: [blob('rsa')], serverSigAlgs }, new FakePerson(), {
      ...host(),
      legacyAlgorithms,
    });
    await run();
    expect(server.seen).toEqual(['none', ...seen]);
  });

  test('SHA-1 alone is not used unless the host allows it', async () => {
    const { server, run } = login(
      { chains: [['publickey']], keys: [blob('rsa')], serverSigAlgs: ['ssh-rsa'] },
      new FakePerson(),
      host(),
    );
    await expect(run()).rejects.toMatchObject({
      code: 'key-unreadable',
      message: expect.stringContaining('SHA-1') as string,
    });
    expect(server.seen).toEqual(['none']);
  });
});

describe('identity files', () => {
  test('missing, open to others, damaged: said, and the next one is used', async () => {
    const open = folder.file('open');
    copyFileSync(folder.file('two'), open);
    chmodSync(open, 0o644);
    writeFileSync(folder.file('junk'), 'not a key', { mode: 0o600 });
    const identity = [folder.file('nowhere'), open, folder.file('junk'), folder.path, folder.file('one')];
    const good = login({ chains: [['publickey']], keys: [blob('one')] }, new FakePerson(), { identity });
    await good.run();
    const bad = login({ chains: [['publickey']] }, new FakePerson(), { identity: identity.slice(0, 4) });
    await expect(bad.run()).rejects.toMatchObject({ code: 'key-unreadable', where: 'bastion' });
    const said = await bad.run().catch((error: unknown) => String(error));
    expect(said).toContain('nowhere: there is no such file');
    expect(said).toContain('open: it is open to others (mode 0644) and is ignored');
    expect(said).toContain('junk: it holds no private key');
    expect(said).toContain('it is not a regular file');
    expect(bad.log.lines.filter((line) => line.startsWith('warn'))).toHaveLength(8);
  });

  test('a key in a folder that others can write to is used, with a warning; behind a link too', async () => {
    const shared = tempFolder();
    copyFileSync(folder.file('one'), shared.file('key'));
    chmodSync(shared.file('key'), 0o600);
    const rules = { chains: [['publickey']], keys: [blob('one')] };
    symlinkSync(shared.file('key'), folder.file('link'));
    for (const mode of [0o770, 0o757, 0o1777, 0o700]) {
      chmodSync(shared.path, mode);
      for (const key of [shared.file('key'), folder.file('link')]) {
        const { run, log } = login(rules, new FakePerson(), { identity: [key] });
        await run();
        const who = mode === 0o770 ? 'its group' : 'everybody';
        const warning = `others could replace it: the folder ${shared.path} may be written by ${who}; run: chmod go-w ${shared.path}`;
        const warnings = log.lines.filter((line) => line.startsWith('warn'));
        expect(warnings).toEqual(mode === 0o1777 || mode === 0o700 ? [] : [expect.stringContaining(warning)]);
      }
    }
  });

  test('default identities are used where they exist; missing ones are no news', async () => {
    const home = tempFolder();
    execFileSync('mkdir', ['-m', '700', home.file('.ssh')]);
    copyFileSync(folder.file('rsa'), home.file('.ssh', 'id_rsa'));
    chmodSync(home.file('.ssh', 'id_rsa'), 0o600);
    const log = listLog();
    const authenticator = createAuthenticator({
      clock: systemClock,
      secrets: new MapStore(),
      env: {},
      home: home.path,
    });
    try {
      const server = new FakeServer({ chains: [['publickey']], keys: [blob('rsa')] });
      await authenticator.authenticate(server, authContext(loginHost(), new FakePerson(), log));
      expect(log.lines.filter((line) => line.startsWith('warn'))).toEqual([]);
    } finally {
      authenticator.dispose();
    }
  });

  test('an aborted attempt asks nobody', async () => {
    const stop = new AbortController();
    stop.abort(cancelled());
    const authenticator = createAuthenticator({ clock: systemClock, secrets: new MapStore(), env: {} });
    const run = authenticator.authenticate(
      new FakeServer({ chains: [['password']] }),
      authContext(loginHost(), new FakePerson(), listLog(), stop.signal),
    );
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    authenticator.dispose();
  });
});
