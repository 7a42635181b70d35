import { Buffer } from 'node:buffer';
import { type KeyObject, createPrivateKey } from 'node:crypto';
import { armoured } from './key-armour.ts';
import { brokenKey, element } from './key-der.ts';
import { KeyError } from './key-error.ts';
import type { KeyFileInfo } from './key-file-info.ts';
import { type UnlockedKey, blobOfKey, finished } from './key-types.ts';
import { type PemCipher, decryptDes, pkcs8Cipher, traditionalCipher } from './pem-cipher.ts';

/** PEM: PKCS#1 (RSA), SEC1 (EC), PKCS#8 plain and encrypted. Structure and cipher are checked here, the rest is node:crypto's. */
const labels = {
  'RSA PRIVATE KEY': 'pkcs1',
  'EC PRIVATE KEY': 'sec1',
  'PRIVATE KEY': 'pkcs8',
  'ENCRYPTED PRIVATE KEY': 'pkcs8',
} as const satisfies Record<string, KeyFileInfo['format']>;

type Label = keyof typeof labels;

interface PemKey {
  readonly label: Label;
  readonly format: 'pkcs1' | 'sec1' | 'pkcs8';
  /** null: in clear. */
  readonly cipher: PemCipher | null;
}

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
  if (!armour || armour.body.length === 0) throw brokenKey();
  const format = labels[label];
  if (label === 'ENCRYPTED PRIVATE KEY') return { label, format, cipher: pkcs8Cipher(armour.body) };
  const info = armour.headers.get('DEK-Info');
  if (info !== undefined) return { label, format, cipher: traditionalCipher(info, armour.body) };
  if (element(armour.body, 0x30).rest.length > 0) throw brokenKey();
  return { label, format, cipher: null };
}

export function inspectPem(file: Buffer): KeyFileInfo {
  const pem = open(file);
  const publicBlob = pem.cipher !== null ? null : blobOfKey(load(file, pem, null)).blob;
  return { format: pem.format, encrypted: pem.cipher !== null, publicBlob, comment: '' };
}

export function unlockPem(file: Buffer, passphrase: Uint8Array | null): UnlockedKey {
  const pem = open(file);
  if (pem.cipher !== null && passphrase === null) throw new KeyError('passphrase-needed', 'its passphrase is needed');
  return finished(load(file, pem, passphrase), '');
}

function load(file: Buffer, pem: PemKey, passphrase: Uint8Array | null): KeyObject {
  const text = file.toString('latin1');
  const end = `-----END ${pem.label}-----`;
  const block = `${text.slice(text.indexOf(`-----BEGIN ${pem.label}-----`), text.indexOf(end) + end.length)}\n`;
  try {
    if (pem.cipher === null || passphrase === null) return createPrivateKey({ key: block, format: 'pem' });
    if (pem.cipher.kind === 'node')
      return createPrivateKey({ key: block, format: 'pem', passphrase: Buffer.from(passphrase) });
    const der = decryptDes(pem.cipher, passphrase);
    try {
      return createPrivateKey({ key: der, format: 'der', type: pem.format });
    } finally {
      der.fill(0);
    }
  } catch (thrown) {
    // Structure and cipher were checked: what is left of an encrypted file is its passphrase. In one of 256 cases the padding of a wrong one fits,
    // and then it is the inside that makes no sense.
    if (pem.cipher !== null) throw new KeyError('wrong-passphrase', 'the passphrase does not fit', thrown);
    throw new KeyError('broken', 'the private key is damaged', thrown);
  }
}
