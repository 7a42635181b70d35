import { Buffer } from 'node:buffer';
import { createDecipheriv, createHash, getCiphers, pbkdf2Sync, scryptSync } from 'node:crypto';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import { brokenKey, count, element } from './key-der.ts';
import { KeyError } from './key-error.ts';

/**
 * How a PEM file is encrypted, and what of that is decrypted here. node:crypto knows what its OpenSSL has: since version 3 DES, RC2, Blowfish, CAST
 * and their like are in a provider that is not loaded, and it then says the same as for a wrong passphrase. DES is triple DES with one key
 * three times, so that it is done here; for the rest the file has to be converted.
 */

/** `node`: node:crypto does it with the passphrase. `des`: the contents, by a key of 8 bytes and an iv of 8. */
export type PemCipher =
  | { readonly kind: 'node' }
  | { readonly kind: 'des'; readonly data: Buffer; readonly derive: (passphrase: Uint8Array) => DesKey };

interface DesKey {
  readonly key: Buffer;
  readonly iv: Buffer;
}

const node: PemCipher = { kind: 'node' };
/** A derivation of more rounds is no file that a program writes. */
const mostRounds = 10_000_000;
const scryptMemory = 256 * 1024 * 1024;

/** Ciphers of blocks of 8 bytes; the others have 16. */
const smallBlocks = /^(DES|RC2|BF|CAST5?|IDEA)-/;

/** `DEK-Info: name,iv` of OpenSSL's traditional form. Throws `KeyError` (broken, old-cipher). */
export function traditionalCipher(info: string, body: Buffer): PemCipher {
  const [given = '', ivText = ''] = info.split(',');
  const name = given.trim().toUpperCase();
  const iv = ivText.trim();
  const blockBytes = smallBlocks.test(name) ? 8 : 16;
  if (!/^[0-9A-F]+$/i.test(iv) || iv.length !== 2 * blockBytes || body.length % blockBytes !== 0) throw brokenKey();
  const salt = Buffer.from(iv, 'hex');
  if (name === 'DES-CBC')
    // EVP_BytesToKey with MD5 and one round; the salt is the iv.
    return des(body, (passphrase) => ({ key: hashed('md5', passphrase, salt).subarray(0, 8), iv: salt }));
  if (!getCiphers().includes(name.toLowerCase())) throw oldCipher(name);
  return node;
}

/** Schemes of PKCS#5 version 1 and PKCS#12 (RFC 8018 appendix A.3, RFC 7292 appendix C); what is not written here needs a conversion. */
const pbes1: Readonly<Record<string, { readonly name: string; readonly hash?: 'md5' | 'sha1' }>> = {
  '2a864886f70d010501': { name: 'PBE-MD2-DES' },
  '2a864886f70d010503': { name: 'PBE-MD5-DES', hash: 'md5' },
  '2a864886f70d010504': { name: 'PBE-MD2-RC2-64' },
  '2a864886f70d010506': { name: 'PBE-MD5-RC2-64' },
  '2a864886f70d01050a': { name: 'PBE-SHA1-DES', hash: 'sha1' },
  '2a864886f70d01050b': { name: 'PBE-SHA1-RC2-64' },
  '2a864886f70d010c0101': { name: 'PBE-SHA1-RC4-128' },
  '2a864886f70d010c0102': { name: 'PBE-SHA1-RC4-40' },
  '2a864886f70d010c0105': { name: 'PBE-SHA1-RC2-128' },
  '2a864886f70d010c0106': { name: 'PBE-SHA1-RC2-40' },
};
/** PBE-SHA1-3DES and PBE-SHA1-2DES, which node:crypto does. */
const tripleDes = ['2a864886f70d010c0103', '2a864886f70d010c0104'];
const pbes2 = '2a864886f70d01050d';

/** Ciphers inside PBES2 (RFC 8018 appendix B.2), as OpenSSL calls them. */
const pbes2Ciphers: Readonly<Record<string, string>> = {
  '608648016503040102': 'AES-128-CBC',
  '608648016503040116': 'AES-192-CBC',
  '60864801650304012a': 'AES-256-CBC',
  '2a864886f70d0307': 'DES-EDE3-CBC',
  '2a83088c9a4b3d01010102': 'CAMELLIA-128-CBC',
  '2a83088c9a4b3d01010103': 'CAMELLIA-192-CBC',
  '2a83088c9a4b3d01010104': 'CAMELLIA-256-CBC',
  '2a831a8c9a6e010102': 'ARIA-128-CBC',
  '2a831a8c9a6e010107': 'ARIA-192-CBC',
  '2a831a8c9a6e01010c': 'ARIA-256-CBC',
  '2b0e030207': 'DES-CBC',
  '2a864886f70d0302': 'RC2-CBC',
  '2a864886f70d0309': 'RC5-CBC',
  '2b0601040197550102': 'BF-CBC',
  '2a864886f67d07420a': 'CAST5-CBC',
  '2a831a8c9a440104': 'SEED-CBC',
};
const prfs: Readonly<Record<string, string>> = {
  '2a864886f70d0207': 'sha1',
  '2a864886f70d0208': 'sha224',
  '2a864886f70d0209': 'sha256',
  '2a864886f70d020a': 'sha384',
  '2a864886f70d020b': 'sha512',
};
const pbkdf2Id = '2a864886f70d01050c';
const scryptId = '2b06010401da47040b';

