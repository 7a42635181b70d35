import { Buffer } from 'node:buffer';
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { argon2d, argon2i, argon2id } from '@noble/hashes/argon2.js';
import { parseCertificate } from './certificate.ts';
import { fromBase64 } from './key-armour.ts';
import { KeyError } from './key-error.ts';
import type { KeyFileInfo } from './key-file-info.ts';
import { type PrivateParts, type UnlockedKey, isCertificateType, keyFromParts, keyTypeOf } from './key-types.ts';
import { WireReader, WireWriter } from './wire-format.ts';

/** PuTTY's key files, versions 2 and 3 (PuTTY manual, appendix C). */
const magic = 'PuTTY-User-Key-File-';

/** Argon2's memory; PuTTY takes 8 MiB by default. */
const maxArgonKib = 256 * 1024;
const maxArgonPasses = 10_000;
const maxArgonLanes = 64;

interface Ppk {
  readonly version: 2 | 3;
  readonly algorithm: string;
  readonly encryption: 'none' | 'aes256-cbc';
  /** As in the file: the MAC covers its bytes. */
  readonly comment: Buffer;
  readonly publicBlob: Buffer;
  readonly sealed: Buffer;
  readonly mac: Buffer;
  readonly fields: ReadonlyMap<string, string>;
}

export function isPpk(file: Buffer): boolean {
  return file.subarray(0, magic.length).toString('latin1') === magic;
}

function open(file: Buffer): Ppk {
  const lines = file.toString('latin1').split(/\r\n|\n|\r/);
  const fields = new Map<string, string>();
  const blobs = new Map<string, Buffer>();
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] ?? '';
    const colon = line.indexOf(': ');
    if (colon < 0) {
      if (line.trim() === '') continue;
      throw broken();
    }
    const name = line.slice(0, colon);
    const value = line.slice(colon + 2);
    if (name === 'Public-Lines' || name === 'Private-Lines') {
      const count = decimal(value, lines.length);
      blobs.set(name, fromBase64(lines.slice(i + 1, i + 1 + count).join('')));
      i += count;
    } else {
      fields.set(name, value);
    }
  }
  const version = lines[0]?.slice(magic.length, lines[0].indexOf(':'));
  if (version === '1') throw new KeyError('unsupported', 'PPK version 1 is not supported; save it again with puttygen');
  if (version !== '2' && version !== '3') throw new KeyError('unsupported', 'this version of PPK is not supported');
  const encryption = fields.get('Encryption');
  if (encryption !== 'none' && encryption !== 'aes256-cbc')
    throw new KeyError('unsupported', 'the way it is encrypted is not supported');
  const publicBlob = blobs.get('Public-Lines');
  const sealed = blobs.get('Private-Lines');
  const algorithm = fields.get(`${magic}${version}`);
  const mac = hex(fields.get('Private-MAC'));
  if (!publicBlob || !sealed || algorithm === undefined || keyTypeOf(publicBlob) !== algorithm) throw broken();
  if (mac.length !== (version === '2' ? 20 : 32)) throw broken();
  if (encryption !== 'none' && (sealed.length === 0 || sealed.length % 16 !== 0)) throw broken();
  return {
    version: version === '2' ? 2 : 3,
    algorithm,
    encryption,
    comment: Buffer.from(fields.get('Comment') ?? '', 'latin1'),
    publicBlob,
    sealed,
    mac,
    fields,
  };
}

/** The key's own public blob; PuTTY can keep a certificate in its place. */
function plainBlob(ppk: Ppk): Buffer {
  return isCertificateType(ppk.algorithm) ? parseCertificate(ppk.publicBlob).publicBlob : ppk.publicBlob;
}

export function inspectPpk(file: Buffer): KeyFileInfo {
  const ppk = open(file);
  return {
    format: ppk.version === 2 ? 'ppk2' : 'ppk3',
    encrypted: ppk.encryption !== 'none',
    publicBlob: plainBlob(ppk),
    comment: ppk.comment.toString('utf8'),
    ...(isCertificateType(ppk.algorithm) ? { certificate: parseCertificate(ppk.publicBlob) } : {}),
  };
}

