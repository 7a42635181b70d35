import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Who could have written a file. A configuration runs commands (ProxyCommand, exec probes) and names whom to trust, so it must be ours alone:
 * owner is this user or root, and neither the file nor its folder may be written by group or others. A folder with the sticky bit (`/tmp`) is
 * fine: nobody else can replace our file there. For a link both folders count, that of the link and that of the file. Folders further up
 * are not looked at, as in ssh(1). Windows has no such modes: there the profile's own access lists decide.
 */
export async function distrustOfFolders(file: string, realFile: string): Promise<string | null> {
  for (const folder of new Set([dirname(file), dirname(realFile)])) {
    const distrust = distrustOfStats(await stat(folder), 'folder', folder);
    if (distrust !== null) return distrust;
  }
  return null;
}

/** Why a file or folder is not ours alone, with the command that heals it; null if it is. */
export function distrustOfStats(stats: Stats, kind: 'file' | 'folder', path: string): string | null {
  if (process.platform === 'win32') return null;
  const uid = process.getuid?.() ?? 0;
  if (stats.uid !== uid && stats.uid !== 0) {
    return `the ${kind} ${path} belongs to another user (uid ${stats.uid}); it must be yours or root's`;
  }
  const sticky = kind === 'folder' && (stats.mode & 0o1000) !== 0;
  if ((stats.mode & 0o022) === 0 || sticky) return null;
  const who = (stats.mode & 0o002) === 0 ? 'its group' : 'everybody';
  return `the ${kind} ${path} may be written by ${who}; run: chmod go-w ${shellQuoted(path)}`;
}

function shellQuoted(path: string): string {
  return /^[A-Za-z0-9_./~-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
