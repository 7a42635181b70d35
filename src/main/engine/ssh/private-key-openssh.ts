import { Buffer } from 'node:buffer';
import { type CipherGCMTypes, createDecipheriv, getCiphers } from 'node:crypto';
import { pbkdf } from 'bcrypt-pbkdf';
import { openChachaPoly } from './key-chacha.ts';
import { armoured } from './key-armour.ts';
import { KeyError } from './key-error.ts';
import type { KeyFileInfo } from './key-file-info.ts';
import { type UnlockedKey, isSecurityKeyType, keyFromParts, keyTypeOf } from './key-types.ts';
import { WireReader } from './wire-format.ts';

/** OpenSSH's own format (PROTOCOL.key). */
const label = 'OPENSSH PRIVATE KEY';
const magic = Buffer.from('openssh-key-v1\0', 'latin1');

/** ssh-keygen writes 16 or 24 rounds; each costs about 25 ms here. */
const maxRounds = 2000;

interface Cipher {
  readonly name: string;
  readonly keyBytes: number;
  readonly ivBytes: number;
  readonly tagBytes: number;
  readonly blockBytes: number;
}

/** Every cipher that `ssh-keygen -Z` can write. */
const ciphers: Readonly<Record<string, Cipher>> = {
  'aes128-ctr': cipher('aes-128-ctr', 16, 16),
  'aes192-ctr': cipher('aes-192-ctr', 24, 16),
  'aes256-ctr': cipher('aes-256-ctr', 32, 16),
  'aes128-cbc': cipher('aes-128-cbc', 16, 16),
  'aes192-cbc': cipher('aes-192-cbc', 24, 16),
  'aes256-cbc': cipher('aes-256-cbc', 32, 16),
  'rijndael-cbc@lysator.liu.se': cipher('aes-256-cbc', 32, 16),
  '3des-cbc': { name: 'des-ede3-cbc', keyBytes: 24, ivBytes: 8, tagBytes: 0, blockBytes: 8 },
  'aes128-gcm@openssh.com': { name: 'aes-128-gcm', keyBytes: 16, ivBytes: 12, tagBytes: 16, blockBytes: 16 },
  'aes256-gcm@openssh.com': { name: 'aes-256-gcm', keyBytes: 32, ivBytes: 12, tagBytes: 16, blockBytes: 16 },
  'chacha20-poly1305@openssh.com': { name: 'chacha', keyBytes: 64, ivBytes: 0, tagBytes: 16, blockBytes: 8 },
};

function cipher(name: string, keyBytes: number, ivBytes: number): Cipher {
  return { name, keyBytes, ivBytes, tagBytes: 0, blockBytes: ivBytes };
}

interface Envelope {
  readonly cipherName: string;
  readonly kdf: string;
  readonly kdfOptions: Buffer;
  readonly publicBlob: Buffer;
  readonly sealed: Buffer;
  readonly tag: Buffer;
}

export function isOpensshKey(file: Buffer): boolean {
  return file.includes(`-----BEGIN ${label}-----`);
}

function open(file: Buffer): Envelope {
  const body = armoured(file, label)?.body;
  if (!body?.subarray(0, magic.length).equals(magic)) throw new KeyError('broken', 'the private key is damaged');
  const reader = new WireReader(body.subarray(magic.length));
  const cipherName = reader.name();
  const kdf = reader.name();
  const kdfOptions = reader.string();
  if (reader.uint32() !== 1) throw new KeyError('unsupported', 'it holds more than one key');
  const publicBlob = reader.string();
  const sealed = reader.string();
  const tag = reader.rest();
  keyTypeOf(publicBlob);
  return { cipherName, kdf, kdfOptions, publicBlob, sealed, tag };
}

export function inspectOpensshKey(file: Buffer): KeyFileInfo {
  const envelope = open(file);
  const encrypted = envelope.cipherName !== 'none';
  // Before a person is asked for a passphrase that would be of no use.
  if (encrypted) cipherOf(envelope.cipherName);
  let comment = '';
  if (!encrypted) {
    try {
      comment = unlockOpensshKey(file, null).comment;
    } catch {
      // Only the comment is wanted; unlocking it for real says what is wrong.
    }
  }
  return { format: 'openssh', encrypted, publicBlob: Buffer.from(envelope.publicBlob), comment };
}

export function unlockOpensshKey(file: Buffer, passphrase: Uint8Array | null): UnlockedKey {
  const envelope = open(file);
  const type = keyTypeOf(envelope.publicBlob);
  if (isSecurityKeyType(type))
    throw new KeyError('unsupported', 'it is a FIDO key: only an agent or the system ssh can sign with it');
  const encrypted = envelope.cipherName !== 'none';
  const plain = encrypted ? decrypt(envelope, passphrase) : envelope.sealed;
  const reader = new WireReader(plain);
  if (reader.remaining < 8 || reader.uint32() !== reader.uint32()) {
    throw encrypted ? wrongPassphrase() : new KeyError('broken', 'the private key is damaged');
  }
  const inner = reader.name();
  if (inner !== type) throw new KeyError('broken', 'its two halves are of different types');
  return readPrivate(reader, type, envelope.publicBlob);
}

