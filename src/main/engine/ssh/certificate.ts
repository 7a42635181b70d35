import type { Buffer } from 'node:buffer';
import { fromBase64 } from './key-armour.ts';
import { KeyError, asKeyError } from './key-error.ts';
import { isCertificateType, keyTypeOf } from './key-types.ts';
import { WireReader, WireWriter } from './wire-format.ts';

/** A user certificate of OpenSSH (PROTOCOL.certkeys). */
export interface UserCertificate {
  /** `ssh-ed25519-cert-v01@openssh.com`, … */
  readonly type: string;
  readonly blob: Buffer;
  /** The plain key that is certified. */
  readonly publicBlob: Buffer;
  readonly serial: bigint;
  readonly keyId: string;
  readonly principals: readonly string[];
  /** Seconds since 1970; 2^64-1 is for ever. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
}

/** How many strings of the plain key stand behind the nonce. */
const plainFields: Readonly<Record<string, { readonly type: string; readonly strings: number }>> = {
  'ssh-ed25519-cert-v01@openssh.com': { type: 'ssh-ed25519', strings: 1 },
  'ssh-rsa-cert-v01@openssh.com': { type: 'ssh-rsa', strings: 2 },
  'ecdsa-sha2-nistp256-cert-v01@openssh.com': { type: 'ecdsa-sha2-nistp256', strings: 2 },
  'ecdsa-sha2-nistp384-cert-v01@openssh.com': { type: 'ecdsa-sha2-nistp384', strings: 2 },
  'ecdsa-sha2-nistp521-cert-v01@openssh.com': { type: 'ecdsa-sha2-nistp521', strings: 2 },
  'sk-ssh-ed25519-cert-v01@openssh.com': { type: 'sk-ssh-ed25519@openssh.com', strings: 2 },
  'sk-ecdsa-sha2-nistp256-cert-v01@openssh.com': { type: 'sk-ecdsa-sha2-nistp256@openssh.com', strings: 3 },
};

const userCertificate = 1;
const maxPrincipals = 256;

/** Reads a certificate blob. Throws `KeyError` (broken, unsupported). The server checks the signature; what we check is what we offer. */
export function parseCertificate(blob: Buffer): UserCertificate {
  return asKeyError('the certificate', () => {
    const reader = new WireReader(blob);
    const type = reader.name();
    const plain = Object.hasOwn(plainFields, type) ? plainFields[type] : undefined;
    if (!plain) throw new KeyError('unsupported', `certificates of type ${type} are not supported`);
    reader.string();
    const key = new WireWriter().string(plain.type);
    for (let i = 0; i < plain.strings; i += 1) key.string(reader.string());
    const serial = reader.uint64();
    if (reader.uint32() !== userCertificate)
      throw new KeyError('unsupported', 'it is a certificate of a host, not of a user');
    const keyId = reader.text();
    const principals: string[] = [];
    const names = new WireReader(reader.string());
    while (names.remaining > 0) {
      if (principals.length >= maxPrincipals) throw new KeyError('broken', 'the certificate names too many principals');
      principals.push(names.text());
    }
    const validAfter = reader.uint64();
    const validBefore = reader.uint64();
    for (let i = 0; i < 5; i += 1) reader.string();
    reader.end();
    return { type, blob, publicBlob: key.toBuffer(), serial, keyId, principals, validAfter, validBefore };
  });
}

/** Whether a certificate can be used at `wallMs` (milliseconds since 1970). */
export function validityOf(certificate: UserCertificate, wallMs: number): 'valid' | 'expired' | 'not-yet' {
  const now = BigInt(Math.max(0, Math.floor(wallMs / 1000)));
  if (now < certificate.validAfter) return 'not-yet';
  return now >= certificate.validBefore ? 'expired' : 'valid';
}

/** One line of a `.pub` file, or a certificate. Throws `KeyError` (broken). */
export function parsePublicLine(text: string): {
  readonly type: string;
  readonly blob: Buffer;
  readonly comment: string;
} {
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const [label = '', base64 = '', ...comment] = trimmed.split(/[ \t]+/);
    if (!/^[a-z0-9@.-]{1,64}$/.test(label)) break;
    const blob = fromBase64(base64);
    if (keyTypeOf(blob) !== label) break;
    return { type: label, blob, comment: comment.join(' ') };
  }
  throw new KeyError('broken', 'it holds no public key');
}

/** True if a file's text looks like a public key line rather than a private key. */
export function looksPublic(text: string): boolean {
  return /^\s*(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+[ \t]+AAAA/.test(text.slice(0, 200));
}

/** A certificate from the text of a `-cert.pub` file. */
export function parseCertificateFile(text: string): UserCertificate {
  const { type, blob } = parsePublicLine(text);
  if (!isCertificateType(type)) throw new KeyError('broken', 'it holds a plain public key, no certificate');
  return parseCertificate(blob);
}
