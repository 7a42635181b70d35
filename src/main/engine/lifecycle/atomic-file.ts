import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, link, open, readFile, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Said } from '../../../shared/i18n/said.ts';
import { file } from '../../../shared/i18n/sentences/file.ts';
import { type FailureCode, HoldfastError } from '../../../shared/model/failure.ts';
import { systemClock, wait } from './clock.ts';
import { staleAfterMs, withFileLock } from './file-lock.ts';
import { placeOn, wayTo } from './file-trust.ts';

export interface AtomicWriteOptions {
  /** Mode of the new file; default 0600. */
  readonly mode?: number;
  /**
   * `refused` (the default): a path that is a link is an error, which names the real file. `trusted`: the file behind a link is replaced in place of
   * the link, if nobody else could have placed the link or the file (`file-trust.ts`); else that is the error.
   */
  readonly links?: 'refused' | 'trusted';
  /** What the caller read before: the write is refused if the file holds something else by now. Null: there must be no file yet. */
  readonly expectedBefore?: string | Uint8Array | null;
  /** Code of the errors; default `internal`. */
  readonly code?: FailureCode;
}

/**
 * Replaces a file as a whole or not at all: a temporary file of random name in the same folder (O_EXCL), fsync, rename, fsync of the folder.
 * Whatever goes wrong, the file is byte for byte what it was and the temporary one is gone.
 * Rejects with a `HoldfastError` of the given code: a link (see `links`), not a regular file, changed meanwhile, disk full, no permission.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: AtomicWriteOptions = {},
): Promise<void> {
  const code = options.code ?? 'internal';
  let temp = '';
  let made = false;
  try {
    const links = options.links ?? 'refused';
    const before = await lookUp(path, links, code);
    const folder = dirname(before.path);
    temp = join(folder, `.${basename(before.path)}.${randomBytes(8).toString('hex')}.tmp`);
    const handle = await open(temp, 'wx', options.mode ?? 0o600);
    made = true;
    try {
      await fill(handle, data, options.mode ?? 0o600, before.stats);
    } finally {
      await handle.close();
    }
    const finish = async (): Promise<void> => {
      if (options.expectedBefore !== undefined) await compare(before.path, options.expectedBefore, code);
      // A link that appeared since the first look would not be followed by rename, but replaced: that is a write nobody asked for.
      const now = await lookUp(path, links, code);
      if (now.path !== before.path) throw changedMeanwhile(path, code);
      made = !(await putInPlace(temp, before.path, options.expectedBefore === null, code));
    };
    // Between the look and the rename nobody else of us may write, or one of two changes would be lost.
    if (options.expectedBefore === undefined) await finish();
    else await withFileLock(systemClock, join(folder, `.${basename(before.path)}.lock`), finish, staleAfterMs + 5000);
    await syncFolder(folder);
  } catch (error) {
    throw described(error, path, code);
  } finally {
    if (made) await unlink(temp).catch(() => {});
  }
}

/** The path that will be replaced, and what is there now. */
async function lookUp(
  path: string,
  links: 'refused' | 'trusted',
  code: FailureCode,
): Promise<{ path: string; stats: Stats | null }> {
  const way = await wayTo(path);
  if (way.isLink && links === 'refused') {
    throw new HoldfastError({
      code,
      where: path,
      message: file.isLink({ path, realPath: way.realPath }),
      next: file.changeItself({ realPath: way.realPath }),
    });
  }
  const place = placeOn(way);
  if (place.kind === 'refused' && links === 'trusted') throw untrustedLink(path, place, code);
  if (way.stats !== null && !way.stats.isFile()) {
    throw new HoldfastError({
      code,
      where: path,
      message: file.notRegular({ path: way.realPath }),
      next: way.isLink ? file.pointAtRegular() : file.moveAway(),
    });
  }
  return { path: way.realPath, stats: way.stats };
}

/** The error for a link whose way others could change. */
export function untrustedLink(
  path: string,
  { realPath, why }: { readonly realPath: string; readonly why: Said },
  code: FailureCode,
  next: Said | string = file.putWayRight({ realPath }),
): HoldfastError {
  return new HoldfastError({ code, where: path, message: file.leadsElsewhere({ path, realPath, why }), next });
}

async function fill(handle: FileHandle, data: string | Uint8Array, mode: number, before: Stats | null): Promise<void> {
  await handle.writeFile(data);
  if (process.platform !== 'win32') {
    // The mode given to open is cut by the umask.
    await handle.chmod(mode);
    // Root that edits somebody's file must not take it away from them.
    if (before !== null && process.getuid?.() === 0 && before.uid !== 0) await handle.chown(before.uid, before.gid);
  }
  await handle.sync();
}

async function compare(path: string, expected: string | Uint8Array | null, code: FailureCode): Promise<void> {
  let found: Buffer | null = null;
  try {
    found = await readFile(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  const wanted = expected === null ? null : Buffer.from(expected);
  const same = found === null || wanted === null ? found === wanted : found.equals(wanted);
  if (!same) throw changedMeanwhile(path, code);
}

/** Moves the temporary file to its place; true if its temporary name is gone with that. */
async function putInPlace(temp: string, path: string, mustBeNew: boolean, code: FailureCode): Promise<boolean> {
  if (mustBeNew) {
    // A hard link fails if the name is taken: the one way to create a complete file without a race.
    try {
      await link(temp, path);
      return false;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') throw changedMeanwhile(path, code);
      // File systems without hard links: rename, after the look just taken.
    }
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rename(temp, path);
      return true;
    } catch (error) {
      // Windows: a scanner or an editor has the file open for a moment.
      const busy = ['EPERM', 'EACCES', 'EBUSY'].includes(errorCode(error));
      if (process.platform !== 'win32' || !busy || attempt === 8) throw error;
      await wait(systemClock, 10 * 2 ** attempt);
    }
  }
}

/** Makes the rename last through a power cut, where folders can be synced at all. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  try {
    const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Some network file systems refuse this. The file is complete and in place; only its being on disk is not certain.
  }
}

function changedMeanwhile(path: string, code: FailureCode): HoldfastError {
  return new HoldfastError({
    code,
    where: path,
    message: file.changedMeanwhile({ path }),
    next: file.repeatChange(),
  });
}

function described(error: unknown, path: string, code: FailureCode): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const system = errorCode(error);
  const [why, next] = reasons[system] ?? [file.systemSays({ words: system || String(error) }), file.lookAtFolder()];
  return new HoldfastError({
    code,
    where: path,
    message: file.notWritten({ path, why }),
    next,
    cause: error,
  });
}

const reasons: Readonly<Record<string, readonly [why: Said, next: Said]>> = {
  ENOSPC: [file.diskFull(), file.makeRoom()],
  EDQUOT: [file.quotaUsedUp(), file.makeRoom()],
  EROFS: [file.readOnly(), file.writablePlace()],
  EACCES: [file.folderNotWritable(), file.folderOwner()],
  EPERM: [file.notPermitted(), file.fileOwner()],
  ENOENT: [file.noFolder(), file.makeFolder()],
  ENOTDIR: [file.pathThroughFile(), file.checkPath()],
};

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
