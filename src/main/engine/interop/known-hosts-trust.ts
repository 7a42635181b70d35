import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { distrustOfNow } from '../lifecycle/file-trust.ts';

/**
 * Why a known_hosts file that a command or an ssh_config names is not to be believed: somebody else could write whom to trust into it. Null if it
 * is ours alone. `path` is absolute. A file that is not there yet must not be one that others can put there.
 */
export function distrustOfKnownHosts(path: string): string | null {
  const file = statsOf(path);
  if (typeof file === 'string') return file;
  if (file === null) {
    let folder = dirname(path);
    while (statsOf(folder) === null && dirname(folder) !== folder) folder = dirname(folder);
    const stats = statsOf(folder);
    if (stats === null || typeof stats === 'string') return stats;
    // The sticky bit keeps others from replacing a file, not from being the first to make it.
    const isOpen = process.platform !== 'win32' && (stats.mode & 0o022) !== 0;
    return isOpen ? `it is not there yet, and others may write ${folder}` : distrustOfNow(stats, 'folder', folder);
  }
  const real = realpathSync(path);
  const distrust = distrustOfNow(file, 'file', real);
  if (distrust !== null) return distrust;
  for (const folder of new Set([dirname(path), dirname(real)])) {
    const stats = statsOf(folder);
    const found = typeof stats === 'string' || stats === null ? stats : distrustOfNow(stats, 'folder', folder);
    if (found !== null) return found;
  }
  return null;
}

/** Null: there is nothing of that name. A text says why it cannot be looked at. */
function statsOf(path: string): Stats | string | null {
  try {
    return statSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    return code === 'ENOENT' || code === 'ENOTDIR' ? null : `${path} cannot be looked at`;
  }
}
