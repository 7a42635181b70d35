import { describe, expect, test } from 'vitest';
import { checkLeaks } from '../support/leak-check.ts';
import { canUsePam, startPamSshd, whyNoPam } from '../support/pam-sshd.ts';
import { makeKey } from '../support/ssh-keys.ts';
import { makeTempFolder } from '../support/temp.ts';
import { MapStore } from '../unit/ssh/auth-support.ts';
import { agentWith, cleanUps, folder, login, sshd, useLogins } from './auth-login.ts';

checkLeaks();
useLogins();

describe('partial success with keys', () => {
  test('key, then another key: from file and from the agent', async () => {
    const one = folder.file('partial-one');
    const two = folder.file('partial-two');
    const lines = [makeKey(one), makeKey(two)];
    const server = await sshd({ authorizedKeys: lines, authenticationMethods: 'publickey,publickey' });
    expect((await login(server, { identity: [one, two] })).authenticatedBy).toContain('publickey');
    await login(server, { identity: [one], agent: true }, [], { env: await agentWith(two) });
    await expect(login(server, { identity: [one] })).rejects.toMatchObject({ code: 'auth-failed' });
  });
});

describe.skipIf(!canUsePam())(`with PAM${whyNoPam() === null ? '' : `: ${whyNoPam()}`}`, () => {
  async function pamSshd(options: Parameters<typeof startPamSshd>[0]) {
    const server = await startPamSshd(options);
    cleanUps.push(() => server.stop());
    return server;
  }

  test('key, then OTP: from a file and from the agent; a wrong code asks again; cancel ends', async () => {
    const server = await pamSshd({ authenticationMethods: 'publickey,keyboard-interactive' });
    const identity = [server.clientKey];
    const first = await login(server, { identity }, [() => server.wrongCode(), () => server.nextCode()]);
    expect(first.authenticatedBy).toBe('publickey, keyboard-interactive');
    expect(first.prompts.map(({ kind, round }) => [kind, round])).toEqual([
      ['otp', 1],
      ['otp', 2],
    ]);
    const env = await agentWith(server.clientKey);
    await login(server, { agent: true }, [() => server.nextCode()], { env });
    await expect(login(server, { identity }, ['cancel'])).rejects.toMatchObject({ code: 'cancelled' });
    const wrong = login(
      server,
      { identity },
      Array.from({ length: 3 }, () => () => server.wrongCode()),
    );
    await expect(wrong).rejects.toMatchObject({
      code: 'auth-failed',
      message: expect.stringContaining('3 answers turned down') as string,
    });
  });

  test('password, then OTP in one keyboard-interactive; the stored password answers its part alone', async () => {
    const server = await pamSshd({ rounds: ['password', 'otp'] });
    const store = new MapStore();
    const typed = await login(server, {}, [server.password, () => server.nextCode()], { store, remember: true });
    expect(typed.prompts.map(({ kind, mayRemember }) => [kind, mayRemember])).toEqual([
      ['password', true],
      ['otp', false],
    ]);
    expect([...store.values]).toEqual([['testhost password', server.password]]);
    const stored = await login(server, {}, [() => server.nextCode()], { store });
    expect(stored.prompts.map(({ kind }) => kind)).toEqual(['otp']);
  });

  test('the password method: typed, wrong, stored, after a key', async () => {
    const server = await pamSshd({ rounds: ['password'], passwordMethod: true, keyboardInteractive: false });
    const { prompts, authenticatedBy } = await login(server, {}, ['wrong', server.password]);
    expect(authenticatedBy).toBe('password');
    expect(prompts.map(({ kind, round }) => [kind, round])).toEqual([
      ['password', 1],
      ['password', 2],
    ]);
    const store = new MapStore();
    store.values.set('testhost password', server.password);
    expect((await login(server, {}, [], { store })).prompts).toEqual([]);
    const both = await pamSshd({
      rounds: ['password'],
      passwordMethod: true,
      authenticationMethods: 'publickey,password',
    });
    expect((await login(both, { identity: [both.clientKey] }, [both.password])).authenticatedBy).toBe(
      'publickey, password',
    );
    await expect(login(server, {}, ['a', 'b', 'c'])).rejects.toMatchObject({
      code: 'auth-failed',
      message: expect.stringContaining('3 passwords turned down') as string,
    });
  });

  test('a locked key, then an OTP: two questions in their order', async () => {
    const own = makeTempFolder();
    cleanUps.push(() => own.dispose());
    const line = makeKey(own.file('key'), { passphrase: 'horse' });
    const server = await pamSshd({ authenticationMethods: 'publickey,keyboard-interactive', authorizedKeys: [line] });
    const { prompts } = await login(server, { identity: [own.file('key')] }, ['cow', 'horse', () => server.nextCode()]);
    expect(prompts.map(({ kind, round }) => [kind, round])).toEqual([
      ['passphrase', 1],
      ['passphrase', 2],
      ['otp', 1],
    ]);
  });
});
