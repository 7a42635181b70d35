import ssh2 from 'ssh2';
import { makeDemoKey } from '../../src/main/demo/demo-key.ts';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { checkLeaks } from '../support/leak-check.ts';
import { startExpiredSshd, whyNoExpiredSshd } from '../support/expired-sshd.ts';
import { MapStore } from '../unit/ssh/auth-support.ts';
import { cleanUps, login, useLogins } from './auth-login.ts';

checkLeaks();
useLogins();

const why = whyNoExpiredSshd();

describe.skipIf(why !== null)(`an expired password at sshd with pam_unix${why === null ? '' : `: ${why}`}`, () => {
  async function expired() {
    const server = await startExpiredSshd({ authorizedKeys: [] });
    cleanUps.push(() => server.stop());
    return server;
  }

  test('is changed in the rounds that PAM asks, and lets in by the new one from then on', async () => {
    const server = await expired();
    const fresh = 'Kranich-8-neu';
    const answers = [server.password, server.password, fresh, fresh];
    const { prompts, authenticatedBy } = await login(server, { user: server.account }, answers);
    expect(authenticatedBy).toBe('keyboard-interactive');
    expect(server.hasChanged()).toBe(true);
    expect(prompts.map(({ kind, mayRemember }) => [kind, mayRemember])).toEqual([
      ['password', true],
      ['password', false],
      ['password', false],
      ['password', false],
    ]);
    expect(prompts[1]?.message).toMatch(/required to change your password.*Current password:/s);
    expect((await login(server, { user: server.account }, [fresh])).prompts).toHaveLength(1);
  });

  test('a saved one answers for itself, and the new one takes its place', async () => {
    const server = await expired();
    const store = new MapStore();
    store.values.set('testhost password', server.password);
    const { prompts } = await login(server, { user: server.account }, ['Kranich-8-neu', 'Kranich-8-neu'], { store });
    expect(prompts.map(({ message }) => /New password|Retype new password/.test(message))).toEqual([true, true]);
    expect([...store.values]).toEqual([['testhost password', 'Kranich-8-neu']]);
    expect((await login(server, { user: server.account }, [], { store })).prompts).toEqual([]);
  });

  test('two that differ change nothing, and it is asked again', async () => {
    const server = await expired();
    const old = [server.password, server.password];
    const fresh = ['Kranich-8-neu', 'Kranich-8-neu'];
    const { prompts } = await login(server, { user: server.account }, [...old, 'Kranich-8-neu', 'x', ...old, ...fresh]);
    expect(server.hasChanged()).toBe(true);
    expect(prompts[4]).toMatchObject({ kind: 'password', round: 2 });
  });

  test('cancelled, it stays as it is', async () => {
    const server = await expired();
    const answers = [server.password, server.password, 'cancel'];
    await expect(login(server, { user: server.account }, answers)).rejects.toMatchObject({ code: 'cancelled' });
    expect(server.hasChanged()).toBe(false);
  });
});

describe('a server that sends SSH_MSG_USERAUTH_PASSWD_CHANGEREQ', () => {
  /** Refuses new passwords of fewer than 6 characters once more, and takes the others. */
  async function changing() {
    const own = makeDemoKey();
    const accounts = { password: 'old one', changes: 0 };
    const sessions = new Set<{ end(): void }>();
    const server = new ssh2.Server({ hostKeys: [own.private] }, (client) => {
      sessions.add(client);
      client.on('error', () => {});
      client.on('close', () => sessions.delete(client));
      client.on('authentication', (context) => {
        if (context.method !== 'password' || context.password !== accounts.password) {
          context.reject(['password']);
          return;
        }
        if (accounts.changes > 0) {
          context.accept();
          return;
        }
        const demand = (text: string): void =>
          context.requestChange(text, (next) => {
            if (next.length < 6) {
              demand('At least 6 characters.');
              return;
            }
            accounts.password = next;
            accounts.changes += 1;
            context.accept();
          });
        demand('Your password has expired.');
      });
      client.on('request', (_accept, reject) => reject?.());
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    cleanUps.push(async () => {
      for (const client of sessions) client.end();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    });
    const { port } = server.address() as AddressInfo;
    return { accounts, target: { port, user: 'me', hostKeys: { ed25519: own.public } } };
  }

  test('the new one is asked for twice, a saved one follows', async () => {
    const { accounts, target } = await changing();
    const store = new MapStore();
    store.values.set('testhost password', 'old one');
    const { prompts, authenticatedBy } = await login(
      target,
      {},
      [
        ['a new one', 'another'],
        ['a new one', 'a new one'],
      ],
      {
        store,
      },
    );
    expect(authenticatedBy).toBe('password');
    expect(accounts).toEqual({ password: 'a new one', changes: 1 });
    expect(prompts.map(({ signIn }) => signIn?.newPassword)).toEqual(['first', 'different']);
    expect(prompts[0]?.signIn?.serverText).toBe('Your password has expired.');
    expect([...store.values]).toEqual([['testhost password', 'a new one']]);
    expect((await login(target, {}, [], { store })).prompts).toEqual([]);
  });

  test('one that is too short is asked for again, with the server’s words', async () => {
    const { accounts, target } = await changing();
    const { prompts } = await login(target, {}, ['old one', ['abc', 'abc'], ['abcdef', 'abcdef']]);
    expect(accounts.password).toBe('abcdef');
    expect(prompts.map(({ signIn }) => [signIn?.newPassword, signIn?.serverText])).toEqual([
      [undefined, ''],
      ['first', 'Your password has expired.'],
      ['refused', 'At least 6 characters.'],
    ]);
  });
});
