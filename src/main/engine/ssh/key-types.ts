import { Buffer } from 'node:buffer';
import { type JsonWebKey, type KeyObject, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { KeyError } from './key-error.ts';
import { WireReader, WireWriter } from './wire-format.ts';

/** A private key ready to sign, with its public half as SSH writes it. */
export interface UnlockedKey {
  readonly key: KeyObject;
  /** `ssh-ed25519`, `ecdsa-sha2-nistp…` or `ssh-rsa`. */
  readonly type: string;
  /** The public key blob (RFC 4253 section 6.6). */
  readonly blob: Buffer;
  readonly comment: string;
}

const certificateSuffix = '-cert-v01@openssh.com';

interface Curve {
  readonly ssh: string;
  readonly jwk: string;
  readonly bytes: number;
  readonly hash: string;
}

const curves: Readonly<Record<string, Curve>> = {
  'ecdsa-sha2-nistp256': { ssh: 'nistp256', jwk: 'P-256', bytes: 32, hash: 'sha256' },
  'ecdsa-sha2-nistp384': { ssh: 'nistp384', jwk: 'P-384', bytes: 48, hash: 'sha384' },
  'ecdsa-sha2-nistp521': { ssh: 'nistp521', jwk: 'P-521', bytes: 66, hash: 'sha512' },
};

const rsaHashes: Readonly<Record<string, string>> = {
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
  'ssh-rsa': 'sha1',
};

/** Longest RSA modulus that is read. */
const maxRsaBytes = 16_384 / 8;
const minRsaBits = 1024;

/** The key type at the start of a public key blob. Throws `KeyError` (broken). */
export function keyTypeOf(blob: Uint8Array): string {
  try {
    return new WireReader(blob).name();
  } catch (thrown) {
    throw new KeyError('broken', 'the public key is damaged', thrown);
  }
}

/** True for `…-cert-v01@openssh.com`. */
export function isCertificateType(type: string): boolean {
  return type.endsWith(certificateSuffix);
}

/** True for keys that live in a FIDO token. */
export function isSecurityKeyType(type: string): boolean {
  return type.startsWith('sk-');
}

/**
 * The public key algorithms to offer a key under, in order (RFC 8332, RFC 8308). `serverSigAlgs` null: the server sent no EXT_INFO.
 * RSA with SHA-1 only where `legacy` names `ssh-rsa`. Empty: there is none that both sides take.
 */
export function offerAlgorithms(
  type: string,
  serverSigAlgs: readonly string[] | null,
  legacy: readonly string[],
): readonly string[] {
  const isCertificate = isCertificateType(type);
  const plain = isCertificate ? type.slice(0, -certificateSuffix.length) : type;
  if (plain !== 'ssh-rsa') return [type];
  const allowSha1 = legacy.includes('ssh-rsa');
  const known = (name: string): boolean => serverSigAlgs?.includes(name) ?? false;
  const names: string[] = [];
  if (known('rsa-sha2-512')) names.push('rsa-sha2-512');
  else if (serverSigAlgs === null || known('rsa-sha2-256')) names.push('rsa-sha2-256');
  // Last, and also where SHA-2 is listed: sshd lists what it can verify, not what it accepts from users.
  if (allowSha1) names.push('ssh-rsa');
  return isCertificate ? names.map((name) => name + certificateSuffix) : names;
}

/** The algorithm that stands in the signature of a request made under `offered` (a certificate signs with its plain algorithm). */
export function signatureAlgorithm(offered: string): string {
  if (!isCertificateType(offered)) return offered;
  const plain = offered.slice(0, -certificateSuffix.length);
  return isSecurityKeyType(plain) ? `${plain}@openssh.com` : plain;
}

/** The whole signature blob of `data` under `algorithm` (RFC 4253 section 6.6, RFC 5656 section 3.1.2, RFC 8332, RFC 8709). */
export async function signWithKey(unlocked: UnlockedKey, algorithm: string, data: Uint8Array): Promise<Buffer> {
  const name = signatureAlgorithm(algorithm);
  const curve = curves[name];
  let signature: Buffer;
  if (curve) {
    const raw = await signAsync(curve.hash, data, unlocked.key, 'ieee-p1363');
    signature = new WireWriter().mpint(raw.subarray(0, curve.bytes)).mpint(raw.subarray(curve.bytes)).toBuffer();
  } else if (name === 'ssh-ed25519') {
    signature = await signAsync(null, data, unlocked.key);
  } else {
    const hash = rsaHashes[name];
    if (hash === undefined || unlocked.type !== 'ssh-rsa') throw new KeyError('unsupported', `it cannot sign ${name}`);
    signature = await signAsync(hash, data, unlocked.key);
  }
  return new WireWriter().string(name).string(signature).toBuffer();
}

function signAsync(hash: string | null, data: Uint8Array, key: KeyObject, dsaEncoding?: 'ieee-p1363'): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    sign(hash, data, dsaEncoding ? { key, dsaEncoding } : { key }, (error, signature) => {
      if (error) reject(error);
      else resolve(signature);
    });
  });
}

