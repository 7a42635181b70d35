import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { startDropbear } from '../support/dropbear.ts';
import { checkLeaks } from '../support/leak-check.ts';
import { makeKey } from '../support/ssh-keys.ts';
import { cleanUps, folder, login, sshd, useLogins } from './auth-login.ts';

checkLeaks();
useLogins();

describe('key files against sshd', () => {
  const made: {
    readonly name: string;
    readonly file: string;
    readonly line: string;
    readonly passphrase: string | null;
  }[] = [];
  beforeAll(() => {
    const add = (name: string, line: string, passphrase: string | null): number =>
      made.push({ name, file: folder.file(name), line, passphrase });
    for (const [type, bits] of [
      ['ed25519', 0],
      ['ecdsa', 256],
      ['ecdsa', 384],
      ['ecdsa', 521],
      ['rsa', 2048],
      ['rsa', 4096],
    ] as const) {
      for (const format of ['RFC4716', 'PEM', 'PKCS8'] as const) {
        if (type === 'ed25519' && format !== 'RFC4716') continue;
        for (const passphrase of [null, 'horse']) {
          if (bits === 4096 && (format !== 'RFC4716' || passphrase !== null)) continue;
          const name = `${type}-${bits}-${format}-${passphrase ?? 'plain'}`;
          add(
            name,
            makeKey(folder.file(name), { type, bits, format, ...(passphrase === null ? {} : { passphrase }) }),
            passphrase,
          );
        }
      }
    }
    writeFileSync(folder.file('pass'), 'horse\n');
    for (const type of ['ed25519', 'ecdsa', 'rsa'] as const) {
      const source = folder.file(`for-ppk-${type}`);
      const line = makeKey(source, { type });
      for (const version of [2, 3]) {
        const name = `${type}-ppk${version}`;
        execFileSync(
          'puttygen',
          [
            source,
            '-O',
            'private',
            '-o',
            folder.file(name),
            '--ppk-param',
            version === 3 ? 'version=3,memory=1024,passes=2' : 'version=2',
            '--new-passphrase',
            folder.file('pass'),
          ],
          { stdio: 'pipe' },
        );
        add(name, line, 'horse');
      }
    }
  });

  test('every type in every format, with its passphrase asked once', async () => {
    const server = await sshd({ authorizedKeys: made.map(({ line }) => line) });
    for (const { name, file, passphrase } of made) {
      const { authenticatedBy, prompts } = await login(
        server,
        { identity: [file] },
        passphrase === null ? [] : [passphrase],
      );
      expect({ name, authenticatedBy, kinds: prompts.map(({ kind }) => kind) }).toEqual({
        name,
        authenticatedBy: 'publickey',
        kinds: passphrase === null ? [] : ['passphrase'],
      });
    }
  });

  test('a refusal names the host, the user and the keys', async () => {
    const server = await sshd({});
    const identity = ['refused-one', 'refused-two'].map((name) => folder.file(name));
    for (const file of identity) makeKey(file);
    await expect(login(server, { identity })).rejects.toMatchObject({
      code: 'auth-failed',
      phase: 'auth',
      message: `testhost refused the login as ${server.user}: both keys offered were turned down; it still takes publickey.`,
    });
  });

  test('a server that hangs up after too many keys has refused the login', async () => {
    const server = await sshd({ maxAuthTries: 2 });
    const identity = ['many-1', 'many-2', 'many-3'].map((name) => folder.file(name));
    for (const file of identity) makeKey(file);
    await expect(login(server, { identity })).rejects.toMatchObject({
      code: 'auth-failed',
      phase: 'auth',
      message: expect.stringMatching(
        /^testhost refused the login as \S+: all 3 keys offered were turned down; it hung up with "Too many/,
      ) as string,
    });
  });

  test('RSA on a server that takes SHA-512 alone, and one that takes SHA-1 alone', async () => {
    const file = folder.file('rsa-sigs');
    const line = makeKey(file, { type: 'rsa' });
    const modern = await sshd({ authorizedKeys: [line], config: ['PubkeyAcceptedAlgorithms rsa-sha2-512'] });
    await login(modern, { identity: [file] });
    const old = await sshd({ authorizedKeys: [line], config: ['PubkeyAcceptedAlgorithms ssh-rsa'] });
    await expect(login(old, { identity: [file] })).rejects.toMatchObject({ code: 'auth-failed' });
    await login(old, { identity: [file], legacyAlgorithms: ['ssh-rsa'] });
  });

  test('dropbear: ed25519, ecdsa and rsa', async () => {
    const files = ['ed25519', 'ecdsa', 'rsa'] as const;
    const lines = files.map((type) => makeKey(folder.file(`dropbear-${type}`), { type }));
    const server = await startDropbear({ authorizedKeys: lines });
    cleanUps.push(() => server.stop());
    for (const type of files)
      expect((await login(server, { identity: [folder.file(`dropbear-${type}`)] })).authenticatedBy).toBe('publickey');
  });
});
