import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../src/main/engine/lifecycle/clock.ts';
import { Secret } from '../../../src/main/engine/secrets/secret.ts';
import { KeyDecryptor } from '../../../src/main/engine/ssh/key-decryptor.ts';
import { KeyError, keyProblem } from '../../../src/main/engine/ssh/key-error.ts';
import { offerAlgorithms, signWithKey } from '../../../src/main/engine/ssh/key-types.ts';
import { inspectPrivateKey, unlockPrivateKey } from '../../../src/main/engine/ssh/private-key.ts';
import { makeTempFolder } from '../../support/temp.ts';
import { blobOf, isSignatureOf } from './auth-support.ts';

// Key derivation and the making of RSA keys are slow on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const folder = makeTempFolder();
const passphrase = 'correct hörse';
afterAll(() => folder.dispose());

function keygen(...args: string[]): void {
  execFileSync('ssh-keygen', ['-q', ...args], { stdio: 'pipe' });
}

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'no error';
  } catch (thrown) {
    return thrown instanceof KeyError ? thrown.code : `untyped: ${String(thrown)}`;
  }
}

/** Unlocks, signs under every algorithm of the type and verifies against the public line. */
async function provesItself(file: string, publicLine: string, pass: string | null): Promise<void> {
  const bytes = readFileSync(file);
  const key = unlockPrivateKey(bytes, pass === null ? null : Buffer.from(pass));
  expect(key.blob.equals(blobOf(publicLine))).toBe(true);
  const data = Buffer.from('data to be signed');
  const names =
    key.type === 'ssh-rsa' ? ['rsa-sha2-256', 'rsa-sha2-512', 'ssh-rsa'] : offerAlgorithms(key.type, null, []);
  for (const name of names) {
    // ECDSA numbers are shorter now and then; Ed25519 and RSA are the same each time.
    for (let i = 0; i < (name.startsWith('ecdsa') ? 20 : 1); i += 1)
      expect(isSignatureOf(key.blob, name, data, await signWithKey(key, name, data))).toBe(true);
  }
}

const types: readonly (readonly [string, readonly string[]])[] = [
  ['ed25519', ['-t', 'ed25519']],
  ['ecdsa-256', ['-t', 'ecdsa', '-b', '256']],
  ['ecdsa-384', ['-t', 'ecdsa', '-b', '384']],
  ['ecdsa-521', ['-t', 'ecdsa', '-b', '521']],
  ['rsa-2048', ['-t', 'rsa', '-b', '2048']],
  ['rsa-3072', ['-t', 'rsa', '-b', '3072']],
];

