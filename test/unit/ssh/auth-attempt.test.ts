import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { HostConfig } from '../../../src/shared/model/config.ts';
import { systemClock } from '../../../src/main/engine/lifecycle/clock.ts';
import { DisposableStore } from '../../../src/main/engine/lifecycle/disposable.ts';
import { createAuthenticator } from '../../../src/main/engine/ssh/authenticator.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { makeKey } from '../../support/ssh-keys.ts';
import { makeTempFolder, tempFolder } from '../../support/temp.ts';
import {
  FakePerson,
  type FakeRules,
  FakeServer,
  MapStore,
  authContext,
  blobOf,
  cancelled,
  hostConfig,
  listLog,
} from './auth-support.ts';

checkLeaks();
// Key derivation is slow on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const folder = makeTempFolder();
const owned = new DisposableStore();
afterAll(() => folder.dispose());

const blobs: Record<string, Buffer> = {};
beforeAll(() => {
  for (const name of ['one', 'two', 'three', 'four', 'five', 'six', 'seven'])
    blobs[name] = blobOf(makeKey(folder.file(name)));
  blobs['rsa'] = blobOf(makeKey(folder.file('rsa'), { type: 'rsa' }));
  blobs['locked'] = blobOf(makeKey(folder.file('locked'), { passphrase: 'horse' }));
  blobs['pem'] = blobOf(makeKey(folder.file('pem'), { type: 'ecdsa', passphrase: 'horse', format: 'PKCS8' }));
  blobs['bare'] = blobOf(makeKey(folder.file('bare'), { type: 'ecdsa', passphrase: 'horse', format: 'PKCS8' }));
  execFileSync('rm', [folder.file('bare.pub')]);
});

function blob(name: string): Buffer {
  return blobs[name] ?? Buffer.alloc(0);
}

const otpRound = { name: '', instruction: '', prompts: [{ prompt: 'Verification code: ', echo: false }] };
const passwordRound = { name: '', instruction: '', prompts: [{ prompt: '(dmitri@bastion) Password: ', echo: false }] };

interface Login {
  readonly server: FakeServer;
  readonly store: MapStore;
  readonly log: ReturnType<typeof listLog>;
  readonly run: () => Promise<{ methods: readonly string[]; afterSuccess: () => Promise<void> }>;
}

afterEach(() => {
  owned.dispose();
});

function login(rules: FakeRules, person: FakePerson, host: Partial<HostConfig> = {}, store = new MapStore()): Login {
  const server = new FakeServer(rules);
  const log = listLog();
  const run = async () => {
    const authenticator = createAuthenticator({
      clock: systemClock,
      secrets: store,
      env: {},
      home: folder.file('no-home'),
    });
    try {
      return await authenticator.authenticate(server, authContext(hostConfig(host), person, log));
    } finally {
      authenticator.dispose();
    }
  };
  return { server, store, log, run };
}

describe('order', () => {
  test('none first, then keys in their order, and nothing after success', async () => {
    const { server, run } = login(
      { chains: [['publickey'], ['password']], keys: [blob('two')], password: 'x' },
      new FakePerson(),
      {
        identity: [folder.file('one'), folder.file('two'), folder.file('three')],
      },
    );
    expect((await run()).methods).toEqual(['publickey']);
    expect(server.seen).toEqual(['none', 'probe ssh-ed25519', 'probe ssh-ed25519', 'sign ssh-ed25519']);
  });

  test('never a password before the keys; keyboard-interactive before password', async () => {
    const person = new FakePerson('000000', '000000', '000000');
    const { server, run } = login(
      { chains: [['password'], ['keyboard-interactive'], ['publickey']], rounds: [otpRound], accept: () => false },
      person,
      { identity: [folder.file('one')] },
    );
    await expect(run()).rejects.toMatchObject({ code: 'auth-failed' });
    expect(server.seen).toEqual([
      'none',
      'probe ssh-ed25519',
      'keyboard-interactive',
      'keyboard-interactive',
      'keyboard-interactive',
    ]);
  });

  test('a method that the server does not allow is never tried', async () => {
    const { server, run } = login({ chains: [['gssapi-with-mic']] }, new FakePerson(), {
      identity: [folder.file('one')],
    });
    await expect(run()).rejects.toMatchObject({ code: 'auth-no-method', retry: 'person' });
    expect(server.seen).toEqual(['none']);
  });

  test('a server without any proof is logged', async () => {
    const { log, run } = login({ chains: [], open: true }, new FakePerson());
    expect((await run()).methods).toEqual(['none']);
    expect(log.lines).toContain('warn bastion let dmitri in without any proof of identity');
  });

  test.each<[string, FakeRules]>([
    ['a key that was only shown', { chains: [['publickey']], takesProbes: true }],
    ['keyboard-interactive that asks nothing', { chains: [['keyboard-interactive']], accept: () => true }],
  ])('success by %s is logged', async (_name, rules) => {
    const { log, run } = login(rules, new FakePerson(), { identity: [folder.file('one')] });
    await run();
    expect(log.lines).toContain('warn bastion let dmitri in without any proof of identity');
  });

  test('configured keys go beyond the budget of five', async () => {
    const identity = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'].map((name) => folder.file(name));
    const { server, run } = login({ chains: [['publickey']], keys: [blob('seven')], maxTries: 20 }, new FakePerson(), {
      identity,
    });
    await run();
    expect(server.seen.filter((what) => what.startsWith('probe'))).toHaveLength(7);
  });
});

