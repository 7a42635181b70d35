import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Said } from '../../../shared/i18n/said.ts';
import { fileTrust } from '../../../shared/i18n/sentences/file-trust.ts';
import { distrustOfNow, othersMayWriteNow } from '../lifecycle/file-trust.ts';

/**
 * Why a known_hosts file that a command or an ssh_config names is not to be believed: somebody else could write whom to trust into it. Null if it
 * is ours alone. `path` is absolute. A file that is not there yet must not be one that others can put there.
 */
export function distrustOfKnownHosts(path: string): Said | null {
  const file = statsOf(path);
  if (file !== null && isUnseen(file)) return file;
  if (file === null) {
    const open = openToOthers(dirname(path));
    return open === null ? null : fileTrust.notThereYet({ and: open });
  }
  const real = realpathSync(path);
  const distrust = distrustOfNow(file, 'file', real);
  if (distrust !== null) return distrust;
  for (const folder of new Set([dirname(path), dirname(real)])) {
    const stats = statsOf(folder);
    const found = stats === null || isUnseen(stats) ? stats : distrustOfNow(stats, 'folder', folder);
    if (found !== null) return found;
  }
  return null;
}

/** How somebody else could put a new file into a folder, or make the folder; null: nobody else could. `folder` is absolute. */
export function openToOthers(folder: string): Said | null {
  let there = folder;
  while (statsOf(there) === null && dirname(there) !== there) there = dirname(there);
  const stats = statsOf(there);
  if (stats === null || isUnseen(stats)) return stats;
  // The sticky bit keeps others from replacing a file, not from being the first to make it.
  return othersMayWriteNow(stats) ? fileTrust.othersMayWrite({ path: there }) : distrustOfNow(stats, 'folder', there);
}

/** Null: there is nothing of that name. A sentence says why it cannot be looked at. */
function statsOf(path: string): Stats | Said | null {
  try {
    return statSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    return code === 'ENOENT' || code === 'ENOTDIR' ? null : fileTrust.notLookedAt({ path });
  }
}

function isUnseen(found: Stats | Said): found is Said {
  return 'given' in found;
}
