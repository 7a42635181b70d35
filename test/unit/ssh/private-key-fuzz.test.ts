import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  looksPublic,
  parseCertificate,
  parseCertificateFile,
  parsePublicLine,
  validityOf,
} from '../../../src/main/engine/ssh/certificate.ts';
import { KeyError } from '../../../src/main/engine/ssh/key-error.ts';
import { inspectPrivateKey, unlockPrivateKey } from '../../../src/main/engine/ssh/private-key.ts';
import { WireFormatError, WireReader, WireWriter } from '../../../src/main/engine/ssh/wire-format.ts';
import { makeCertificate } from '../../support/openssh-client.ts';
import { makeKey } from '../../support/ssh-keys.ts';
import { makeTempFolder } from '../../support/temp.ts';
import { blobOf } from './auth-support.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const folder = makeTempFolder();
afterAll(() => folder.dispose());

/** Plain keys of every format, locked ones with cheap key derivation, and certificates. */
const plain: Buffer[] = [];
const locked: Buffer[] = [];
const certificates: string[] = [];
beforeAll(() => {
  const keygen = (...args: string[]): void => void execFileSync('ssh-keygen', ['-q', ...args], { stdio: 'pipe' });
  makeKey(folder.file('ca'));
  for (const [i, type] of (['ed25519', 'ecdsa', 'rsa'] as const).entries()) {
    const file = folder.file(`key-${type}`);
    makeKey(file, { type });
    plain.push(readFileSync(file));
    certificates.push(
      makeCertificate({
        caKey: folder.file('ca'),
        key: file,
        principals: ['me', 'you'],
        validity: '20200101:20300101',
      }),
    );
    const cheap = folder.file(`locked-${type}`);
    keygen(
      '-t',
      type,
      '-f',
      cheap,
      '-N',
      'horse',
      '-a',
      '1',
      '-Z',
      ['aes256-gcm@openssh.com', 'aes256-ctr', 'chacha20-poly1305@openssh.com'][i] ?? '',
    );
    locked.push(readFileSync(cheap));
    for (const format of type === 'ed25519' ? [] : (['PEM', 'PKCS8'] as const)) {
      makeKey(folder.file(`${format}-${type}`), { type, format });
      plain.push(readFileSync(folder.file(`${format}-${type}`)));
      makeKey(folder.file(`locked-${format}-${type}`), { type, format, passphrase: 'horse' });
      locked.push(readFileSync(folder.file(`locked-${format}-${type}`)));
    }
    writeFileSync(folder.file('pass'), 'horse\n');
    for (const params of ['version=2', 'version=3,memory=64,passes=1']) {
      const ppk = folder.file('ppk');
      for (const [into, pass] of [
        [plain, '/dev/null'],
        [locked, folder.file('pass')],
      ] as const) {
        execFileSync('puttygen', [file, '-O', 'private', '-o', ppk, '--ppk-param', params, '--new-passphrase', pass], {
          stdio: 'pipe',
        });
        into.push(readFileSync(ppk));
      }
    }
  }
});

type Mutation = { at: number; value: number; kind: 'flip' | 'set' | 'cut' | 'drop' | 'double' };

const mutations = fc.array(
  fc.record({
    at: fc.nat(),
    value: fc.nat(255),
    kind: fc.constantFrom<Mutation['kind']>('flip', 'set', 'cut', 'drop', 'double'),
  }),
  { minLength: 1, maxLength: 4 },
);

function mutated(seed: Buffer, list: readonly Mutation[]): Buffer {
  let bytes = Buffer.from(seed);
  for (const { at, value, kind } of list) {
    if (bytes.length === 0) break;
    const i = at % bytes.length;
    if (kind === 'flip') bytes[i] = (bytes[i] ?? 0) ^ (1 << (value % 8));
    else if (kind === 'set') bytes[i] = value;
    else if (kind === 'cut') bytes = bytes.subarray(0, i);
    else if (kind === 'drop') bytes = Buffer.concat([bytes.subarray(0, i), bytes.subarray(i + 1 + (value % 40))]);
    else bytes = Buffer.concat([bytes.subarray(0, i), bytes.subarray(Math.max(0, i - value), i), bytes.subarray(i)]);
  }
  return bytes;
}

/** In an armoured file the interesting bytes are below the base64: mutates those. */
function mutatedBelow(seed: Buffer, list: readonly Mutation[]): Buffer {
  const lines = seed.toString('latin1').split('\n');
  const from = lines.findIndex((line) => line.startsWith('-----BEGIN')) + 1;
  const to = lines.findIndex((line) => line.startsWith('-----END'));
  if (from === 0 || to < 0) return mutated(seed, list);
  const body = lines.slice(from, to).filter((line) => !line.includes(':'));
  const changed = mutated(Buffer.from(body.join(''), 'base64'), list).toString('base64');
  const headers = lines.slice(from, to).filter((line) => line.includes(':'));
  return Buffer.from(
    [...lines.slice(0, from), ...headers, ...(headers.length > 0 ? [''] : []), changed, ...lines.slice(to)].join('\n'),
    'latin1',
  );
}