describe('partial success', () => {
  test('key, then OTP; the key that counted is not shown again', async () => {
    const person = new FakePerson('000000', '123456');
    const { server, run } = login(
      {
        chains: [['publickey', 'keyboard-interactive']],
        keys: [blob('one')],
        rounds: [otpRound],
        accept: ([code]) => code === '123456',
      },
      person,
      { identity: [folder.file('one'), folder.file('two')] },
    );
    expect((await run()).methods).toEqual(['publickey', 'keyboard-interactive']);
    expect(server.seen).toEqual([
      'none',
      'probe ssh-ed25519',
      'sign ssh-ed25519',
      'keyboard-interactive',
      'keyboard-interactive',
    ]);
    expect(person.questions.map(({ kind, round, mayRemember }) => ({ kind, round, mayRemember }))).toEqual([
      { kind: 'otp', round: 1, mayRemember: false },
      { kind: 'otp', round: 2, mayRemember: false },
    ]);
  });

  test('two different keys', async () => {
    const { server, run } = login(
      { chains: [['publickey', 'publickey']], keys: [blob('one'), blob('three')] },
      new FakePerson(),
      {
        identity: [folder.file('one'), folder.file('two'), folder.file('three')],
      },
    );
    expect((await run()).methods).toEqual(['publickey', 'publickey']);
    expect(server.seen.filter((what) => what.startsWith('sign'))).toHaveLength(2);
  });

  test('one key where two are wanted is not enough, and is said', async () => {
    const { run } = login({ chains: [['publickey', 'publickey']], keys: [blob('one')] }, new FakePerson(), {
      identity: [folder.file('one')],
    });
    await expect(run()).rejects.toMatchObject({
      code: 'auth-failed',
      message:
        'bastion refused the login as dmitri; publickey was right, but more is needed; it still takes publickey.',
    });
  });

  test('password, then OTP', async () => {
    const person = new FakePerson('secret', '123456');
    const { log, run } = login(
      {
        chains: [['password', 'keyboard-interactive']],
        password: 'secret',
        rounds: [otpRound],
        accept: ([code]) => code === '123456',
      },
      person,
    );
    expect((await run()).methods).toEqual(['password', 'keyboard-interactive']);
    expect(log.lines.filter((line) => line.startsWith('warn'))).toEqual([]);
    expect(person.questions.map(({ kind }) => kind)).toEqual(['password', 'otp']);
  });
});

