import type { Buffer } from 'node:buffer';
import { KeyError, asKeyError } from './key-error.ts';
import type { KeyFileInfo } from './key-file-info.ts';
import type { UnlockedKey } from './key-types.ts';
import { inspectOpensshKey, isOpensshKey, unlockOpensshKey } from './private-key-openssh.ts';
import { inspectPem, isPem, unlockPem } from './private-key-pem.ts';
import { inspectPpk, isPpk, unlockPpk } from './ppk.ts';

/** Longest key file that is read. */
export const maxKeyFileBytes = 1024 * 1024;

/** Reads the clear part of a private key file. Throws `KeyError` (too-big, broken, unsupported). */
export function inspectPrivateKey(file: Buffer): KeyFileInfo {
  return withFormat(file, inspectOpensshKey, inspectPpk, inspectPem);
}

/**
 * Reads a private key file. Throws `KeyError`; `passphrase-needed` for an encrypted one without a passphrase. Deriving the key of an encrypted
 * file takes up to seconds: that belongs in the worker (key-decryptor.ts).
 */
export function unlockPrivateKey(file: Buffer, passphrase: Uint8Array | null): UnlockedKey {
  return withFormat(
    file,
    (bytes) => unlockOpensshKey(bytes, passphrase),
    (bytes) => unlockPpk(bytes, passphrase),
    (bytes) => unlockPem(bytes, passphrase),
  );
}

function withFormat<T>(
  file: Buffer,
  openssh: (bytes: Buffer) => T,
  ppk: (bytes: Buffer) => T,
  pem: (bytes: Buffer) => T,
): T {
  if (file.length > maxKeyFileBytes) throw new KeyError('too-big', 'it is larger than 1 MiB');
  return asKeyError('the private key', () => {
    if (isOpensshKey(file)) return openssh(file);
    if (isPpk(file)) return ppk(file);
    if (isPem(file)) return pem(file);
    if (file.includes('-----BEGIN PGP') || file.includes('---- BEGIN SSH2 ENCRYPTED'))
      throw new KeyError('unsupported', 'it is in a format that is not read here');
    throw new KeyError('broken', 'it holds no private key');
  });
}
