import { describe, expect, test, vi } from 'vitest';
import { checkLeaks } from '../../support/leak-check.ts';
import { blob, folder, login, useTestKeys } from './auth-login.ts';
import { FakePerson, type FakeRules, MapStore, cancelled } from './auth-support.ts';

checkLeaks();
useTestKeys();
// Key derivation is slow on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const otpRound = { name: '', instruction: '', prompts: [{ prompt: 'Verification code: ', echo: false }] };
const passwordRound = { name: '', instruction: '', prompts: [{ prompt: '(dmitri@bastion) Password: ', echo: false }] };

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
    // What is asked says which step it is, and how many tries are left.
    expect(person.questions.map(({ signIn }) => signIn)).toMatchObject([
      { accepted: ['publickey'], keyFile: null, triesLeft: 3, refused: null },
      { accepted: ['publickey'], keyFile: null, triesLeft: 2, refused: 'code' },
    ]);
  });

  test('what a person chose last about keeping the login open counts', async () => {
    const person = new FakePerson('000000', '123456');
    person.keepOpenMs = 3_600_000;
    const { run } = login(
      { chains: [['keyboard-interactive']], rounds: [otpRound], accept: ([code]) => code === '123456' },
      person,
      { identity: [] },
    );
    expect((await run()).keepOpenMs).toBe(3_600_000);
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

  describe('a password that has expired', () => {
    const taking = (take: (next: string) => 'yes' | 'no' | { again: string }): FakeRules => ({
      ...rules,
      passwordExpired: { take },
    });

    test('is replaced by a new one, typed twice', async () => {
      const person = new FakePerson('right', ['next', 'next']);
      const { server, store, log, run } = login(
        taking(() => 'yes'),
        person,
      );
      expect((await run()).methods).toEqual(['password']);
      expect(server.seen).toEqual(['none', 'password', 'change next']);
      expect(person.questions[1]).toMatchObject({
        kind: 'password',
        message: 'The password has expired. Type a new password of dmitri at bastion, twice.\nNew one:',
        fields: [
          { label: 'New password', echo: false },
          { label: 'New password again', echo: false },
        ],
        round: 1,
        signIn: { serverText: 'New one:', newPassword: 'first', refused: null },
      });
      expect(store.values.size).toBe(0);
      expect(log.lines.join()).not.toMatch(/right|next/);
    });

    test('two that differ are not sent, and are asked for again', async () => {
      const person = new FakePerson('right', ['next', 'nect'], ['', 'x'], ['next', 'next']);
      const { server, run } = login(
        taking(() => 'yes'),
        person,
      );
      await run();
      expect(server.seen).toEqual(['none', 'password', 'change next']);
      expect(person.questions.map(({ signIn }) => signIn?.newPassword)).toEqual([
        undefined,
        'first',
        'different',
        'different',
      ]);
    });

    test('one that the server does not want is asked for again, with its words', async () => {
      const person = new FakePerson('right', ['short', 'short'], ['longer', 'longer']);
      const { server, run } = login(
        taking((next) => (next === 'short' ? { again: 'Too short.' } : 'yes')),
        person,
      );
      await run();
      expect(server.seen).toEqual(['none', 'password', 'change short', 'change longer']);
      expect(person.questions[2]).toMatchObject({ signIn: { serverText: 'Too short.', newPassword: 'refused' } });
    });

    test.each<[string, FakeRules, (string | string[] | Error)[], string]>([
      ['not taken', taking(() => 'no'), ['right', ['n', 'n']], 'bastion did not take the new one'],
      [
        'typed in two ways',
        taking(() => 'yes'),
        ['right', ...Array.from({ length: 5 }, () => ['a', 'b'])],
        'the new one was typed in two ways 5 times',
      ],
      [
        'never enough',
        taking(() => ({ again: 'More.' })),
        ['right', ...Array.from({ length: 5 }, () => ['a', 'a'])],
        'bastion wants another new one each time',
      ],
    ])('%s ends the login, for a person', async (_name, expired, answers, why) => {
      const { run } = login(expired, new FakePerson(...answers), { port: 2222 });
      await expect(run()).rejects.toMatchObject({
        code: 'auth-failed',
        retry: 'person',
        message: `The password of dmitri at bastion has expired, and ${why}.`,
        next: 'Set a new one there, for example with: ssh -p 2222 dmitri@bastion.example.org',
      });
    });

    test('cancelled is cancelled', async () => {
      const { run } = login(
        taking(() => 'yes'),
        new FakePerson('right', cancelled()),
      );
      await expect(run()).rejects.toMatchObject({ code: 'cancelled' });
    });

    test('the saved one follows at once, even if the login then fails', async () => {
      const store = new MapStore();
      store.values.set('bastion password', 'right');
      const chain = { chains: [['password', 'publickey']] };
      const { run } = login({ ...taking(() => 'yes'), ...chain }, new FakePerson(['next', 'next']), {}, store);
      await expect(run()).rejects.toMatchObject({ code: 'auth-failed' });
      await vi.waitFor(() => expect(store.values.get('bastion password')).toBe('next'));
    });

    test('what a person asks to remember is the new one', async () => {
      const person = new FakePerson('right', ['next', 'next']);
      person.remember = true;
      const { store, run } = login(
        taking(() => 'yes'),
        person,
      );
      await (await run()).afterSuccess();
      expect([...store.values]).toEqual([['bastion password', 'next']]);
    });
  });

  describe('PAM’s own rounds for one that has expired', () => {
    const ask = (prompt: string) => ({ name: '', instruction: '', prompts: [{ prompt, echo: false }] });
    const rounds = ['Password: ', 'Current password: ', 'New password: ', 'Retype new password: '].map(ask);
    const expired: FakeRules = {
      chains: [['keyboard-interactive']],
      rounds,
      accept: ([first, current, next, again]) => first === 'right' && current === 'right' && next === again,
    };

    test('are asked one by one; the saved one answers for itself and is replaced', async () => {
      const store = new MapStore();
      store.values.set('bastion password', 'right');
      const person = new FakePerson('next', 'next');
      const { run } = login(expired, person, {}, store);
      await (await run()).afterSuccess();
      expect(person.questions.map(({ kind, mayRemember }) => [kind, mayRemember])).toEqual([
        ['password', false],
        ['password', false],
      ]);
      expect(store.values.get('bastion password')).toBe('next');
    });

    test('what was typed is asked again as the server does; what is remembered is the new one', async () => {
      const person = new FakePerson('right', 'right', 'next', 'next');
      person.remember = true;
      const { store, run } = login(expired, person);
      await (await run()).afterSuccess();
      expect([...store.values]).toEqual([['bastion password', 'next']]);
    });

    test('where nobody can tell which is the new one, the saved one is forgotten', async () => {
      const store = new MapStore();
      store.values.set('bastion password', 'right');
      const { run } = login({ ...expired, accept: () => true }, new FakePerson('a', 'b'), {}, store);
      await (await run()).afterSuccess();
      expect(store.values.size).toBe(0);
    });

    test('that fail leave the saved one as it is', async () => {
      const store = new MapStore();
      store.values.set('bastion password', 'right');
      const answers = ['a', 'b', ...Array.from({ length: 2 }, () => ['right', 'right', 'a', 'b']).flat()];
      const { run } = login(expired, new FakePerson(...answers), {}, store);
      await expect(run()).rejects.toMatchObject({ code: 'auth-failed' });
      expect(store.values.get('bastion password')).toBe('right');
    });
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
      message: 'bastion refused the login as dmitri: 2 passwords turned down.',
    });
  });
});
