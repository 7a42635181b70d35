import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  algorithmOffer,
  type CryptoAbilities,
  needsStrictKex,
  runtimeAbilities,
  supportedAlgorithms,
} from '../../../src/main/engine/ssh/algorithms.ts';
import { hostFor } from '../../support/link-parts.ts';

const asIs = (names: readonly string[]): readonly string[] => names;

/** What Electron's BoringSSL lists. */
const boring: CryptoAbilities = {
  ciphers: [
    'aes-128-cbc',
    'aes-128-ctr',
    'aes-128-gcm',
    'aes-192-cbc',
    'aes-192-ctr',
    'aes-192-gcm',
    'aes-256-cbc',
    'aes-256-ctr',
    'aes-256-gcm',
    'des-ede3-cbc',
  ],
  curves: ['secp224r1', 'prime256v1', 'secp384r1', 'secp521r1'],
  hashes: [
    'RSA-MD5',
    'RSA-SHA1',
    'RSA-SHA256',
    'RSA-SHA384',
    'RSA-SHA512',
    'md5',
    'sha1',
    'sha256',
    'sha384',
    'sha512',
  ],
};

describe('what is offered', () => {
  test('by default: gcm and ctr first, no SHA-1, no CBC, no chacha20, no ssh-rsa', () => {
    const offer = algorithmOffer(hostFor(22), asIs, supportedAlgorithms());
    expect(offer).toEqual({
      kex: [
        'curve25519-sha256',
        'curve25519-sha256@libssh.org',
        'ecdh-sha2-nistp256',
        'ecdh-sha2-nistp384',
        'ecdh-sha2-nistp521',
        'diffie-hellman-group16-sha512',
        'diffie-hellman-group18-sha512',
        'diffie-hellman-group14-sha256',
      ],
      serverHostKey: [
        'ssh-ed25519',
        'ecdsa-sha2-nistp256',
        'ecdsa-sha2-nistp384',
        'ecdsa-sha2-nistp521',
        'rsa-sha2-512',
        'rsa-sha2-256',
      ],
      cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
      mac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
      compress: ['none'],
    });
    expect(algorithmOffer(hostFor(22, { compression: true }), asIs).compress).toEqual(['zlib@openssh.com', 'none']);
  });

  test('BoringSSL: what it lacks is left out, the rest stays', () => {
    const offer = algorithmOffer(hostFor(22), asIs, supportedAlgorithms(boring));
    expect(offer).toEqual(algorithmOffer(hostFor(22), asIs, supportedAlgorithms()));
    expect(supportedAlgorithms(boring).cipher).not.toContain('chacha20-poly1305@openssh.com');
    expect(() =>
      algorithmOffer(
        hostFor(22, { legacyAlgorithms: ['chacha20-poly1305@openssh.com'] }),
        asIs,
        supportedAlgorithms(boring),
      ),
    ).toThrow(expect.objectContaining({ code: 'config' }) as Error);
  });

  test('a runtime without a curve, a cipher or a hash does not offer what needs it', () => {
    const poor = supportedAlgorithms({
      ciphers: ['aes-256-ctr'],
      curves: ['prime256v1'],
      hashes: ['sha256'],
    });
    const offer = algorithmOffer(hostFor(22), asIs, poor);
    expect(offer.cipher).toEqual(['aes256-ctr']);
    expect(offer.mac).toEqual(['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-256']);
    expect(offer.kex).toContain('ecdh-sha2-nistp256');
    expect(offer.kex).not.toContain('ecdh-sha2-nistp384');
    expect(offer.kex).not.toContain('diffie-hellman-group16-sha512');
    expect(offer.serverHostKey).not.toContain('rsa-sha2-512');
  });

  test('legacy ones come behind the safe ones, each in its list', () => {
    const offer = algorithmOffer(
      hostFor(22, {
        legacyAlgorithms: ['diffie-hellman-group14-sha1', 'ssh-rsa', '3des-cbc', 'hmac-sha1', 'aes128-ctr'],
      }),
      asIs,
    );
    expect(offer.kex.at(-1)).toBe('diffie-hellman-group14-sha1');
    expect(offer.serverHostKey.at(-1)).toBe('ssh-rsa');
    expect(offer.cipher.slice(-2)).toEqual(['aes256-ctr', '3des-cbc']);
    expect(offer.mac.at(-1)).toBe('hmac-sha1');
  });

  test('the order of host keys is the known ones first, and nothing is smuggled in', () => {
    const offer = algorithmOffer(hostFor(22), (names) => ['rsa-sha2-512', 'ssh-dss', ...names]);
    expect(offer.serverHostKey[0]).toBe('rsa-sha2-512');
    expect(offer.serverHostKey).not.toContain('ssh-dss');
    expect(algorithmOffer(hostFor(22), () => []).serverHostKey).toHaveLength(6);
  });

  test('any runtime: only what ssh2 supports there, never anything weak by itself', () => {
    const real = runtimeAbilities();
    fc.assert(
      fc.property(
        fc.record({
          ciphers: fc.subarray([...real.ciphers]),
          curves: fc.subarray([...real.curves]),
          hashes: fc.subarray([...real.hashes]),
        }),
        (abilities) => {
          const supported = supportedAlgorithms(abilities);
          const offer = algorithmOffer(hostFor(22), asIs, supported);
          for (const kind of ['kex', 'serverHostKey', 'cipher', 'mac'] as const) {
            expect(supported[kind]).toEqual(expect.arrayContaining([...offer[kind]]));
            expect(offer[kind].join(' ')).not.toMatch(/sha1|cbc|chacha|md5|arcfour|ssh-rsa|ssh-dss/);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

test('Terrapin: chacha20 and CBC with EtM need strict KEX, nothing else does', () => {
  expect(needsStrictKex('chacha20-poly1305@openssh.com', '')).toBe(true);
  expect(needsStrictKex('aes256-cbc', 'hmac-sha2-256-etm@openssh.com')).toBe(true);
  expect(needsStrictKex('aes256-cbc', 'hmac-sha2-256')).toBe(false);
  expect(needsStrictKex('aes256-ctr', 'hmac-sha2-256-etm@openssh.com')).toBe(false);
  expect(needsStrictKex('aes128-gcm@openssh.com', '')).toBe(false);
});
