import { mkdirSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KeyRecord } from '../../src/main/engine/ssh/key-record.ts';
import { silentLog } from '../../src/main/engine/log/log.ts';
import { systemClock } from '../../src/main/engine/lifecycle/clock.ts';
import { startDropbear } from '../support/dropbear.ts';
import { checkLeaks } from '../support/leak-check.ts';
import { canUsePam, startPamSshd, whyNoPam } from '../support/pam-sshd.ts';
import { makeKey } from '../support/ssh-keys.ts';
import { makeTempFolder } from '../support/temp.ts';
import type { TestServer } from '../support/test-server.ts';
import { MapStore } from '../unit/ssh/auth-support.ts';
import { agentWith, cleanUps, login, sshd, useLogins } from './auth-login.ts';

checkLeaks();
useLogins();

/** Connections that the server has seen. */
function connections(server: TestServer): number {
  return server.log().split(/Connection from 127\.0\.0\.1/).length - 1;
}

/** Files with new keys, and their public lines. */
function keys(...names: string[]): { readonly files: string[]; readonly lines: string[] } {
  const own = makeTempFolder();
  cleanUps.push(() => own.dispose());
  const files = names.map((name) => own.file(name));
  return { files, lines: files.map((file) => makeKey(file)) };
}

/** A home with three usual keys that no server knows. */
function homeWithUsualKeys(): string {
  const home = makeTempFolder();
  cleanUps.push(() => home.dispose());
  mkdirSync(home.file('.ssh'), { mode: 0o700 });
  for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) makeKey(join(home.file('.ssh'), `id_${type}`), { type });
  return home.path;
}

describe('a server with few tries', () => {
  test('a second connection goes on with the keys that were not tried', async () => {
    const { files, lines } = keys('a', 'b', 'c', 'd', 'right');
    const server = await sshd({ maxAuthTries: 3, authorizedKeys: lines.slice(4) });
    expect((await login(server, { identity: files })).authenticatedBy).toBe('publickey');
    expect(connections(server)).toBe(2);
    expect(server.log().match(/Failed publickey/g)).toHaveLength(4);
  });

  test('a single try is enough to get through all keys, each shown once', async () => {
    const { files, lines } = keys('a', 'b', 'c');
    const server = await sshd({ maxAuthTries: 1, authorizedKeys: lines.slice(2) });
    await login(server, { identity: files });
    expect(connections(server)).toBe(3);
    expect(server.log().match(/Failed publickey/g)).toHaveLength(2);
  });

  test('when nothing is left it ends, with the server’s own words and how many keys were offered', async () => {
    const { files } = keys('a', 'b', 'c', 'd');
    const server = await sshd({ maxAuthTries: 2, authorizedKeys: [] });
    await expect(login(server, { identity: files })).rejects.toMatchObject({
      code: 'auth-failed',
      phase: 'auth',
      message: `testhost refused the login as ${server.user}: all 4 keys offered were turned down; it hung up with "Too many authentication failures".`,
      next: `4 of 4 keys were offered: Check the user name and ~/.ssh/authorized_keys of ${server.user} there.`,
    });
    expect(connections(server)).toBe(2);
    expect(server.log().match(/Failed publickey/g)).toHaveLength(4);
  });

  test('keys of the agent beyond the budget are counted in the hint', async () => {
    const { files } = keys('a', 'b', 'c', 'd', 'e', 'f', 'g');
    const server = await sshd({ maxAuthTries: 3, authorizedKeys: [] });
    const env = await agentWith(...files);
    await expect(login(server, { agent: true }, [], { env })).rejects.toMatchObject({
      code: 'auth-failed',
      message: expect.stringContaining('2 more keys were not offered') as string,
      next: '5 of 7 keys were offered: Name the right key in "identity" of testhost (a .pub file will do) or set identities-only.',
    });
    expect(connections(server)).toBe(2);
  });

  test('a key that counted is shown again, before the others', async () => {
    const { files, lines } = keys('a', 'one', 'b', 'c', 'two');
    const authorizedKeys = [lines[1] ?? '', lines[4] ?? ''];
    const server = await sshd({ maxAuthTries: 3, authorizedKeys, authenticationMethods: 'publickey,publickey' });
    expect((await login(server, { identity: files })).authenticatedBy).toBe('publickey, publickey');
    expect(connections(server)).toBe(2);
    expect(server.log().match(/Failed publickey/g)).toHaveLength(3);
  });

  test('the agent is bound to each session anew', async () => {
    const { files, lines } = keys('a', 'b', 'c', 'right');
    const server = await sshd({ maxAuthTries: 2, authorizedKeys: lines.slice(3) });
    const env = await agentWith(...files);
    expect((await login(server, { agent: true }, [], { env })).authenticatedBy).toBe('publickey');
    expect(connections(server)).toBe(2);
  });

  test('a server that lets no second connection in has refused the login', async () => {
    const { files } = keys('a', 'b', 'c');
    const server = await sshd({ maxAuthTries: 2, authorizedKeys: [] });
    let taken = 0;
    const relay = createServer((client) => {
      client.on('error', () => {});
      taken += 1;
      if (taken > 1) {
        client.destroy();
        return;
      }
      const onward = connect(server.port, '127.0.0.1');
      onward.on('error', () => client.destroy());
      client.pipe(onward).pipe(client);
    });
    cleanUps.push(() => new Promise((resolve) => void relay.close(() => resolve())));
    await new Promise<void>((resolve) => void relay.listen(0, '127.0.0.1', resolve));
    const { port } = relay.address() as AddressInfo;
    await expect(login(server, { identity: files, port })).rejects.toMatchObject({
      code: 'auth-failed',
      retry: 'limited',
      message: expect.stringMatching(
        /both keys offered were turned down; .*failures"\. Another connection, to go on, failed: /,
      ) as string,
    });
    expect(taken).toBe(2);
  });

  test('dropbear, which hangs up without a word', async () => {
    const server = await startDropbear({ authorizedKeys: [], password: 'horse', maxAuthTries: 2 });
    cleanUps.push(() => server.stop());
    const { prompts, authenticatedBy } = await login(server, {}, ['a', 'b', 'horse']);
    expect(authenticatedBy).toBe('password');
    expect(prompts.map(({ round }) => round)).toEqual([1, 2, 3]);
    expect(server.log().match(/Child connection from/g)).toHaveLength(2);
  });
});