describe('OpenSSH format', () => {
  test.each(types)('%s, plain', async (name, args) => {
    const file = folder.file(`plain-${name}`);
    keygen(...args, '-f', file, '-N', '', '-C', 'a comment');
    const line = readFileSync(`${file}.pub`, 'utf8');
    expect(inspectPrivateKey(readFileSync(file))).toEqual({
      format: 'openssh',
      encrypted: false,
      publicBlob: blobOf(line),
      comment: 'a comment',
    });
    await provesItself(file, line, null);
  });

  test.each([
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
    'aes128-cbc',
    'aes192-cbc',
    'aes256-cbc',
    '3des-cbc',
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
  ])('cipher %s', async (cipher) => {
    for (const [name, args] of types.filter(([type]) => ['ed25519', 'rsa-2048', 'ecdsa-521'].includes(type))) {
      const file = folder.file(`${cipher}-${name}`);
      keygen(...args, '-f', file, '-N', passphrase, '-Z', cipher, '-a', '2');
      const bytes = readFileSync(file);
      expect(inspectPrivateKey(bytes)).toMatchObject({
        encrypted: true,
        publicBlob: blobOf(readFileSync(`${file}.pub`, 'utf8')),
      });
      expect(codeOf(() => unlockPrivateKey(bytes, null))).toBe('passphrase-needed');
      expect(codeOf(() => unlockPrivateKey(bytes, Buffer.from('wrong')))).toBe('wrong-passphrase');
      expect(codeOf(() => unlockPrivateKey(bytes, Buffer.alloc(0)))).toBe('wrong-passphrase');
      await provesItself(file, readFileSync(`${file}.pub`, 'utf8'), passphrase);
    }
  });

  test('a public half that belongs to another key is damage', () => {
    const one = folder.file('half-one');
    const two = folder.file('half-two');
    keygen('-t', 'ed25519', '-f', one, '-N', '');
    keygen('-t', 'ed25519', '-f', two, '-N', '');
    const body = (file: string): Buffer =>
      Buffer.from(readFileSync(file, 'utf8').split('\n').slice(1, -2).join(''), 'base64');
    const mixed = body(one);
    const other = blobOf(readFileSync(`${two}.pub`, 'utf8'));
    other.copy(mixed, mixed.indexOf(blobOf(readFileSync(`${one}.pub`, 'utf8'))));
    const text = `-----BEGIN OPENSSH PRIVATE KEY-----\n${mixed.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
    expect(codeOf(() => unlockPrivateKey(Buffer.from(text), null))).toBe('broken');
  });

  test('a demand for endless key derivation is refused before it is begun', () => {
    const file = folder.file('rounds');
    keygen('-t', 'ed25519', '-f', file, '-N', passphrase, '-a', '1');
    const lines = readFileSync(file, 'utf8').split('\n');
    const body = Buffer.from(lines.slice(1, -2).join(''), 'base64');
    // string kdfname, string kdfoptions { string salt (16), uint32 rounds }
    const at = body.indexOf('bcrypt') + 6 + 4 + 4 + 16;
    expect(body.readUInt32BE(at)).toBe(1);
    body.writeUInt32BE(0x7fffffff, at);
    const text = `${lines[0]}\n${body.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
    expect(codeOf(() => unlockPrivateKey(Buffer.from(text), Buffer.from(passphrase)))).toBe('unsupported');
  });
});

describe('PEM', () => {
  test.each(types.flatMap(([name, args]) => ['PEM', 'PKCS8'].map((format) => [name, format, args] as const)))(
    '%s as %s by ssh-keygen',
    async (name, format, args) => {
      if (name === 'ed25519') return; // ssh-keygen writes ed25519 in its own format whatever is asked
      for (const pass of ['', passphrase]) {
        const file = folder.file(`${format}-${name}-${pass === '' ? 'plain' : 'locked'}`);
        keygen(...args, '-m', format, '-f', file, '-N', pass);
        const bytes = readFileSync(file);
        const line = readFileSync(`${file}.pub`, 'utf8');
        const info = inspectPrivateKey(bytes);
        expect(info.encrypted).toBe(pass !== '');
        expect(info.publicBlob).toEqual(pass === '' ? blobOf(line) : null);
        if (pass !== '') {
          expect(codeOf(() => unlockPrivateKey(bytes, null))).toBe('passphrase-needed');
          for (let i = 0; i < 40; i += 1)
            expect(codeOf(() => unlockPrivateKey(bytes, Buffer.from(`wrong ${i}`)))).toBe('wrong-passphrase');
        }
        await provesItself(file, line, pass === '' ? null : pass);
      }
    },
  );

  test.each(['aes128', 'aes256', 'des3'])('legacy encryption of OpenSSL, %s', async (cipher) => {
    const file = folder.file(`legacy-${cipher}`);
    execFileSync(
      'openssl',
      ['genrsa', '-traditional', `-${cipher}`, '-passout', `pass:${passphrase}`, '-out', file, '2048'],
      { stdio: 'pipe' },
    );
    const key = unlockPrivateKey(readFileSync(file), Buffer.from(passphrase));
    expect(inspectPrivateKey(readFileSync(file))).toMatchObject({ format: 'pkcs1', encrypted: true });
    expect(key.type).toBe('ssh-rsa');
    expect(codeOf(() => unlockPrivateKey(readFileSync(file), Buffer.from('no')))).toBe('wrong-passphrase');
  });

  describe('ciphers that OpenSSL 3 has put away', () => {
    const legacy = ['-provider', 'legacy', '-provider', 'default'];
    const made = (name: string, args: readonly string[]): Buffer => {
      const plain = folder.file('old-plain');
      if (!existsSync(plain)) execFileSync('openssl', ['genrsa', '-out', plain, '2048'], { stdio: 'pipe' });
      const file = folder.file(`old-${name}`);
      execFileSync('openssl', [...args, '-in', plain, '-passout', `pass:${passphrase}`, '-out', file], {
        stdio: 'pipe',
      });
      return readFileSync(file);
    };
    const pkcs8 = (option: '-v1' | '-v2', cipher: string): string[] => ['pkcs8', ...legacy, '-topk8', option, cipher];
    const traditional = (cipher: string): string[] => ['rsa', ...legacy, '-traditional', `-${cipher}`];

    test.each([
      ['traditional DES', traditional('des-cbc')],
      ['PBES1 with MD5 and DES', pkcs8('-v1', 'PBE-MD5-DES')],
      ['PBES1 with SHA-1 and DES', pkcs8('-v1', 'PBE-SHA1-DES')],
      ['PBES2 with DES', pkcs8('-v2', 'des-cbc')],
      ['PBES2 with DES and SHA-1', [...pkcs8('-v2', 'des-cbc'), '-v2prf', 'hmacWithSHA1']],
      ['PBES2 with DES and SHA-512', [...pkcs8('-v2', 'des-cbc'), '-v2prf', 'hmacWithSHA512']],
      ['PKCS#12 with triple DES', pkcs8('-v1', 'PBE-SHA1-3DES')],
      ['PBES2 with Camellia', pkcs8('-v2', 'camellia-128-cbc')],
    ])('%s is decrypted', async (name, args) => {
      const bytes = made(name.replaceAll(/\W/g, '-'), args);
      expect(inspectPrivateKey(bytes).encrypted).toBe(true);
      expect(unlockPrivateKey(bytes, Buffer.from(passphrase)).type).toBe('ssh-rsa');
      for (let i = 0; i < 20; i += 1)
        expect(codeOf(() => unlockPrivateKey(bytes, Buffer.from(`wrong ${i}`)))).toBe('wrong-passphrase');
    });

    test.each([
      ['RC2-CBC', traditional('rc2-cbc')],
      ['BF-CBC', traditional('bf-cbc')],
      ['SEED-CBC', traditional('seed-cbc')],
      ['PBE-SHA1-RC2-40', pkcs8('-v1', 'PBE-SHA1-RC2-40')],
      ['PBE-MD5-RC2-64', pkcs8('-v1', 'PBE-MD5-RC2-64')],
      ['PBE-SHA1-RC4-128', pkcs8('-v1', 'PBE-SHA1-RC4-128')],
      ['RC2-CBC', pkcs8('-v2', 'rc2-cbc')],
      ['BF-CBC', pkcs8('-v2', 'bf-cbc')],
      ['CAST5-CBC', pkcs8('-v2', 'cast5-cbc')],
    ])('%s is named, and the passphrase is not blamed: %j', (cipher, args) => {
      const bytes = made(`not-${cipher}-${args[0]}`, args);
      let error: unknown = null;
      try {
        inspectPrivateKey(bytes);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({ code: 'old-cipher' });
      const said = keyProblem(error as KeyError, '/home/me/my key');
      expect(said).toContain(`encrypted with ${cipher}, which`);
      expect(said).toContain("its passphrase is not at fault. Convert it with: ssh-keygen -p -f '/home/me/my key' (or");
    });

    test('a derivation without end is refused before it begins', () => {
      const bytes = made('endless', pkcs8('-v2', 'des-cbc')).toString('latin1');
      const der = Buffer.from(bytes.replaceAll(/-----.*-----|\s/g, ''), 'base64');
      const at = der.indexOf(Buffer.from('02020800', 'hex'));
      expect(at).toBeGreaterThan(0);
      // Two bytes more for the number of rounds, in each of the lengths around it.
      const longer = Buffer.concat([der.subarray(0, at), Buffer.from('02047fffffff', 'hex'), der.subarray(at + 4)]);
      longer.writeUInt16BE(der.readUInt16BE(2) + 2, 2);
      for (let i = 4; i < at; i += 1) {
        const length = der[i + 1] ?? 0;
        if (der[i] === 0x30 && length < 0x80 && i + 2 + length >= at + 4 && i + 2 <= at) longer[i + 1] = length + 2;
      }
      const pem = `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${longer.toString('base64')}\n-----END ENCRYPTED PRIVATE KEY-----\n`;
      expect(codeOf(() => inspectPrivateKey(Buffer.from(pem)))).toBe('unsupported');
    });

    test('the other command of the advice converts such a file', () => {
      const file = folder.file('old-to-convert');
      writeFileSync(file, made('to-convert', traditional('rc2-cbc')));
      const command = /either: (.*)\)$/.exec(keyProblem(new KeyError('old-cipher', 'old'), file))?.[1] ?? '';
      const [program = '', ...args] = command.split(' ');
      execFileSync(program, [...args, '-passin', `pass:${passphrase}`, '-passout', `pass:${passphrase}`]);
      expect(unlockPrivateKey(readFileSync(`${file}.new`), Buffer.from(passphrase)).type).toBe('ssh-rsa');
    });
  });

  test('ed25519 as PKCS#8 of OpenSSL, plain and with scrypt', () => {
    const plain = folder.file('p8-ed25519');
    const locked = folder.file('p8-ed25519-locked');
    execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', plain]);
    execFileSync('openssl', [
      'pkcs8',
      '-topk8',
      '-in',
      plain,
      '-scrypt',
      '-passout',
      `pass:${passphrase}`,
      '-out',
      locked,
    ]);
    const key = unlockPrivateKey(readFileSync(plain), null);
    expect(key.type).toBe('ssh-ed25519');
    expect(unlockPrivateKey(readFileSync(locked), Buffer.from(passphrase)).blob).toEqual(key.blob);
    expect(codeOf(() => unlockPrivateKey(readFileSync(locked), Buffer.from('no')))).toBe('wrong-passphrase');
  });

  test('what SSH keys here are not says so', () => {
    const ed448 = folder.file('ed448');
    execFileSync('openssl', ['genpkey', '-algorithm', 'ed448', '-out', ed448]);
    expect(codeOf(() => unlockPrivateKey(readFileSync(ed448), null))).toBe('unsupported');
    const dsa = folder.file('dsa');
    keygen('-t', 'dsa', '-f', dsa, '-N', '');
    expect(codeOf(() => unlockPrivateKey(readFileSync(dsa), null))).toBe('unsupported');
    keygen('-t', 'dsa', '-m', 'PEM', '-f', folder.file('dsa-pem'), '-N', '');
    expect(codeOf(() => unlockPrivateKey(readFileSync(folder.file('dsa-pem')), null))).toBe('unsupported');
    const small = folder.file('curve');
    execFileSync('openssl', ['ecparam', '-genkey', '-name', 'secp256k1', '-noout', '-out', small]);
    expect(codeOf(() => unlockPrivateKey(readFileSync(small), null))).toBe('unsupported');
  });
});

describe('PPK', () => {
  const passFile = folder.file('pass');
  beforeAll(() => writeFileSync(passFile, 'horse\n'));

  const kinds = [
    ['ed25519', ['-t', 'ed25519']],
    ['ecdsa-256', ['-t', 'ecdsa', '-b', '256']],
    ['ecdsa-521', ['-t', 'ecdsa', '-b', '521']],
    ['rsa', ['-t', 'rsa', '-b', '2048']],
  ] as const;
  const kdfs = ['argon2id', 'argon2i', 'argon2d'];

  test.each(kinds)('%s', async (name, args) => {
    const plain = folder.file(`ppk-${name}`);
    execFileSync(
      'puttygen',
      ['-q', ...args, '-C', 'put', '-o', plain, '--new-passphrase', '/dev/null', '--random-device', '/dev/urandom'],
      { stdio: 'pipe' },
    );
    const line = execFileSync('puttygen', [plain, '-L'], { encoding: 'utf8' });
    const forms = [
      ['version=2', null],
      ['version=3', null],
      ['version=2', 'horse'],
      ...kdfs.map((kdf) => [`version=3,kdf=${kdf},memory=1024,passes=3,parallelism=2`, 'horse'] as const),
    ] as const;
    for (const [params, pass] of forms) {
      const file = folder.file(`ppk-${name}-${params}-${pass ?? 'plain'}`.replaceAll(/[=,]/g, '_'));
      execFileSync(
        'puttygen',
        [
          plain,
          '-O',
          'private',
          '-o',
          file,
          '--ppk-param',
          params,
          '--reencrypt',
          '--new-passphrase',
          pass === null ? '/dev/null' : passFile,
        ],
        { stdio: 'pipe' },
      );
      const bytes = readFileSync(file);
      expect(inspectPrivateKey(bytes)).toEqual({
        format: params.startsWith('version=2') ? 'ppk2' : 'ppk3',
        encrypted: pass !== null,
        publicBlob: blobOf(line),
        comment: 'put',
      });
      if (pass !== null) {
        expect(codeOf(() => unlockPrivateKey(bytes, null))).toBe('passphrase-needed');
        expect(codeOf(() => unlockPrivateKey(bytes, Buffer.from('house')))).toBe('wrong-passphrase');
      }
      await provesItself(file, line, pass);
      const crlf = folder.file('ppk-crlf');
      writeFileSync(crlf, bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
      await provesItself(crlf, line, pass);
      const touched = Buffer.from(bytes.toString('latin1').replace('Comment: put', 'Comment: pot'), 'latin1');
      expect(codeOf(() => unlockPrivateKey(touched, pass === null ? null : Buffer.from(pass)))).toBe(
        pass === null ? 'broken' : 'wrong-passphrase',
      );
    }
  });

  test('argon2 that wants too much memory is refused', () => {
    const file = folder.file(`ppk-ed25519-version_3_kdf_argon2id_memory_1024_passes_3_parallelism_2-horse`);
    const text = readFileSync(file, 'latin1').replace('Argon2-Memory: 1024', 'Argon2-Memory: 99999999');
    expect(codeOf(() => unlockPrivateKey(Buffer.from(text), Buffer.from('horse')))).toBe('unsupported');
  });
});

describe('the worker', () => {
  test('decrypts, tells a wrong passphrase, runs jobs in turn, and stops in the middle', async () => {
    const file = folder.file('worker');
    keygen('-t', 'ed25519', '-f', file, '-N', passphrase, '-a', '4', '-C', 'worker key');
    const bytes = readFileSync(file);
    const decryptor = new KeyDecryptor(systemClock);
    try {
      const [key, wrong, again] = await Promise.all([
        decryptor.unlock(bytes, Secret.from(passphrase)),
        decryptor.unlock(bytes, Secret.from('no')).catch((error: unknown) => error),
        decryptor.unlock(bytes, Secret.from(passphrase)),
      ]);
      expect(wrong).toMatchObject({ code: 'wrong-passphrase' });
      expect(again.blob).toEqual(key.blob);
      expect(key.comment).toBe('worker key');
      const data = Buffer.from('x');
      expect(isSignatureOf(key.blob, 'ssh-ed25519', data, await signWithKey(key, 'ssh-ed25519', data))).toBe(true);

      const slow = folder.file('worker-slow');
      keygen('-t', 'ed25519', '-f', slow, '-N', passphrase, '-a', '150');
      const stop = new AbortController();
      const job = decryptor.unlock(readFileSync(slow), Secret.from(passphrase), stop.signal);
      setTimeout(() => stop.abort(), 50);
      await expect(job).rejects.toMatchObject({ code: 'aborted' });
      expect((await decryptor.unlock(bytes, Secret.from(passphrase))).type).toBe('ssh-ed25519');
    } finally {
      decryptor.dispose();
    }
    await expect(decryptor.unlock(bytes, Secret.from(passphrase))).rejects.toMatchObject({ code: 'aborted' });
  });
});