/** EncryptedPrivateKeyInfo (RFC 5958 section 3). Throws `KeyError` (broken, unsupported, old-cipher). */
export function pkcs8Cipher(der: Buffer): PemCipher {
  const outer = element(der, 0x30);
  if (outer.rest.length > 0) throw brokenKey();
  const algorithm = element(outer.content, 0x30);
  const data = element(algorithm.rest, 0x04);
  if (data.rest.length > 0 || data.content.length === 0) throw brokenKey();
  const id = element(algorithm.content, 0x06);
  const oid = id.content.toString('hex');
  if (tripleDes.includes(oid)) return node;
  if (oid === pbes2) return pbes2Cipher(element(id.rest, 0x30).content, data.content);
  const scheme = Object.hasOwn(pbes1, oid) ? pbes1[oid] : undefined;
  if (scheme === undefined) throw new KeyError('unsupported', 'the way it is encrypted is not supported');
  const { hash } = scheme;
  if (hash === undefined) throw oldCipher(scheme.name);
  const parameters = element(id.rest, 0x30).content;
  const salt = element(parameters, 0x04);
  const rounds = count(salt.rest, mostRounds).value;
  return des(data.content, (passphrase) => {
    // PBKDF1 (RFC 8018 section 5.1): key and iv in one.
    let derived = hashed(hash, passphrase, salt.content);
    for (let round = 1; round < rounds; round += 1) derived = hashed(hash, derived);
    return { key: derived.subarray(0, 8), iv: derived.subarray(8, 16) };
  });
}

function pbes2Cipher(parameters: Buffer, data: Buffer): PemCipher {
  const kdf = element(parameters, 0x30);
  const scheme = element(kdf.rest, 0x30);
  const id = element(scheme.content, 0x06);
  const oid = id.content.toString('hex');
  const name = Object.hasOwn(pbes2Ciphers, oid) ? pbes2Ciphers[oid] : undefined;
  if (name === undefined) throw new KeyError('unsupported', 'the way it is encrypted is not supported');
  const derive = derivation(kdf.content);
  if (name !== 'DES-CBC') {
    if (!getCiphers().includes(name.toLowerCase())) throw oldCipher(name);
    return node;
  }
  const iv = element(id.rest, 0x04).content;
  if (iv.length !== 8 || derive === null) throw brokenKey();
  return des(data, (passphrase) => ({ key: derive(passphrase), iv }));
}

/** The key of 8 bytes by PBKDF2 (RFC 8018 appendix A.2) or scrypt (RFC 7914 section 7); null: by something else, which is node's to judge. */
function derivation(der: Buffer): ((passphrase: Uint8Array) => Buffer) | null {
  const id = element(der, 0x06);
  const oid = id.content.toString('hex');
  if (oid !== pbkdf2Id && oid !== scryptId) return null;
  const salt = element(element(id.rest, 0x30).content, 0x04);
  if (oid === scryptId) {
    const n = count(salt.rest, 2 ** 22);
    const r = count(n.rest, 1024);
    const p = count(r.rest, 1024);
    if (128 * n.value * r.value > scryptMemory)
      throw new KeyError('unsupported', 'its key derivation asks for more than 256 MiB');
    const options = { N: n.value, r: r.value, p: p.value, maxmem: 2 * scryptMemory };
    return (passphrase) => scryptSync(passphrase, salt.content, 8, options);
  }
  const rounds = count(salt.rest, mostRounds);
  // An optional length of the key stands before the hash, which is SHA-1 if none is named.
  const after = rounds.rest[0] === 0x02 ? element(rounds.rest, 0x02).rest : rounds.rest;
  const named =
    after.length === 0 ? '2a864886f70d0207' : element(element(after, 0x30).content, 0x06).content.toString('hex');
  const prf = Object.hasOwn(prfs, named) ? prfs[named] : undefined;
  if (prf === undefined) throw new KeyError('unsupported', 'its key derivation is not supported');
  return (passphrase) => pbkdf2Sync(passphrase, salt.content, rounds.value, 8, prf);
}

function des(data: Buffer, derive: (passphrase: Uint8Array) => DesKey): PemCipher {
  if (data.length % 8 !== 0) throw brokenKey();
  return { kind: 'des', data, derive };
}

/** The plain DER. Throws if the passphrase does not fit. */
export function decryptDes(cipher: Extract<PemCipher, { kind: 'des' }>, passphrase: Uint8Array): Buffer {
  const { key, iv } = cipher.derive(passphrase);
  const threefold = Buffer.concat([key, key, key]);
  try {
    const stream = createDecipheriv('des-ede3-cbc', threefold, iv);
    return Buffer.concat([stream.update(cipher.data), stream.final()]);
  } finally {
    key.fill(0);
    threefold.fill(0);
  }
}

function hashed(hash: string, ...parts: readonly Uint8Array[]): Buffer {
  const digest = createHash(hash);
  for (const part of parts) digest.update(part);
  return digest.digest();
}

function oldCipher(name: string): KeyError {
  return new KeyError(
    'old-cipher',
    `it is encrypted with ${cleanLine(name, 40)}, which the OpenSSL here does not have any more; its passphrase is not at fault`,
  );
}