describe('the key that worked last', () => {
  test('goes first, also after a restart, and only at its own login', async () => {
    const state = makeTempFolder();
    cleanUps.push(() => state.dispose());
    const { files, lines } = keys('a', 'b', 'c', 'd', 'right');
    const server = await sshd({ maxAuthTries: 3, authorizedKeys: lines.slice(4) });
    const record = await KeyRecord.open({ folder: state.path, clock: systemClock, log: silentLog });
    await login(server, { identity: files }, [], { memory: record });
    expect(connections(server)).toBe(2);
    await record.flush();
    const again = await KeyRecord.open({ folder: state.path, clock: systemClock, log: silentLog });
    await login(server, { identity: files }, [], { memory: again });
    expect(connections(server)).toBe(3);
    expect(server.log().match(/Failed publickey/g)).toHaveLength(4);
    await login(server, { identity: files, hostKeyAlias: 'another' }, [], { memory: again });
    expect(connections(server)).toBe(5);
  });
});

describe.skipIf(!canUsePam())(`with PAM${whyNoPam() === null ? '' : `: ${whyNoPam()}`}`, () => {
  async function pamSshd(options: Parameters<typeof startPamSshd>[0]) {
    const server = await startPamSshd(options);
    cleanUps.push(() => server.stop());
    return server;
  }

  test('three tries, three usual keys, and a password: it comes to the password', async () => {
    const server = await pamSshd({
      rounds: ['password'],
      passwordMethod: true,
      keyboardInteractive: false,
      maxAuthTries: 3,
      authorizedKeys: [],
    });
    const { prompts, authenticatedBy } = await login(server, {}, ['wrong', server.password], {
      home: homeWithUsualKeys(),
    });
    expect(authenticatedBy).toBe('password');
    expect(prompts.map(({ kind, round }) => [kind, round])).toEqual([
      ['password', 1],
      ['password', 2],
    ]);
    expect(connections(server)).toBe(2);
    expect(server.log().match(/Failed publickey/g)).toHaveLength(3);
  });

  test('three wrong answers over two connections are the end', async () => {
    const server = await pamSshd({ rounds: ['password'], maxAuthTries: 2, authorizedKeys: [] });
    const { files } = keys('a');
    await expect(login(server, { identity: files }, ['x', 'y', 'z'])).rejects.toMatchObject({
      code: 'auth-failed',
      retry: 'person',
      message: expect.stringMatching(/turned down, 3 answers turned down; it hung up with "Too many auth/) as string,
    });
    expect(connections(server)).toBe(2);
  });

  test('a saved password that is right is given again on the next connection; a wrong one is not', async () => {
    const options = {
      rounds: ['password'],
      passwordMethod: true,
      authenticationMethods: 'password,keyboard-interactive',
      maxAuthTries: 1,
    } as const;
    const server = await pamSshd({ ...options, authorizedKeys: [] });
    const store = new MapStore();
    store.values.set('testhost password', server.password);
    const { prompts } = await login(server, {}, ['wrong', server.password], { store });
    expect(connections(server)).toBe(2);
    expect(prompts.map(({ kind, round }) => [kind, round])).toEqual([
      ['password', 1],
      ['password', 2],
    ]);
    store.values.set('testhost password', 'outdated');
    await login(server, {}, [server.password, server.password], { store });
  });

  test('a key, then a one-time code: the key is shown again, a new code is asked for', async () => {
    const server = await pamSshd({ authenticationMethods: 'publickey,keyboard-interactive', maxAuthTries: 2 });
    const { files } = keys('a');
    const { prompts, authenticatedBy } = await login(server, { identity: [...files, server.clientKey] }, [
      () => server.wrongCode(),
      () => server.nextCode(),
    ]);
    expect(authenticatedBy).toBe('publickey, keyboard-interactive');
    expect(prompts.map(({ kind, round }) => [kind, round])).toEqual([
      ['otp', 1],
      ['otp', 2],
    ]);
    expect(connections(server)).toBe(2);
  });

  test('auth-methods picks and orders', async () => {
    const server = await pamSshd({ rounds: ['password'], passwordMethod: true });
    const identity = [server.clientKey];
    const only = await login(server, { identity, authMethods: ['password'] }, [server.password]);
    expect(only.authenticatedBy).toBe('password');
    const first = await login(server, { identity, authMethods: ['keyboard-interactive', 'publickey'] }, [
      server.password,
    ]);
    expect(first.authenticatedBy).toBe('keyboard-interactive');
    const after = await login(server, { identity, authMethods: ['password', 'publickey'] }, ['a', 'b', 'c']);
    expect(after.authenticatedBy).toBe('publickey');
    await expect(login(await sshd({}), { identity, authMethods: ['password'] })).rejects.toMatchObject({
      code: 'auth-no-method',
      message: expect.stringContaining('it still takes publickey') as string,
      next: 'testhost takes publickey, which "auth-methods" of testhost leaves out.',
    });
  });
});
