import { userInfo } from 'node:os';

/** The home of users that have none, as in passwd(5). Nothing can be made below it but by root. */
const noHome = '/nonexistent';

/**
 * Sees to it that HOME is an absolute path, for all that asks for it later: where it is missing, empty or relative, the user database decides. A user
 * whom that does not know either (any uid in a container) gets a home that does not exist, and goes on as far as no file of it is needed.
 */
export function settleHome(env: Record<string, string | undefined> = process.env): void {
  if (process.platform === 'win32' || env['HOME']?.startsWith('/')) return;
  env['HOME'] = homeByDatabase();
}

function homeByDatabase(): string {
  try {
    const { homedir } = userInfo();
    return homedir.startsWith('/') ? homedir : noHome;
  } catch {
    return noHome;
  }
}
