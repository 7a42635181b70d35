import { Buffer } from 'node:buffer';
import { createHash, ECDH } from 'node:crypto';
import { assertNever } from '../../../shared/model/failure.ts';

/** Families of keys as OpenSSH shows them (`sshkey_type`). */
export type KeyFamily = 'ED25519' | 'RSA' | 'ECDSA' | 'DSA' | 'ED25519-SK' | 'ECDSA-SK';

/** What a type name stands for; `rsa-sha2-512` and `ssh-rsa` are one. */
export interface KeyKind {
  readonly family: KeyFamily;
  /** `nistp256`, `nistp384`, `nistp521`; empty for families without a choice of curve. */
  readonly curve: string;
  readonly certificate: boolean;
}

/** A host's public key, read from its blob (RFC 4253 section 6.6). */
export interface PublicKey extends KeyKind {
  /** The SSH name that belongs in front of the blob in known_hosts. */
  readonly typeName: string;
  readonly bits: number;
  readonly blob: Buffer;
  /** Equal for equal keys, whatever way their numbers are padded. */
  readonly id: string;
  /** As `id`, of the key inside a certificate. */
  readonly plainId: string;
}

const curves: Readonly<Record<string, { readonly node: string; readonly bits: number; readonly pointLength: number }>> =
  {
    nistp256: { node: 'prime256v1', bits: 256, pointLength: 65 },
    nistp384: { node: 'secp384r1', bits: 384, pointLength: 97 },
    nistp521: { node: 'secp521r1', bits: 521, pointLength: 133 },
  };

const certificateSuffix = '-cert-v01@openssh.com';

/** Plain type names, as OpenSSH's key table has them. */
const plainKinds: ReadonlyMap<string, Omit<KeyKind, 'certificate'>> = new Map([
  ['ssh-ed25519', { family: 'ED25519', curve: '' }],
  ['ssh-rsa', { family: 'RSA', curve: '' }],
  ['rsa-sha2-256', { family: 'RSA', curve: '' }],
  ['rsa-sha2-512', { family: 'RSA', curve: '' }],
  ['ssh-dss', { family: 'DSA', curve: '' }],
  ['ecdsa-sha2-nistp256', { family: 'ECDSA', curve: 'nistp256' }],
  ['ecdsa-sha2-nistp384', { family: 'ECDSA', curve: 'nistp384' }],
  ['ecdsa-sha2-nistp521', { family: 'ECDSA', curve: 'nistp521' }],
  ['sk-ssh-ed25519@openssh.com', { family: 'ED25519-SK', curve: '' }],
  ['sk-ecdsa-sha2-nistp256@openssh.com', { family: 'ECDSA-SK', curve: 'nistp256' }],
  ['webauthn-sk-ecdsa-sha2-nistp256@openssh.com', { family: 'ECDSA-SK', curve: 'nistp256' }],
] as const);

/** What an algorithm or key type name stands for; null if nobody knows it. Case matters, as in OpenSSH. */
export function keyKindOf(name: string): KeyKind | null {
  const plain = plainKinds.get(name);
  if (plain) return { ...plain, certificate: false };
  if (!name.endsWith(certificateSuffix)) return null;
  const inner = name.slice(0, -certificateSuffix.length);
  const certified = plainKinds.get(inner) ?? plainKinds.get(`${inner}@openssh.com`);
  return certified ? { ...certified, certificate: true } : null;
}

/** Inside a blob OpenSSH also takes its own short names, in any case (`sshkey_type_from_name`). */
function keyKindInBlob(name: string): KeyKind | null {
  const known = keyKindOf(name);
  if (known) return known;
  const family = name.toUpperCase();
  if (family === 'ED25519' || family === 'RSA' || family === 'DSA' || family === 'ED25519-SK')
    return { family, curve: '', certificate: false };
  return family === 'ECDSA-SK' ? { family, curve: 'nistp256', certificate: false } : null;
}

function typeNameOf(kind: KeyKind): string {
  const base = {
    ED25519: 'ssh-ed25519',
    RSA: 'ssh-rsa',
    DSA: 'ssh-dss',
    ECDSA: `ecdsa-sha2-${kind.curve}`,
    'ED25519-SK': 'sk-ssh-ed25519@openssh.com',
    'ECDSA-SK': 'sk-ecdsa-sha2-nistp256@openssh.com',
  }[kind.family];
  return kind.certificate ? `${base.replace('@openssh.com', '')}${certificateSuffix}` : base;
}

/** Reads length-prefixed fields; `null` when the blob is too short. */
class BlobReader {
  readonly #blob: Buffer;
  #at = 0;

  constructor(blob: Buffer) {
    this.#blob = blob;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#blob.length;
  }