/** The public blob of a key of node:crypto. Throws `KeyError` (unsupported) for types that SSH keys here do not have. */
export function blobOfKey(key: KeyObject): { readonly type: string; readonly blob: Buffer } {
  const kind = key.asymmetricKeyType;
  if (kind !== 'rsa' && kind !== 'ec' && kind !== 'ed25519') {
    throw new KeyError('unsupported', `keys of type ${kind ?? 'unknown'} are not supported`);
  }
  const jwk = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  if (kind === 'rsa') {
    const modulus = field(jwk.n);
    if (modulus.length * 8 < minRsaBits)
      throw new KeyError('unsupported', `RSA keys below ${minRsaBits} bits are not used`);
    return { type: 'ssh-rsa', blob: new WireWriter().string('ssh-rsa').mpint(field(jwk.e)).mpint(modulus).toBuffer() };
  }
  if (kind === 'ed25519') {
    return { type: 'ssh-ed25519', blob: new WireWriter().string('ssh-ed25519').string(field(jwk.x)).toBuffer() };
  }
  const entry = Object.entries(curves).find(([, curve]) => curve.jwk === jwk.crv);
  if (!entry) throw new KeyError('unsupported', 'this elliptic curve is not one of SSH');
  const [type, curve] = entry;
  const point = Buffer.concat([Buffer.of(4), padded(field(jwk.x), curve.bytes), padded(field(jwk.y), curve.bytes)]);
  return { type, blob: new WireWriter().string(type).string(curve.ssh).string(point).toBuffer() };
}

/** What a key file holds beside the public blob; numbers are big-endian bytes. */
export type PrivateParts =
  | { readonly kind: 'ed25519'; readonly seed: Uint8Array }
  | { readonly kind: 'ecdsa'; readonly scalar: Uint8Array }
  | {
      readonly kind: 'rsa';
      readonly d: Uint8Array;
      readonly p: Uint8Array;
      readonly q: Uint8Array;
      readonly inverse: Uint8Array;
    };

/**
 * Puts a private key together from its public blob and its private numbers. A key whose halves do not belong together is `broken`: a
 * signature of it would be refused at best and give the key away at worst.
 */
export function keyFromParts(blob: Buffer, parts: PrivateParts, comment: string): UnlockedKey {
  const reader = new WireReader(blob);
  const type = reader.name();
  const curve = curves[type];
  let jwk: JsonWebKey;
  if (type === 'ssh-ed25519' && parts.kind === 'ed25519') {
    const x = reader.string();
    reader.end();
    if (x.length !== 32 || parts.seed.length !== 32) throw broken();
    jwk = { kty: 'OKP', crv: 'Ed25519', x: base64url(x), d: base64url(parts.seed) };
  } else if (curve && parts.kind === 'ecdsa') {
    const { x, y } = pointOf(reader, curve);
    if (parts.scalar.length > curve.bytes) throw broken();
    jwk = {
      kty: 'EC',
      crv: curve.jwk,
      x: base64url(x),
      y: base64url(y),
      d: base64url(padded(Buffer.from(parts.scalar), curve.bytes)),
    };
  } else if (type === 'ssh-rsa' && parts.kind === 'rsa') {
    const e = reader.mpint();
    const n = reader.mpint();
    reader.end();
    jwk = rsaJwk(n, e, parts);
  } else {
    throw broken();
  }
  return finished(importJwk(jwk), comment, blob);
}

/** Wraps a key that node:crypto has read, after a test of its halves. `expected`: the public blob the file claims. */
export function finished(key: KeyObject, comment: string, expected?: Buffer): UnlockedKey {
  const { type, blob } = blobOfKey(key);
  if (expected && !expected.equals(blob)) throw broken();
  const hash = type === 'ssh-ed25519' ? null : (curves[type]?.hash ?? 'sha256');
  const probe = Buffer.from('the halves belong together');
  let fits: boolean;
  try {
    fits = verify(hash, probe, createPublicKey(key), sign(hash, probe, key));
  } catch (thrown) {
    throw new KeyError('broken', 'the private key is damaged', thrown);
  }
  if (!fits) throw broken();
  return { key, type, blob, comment };
}

function importJwk(jwk: JsonWebKey): KeyObject {
  try {
    return createPrivateKey({ key: jwk, format: 'jwk' });
  } catch (thrown) {
    throw new KeyError('broken', 'the private key is damaged', thrown);
  }
}

function rsaJwk(n: Buffer, e: Buffer, parts: Extract<PrivateParts, { kind: 'rsa' }>): JsonWebKey {
  for (const number of [n, e, parts.d, parts.p, parts.q, parts.inverse]) {
    if (number.length === 0 || number.length > maxRsaBytes) throw broken();
  }
  const d = bigint(parts.d);
  const dp = d % (bigint(parts.p) - 1n || 1n);
  const dq = d % (bigint(parts.q) - 1n || 1n);
  return {
    kty: 'RSA',
    n: base64url(n),
    e: base64url(e),
    d: base64url(parts.d),
    p: base64url(parts.p),
    q: base64url(parts.q),
    dp: base64url(bytesOf(dp)),
    dq: base64url(bytesOf(dq)),
    qi: base64url(parts.inverse),
  };
}

function pointOf(reader: WireReader, curve: Curve): { x: Buffer; y: Buffer } {
  const name = reader.name();
  const point = reader.string();
  reader.end();
  if (name !== curve.ssh || point.length !== 1 + 2 * curve.bytes || point[0] !== 4) throw broken();
  return { x: point.subarray(1, 1 + curve.bytes), y: point.subarray(1 + curve.bytes) };
}

function broken(): KeyError {
  return new KeyError('broken', 'the private key is damaged');
}

function field(value: string | undefined): Buffer {
  return Buffer.from(value ?? '', 'base64url');
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

function padded(bytes: Buffer, length: number): Buffer {
  return bytes.length >= length ? bytes : Buffer.concat([Buffer.alloc(length - bytes.length), bytes]);
}

function bigint(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
}

function bytesOf(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}
