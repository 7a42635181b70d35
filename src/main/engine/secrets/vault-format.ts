import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Said } from '../../../shared/i18n/said.ts';
import { secret as words } from '../../../shared/i18n/sentences/secret.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { Secret } from './secret.ts';

/** Cost of a guess: scrypt with 128 MiB, about half a second. */
const cost = { n: 131_072, r: 8, p: 1 } as const;
const nonceBytes = 12;

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);
const fileSchema = z.object({
  format: z.literal('holdfast-vault'),
  version: z.number().int(),
  kdf: z.object({
    name: z.literal('scrypt'),
    n: z.number().int(),
    r: z.number().int(),
    p: z.number().int(),
    salt: base64,
  }),
  cipher: z.literal('aes-256-gcm'),
  /** Tells a wrong passphrase from damage: further bytes of the key derivation, of no use for the key. */
  check: base64,
  nonce: base64,
  data: base64,
  /** SHA-256 over all fields above: damage is told before a passphrase is blamed. */
  sum: base64,
});
type VaultFile = z.output<typeof fileSchema>;

/** The key of an open vault with what it was derived from. */
export interface VaultKey {
  readonly kdf: VaultFile['kdf'];
  readonly key: Buffer;
  readonly check: Buffer;
}

/** Derives the key of a new vault. */
export function newVaultKey(passphrase: Secret): Promise<VaultKey> {
  return derive(passphrase, { name: 'scrypt', ...cost, salt: randomBytes(32).toString('base64') });
}

/** Encrypts `content` as the text of a vault file. */
export function sealVault(vault: VaultKey, content: string): string {
  const nonce = randomBytes(nonceBytes);
  const head = {
    format: 'holdfast-vault' as const,
    version: 1,
    kdf: vault.kdf,
    cipher: 'aes-256-gcm' as const,
    check: vault.check.toString('base64'),
  };
  const cipher = createCipheriv('aes-256-gcm', vault.key, nonce);
  cipher.setAAD(headOf(head));
  const data = Buffer.concat([cipher.update(content, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  const unsigned = { ...head, nonce: nonce.toString('base64'), data: data.toString('base64') };
  return `${JSON.stringify({ ...unsigned, sum: sumOf(unsigned) }, null, 1)}\n`;
}

/** Decrypts a vault file. Rejects with `secret-store`: damaged, of a newer version, or the wrong passphrase, each told apart. */
export async function openVault(
  file: string,
  text: string,
  passphrase: Secret,
): Promise<{ vault: VaultKey; content: string }> {
  const parsed = parseVault(file, text);
  const vault = await derive(passphrase, parsed.kdf);
  const check = Buffer.from(parsed.check, 'base64');
  if (check.length !== vault.check.length || !timingSafeEqual(check, vault.check)) {
    wipeVaultKey(vault);
    throw new HoldfastError({
      code: 'secret-store',
      where: file,
      message: words.wrongPassphrase(),
      next: words.typeAgain(),
    });
  }
  try {
    const bytes = Buffer.from(parsed.data, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', vault.key, Buffer.from(parsed.nonce, 'base64'));
    decipher.setAAD(headOf(parsed));
    decipher.setAuthTag(bytes.subarray(bytes.length - 16));
    const content = Buffer.concat([decipher.update(bytes.subarray(0, bytes.length - 16)), decipher.final()]);
    return { vault, content: content.toString('utf8') };
  } catch (error) {
    wipeVaultKey(vault);
    throw damaged(file, error);
  }
}

/** Checks the shape and the sum of a vault file without its passphrase. Throws `secret-store`. */
export function parseVault(file: string, text: string): VaultFile {
  let parsed: VaultFile;
  try {
    parsed = fileSchema.parse(JSON.parse(text));
  } catch (error) {
    throw damaged(file, error);
  }
  if (parsed.version !== 1)
    throw new VaultFault(file, {
      message: words.newer({ format: parsed.version }),
      reason: words.becauseNewer({ format: parsed.version }),
      next: words.otherVersion(),
    });
  const { sum, ...unsigned } = parsed;
  if (sumOf(unsigned) !== sum) throw damaged(file, null);
  const { n, r, p } = parsed.kdf;
  // Bounds on what a file may cost: memory is 128 × n × r bytes.
  const powerOfTwo = n >= 16_384 && n <= 1_048_576 && (n & (n - 1)) === 0;
  if (!powerOfTwo || r < 8 || r > 16 || p < 1 || p > 4) throw damaged(file, null);
  return parsed;
}

export function wipeVaultKey(vault: VaultKey): void {
  vault.key.fill(0);
}

/** The file itself cannot be used. `reason`: the message as the end of another sentence. */
export class VaultFault extends HoldfastError {
  readonly reason: Said;

  constructor(
    file: string,
    {
      message,
      reason,
      next,
      cause,
    }: { readonly message: Said; readonly reason: Said; readonly next: Said; readonly cause?: unknown },
  ) {
    super({ code: 'secret-store', where: file, message, next, cause });
    this.reason = reason;
  }
}

function damaged(file: string, cause: unknown): VaultFault {
  return new VaultFault(file, {
    message: words.damaged(),
    reason: words.becauseDamaged(),
    next: words.backupOrNew(),
    cause,
  });
}

/** What is not encrypted but protected with it; in a fixed order, whatever the order in the file. */
function headOf(file: Omit<VaultFile, 'nonce' | 'data' | 'sum'>): Buffer {
  const { kdf } = file;
  return Buffer.from(
    JSON.stringify([file.format, file.version, kdf.name, kdf.n, kdf.r, kdf.p, kdf.salt, file.cipher, file.check]),
  );
}

function sumOf(file: Omit<VaultFile, 'sum'>): string {
  return createHash('sha256').update(headOf(file)).update(`\n${file.nonce}\n${file.data}`).digest('base64');
}

function derive(passphrase: Secret, kdf: VaultFile['kdf']): Promise<VaultKey> {
  return new Promise((resolve, reject) => {
    const { n, r, p } = kdf;
    const secret = passphrase.revealBytes();
    const options = { N: n, r, p, maxmem: 256 * n * r };
    scrypt(secret, Buffer.from(kdf.salt, 'base64'), 48, options, (error, derived) => {
      secret.fill(0);
      if (error !== null) reject(error);
      else resolve({ kdf, key: derived.subarray(0, 32), check: derived.subarray(32) });
    });
  });
}