function readPrivate(reader: WireReader, type: string, publicBlob: Buffer): UnlockedKey {
  switch (type) {
    case 'ssh-ed25519': {
      reader.string();
      const pair = reader.string();
      const comment = endOf(reader);
      if (pair.length !== 64) throw new KeyError('broken', 'the private key is damaged');
      return keyFromParts(publicBlob, { kind: 'ed25519', seed: pair.subarray(0, 32) }, comment);
    }
    case 'ssh-rsa': {
      reader.mpint();
      reader.mpint();
      const d = reader.mpint();
      const inverse = reader.mpint();
      const p = reader.mpint();
      const q = reader.mpint();
      return keyFromParts(publicBlob, { kind: 'rsa', d, p, q, inverse }, endOf(reader));
    }
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521': {
      reader.name();
      reader.string();
      const scalar = reader.mpint();
      return keyFromParts(publicBlob, { kind: 'ecdsa', scalar }, endOf(reader));
    }
    default:
      throw new KeyError('unsupported', `keys of type ${type} are not supported`);
  }
}

/** The comment, and the check of the padding 1, 2, 3, … behind it. */
function endOf(reader: WireReader): string {
  const comment = reader.text();
  const padding = reader.rest();
  if (padding.length > 255 || padding.some((byte, i) => byte !== ((i + 1) & 0xff)))
    throw new KeyError('broken', 'the private key is damaged');
  return comment;
}

function cipherOf(name: string): Cipher {
  const cipher = Object.hasOwn(ciphers, name) ? ciphers[name] : undefined;
  if (cipher === undefined || (cipher.name !== 'chacha' && !getCiphers().includes(cipher.name)))
    throw new KeyError(
      'old-cipher',
      `it is encrypted with ${name}, which cannot be undone here; its passphrase is not at fault`,
    );
  return cipher;
}

function decrypt(envelope: Envelope, passphrase: Uint8Array | null): Buffer {
  const cipher = cipherOf(envelope.cipherName);
  if (envelope.kdf !== 'bcrypt')
    throw new KeyError('unsupported', `its key derivation ${envelope.kdf} is not supported`);
  const options = new WireReader(envelope.kdfOptions);
  const salt = options.string();
  const rounds = options.uint32();
  options.end();
  const fits = envelope.tag.length === cipher.tagBytes && envelope.sealed.length % cipher.blockBytes === 0;
  if (!fits || envelope.sealed.length === 0 || salt.length === 0 || rounds === 0)
    throw new KeyError('broken', 'the private key is damaged');
  if (rounds > maxRounds || salt.length > 1024)
    throw new KeyError('unsupported', `its key derivation asks for ${rounds} rounds, more than ${maxRounds}`);
  if (passphrase === null) throw new KeyError('passphrase-needed', 'its passphrase is needed');
  if (passphrase.length === 0) throw wrongPassphrase();
  const derived = Buffer.alloc(cipher.keyBytes + cipher.ivBytes);
  try {
    if (pbkdf(passphrase, passphrase.length, salt, salt.length, derived, derived.length, rounds) !== 0)
      throw new KeyError('broken', 'the private key is damaged');
    return decipher(cipher, derived, envelope);
  } finally {
    derived.fill(0);
  }
}

function decipher(cipher: Cipher, derived: Buffer, envelope: Envelope): Buffer {
  const key = derived.subarray(0, cipher.keyBytes);
  const iv = derived.subarray(cipher.keyBytes);
  if (cipher.name === 'chacha') {
    const plain = openChachaPoly(key, envelope.sealed, envelope.tag);
    if (!plain) throw wrongPassphrase();
    return plain;
  }
  if (cipher.tagBytes > 0) {
    const gcm = createDecipheriv(cipher.name as CipherGCMTypes, key, iv, { authTagLength: cipher.tagBytes });
    gcm.setAuthTag(envelope.tag);
    const plain = gcm.update(envelope.sealed);
    try {
      gcm.final();
    } catch {
      throw wrongPassphrase();
    }
    return plain;
  }
  const stream = createDecipheriv(cipher.name, key, iv);
  stream.setAutoPadding(false);
  return Buffer.concat([stream.update(envelope.sealed), stream.final()]);
}

function wrongPassphrase(): KeyError {
  return new KeyError('wrong-passphrase', 'the passphrase does not fit');
}