export function unlockPpk(file: Buffer, passphrase: Uint8Array | null): UnlockedKey {
  const ppk = open(file);
  const encrypted = ppk.encryption !== 'none';
  if (encrypted && passphrase === null) throw new KeyError('passphrase-needed', 'its passphrase is needed');
  const keys = derive(ppk, encrypted && passphrase !== null ? passphrase : Buffer.alloc(0));
  let plain = ppk.sealed;
  if (encrypted) {
    const cipher = createDecipheriv('aes-256-cbc', keys.cipher, keys.iv);
    cipher.setAutoPadding(false);
    plain = Buffer.concat([cipher.update(ppk.sealed), cipher.final()]);
  }
  const covered = new WireWriter()
    .string(ppk.algorithm)
    .string(ppk.encryption)
    .string(ppk.comment)
    .string(ppk.publicBlob)
    .string(plain)
    .toBuffer();
  const mac = createHmac(ppk.version === 2 ? 'sha1' : 'sha256', keys.mac)
    .update(covered)
    .digest();
  if (!timingSafeEqual(mac, ppk.mac)) {
    throw encrypted ? new KeyError('wrong-passphrase', 'the passphrase does not fit') : broken();
  }
  const blob = plainBlob(ppk);
  return keyFromParts(blob, privateParts(keyTypeOf(blob), plain), ppk.comment.toString('utf8'));
}

/** Random padding may follow the numbers. */
function privateParts(type: string, plain: Buffer): PrivateParts {
  const reader = new WireReader(plain);
  switch (type) {
    case 'ssh-rsa': {
      const d = reader.mpint();
      const p = reader.mpint();
      const q = reader.mpint();
      return { kind: 'rsa', d, p, q, inverse: reader.mpint() };
    }
    case 'ssh-ed25519':
      return { kind: 'ed25519', seed: reader.string() };
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521':
      return { kind: 'ecdsa', scalar: reader.mpint() };
    default:
      throw new KeyError('unsupported', `keys of type ${type} are not supported`);
  }
}

interface PpkKeys {
  readonly cipher: Buffer;
  readonly iv: Buffer;
  readonly mac: Buffer;
}

function derive(ppk: Ppk, passphrase: Uint8Array): PpkKeys {
  if (ppk.version === 2) {
    const half = (n: number): Buffer =>
      createHash('sha1')
        .update(Buffer.of(0, 0, 0, n))
        .update(passphrase)
        .digest();
    return {
      cipher: Buffer.concat([half(0), half(1)]).subarray(0, 32),
      iv: Buffer.alloc(16),
      mac: createHash('sha1').update('putty-private-key-file-mac-key').update(passphrase).digest(),
    };
  }
  if (ppk.encryption === 'none') return { cipher: Buffer.alloc(0), iv: Buffer.alloc(0), mac: Buffer.alloc(0) };
  const flavours: Readonly<Record<string, typeof argon2id>> = {
    Argon2id: argon2id,
    Argon2i: argon2i,
    Argon2d: argon2d,
  };
  const flavour = ppk.fields.get('Key-Derivation') ?? '';
  const argon = Object.hasOwn(flavours, flavour) ? flavours[flavour] : undefined;
  if (!argon) throw new KeyError('unsupported', 'its key derivation is not supported');
  const m = decimal(ppk.fields.get('Argon2-Memory'), maxArgonKib);
  const t = decimal(ppk.fields.get('Argon2-Passes'), maxArgonPasses);
  const p = decimal(ppk.fields.get('Argon2-Parallelism'), maxArgonLanes);
  const salt = hex(ppk.fields.get('Argon2-Salt'));
  if (t < 1 || p < 1 || m < 8 * p || salt.length < 8 || salt.length > 1024) throw broken();
  const derived = Buffer.from(argon(passphrase, salt, { t, m, p, dkLen: 80, version: 0x13 }));
  return { cipher: derived.subarray(0, 32), iv: derived.subarray(32, 48), mac: derived.subarray(48, 80) };
}

function decimal(text: string | undefined, max: number): number {
  if (text === undefined || !/^\d{1,9}$/.test(text)) throw broken();
  const value = Number(text);
  if (value > max) throw new KeyError('unsupported', `it asks for ${value} where ${max} is the most that is taken`);
  return value;
}

function hex(text: string | undefined): Buffer {
  if (text === undefined || text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) throw broken();
  return Buffer.from(text, 'hex');
}

function broken(): KeyError {
  return new KeyError('broken', 'the private key is damaged');
}
