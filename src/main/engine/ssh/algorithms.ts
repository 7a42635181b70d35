import { getCiphers, getCurves, getHashes } from 'node:crypto';
import { createRequire } from 'node:module';
import type ssh2Constants from 'ssh2/lib/protocol/constants.js';
import type { HostConfig } from '../../../shared/model/config.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { cleanLine } from '../../../shared/model/clean-text.ts';

/** What a crypto runtime has. Electron's BoringSSL has less than Node's OpenSSL. */
export interface CryptoAbilities {
  readonly ciphers: readonly string[];
  readonly curves: readonly string[];
  readonly hashes: readonly string[];
}

/** What ssh2 can do in this runtime, by SSH's names. */
export interface SupportedAlgorithms {
  readonly kex: readonly string[];
  readonly serverHostKey: readonly string[];
  readonly cipher: readonly string[];
  readonly mac: readonly string[];
  readonly compress: readonly string[];
}

/** Lists for SSH_MSG_KEXINIT, most wanted first. */
export type AlgorithmOffer = SupportedAlgorithms;

/**
 * The safe ones, most wanted first. chacha20 and CBC are left out: without strict KEX, which shows only afterwards, they are open to Terrapin. So is
 * group exchange, in which the server chooses what we calculate with; every server that has it has a fixed group or a curve too.
 */
const wanted: SupportedAlgorithms = {
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
};

/** What is offered to every host, as far as the runtime has it. */
export function defaultAlgorithms(): SupportedAlgorithms {
  return wanted;
}

/** What each algorithm needs of the runtime beyond what ssh2's own lists tell; ssh2 looks at ciphers and hashes but not at curves. */
const curveOf: Readonly<Record<string, string>> = {
  'ecdh-sha2-nistp256': 'prime256v1',
  'ecdh-sha2-nistp384': 'secp384r1',
  'ecdh-sha2-nistp521': 'secp521r1',
  'ecdsa-sha2-nistp256': 'prime256v1',
  'ecdsa-sha2-nistp384': 'secp384r1',
  'ecdsa-sha2-nistp521': 'secp521r1',
};

const cipherOf: Readonly<Record<string, string>> = {
  'aes128-gcm@openssh.com': 'aes-128-gcm',
  'aes256-gcm@openssh.com': 'aes-256-gcm',
  'aes128-gcm': 'aes-128-gcm',
  'aes256-gcm': 'aes-256-gcm',
  'aes128-ctr': 'aes-128-ctr',
  'aes192-ctr': 'aes-192-ctr',
  'aes256-ctr': 'aes-256-ctr',
  'aes128-cbc': 'aes-128-cbc',
  'aes192-cbc': 'aes-192-cbc',
  'aes256-cbc': 'aes-256-cbc',
  '3des-cbc': 'des-ede3-cbc',
  'chacha20-poly1305@openssh.com': 'chacha20',
};

const hashNames = /sha(1|256|384|512)\b|sha2-(256|512)|sha1|md5|ripemd160/;

/** What this runtime's crypto has. */
export function runtimeAbilities(): CryptoAbilities {
  return { ciphers: getCiphers(), curves: getCurves(), hashes: getHashes() };
}

/** Loaded when it is used: the command bundles this file and must start without any package. */
function ssh2Names(): typeof ssh2Constants {
  return createRequire(import.meta.url)('ssh2/lib/protocol/constants.js') as typeof ssh2Constants;
}

/** What ssh2 offers to do, cut down to what `abilities` really has. */
export function supportedAlgorithms(abilities: CryptoAbilities = runtimeAbilities()): SupportedAlgorithms {
  const constants = ssh2Names();
  const ciphers = new Set(abilities.ciphers.map((name) => name.toLowerCase()));
  const curves = new Set(abilities.curves);
  const hashes = new Set(abilities.hashes.map((name) => name.toLowerCase().replace('rsa-', '')));
  const hasCurve = (name: string): boolean => {
    const curve = curveOf[name];
    return curve === undefined || curves.has(curve);
  };
  const hasCipher = (name: string): boolean => {
    const cipher = cipherOf[name];
    return cipher === undefined || ciphers.has(cipher);
  };
  const hasHash = (name: string): boolean => {
    const needed = hashOf(name);
    return needed === null || hashes.has(needed);
  };
  return {
    kex: constants.SUPPORTED_KEX.filter((name) => hasCurve(name) && hasHash(name)),
    serverHostKey: constants.SUPPORTED_SERVER_HOST_KEY.filter((name) => hasCurve(name) && hasHash(name)),
    cipher: constants.SUPPORTED_CIPHER.filter(hasCipher),
    mac: constants.SUPPORTED_MAC.filter(hasHash),
    compress: constants.SUPPORTED_COMPRESSION,
  };
}

/** The hash that an algorithm's name tells, by OpenSSL's name; null if it tells none. */
function hashOf(name: string): string | null {
  const found = hashNames.exec(name)?.[0];
  if (found === undefined) return null;
  return found.replace('sha2-', 'sha');
}

/**
 * What is offered to `host`: the safe algorithms that the runtime has, then the host's legacy ones in their order. Host keys come in the order
 * of `orderHostKeys` (types with a known key first). Throws `config` for a legacy name that is not known here.
 */
export function algorithmOffer(
  host: HostConfig,
  orderHostKeys: (supported: readonly string[]) => readonly string[],
  supported: SupportedAlgorithms = supportedAlgorithms(),
): AlgorithmOffer {
  const offer = {
    kex: wanted.kex.filter((name) => supported.kex.includes(name)),
    serverHostKey: wanted.serverHostKey.filter((name) => supported.serverHostKey.includes(name)),
    cipher: wanted.cipher.filter((name) => supported.cipher.includes(name)),
    mac: wanted.mac.filter((name) => supported.mac.includes(name)),
    compress: host.compression ? ['zlib@openssh.com', 'none'] : ['none'],
  };
  for (const name of host.legacyAlgorithms) {
    const kinds = (['kex', 'serverHostKey', 'cipher', 'mac'] as const).filter((kind) => supported[kind].includes(name));
    if (kinds.length === 0) throw unknownLegacy(host, name);
    for (const kind of kinds) if (!offer[kind].includes(name)) offer[kind].push(name);
  }
  const ordered = orderHostKeys(offer.serverHostKey).filter((name) => offer.serverHostKey.includes(name));
  return { ...offer, serverHostKey: ordered.length > 0 ? ordered : offer.serverHostKey };
}

function unknownLegacy(host: HostConfig, name: string): HoldfastError {
  const shown = cleanLine(name, 64);
  const here = hashOf(name) !== null ? ' in this build' : '';
  return new HoldfastError({
    code: 'config',
    where: host.name,
    message: `The legacy algorithm ${shown} of host ${host.name} is not available${here}.`,
    next: `Take it out of legacy-algorithms of ${host.name}, or name another one that the server has.`,
    phase: 'key-exchange',
    hop: host.name,
  });
}

/** True if this negotiation is open to Terrapin (CVE-2023-48795) unless strict KEX was agreed. */
export function needsStrictKex(cipher: string, mac: string): boolean {
  return cipher.startsWith('chacha20-poly1305') || (cipher.endsWith('-cbc') && mac.includes('-etm@'));
}
