import { Buffer } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { type Said, withStrings } from '../../../shared/i18n/said.ts';
import { sshConfig } from '../../../shared/i18n/sentences/ssh-config.ts';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import { wayTo } from '../lifecycle/file-trust.ts';
import { forReading } from '../lifecycle/open-flags.ts';
import { type GlobBudget, globPaths } from './include-glob.ts';
import { openToOthers } from './known-hosts-trust.ts';
import { readConfigLine } from './ssh-config-line.ts';

export interface SshConfigList {
  readonly file: string;
  /** `ssh -G` may run commands: there is a `Match exec`, or something that is not wholly understood here and so could be one. */
  readonly runsCommands: boolean;
  /** What that is and where, null if `runsCommands` is false. */
  readonly commandsAt: Said | null;
  /** Every literal name of a Host line, cleaned, in the order of the files. */
  readonly aliases: string[];
}

/** ssh's own limit (READCONF_MAX_DEPTH). */
const maxDepth = 16;
const maxFiles = 1000;
const maxFileBytes = 4 * 1024 * 1024;
const maxBytes = 16 * 1024 * 1024;
const maxGlobSteps = 20_000_000;
/** Longer than any name that ssh takes. */
const longestAlias = 300;
/** A path at its longest, and a command with it. */
const longestPlace = 5000;

/** Where builds of ssh have the system's file. */
function systemFiles(): readonly string[] {
  if (process.platform === 'win32') return [join(process.env['ProgramData'] ?? 'C:\\ProgramData', 'ssh', 'ssh_config')];
  return ['/etc', '/usr/etc', '/usr/local/etc', '/opt/homebrew/etc', '/opt/local/etc'].map(
    (folder) => `${folder}/ssh/ssh_config`,
  );
}

/**
 * The aliases of an ssh_config(5), through its Includes, and whether `ssh -G` may run a command: what is not wholly understood, is more than
 * is read, or could be changed by somebody else before ssh reads it, counts as a command. Patterns and negations are left out. Nothing is run and nothing written; a file that is missing or cannot be
 * read has no aliases. `home`: where relative Includes are found, below `.ssh`; the one of the user database by default.
 */
