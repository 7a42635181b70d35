import { readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** A user database beyond this is not searched: then no group is private. */
const longestDatabase = 4 * 1024 * 1024;

/** Where groups and users stand (group(5), passwd(5)); others are for tests. */
export interface GroupDatabase {
  readonly groupFile: string;
  readonly passwdFile: string;
}

const systemDatabase: GroupDatabase = { groupFile: '/etc/group', passwdFile: '/etc/passwd' };

/**
 * Whether a group has this user alone as member, by `/etc/group` and `/etc/passwd`: then what the group may write, the user alone may. Systems that
 * make such a group for each user have files of mode 664 (umask 002). Group 0 is nobody's own, since containers run arbitrary users in it, and a user
 * or group that only a directory service knows is not vouched for. Never rejects.
 */
export async function isPrivateGroup(gid: number, uid: number, database = systemDatabase): Promise<boolean> {
  const [groups, users] = await Promise.all([rowsOf(database.groupFile), rowsOf(database.passwdFile)]);
  return isAlone(gid, uid, groups, users);
}

/** The same at once, for those who cannot wait. Never throws. */
export function isPrivateGroupNow(gid: number, uid: number, database = systemDatabase): boolean {
  return isAlone(gid, uid, rowsNow(database.groupFile), rowsNow(database.passwdFile));
}

type Rows = readonly (readonly string[])[];

function isAlone(gid: number, uid: number, groups: Rows, users: Rows): boolean {
  if (gid === 0) return false;
  const names = new Set(users.filter(([name, , id]) => name !== '' && id === String(uid)).map(([name]) => name));
  const rows = groups.filter(([, , id]) => id === String(gid));
  if (names.size === 0 || rows.length === 0) return false;
  const members = new Set(rows.flatMap(([, , , list = '']) => list.split(',').filter((name) => name !== '')));
  for (const [name = '', , , group] of users) if (group === String(gid)) members.add(name);
  return members.size > 0 && [...members].every((name) => names.has(name));
}

function rowsNow(file: string): Rows {
  try {
    return statSync(file).size > longestDatabase ? [] : split(readFileSync(file, 'utf8'));
  } catch {
    return [];
  }
}

async function rowsOf(file: string): Promise<Rows> {
  try {
    const handle = await open(file, 'r');
    try {
      if ((await handle.stat()).size > longestDatabase) return [];
      return split(await handle.readFile('utf8'));
    } finally {
      await handle.close();
    }
  } catch {
    return [];
  }
}

function split(text: string): Rows {
  return text.split('\n').map((line) => line.split(':'));
}