function onlyTyped(run: () => unknown): void {
  try {
    run();
  } catch (thrown) {
    if (!(thrown instanceof KeyError)) throw thrown;
  }
}

describe('mutated files end in a key or in a typed error', () => {
  test.each([
    ['bytes of plain files', () => plain, mutated, 1500],
    ['the inside of plain files', () => plain, mutatedBelow, 1500],
    ['bytes of locked files', () => locked, mutated, 150],
    ['the inside of locked files', () => locked, mutatedBelow, 150],
  ] as const)(
    '%s',
    (_name, seeds, change, numRuns) => {
      fc.assert(
        fc.property(fc.nat(), mutations, (pick, list) => {
          const all = seeds();
          const bytes = change(all[pick % all.length] ?? Buffer.alloc(0), list);
          onlyTyped(() => inspectPrivateKey(bytes));
          onlyTyped(() => unlockPrivateKey(bytes, Buffer.from('horse')));
          onlyTyped(() => unlockPrivateKey(bytes, null));
        }),
        { numRuns },
      );
    },
    120_000,
  );

  test('certificates and public lines', () => {
    fc.assert(
      fc.property(fc.nat(), mutations, (pick, list) => {
        const line = certificates[pick % certificates.length] ?? '';
        onlyTyped(() => parseCertificate(mutated(blobOf(line), list)));
        const text = mutated(Buffer.from(line), list).toString('latin1');
        onlyTyped(() => parseCertificateFile(text));
        onlyTyped(() => parsePublicLine(text));
        looksPublic(text);
      }),
      { numRuns: 3000 },
    );
  });

  test('any bytes at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        onlyTyped(() => inspectPrivateKey(Buffer.from(bytes)));
        onlyTyped(() => parseCertificate(Buffer.from(bytes)));
      }),
    );
  });

  test('a large file is refused, and large rubbish is read in no time worth naming', () => {
    expect(() => inspectPrivateKey(Buffer.alloc(1024 * 1024 + 1))).toThrow('larger than 1 MiB');
    for (const start of [
      '-----BEGIN OPENSSH PRIVATE KEY-----\n',
      '-----BEGIN RSA PRIVATE KEY-----\nDEK-Info: ',
      'PuTTY-User-Key-File-3: ',
    ])
      for (const fill of ['A', '\n', ': ', ' ', '-----BEGIN OPENSSH PRIVATE KEY-----\n'])
        onlyTyped(() => inspectPrivateKey(Buffer.from(start + fill.repeat(1_000_000 / fill.length))));
  });
});

describe('certificates', () => {
  test('are read as ssh-keygen wrote them', () => {
    for (const line of certificates) {
      const certificate = parseCertificateFile(line);
      expect(certificate).toMatchObject({ keyId: 'holdfast-test', principals: ['me', 'you'], serial: 0n });
      const type = certificate.type.startsWith('ssh-ed25519')
        ? 'ed25519'
        : certificate.type.startsWith('ssh-rsa')
          ? 'rsa'
          : 'ecdsa';
      expect(certificate.publicBlob).toEqual(blobOf(readFileSync(folder.file(`key-${type}.pub`), 'utf8')));
      expect(validityOf(certificate, Date.parse('2019-01-01T00:00:00Z'))).toBe('not-yet');
      expect(validityOf(certificate, Date.parse('2025-01-01T00:00:00Z'))).toBe('valid');
      expect(validityOf(certificate, Date.parse('2031-01-01T00:00:00Z'))).toBe('expired');
    }
  });

  test('a host’s certificate and a plain key are none', () => {
    const key = folder.file('host-key');
    const line = makeKey(key);
    expect(() => parseCertificateFile(line)).toThrow(KeyError);
    const host = makeCertificate({ caKey: folder.file('ca'), key, principals: ['h'], host: true });
    expect(() => parseCertificateFile(host)).toThrow('of a host');
  });
});

describe('the wire format', () => {
  test('what is written is read back', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.nat(),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.boolean(),
        (bytes, n, big, flag) => {
          const reader = new WireReader(
            new WireWriter().string(bytes).uint32(n).uint64(big).boolean(flag).mpint(bytes).toBuffer(),
          );
          expect(reader.string()).toEqual(Buffer.from(bytes));
          expect([reader.uint32(), reader.uint64(), reader.boolean()]).toEqual([n, big, flag]);
          const first = bytes.findIndex((byte) => byte !== 0);
          expect(reader.mpint()).toEqual(Buffer.from(first < 0 ? [] : bytes.subarray(first)));
          reader.end();
        },
      ),
    );
  });

  test('a length beyond the end allocates nothing', () => {
    const reader = new WireReader(Buffer.from([0xff, 0xff, 0xff, 0xff, 1]));
    expect(() => reader.string()).toThrow(WireFormatError);
    expect(() => new WireReader(Buffer.from([0, 0, 0, 1, 0x80])).mpint()).toThrow(WireFormatError);
    expect(() => new WireReader(Buffer.from([0])).end()).toThrow(WireFormatError);
  });
});