export async function listSshConfig(file: string, home: string = passwdHome()): Promise<SshConfigList> {
  const own = new Scan(home, join(home, '.ssh'));
  await own.read(file, 0);
  let { commandsAt } = own;
  // Without -F ssh reads the system's file too, whose conditions would run as well.
  for (const systemFile of isDefaultConfig(file) ? systemFiles() : []) {
    const system = new Scan(home, dirname(systemFile));
    await system.read(systemFile, 0);
    commandsAt ??= system.commandsAt;
  }
  return { file, runsCommands: commandsAt !== null, commandsAt, aliases: [...own.aliases] };
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
  /** The first thing that runs a command, or could. */
  commandsAt: Said | null = null;
  readonly #home: string;
  readonly #base: string;
  readonly #seen = new Set<string>();
  readonly #globBudget: GlobBudget = { steps: maxGlobSteps };
  #bytesLeft = maxBytes;

  constructor(home: string, base: string) {
    this.#home = home;
    this.#base = base;
  }

  async read(file: string, depth: number): Promise<void> {
    if (this.#seen.has(file)) return;
    if (depth > maxDepth) return this.#found(sshConfig.tooDeep({ file, depth }));
    if (this.#seen.size >= maxFiles) return this.#found(sshConfig.tooManyFiles({ most: maxFiles }));
    this.#seen.add(file);
    // ssh reads it once more, when this one is done with it.
    const other = await whoElseMayChange(file);
    if (other !== null) this.#found(sshConfig.mayChange({ file, why: other }));
    const bytes = await readWhole(file, Math.min(maxFileBytes, this.#bytesLeft));
    if (bytes === 'nothing') return;
    if (bytes === 'not-whole') return this.#found(sshConfig.noWholeText({ file }));
    this.#bytesLeft -= bytes.length;
    // Bytes, not characters: ssh knows no other ends of lines, blanks or letters than those of ASCII.
    const lines = bytes.toString('latin1').split('\n');
    for (const [index, text] of lines.entries()) {
      const line = readConfigLine(index === 0 ? text.replace(/^\xEF\xBB\xBF/, '') : text);
      switch (line.kind) {
        case 'nothing':
          break;
        case 'host':
          for (const name of line.names)
            if (!/[*?!]/.test(name) && name !== '') this.aliases.add(cleanLine(fromBytes(name), longestAlias));
          break;
        case 'match-exec':
          this.#found(sshConfig.matchExec({ file, line: index + 1 }));
          break;
        case 'unclear':
          this.#found(sshConfig.unclearLine({ file, line: index + 1 }));
          break;
        case 'include':
          for (const pattern of line.patterns) {
            const certain = await this.#include(pattern, depth);
            if (!certain || !line.certain) this.#found(sshConfig.unclearInclude({ file, line: index + 1 }));
          }
          break;
      }
    }
  }

  #found(what: Said): void {
    this.commandsAt ??= withStrings(what, (text) => cleanLine(text, longestPlace));
  }

  /** False: it may include more or other files than were read. */
  async #include(pattern: string, depth: number): Promise<boolean> {
    const { paths, certain } = this.#expand(fromBytes(pattern));
    let isAll = certain;
    for (const path of paths) {
      const found = await globPaths(path, this.#globBudget);
      isAll &&= found.certain;
      for (const folder of found.folders) {
        const other = openToOthers(folder);
        if (other !== null) this.#found(sshConfig.folderMayChange({ folder, why: other }));
      }
      for (const file of found.paths) await this.read(file, depth + 1);
    }
    return isAll;
  }

  /** Versions of ssh differ in whether they fill in `%d` and `${VARIABLE}`: the file is looked for both ways. */
  #expand(pattern: string): { readonly paths: readonly string[]; readonly certain: boolean } {
    let certain = !pattern.includes('\uFFFD');
    const filled = pattern.replaceAll(/%(.?)|\$\{([^}]*)\}/gs, (whole, letter: string | undefined, name = '') => {
      const value = letter === undefined ? this.#variable(String(name)) : ({ '%': '%', d: this.#home }[letter] ?? null);
      certain &&= value !== null;
      return value ?? whole;
    });
    const paths: string[] = [];
    for (const one of new Set([pattern, filled])) {
      const slashed = process.platform === 'win32' ? one.replaceAll('\\', '/') : one;
      const path = slashed.replace(/^~(?=\/|$)/, () => this.#home);
      // The home of somebody else.
      certain &&= !path.startsWith('~');
      paths.push(isAbsolute(path) ? path : `${this.#base}/${path}`);
    }
    return { paths, certain };
  }

  #variable(name: string): string | null {
    return name === 'HOME' ? this.#home : (process.env[name] ?? null);
  }
}

/** How somebody else could put something else in this place, or something where there is nothing; null: nobody else could. */
async function whoElseMayChange(file: string): Promise<Said | null> {
  if (process.platform === 'win32') return null;
  try {
    const way = await wayTo(file);
    return way.distrustOfWay ?? (way.stats === null ? openToOthers(dirname(way.realPath)) : null);
  } catch {
    return sshConfig.wayNotLookedAt();
  }
}

/** A byte string as text. */
function fromBytes(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/**
 * The whole file. `nothing`: ssh finds nothing there either. `not-whole`: longer than `most`, or no plain file with a length of its own: such a
 * one may say something else to the next who reads it.
 */
async function readWhole(file: string, most: number): Promise<Buffer | 'nothing' | 'not-whole'> {
  let handle: FileHandle | null = null;
  try {
    // A pipe must not be waited for.
    handle = await open(file, forReading);
    const info = await handle.stat();
    if (info.isDirectory()) return 'nothing';
    if (!info.isFile() || info.size > most) return 'not-whole';
    const bytes = Buffer.alloc(info.size + 1);
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return length === info.size ? bytes.subarray(0, length) : 'not-whole';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return ['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG'].includes(code) ? 'nothing' : 'not-whole';
  } finally {
    await handle?.close();
  }
}
