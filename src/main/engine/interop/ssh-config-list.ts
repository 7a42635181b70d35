import { readdir, readFile, stat } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';

export interface SshConfigList {
  readonly file: string;
  /** A `Match exec` somewhere: `ssh -G` would run its command. */
  readonly runsCommands: boolean;
  /** Every literal name of a Host line, in the order of the files. */
  readonly aliases: string[];
}

/** ssh's own limit (READCONF_MAX_DEPTH). */
const maxDepth = 16;
const maxFiles = 1000;
const maxFileBytes = 4 * 1024 * 1024;
const systemFile = '/etc/ssh/ssh_config';

/**
 * The aliases of an ssh_config(5), through its Includes. Patterns and negations are left out. Nothing is run and nothing written; a file that is
 * missing or cannot be read has no aliases. `home`: where relative Includes are found, below `.ssh`; the one of the user database by default.
 */
export async function listSshConfig(file: string, home: string = passwdHome()): Promise<SshConfigList> {
  const own = new Scan(home, join(home, '.ssh'));
  await own.read(file, 0);
  let runsCommands = own.runsCommands;
  // Without -F ssh reads the system's file too, whose conditions would run as well.
  if (isDefaultConfig(file)) {
    const system = new Scan(home, dirname(systemFile));
    await system.read(systemFile, 0);
    runsCommands ||= system.runsCommands;
  }
  return { file, runsCommands, aliases: [...own.aliases] };
}

/** The home of the user database, which ssh goes by; not HOME. */
export function passwdHome(): string {
  try {
    return userInfo().homedir;
  } catch {
    return homedir();
  }
}

/** True for the file that ssh reads by itself. */
export function isDefaultConfig(file: string): boolean {
  return file === join(passwdHome(), '.ssh', 'config');
}

class Scan {
  readonly aliases = new Set<string>();
  runsCommands = false;
  readonly #home: string;
  readonly #base: string;
  readonly #seen = new Set<string>();

  constructor(home: string, base: string) {
    this.#home = home;
    this.#base = base;
  }

  async read(file: string, depth: number): Promise<void> {
    if (depth > maxDepth || this.#seen.has(file) || this.#seen.size >= maxFiles) return;
    this.#seen.add(file);
    const text = await readText(file);
    for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
      const match = /^\s*([A-Za-z]+)(?:\s*=\s*|\s+)(.*)$/.exec(line);
      if (match === null) continue;
      const [, keyword = '', rest = ''] = match;
      switch (keyword.toLowerCase()) {
        case 'host':
          for (const name of configWords(rest)) if (!/[*?!]/.test(name) && name !== '') this.aliases.add(name);
          break;
        case 'match':
          if (/(^|[\s!"'])exec([\s="']|$)/i.test(rest)) this.runsCommands = true;
          break;
        case 'include':
          for (const pattern of configWords(rest)) await this.#include(pattern, depth);
          break;
      }
    }
  }

  async #include(pattern: string, depth: number): Promise<void> {
    const path = this.#expand(pattern);
    if (path === null) {
      // What stands behind it is not known; it could run something.
      this.runsCommands = true;
      return;
    }
    for (const file of await glob(path)) await this.read(file, depth + 1);
  }

  #expand(pattern: string): string | null {
    let unset = false;
    const filled = pattern.replaceAll(/\$\{([A-Za-z0-9_]+)\}/g, (_whole, name: string) => {
      const value = name === 'HOME' ? this.#home : process.env[name];
      unset ||= value === undefined;
      return value ?? '';
    });
    const path = filled.replace(/^~(?=[\\/]|$)/, this.#home).replaceAll('%d', this.#home);
    if (unset || path.startsWith('~') || path.includes('%')) return null;
    return isAbsolute(path) ? path : join(this.#base, path);
  }
}

async function readText(file: string): Promise<string> {
  try {
    const info = await stat(file);
    return info.isFile() && info.size <= maxFileBytes ? await readFile(file, 'utf8') : '';
  } catch {
    return '';
  }
}

/** Words of a line as ssh's argv_split makes them: quotes of both kinds, backslashes before quotes and spaces, a comment ends it. */
function configWords(text: string): string[] {
  const words: string[] = [];
  for (const match of text.matchAll(/(?:"[^"]*"?|'[^']*'?|\\["' \\]|[^\s"'])+/g)) {
    if (match[0].startsWith('#')) break;
    words.push(
      match[0].replaceAll(/"([^"]*)"?|'([^']*)'?|\\(["' \\])/g, (_whole, double, single, escaped) =>
        String(double ?? single ?? escaped ?? ''),
      ),
    );
  }
  return words;
}

/** glob(7) over whole paths, sorted; what holds no pattern is itself, whether it is there or not. */
async function glob(path: string): Promise<string[]> {
  if (!/[*?[]/.test(path)) return [path];
  const folder = dirname(path);
  const name = basename(path);
  const folders = folder === path ? [folder] : await glob(folder);
  const found: string[] = [];
  for (const each of folders) {
    if (!/[*?[]/.test(name)) {
      found.push(join(each, name));
      continue;
    }
    const pattern = globPattern(name);
    const names = await readdir(each).catch(() => []);
    found.push(
      ...names
        .filter((one) => pattern.test(one) && (name.startsWith('.') || !one.startsWith('.')))
        .map((one) => join(each, one)),
    );
  }
  return found.sort((a, b) => (a < b ? -1 : 1)).slice(0, maxFiles);
}

function globPattern(name: string): RegExp {
  let source = '';
  for (let at = 0; at < name.length; at += 1) {
    const char = name[at] ?? '';
    const set = char === '[' ? /^\[([!^]?)(\]?[^\]]*)\]/.exec(name.slice(at)) : null;
    if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (set !== null) {
      source += `[${set[1] === '' ? '' : '^'}${(set[2] ?? '').replaceAll(/[\\\]^[]/g, '\\$&')}]`;
      at += set[0].length - 1;
    } else source += char.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  }
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    // A set like [z-a] matches nothing.
    return /(?!)/;
  }
}
