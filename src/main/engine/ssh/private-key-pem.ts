import { Buffer } from 'node:buffer';
import { type KeyObject, createPrivateKey } from 'node:crypto';
import { armoured } from './key-armour.ts';
import { KeyError } from './key-error.ts';
import type { KeyFileInfo } from './key-file-info.ts';
import { type UnlockedKey, blobOfKey, finished } from './key-types.ts';

/** PEM: PKCS#1 (RSA), SEC1 (EC), PKCS#8 plain and encrypted. The structure is checked here, the rest is node:crypto's. */
const labels = {
  'RSA PRIVATE KEY': 'pkcs1',
  'EC PRIVATE KEY': 'sec1',
  'PRIVATE KEY': 'pkcs8',
  'ENCRYPTED PRIVATE KEY': 'pkcs8',
} as const satisfies Record<string, KeyFileInfo['format']>;

type Label = keyof typeof labels;

interface PemKey {
  readonly label: Label;
  readonly format: KeyFileInfo['format'];
  readonly encrypted: boolean;
}

/** Object identifiers, DER encoded, of the encryption schemes of PKCS#8 that OpenSSL writes: PBES2, and the family of PBES1 and PKCS#12. */
const pbes2 = '06092a864886f70d01050d';
const pbes1 = '06092a864886f70d0105';
const pkcs12 = '060a2a864886f70d010c01';

const weakLegacyCiphers = ['DES-CBC', 'RC2-CBC'];

export function isPem(file: Buffer): boolean {
  return labelOf(file) !== null || file.includes('-----BEGIN DSA PRIVATE KEY-----');
}

function labelOf(file: Buffer): Label | null {
  return (Object.keys(labels) as Label[]).find((label) => file.includes(`-----BEGIN ${label}-----`)) ?? null;
}

function open(file: Buffer): PemKey {
  const label = labelOf(file);
  if (label === null) throw new KeyError('unsupported', 'DSA keys are not supported');
  const armour = armoured(file, label);
  if (!armour || armour.body.length === 0) throw broken();
  const format = labels[label];
  if (label === 'ENCRYPTED PRIVATE KEY') {
    checkEncryptedPkcs8(armour.body);
    return { label, format, encrypted: true };
  }
  const info = armour.headers.get('DEK-Info');
  if (info === undefined) {
    checkSequence(armour.body);
    return { label, format, encrypted: false };
  }
  const [name = '', iv = ''] = info.split(',');
  if (weakLegacyCiphers.includes(name.toUpperCase()))
    throw new KeyError('unsupported', `it is encrypted with ${name}, which is not supported`);
  const blockBytes = name.toUpperCase().startsWith('DES') ? 8 : 16;
  if (!/^[0-9A-Fa-f]+$/.test(iv.trim()) || armour.body.length % blockBytes !== 0) throw broken();
  return { label, format, encrypted: true };
}

export function inspectPem(file: Buffer): KeyFileInfo {
  const pem = open(file);
  const publicBlob = pem.encrypted ? null : blobOfKey(load(file, pem, null)).blob;
  return { format: pem.format, encrypted: pem.encrypted, publicBlob, comment: '' };
}

export function unlockPem(file: Buffer, passphrase: Uint8Array | null): UnlockedKey {
  const pem = open(file);
  if (pem.encrypted && passphrase === null) throw new KeyError('passphrase-needed', 'its passphrase is needed');
  return finished(load(file, pem, passphrase), '');
}

function load(file: Buffer, pem: PemKey, passphrase: Uint8Array | null): KeyObject {
  const text = file.toString('latin1');
  const end = `-----END ${pem.label}-----`;
  const block = `${text.slice(text.indexOf(`-----BEGIN ${pem.label}-----`), text.indexOf(end) + end.length)}\n`;
  try {
    return createPrivateKey(
      passphrase === null || !pem.encrypted
        ? { key: block, format: 'pem' }
        : { key: block, format: 'pem', passphrase: Buffer.from(passphrase) },
    );
  } catch (thrown) {
    // The structure was checked: what is left of an encrypted file is its passphrase. In one of 256 cases the padding of a wrong one fits,
    // and then it is the inside that makes no sense.
    if (pem.encrypted) throw new KeyError('wrong-passphrase', 'the passphrase does not fit', thrown);
    throw new KeyError('broken', 'the private key is damaged', thrown);
  }
}

/** EncryptedPrivateKeyInfo (RFC 5958 section 3): SEQUENCE { SEQUENCE { OID, parameters }, OCTET STRING }. */
function checkEncryptedPkcs8(der: Buffer): void {
  const outer = element(der, 0x30);
  if (outer.rest.length > 0) throw broken();
  const algorithm = element(outer.content, 0x30);
  const data = element(algorithm.rest, 0x04);
  if (data.rest.length > 0 || data.content.length === 0) throw broken();
  const id = algorithm.content.toString('hex', 0, 12);
  if (!id.startsWith(pbes2) && !id.startsWith(pbes1) && !id.startsWith(pkcs12))
    throw new KeyError('unsupported', 'the way it is encrypted is not supported');
}

function checkSequence(der: Buffer): void {
  if (element(der, 0x30).rest.length > 0) throw broken();
}

/** One DER element of the given tag at the start of `der`. */
function element(der: Buffer, tag: number): { readonly content: Buffer; readonly rest: Buffer } {
  const first = der[1];
  if (der[0] !== tag || first === undefined) throw broken();
  let length = first;
  let header = 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4 || der.length < 2 + count) throw broken();
    length = der.readUIntBE(2, count);
    header += count;
  }
  if (length > der.length - header) throw broken();
  return { content: der.subarray(header, header + length), rest: der.subarray(header + length) };
}

function broken(): KeyError {
  return new KeyError('broken', 'the private key is damaged');
}
