import { Buffer } from 'node:buffer';
import { open } from 'node:fs/promises';
import { inEnglish } from '../../../shared/i18n/sentences/index.ts';
import { wayTo } from '../lifecycle/file-trust.ts';
import { forReading } from '../lifecycle/open-flags.ts';
import { KeyError } from './key-error.ts';
import { maxKeyFileBytes } from './private-key.ts';

/**
 * Reads a key, public key or certificate. Throws `KeyError`: missing, unreadable, too-big, or unprotected where `secret` (OpenSSH's rule: on POSIX
 * a private key of ours must not be open to group and others, `mode & 077`).
 */
export async function readKeyFile(path: string, secret: boolean): Promise<Buffer> {
  try {
    // Non-blocking: a FIFO at this place must not hold the open call for ever.
    const file = await open(path, forReading);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new KeyError('unreadable', 'it is not a regular file');
      if (stat.size > maxKeyFileBytes) {
        throw new KeyError('too-big', `it has ${(stat.size / 1024 / 1024).toFixed(1)} MiB, and at most 1 is read`);
      }
      if (secret && process.getuid !== undefined && stat.uid === process.getuid() && (stat.mode & 0o077) !== 0) {
        const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
        throw new KeyError('unprotected', `it is open to others (mode ${mode}) and is ignored; chmod 600 closes it`);
      }
      return await readAll(file, stat.size);
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (thrown instanceof KeyError) throw thrown;
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new KeyError('missing', 'there is no such file', thrown);
    throw new KeyError('unreadable', `it cannot be read (${code})`, thrown);
  }
}

/**
 * Who else could put another key in the place of this one, as a text; null if nobody. Only worth a warning: ssh does not look at it, and another key
 * gives nobody more than a login that fails.
 */
export async function keyPlaceWarning(path: string): Promise<string | null> {
  const distrust = (await wayTo(path).catch(() => null))?.distrustOfWay ?? null;
  return distrust === null ? null : inEnglish(distrust);
}

/** Reads no more than the size that was checked, even if the file grows meanwhile. */
async function readAll(file: Awaited<ReturnType<typeof open>>, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  let at = 0;
  while (at < size) {
    const { bytesRead } = await file.read(bytes, at, size - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}
