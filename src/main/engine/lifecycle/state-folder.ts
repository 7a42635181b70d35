import { mkdirSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
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
      throw unusable(folder, `the folder ${folder} belongs to another user (uid ${uid}); it must be yours or root's`);
    }
    mkdirSync(below, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw asUnusable(folder, error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'you may not write there',
  EPERM: 'the system does not permit it',
  EROFS: 'the file system is read-only',
  EEXIST: 'a file stands in its place',
  ENOTDIR: 'a file stands in its place, or in that of a folder above it',
  ENOENT: 'there is no such place',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ELOOP: 'it is a link that leads nowhere',
};

function asUnusable(folder: string, error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const code = errorCode(error);
  return unusable(folder, reasons[code] ?? `the system says ${code || String(error)}`, error);
}

function unusable(folder: string, why: string, cause?: unknown): HoldfastError {
  return new HoldfastError({
    code: 'state-folder',
    where: folder,
    message: `The state folder ${folder} cannot be used: ${why}.`,
    next: 'Put that right, set HOME to a folder of your own, or name another place for state with HOLDFAST_STATE.',
    cause,
  });
}
