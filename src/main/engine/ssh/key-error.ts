import { quoteShellWord } from '../../../shared/model/shell-quote.ts';

/**
 * What can be wrong with a key, a certificate or their files. `wrong-passphrase` is told apart from `broken` by this code alone: a file whose
 * outer structure is right and whose encrypted part does not come out right has a wrong passphrase (or damage that looks the same).
 */
export type KeyErrorCode =
  | 'missing'
  | 'unreadable'
  | 'unprotected'
  | 'too-big'
  | 'broken'
  | 'unsupported'
  /** Encrypted in a way that is not done here any more: whatever the passphrase is, the file has to be converted. */
  | 'old-cipher'
  | 'passphrase-needed'
  | 'wrong-passphrase'
  | 'aborted';

/** Never carries a secret. The message completes "<file>: …". */
export class KeyError extends Error {
  override readonly name = 'KeyError';
  readonly code: KeyErrorCode;

  constructor(code: KeyErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** Runs `parse`; whatever it throws that is not a `KeyError` becomes `broken`. */
export function asKeyError<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (thrown) {
    if (thrown instanceof KeyError) throw thrown;
    throw new KeyError('broken', `${what} is damaged`, thrown);
  }
}

/** What is wrong with the file at `path`, with the way out where there is one. */
export function keyProblem(error: KeyError, path: string): string {
  if (error.code !== 'old-cipher') return error.message;
  const file = quoteShellWord(path);
  const legacy = `openssl pkey -provider legacy -provider default -aes256 -in ${file} -out ${quoteShellWord(`${path}.new`)}`;
  return `${error.message}. Convert it with: ssh-keygen -p -f ${file} (or, where that cannot read it either: ${legacy})`;
}
