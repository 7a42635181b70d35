import type { Buffer } from 'node:buffer';
import type { Said } from '../../../shared/i18n/said.ts';
import { server } from '../../../shared/i18n/sentences/server.ts';
import { bitsOf } from './dh-group.ts';
import { WireFormatError, WireReader } from './wire-format.ts';

/** Bits of an RSA modulus: OpenSSH's RequiredRSASize, and the most that it reads. */
const minRsaBits = 1024;
const maxRsaBits = 16_384;
/** Keys in use have 17 (65537); OpenSSL takes no more for long moduli. */
const maxRsaExponentBits = 64;
const minDsaBits = 1024;
const maxDsaBits = 3072;
const maxDsaOrderBits = 256;

const pointBytes: Readonly<Record<string, number>> = {
  'ecdsa-sha2-nistp256': 65,
  'ecdsa-sha2-nistp384': 97,
  'ecdsa-sha2-nistp521': 133,
};

/** `other`: a type that is not calculated with here. */
export type HostKeyLook = { readonly kind: 'fits' | 'other' } | { readonly kind: 'fault'; readonly fault: Said };

/**
 * Whether the numbers of a host key that a server shows are ones to calculate with. Looks at lengths alone. Public key blobs of RFC 4253
 * section 6.6, RFC 5656 section 3.1, RFC 8709.
 */
export function lookAtHostKey(blob: Buffer): HostKeyLook {
  try {
    const reader = new WireReader(blob);
    const type = reader.name();
    const fault = faultOf(type, reader);
    if (fault === undefined) return { kind: 'other' };
    reader.end();
    return fault === null ? { kind: 'fits' } : { kind: 'fault', fault };
  } catch (error) {
    if (error instanceof WireFormatError) return { kind: 'fault', fault: server.hostKeyMalformed() };
    throw error;
  }
}

function faultOf(type: string, reader: WireReader): Said | null | undefined {
  switch (type) {
    case 'ssh-ed25519':
      return reader.string().length === 32 ? null : server.hostKeyMalformed();
    case 'ssh-rsa': {
      const exponent = reader.mpint();
      const bits = bitsOf(reader.mpint());
      if (bits < minRsaBits || bits > maxRsaBits)
        return server.hostKeyBits({ type: 'RSA', bits, least: minRsaBits, most: maxRsaBits });
      const isOdd = ((exponent.at(-1) ?? 0) & 1) === 1;
      const exponentBits = bitsOf(exponent);
      return isOdd && exponentBits > 1 && exponentBits <= maxRsaExponentBits ? null : server.hostKeyExponent();
    }
    case 'ssh-dss': {
      const bits = bitsOf(reader.mpint());
      const others = [bitsOf(reader.mpint()), bitsOf(reader.mpint()), bitsOf(reader.mpint())];
      const [orderBits = 0] = others;
      if (bits < minDsaBits || bits > maxDsaBits)
        return server.hostKeyBits({ type: 'DSA', bits, least: minDsaBits, most: maxDsaBits });
      return orderBits <= maxDsaOrderBits && others.every((n) => n > 0 && n <= bits) ? null : server.hostKeyMalformed();
    }
    default: {
      const length = pointBytes[type];
      if (length === undefined) return undefined;
      const curve = reader.name();
      const point = reader.string();
      return type.endsWith(curve) && point.length === length && point[0] === 4 ? null : server.hostKeyMalformed();
    }
  }
}
