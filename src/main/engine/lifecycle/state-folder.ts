import { mkdirSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { Said } from '../../../shared/i18n/said.ts';
import { file } from '../../../shared/i18n/sentences/file.ts';
import { fileTrust } from '../../../shared/i18n/sentences/file-trust.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { errorCode } from './file-lock.ts';
import { wayTo } from './file-trust.ts';

/**
 * Makes a profile's state folder (0700) if it is missing, and looks whose it is: what lies in it is believed, and it has secrets' names, history and the
 * lock. All of the way to it must be ours alone (`file-trust.ts`): who may rename a folder above may put another in its place, and nothing is
 * made there. Rejects with `state-folder`.
 */
export async function openStateFolder(folder: string): Promise<void> {
  try {
    await assertOurWay(folder);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await assertOurWay(folder);
  } catch (error) {
    throw asUnusable(folder, error);
  }
}

async function assertOurWay(folder: string): Promise<void> {
  const { distrustOfWay } = await wayTo(folder);
  if (distrustOfWay !== null) throw unusable(folder, distrustOfWay);
}

/** The same for a shell that must have it before it can wait for anything; who may write it is left to the engine's own look. */
export function openStateFolderNow(folder: string, below: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid } = statSync(folder);
    const own = process.getuid?.() ?? 0;
    if (process.platform !== 'win32' && uid !== own && uid !== 0) {
      throw unusable(folder, fileTrust.othersOwn({ kind: 'folder', path: folder, uid }));
    }
    mkdirSync(below, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw asUnusable(folder, error);
  }
}

const reasons: Readonly<Record<string, Said>> = {
  EACCES: file.mayNotWriteThere(),
  EPERM: file.notPermitted(),
  EROFS: file.readOnly(),
  EEXIST: file.fileInPlace(),
  ENOTDIR: file.fileInPlaceOrAbove(),
  ENOENT: file.noSuchPlace(),
  ENOSPC: file.diskFull(),
  EDQUOT: file.quotaUsedUp(),
  ELOOP: file.leadsNowhere(),
};

function asUnusable(folder: string, error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const code = errorCode(error);
  return unusable(folder, reasons[code] ?? file.systemSays({ words: code || String(error) }), error);
}

function unusable(folder: string, why: Said, cause?: unknown): HoldfastError {
  return new HoldfastError({
    code: 'state-folder',
    where: folder,
    message: file.stateFolderUnusable({ folder, why }),
    next: file.otherStateFolder(),
    cause,
  });
}