  string(): Buffer | null {
    if (this.#at + 4 > this.#blob.length) return null;
    const length = this.#blob.readUInt32BE(this.#at);
    const start = this.#at + 4;
    if (length > this.#blob.length - start) return null;
    this.#at = start + length;
    return this.#blob.subarray(start, start + length);
  }

  /** A non-negative number without its leading zeros (`sshbuf_get_bignum2`: at most 16,384 bits). */
  number(): Buffer | null {
    const raw = this.string();
    if (raw === null || (raw.length > 0 && (raw[0] ?? 0) >= 0x80)) return null;
    let zeros = 0;
    while (zeros < raw.length && raw[zeros] === 0) zeros += 1;
    return raw.length > 2049 || raw.length - zeros > 2048 ? null : raw.subarray(zeros);
  }
}

function bitLength(number: Buffer): number {
  return number.length === 0 ? 0 : number.length * 8 - Math.clz32(number[0] ?? 0) + 24;
}

/** OpenSSH refuses shorter RSA keys (SSH_RSA_MINIMUM_MODULUS_SIZE). */
const shortestRsaBits = 1024;

/** The family's own fields, made canonical; null if they are no such key. */
function readFields(reader: BlobReader, kind: KeyKind): { fields: readonly Buffer[]; bits: number } | null {
  switch (kind.family) {
    case 'ED25519': {
      const key = reader.string();
      return key?.length === 32 ? { fields: [key], bits: 256 } : null;
    }
    case 'ED25519-SK': {
      const key = reader.string();
      const application = reader.string();
      return key?.length === 32 && application ? { fields: [key, application], bits: 256 } : null;
    }
    case 'RSA': {
      const exponent = reader.number();
      const modulus = reader.number();
      if (!exponent || !modulus || bitLength(modulus) < shortestRsaBits) return null;
      return { fields: [exponent, modulus], bits: bitLength(modulus) };
    }
    case 'DSA': {
      const numbers = [reader.number(), reader.number(), reader.number(), reader.number()].filter((n) => n !== null);
      return numbers.length === 4 && numbers[0] ? { fields: numbers, bits: bitLength(numbers[0]) } : null;
    }
    case 'ECDSA':
    case 'ECDSA-SK':
      return readEcFields(reader, kind);
    default:
      return assertNever(kind.family);
  }
}

function readEcFields(reader: BlobReader, kind: KeyKind): { fields: readonly Buffer[]; bits: number } | null {
  const curve = curves[kind.curve];
  const named = reader.string();
  const point = reader.string();
  if (!curve || named?.toString('latin1') !== kind.curve || !isPoint(point, curve)) return null;
  if (kind.family === 'ECDSA') return { fields: [point], bits: curve.bits };
  const application = reader.string();
  return application ? { fields: [point, application], bits: curve.bits } : null;
}

/** An uncompressed point on the curve, other than infinity. */
function isPoint(
  point: Buffer | null,
  curve: { readonly node: string; readonly pointLength: number },
): point is Buffer {
  if (point === null || point[0] !== 4 || point.length !== curve.pointLength) return false;
  try {
    ECDH.convertKey(point, curve.node, undefined, undefined, 'uncompressed');
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads a key blob as OpenSSH does (`sshkey_fromb`); null for anything that is not exactly one key of a known type. Of a certificate only the
 * key inside is read, its signature is not checked: an entry with a broken certificate then counts as a key, which can only refuse more.
 */
export function readPublicKey(blob: Buffer): PublicKey | null {
  const reader = new BlobReader(blob);
  const name = reader.string();
  if (name === null || name.length > 64) return null;
  const kind = keyKindInBlob(name.toString('latin1'));
  if (kind === null) return null;
  if (kind.certificate && reader.string() === null) return null;
  const read = readFields(reader, kind);
  if (read === null || (!kind.certificate && !reader.isAtEnd)) return null;
  const plainId = [kind.family, kind.curve, ...read.fields.map((field) => field.toString('base64'))].join(' ');
  return {
    ...kind,
    typeName: typeNameOf(kind),
    bits: read.bits,
    blob,
    id: kind.certificate ? `certificate ${blob.toString('base64')}` : plainId,
    plainId,
  };
}

/** `SHA256:` and the unpadded base64 of the blob's hash, as ssh-keygen -l shows it. */
export function fingerprintOf(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/**
 * Base64 as `b64_pton` of OpenSSH reads it: white space anywhere, padding required, no stray bits; null otherwise. Node's own decoder takes
 * anything, and an entry that OpenSSH ignores would count here.
 */
export function decodeBase64(text: string): Buffer | null {
  const packed = text.replace(/[ \t\n\v\f\r]+/g, '');
  if (packed.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(packed)) return null;
  const padding = packed.endsWith('==') ? 2 : packed.endsWith('=') ? 1 : 0;
  if (padding > 0) {
    const last = base64Digits.indexOf(packed.charAt(packed.length - padding - 1));
    if ((last & (padding === 2 ? 0x0f : 0x03)) !== 0) return null;
  }
  return Buffer.from(packed, 'base64');
}
