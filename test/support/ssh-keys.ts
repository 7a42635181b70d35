import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { needProgram, run } from './processes.ts';

/** Kinds of keys that the test servers and clients use. */
export type KeyType = 'ed25519' | 'ecdsa' | 'rsa';

export interface MakeKeyOptions {
  readonly type?: KeyType;
  /** Bits; RSA 2048 and ECDSA 256 unless told. */
  readonly bits?: number;
  readonly passphrase?: string;
  readonly comment?: string;
  /** ssh-keygen -m: RFC4716 (OpenSSH's own, the default), PKCS8 or PEM. */
  readonly format?: 'RFC4716' | 'PKCS8' | 'PEM';
}

/** Makes a new key pair at `file` and `file`.pub with the real ssh-keygen and returns the public line (`type base64 comment`). */
export function makeKey(file: string, options: MakeKeyOptions = {}): string {
  const type = options.type ?? 'ed25519';
  const bits = options.bits ?? (type === 'rsa' ? 2048 : type === 'ecdsa' ? 256 : undefined);
  const args = ['-q', '-t', type, '-f', file, '-N', options.passphrase ?? '', '-C', options.comment ?? 'holdfast-test'];
  if (bits !== undefined && type !== 'ed25519') args.push('-b', String(bits));
  if (options.format !== undefined) args.push('-m', options.format);
  run(needProgram('ssh-keygen', 'openssh-client'), args);
  return readFileSync(`${file}.pub`, 'utf8').trim();
}

/** `SHA256:…` (unpadded base64) of a public line `type base64 [comment]`. */
export function fingerprintOf(publicLine: string): string {
  const blob = Buffer.from(publicLine.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

const cache = new Map<string, { readonly secret: Buffer; readonly line: string }>();

/** Writes the process's cached key of this purpose and type to `file` and returns its public line: making RSA keys for each server would be slow. */
export function cachedKey(purpose: string, type: KeyType, file: string): string {
  const name = `${purpose}-${type}`;
  const known = cache.get(name);
  if (known === undefined) {
    const line = makeKey(file, { type, comment: name });
    cache.set(name, { secret: readFileSync(file), line });
    return line;
  }
  writeFileSync(file, known.secret, { mode: 0o600 });
  writeFileSync(`${file}.pub`, `${known.line}\n`);
  return known.line;
}