describe('questions', () => {
  const rules: FakeRules = { chains: [['password']], password: 'right' };

  test('a wrong password asks again in the same connection, three times in all', async () => {
    const person = new FakePerson('a', 'b', 'c', 'right');
    const { server, run } = login(rules, person);
    await expect(run()).rejects.toMatchObject({
      code: 'auth-failed',
      retry: 'person',
      message: 'bastion refused the login as dmitri: 3 passwords turned down; it still takes password.',
    });
    expect(person.questions.map(({ round }) => round)).toEqual([1, 2, 3]);
    expect(server.seen).toEqual(['none', 'password', 'password', 'password']);
  });

  test('a stored password is used once, then a person is asked; what is remembered is saved only after success', async () => {
    const store = new MapStore();
    store.values.set('bastion password', 'old');
    const person = new FakePerson('wrong', 'right');
    person.remember = true;
    const { run } = login(rules, person, {}, store);
    const report = await run();
    expect(person.questions.map(({ round, mayRemember }) => ({ round, mayRemember }))).toEqual([
      { round: 1, mayRemember: true },
      { round: 2, mayRemember: true },
    ]);
    expect(store.values.get('bastion password')).toBe('old');
    await report.afterSuccess();
    expect(store.values.get('bastion password')).toBe('right');
  });

  test('a stored password answers the password of keyboard-interactive, never the OTP', async () => {
    const store = new MapStore();
    store.values.set('bastion password', 'right');
    const person = new FakePerson('123456');
    person.remember = true;
    const { run } = login(
      {
        chains: [['keyboard-interactive']],
        rounds: [passwordRound, otpRound, { name: '', instruction: 'Welcome', prompts: [] }],
        accept: (a) => a.join() === 'right,123456',
      },
      person,
      {},
      store,
    );
    await (await run()).afterSuccess();
    expect(person.questions).toHaveLength(1);
    expect(person.questions[0]).toMatchObject({ kind: 'otp', message: 'Verification code:', mayRemember: false });
    expect([...store.values]).toEqual([['bastion password', 'right']]);
  });

  test('text without a field is shown with the next prompt', async () => {
    const person = new FakePerson('123456');
    const { run } = login(
      {
        chains: [['keyboard-interactive']],
        rounds: [{ name: 'Notice', instruction: 'Code was sent to +49…17', prompts: [] }, otpRound],
        accept: () => true,
      },
      person,
    );
    await run();
    expect(person.questions[0]?.message).toBe('Notice\nCode was sent to +49…17\nVerification code:');
  });

  test('several fields at once', async () => {
    const person = new FakePerson(['me', 'code']);
    const { run } = login(
      {
        chains: [['keyboard-interactive']],
        rounds: [
          {
            name: 'Login',
            instruction: '',
            prompts: [
              { prompt: 'Name: ', echo: true },
              { prompt: 'Password: ', echo: false },
            ],
          },
        ],
        accept: (answers) => answers.join() === 'me,code',
      },
      person,
    );
    await run();
    expect(person.questions[0]).toMatchObject({
      kind: 'otp',
      fields: [
        { label: 'Name:', echo: true },
        { label: 'Password:', echo: false },
      ],
    });
  });

  test('floods end with too-many-prompts', async () => {
    const many = {
      name: '',
      instruction: '',
      prompts: Array.from({ length: 11 }, () => ({ prompt: 'x', echo: false })),
    };
    const person = new FakePerson(...Array.from({ length: 30 }, () => '1'));
    await expect(login({ chains: [['keyboard-interactive']], rounds: [many] }, person).run()).rejects.toMatchObject({
      code: 'too-many-prompts',
    });
    expect(person.questions).toHaveLength(0);
    const rounds = Array.from({ length: 500 }, () => otpRound);
    await expect(login({ chains: [['keyboard-interactive']], rounds }, person).run()).rejects.toMatchObject({
      code: 'too-many-prompts',
      retry: 'person',
    });
    expect(person.questions).toHaveLength(10);
    const silent = Array.from({ length: 500 }, () => ({ name: '', instruction: 'x', prompts: [] }));
    await expect(login({ chains: [['keyboard-interactive']], rounds: silent }, person).run()).rejects.toMatchObject({
      code: 'too-many-prompts',
    });
  });

  test('a cancelled prompt ends the attempt', async () => {
    for (const chains of [[['password']], [['keyboard-interactive']]]) {
      const { server, run } = login({ chains, rounds: [otpRound] }, new FakePerson(cancelled()));
      await expect(run()).rejects.toMatchObject({ code: 'cancelled' });
      expect(server.seen.at(-1)).not.toBe('password');
    }
  });

  test('an expired password is for a person', async () => {
    const { run } = login({ ...rules, passwordExpired: true }, new FakePerson('right'));
    await expect(run()).rejects.toMatchObject({ code: 'auth-failed', retry: 'person' });
  });

  test('a store that fails keeps nobody out', async () => {
    const store = new MapStore();
    store.failing = true;
    const person = new FakePerson('right');
    person.remember = true;
    const { log, run } = login(rules, person, {}, store);
    await (await run()).afterSuccess();
    expect(log.lines.filter((line) => line.startsWith('warn'))).toHaveLength(2);
  });

  test('a server that hangs up after too many tries has refused the login', async () => {
    const { run } = login({ ...rules, maxTries: 2 }, new FakePerson('a', 'b', 'c'));
    await expect(run()).rejects.toMatchObject({
      code: 'auth-failed',
      message: 'bastion refused the login as dmitri: 1 password turned down.',
    });
  });
});

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
          authContext(hostConfig({ identity: [file] }), person),
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

  test('a key in a folder that others can write to is ignored', async () => {
    const shared = tempFolder();
    copyFileSync(folder.file('one'), shared.file('key'));
    chmodSync(shared.file('key'), 0o600);
    const rules = { chains: [['publickey']], keys: [blob('one')] };
    for (const [mode, says] of [
      [0o770, 'its folder is writable for others'],
      [0o757, 'its folder is writable for others'],
    ] as const) {
      chmodSync(shared.path, mode);
      const { run } = login(rules, new FakePerson(), { identity: [shared.file('key')] });
      await expect(run()).rejects.toMatchObject({
        code: 'key-unreadable',
        message: expect.stringContaining(says) as string,
      });
    }
    chmodSync(shared.path, 0o1777);
    await login(rules, new FakePerson(), { identity: [shared.file('key')] }).run();
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
      await authenticator.authenticate(server, authContext(hostConfig(), new FakePerson(), log));
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
      authContext(hostConfig(), new FakePerson(), listLog(), stop.signal),
    );
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    authenticator.dispose();
  });
});
