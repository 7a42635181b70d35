import type { Stats } from 'node:fs';
import { lstat, readlink, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Said } from '../../../shared/i18n/said.ts';
import { fileTrust } from '../../../shared/i18n/sentences/file-trust.ts';
import { quoteShellWord } from '../../../shared/model/shell-quote.ts';
import { isPrivateGroup, isPrivateGroupNow } from './private-group.ts';

/**
 * Who could have written a file, or put another in its place: one rule for the configuration, known_hosts, keys and the state folder.
 *
 * Something is ours alone if its owner is this user or root and neither its group nor everybody may write it; a group that has this user as its
 * only member is the user. In a folder with the sticky bit (`/tmp`) nobody can replace what belongs to others, so it is fine, but for a
 * second name (hard link) of a file of ours: that may have been put there by anybody. Windows has no such modes: there the profile's own access
 * lists decide, and nothing is written through a link. Access lists that give a user rights by name are not seen.
 */
export interface FileWay {
  /** Without links. Of a file that does not exist, where it would be made. */
  readonly realPath: string;
  /** The real file, or null if there is none. */
  readonly stats: Stats | null;
  /** A link was followed, at the end or on the way. */
  readonly isLinked: boolean;
  /** The path itself is a link. */
  readonly isLink: boolean;
  /** Why the file, a link to it, or a folder that one of them lies in is not ours alone, with the command that heals it; null if all are. */
  readonly distrust: Said | null;
  /** The same for all folders up to the root, of links and file. */
  readonly distrustOfWay: Said | null;
  /** Anybody could have given the file this name: why. Null where that cannot be. */
  readonly planted: Said | null;
}

/** As many links as Linux follows (path_resolution(7)). */
const mostLinks = 40;

/** Goes the way to `path` part by part, through its links. Rejects with the system's error: a loop (ELOOP), no permission, a file as a folder. */
export async function wayTo(path: string): Promise<FileWay> {
  return process.platform === 'win32' ? windowsWay(path) : new Walk(resolve(path)).run();
}

/** Why a file or folder is not ours alone, with the command that heals it; null if it is. */
export async function distrustOf(stats: Stats, kind: TrustedKind, path: string): Promise<Said | null> {
  return distrustIf(stats, kind, path, await othersMayWrite(stats));
}

/** The same at once, for those who cannot wait. */
export function distrustOfNow(stats: Stats, kind: TrustedKind, path: string): Said | null {
  return distrustIf(stats, kind, path, othersMayWriteNow(stats));
}

type TrustedKind = 'file' | 'folder' | 'link';

function distrustIf(stats: Stats, kind: TrustedKind, path: string, othersMay: boolean): Said | null {
  if (process.platform === 'win32') return null;
  if (stats.uid !== ownUid() && stats.uid !== 0) {
    return fileTrust.othersOwn({ kind, path, uid: stats.uid });
  }
  if (kind === 'link' || (kind === 'folder' && isSticky(stats)) || !othersMay) return null;
  const by = (stats.mode & 0o002) === 0 ? 'group' : 'everybody';
  return fileTrust.mayBeWritten({ kind, path, by, command: `chmod go-w ${quoteShellWord(path)}` });
}

/** Where a write to `path` goes: the file itself, or what a trusted link leads to. */
export type WritePlace =
  | { readonly kind: 'open'; readonly path: string; readonly stats: Stats | null; readonly isLink: boolean }
  /** Somebody else could have placed the link or replaced what it leads to. `realPath` is what the link leads to. */
  | { readonly kind: 'refused'; readonly realPath: string; readonly why: Said };

/** Rejects like `wayTo`. */
export async function writePlaceOf(path: string): Promise<WritePlace> {
  return placeOn(await wayTo(path));
}

/** The same for a way that is known already. */
export function placeOn(way: FileWay): WritePlace {
  const { realPath, stats, isLink } = way;
  const why = way.isLinked ? way.distrustOfWay : way.planted;
  return why === null ? { kind: 'open', path: realPath, stats, isLink } : { kind: 'refused', realPath, why };
}

class Walk {
  #current = '/';
  #isShared = false;
  #links = 0;
  #isLink = false;
  #wayFinding: Said | null = null;
  #nearFinding: Said | null = null;
  #planted: Said | null = null;
  /** What is wrong with the folders that were gone through, by path. */
  readonly #folders = new Map<string, { readonly distrust: Said | null; readonly isShared: boolean }>();
  readonly #left: string[];

  constructor(path: string) {
    this.#left = partsOf(path);
  }

  async run(): Promise<FileWay> {
    await this.#enter('/', await lstat('/'));
    for (let part = this.#left.shift(); part !== undefined; part = this.#left.shift()) {
      if (part === '.') continue;
      if (part === '..') {
        await this.#enter(dirname(this.#current), null);
        continue;
      }
      const path = join(this.#current, part);
      const isLast = this.#left.length === 0;
      if (isLast) this.#nearFinding ??= this.#folders.get(this.#current)?.distrust ?? null;
      const stats = await lstatOrNull(path);
      if (stats === null) return this.#end(join(path, ...this.#left), null);
      if (stats.isSymbolicLink()) await this.#follow(path, stats, isLast);
      else if (isLast) {
        if (stats.isDirectory()) this.#note(await distrustOf(stats, 'folder', path), true);
        // Of a device or a pipe nothing is believed anyway, and its mode is as it must be.
        if (stats.isFile()) {
          this.#note(await distrustOf(stats, 'file', path), true);
          this.#noteNames(stats, 'file', path, true);
        }
        return this.#end(path, stats);
      } else if (stats.isDirectory()) await this.#enter(path, stats);
      else throw systemError('ENOTDIR', path);
    }
    // The way ended at a folder that it had gone through: `/`, or a link that ends with `..` or `.`.
    return this.#end(this.#current, await lstat(this.#current));
  }

  async #follow(link: string, stats: Stats, isLast: boolean): Promise<void> {
    this.#links += 1;
    if (this.#links > mostLinks) throw systemError('ELOOP', link);
    this.#isLink ||= isLast;
    this.#note(await distrustOf(stats, 'link', link), isLast);
    this.#noteNames(stats, 'link', link, isLast);
    const target = await readlink(link);
    if (target.startsWith('/')) await this.#enter('/', null);
    this.#left.unshift(...partsOf(target));
  }

  async #enter(path: string, stats: Stats | null): Promise<void> {
    let known = this.#folders.get(path);
    if (known === undefined) {
      const found = stats ?? (await lstat(path));
      const distrust = await distrustOf(found, 'folder', path);
      known = { distrust, isShared: isSticky(found) && (await othersMayWrite(found)) };
      this.#folders.set(path, known);
      this.#wayFinding ??= distrust;
    }
    this.#current = path;
    this.#isShared = known.isShared;
  }

  /** In a folder like /tmp anybody may give a file or link of ours one more name. */
  #noteNames(stats: Stats, kind: 'file' | 'link', path: string, isNear: boolean): void {
    if (!this.#isShared || stats.nlink < 2) return;
    const found = fileTrust.hasOtherName({ kind, path });
    this.#planted ??= found;
    this.#note(found, isNear);
  }

  #note(distrust: Said | null, isNear: boolean): void {
    this.#wayFinding ??= distrust;
    if (isNear) this.#nearFinding ??= distrust;
  }

  #end(realPath: string, stats: Stats | null): FileWay {
    return {
      realPath,
      stats,
      isLinked: this.#links > 0,
      isLink: this.#isLink,
      distrust: this.#nearFinding,
      distrustOfWay: this.#wayFinding,
      planted: this.#planted,
    };
  }
}

async function windowsWay(path: string): Promise<FileWay> {
  const full = resolve(path);
  const isLink = (await lstatOrNull(full))?.isSymbolicLink() ?? false;
  const realPath = isLink ? await realpath(full).catch(async () => resolve(dirname(full), await readlink(full))) : full;
  const distrustOfWay = isLink ? fileTrust.noLinksOnWindows() : null;
  const stats = await lstatOrNull(realPath);
  return { realPath, stats, isLinked: isLink, isLink, distrust: null, distrustOfWay, planted: null };
}

async function othersMayWrite(stats: Stats): Promise<boolean> {
  return groupAloneMayWrite(stats) ? !(await isPrivateGroup(stats.gid, ownUid())) : (stats.mode & 0o022) !== 0;
}

/** By its mode and group, whatever a sticky bit keeps them from; at once. */
export function othersMayWriteNow(stats: Stats): boolean {
  if (process.platform === 'win32') return false;
  return groupAloneMayWrite(stats) ? !isPrivateGroupNow(stats.gid, ownUid()) : (stats.mode & 0o022) !== 0;
}

function groupAloneMayWrite(stats: Stats): boolean {
  return (stats.mode & 0o022) === 0o020;
}

function ownUid(): number {
  return process.getuid?.() ?? 0;
}

function isSticky(stats: Stats): boolean {
  return (stats.mode & 0o1000) !== 0;
}

/** `a/` and `a/.` are for folders alone: a dot stays at the end of both. */
function partsOf(path: string): string[] {
  const parts = path.split('/').filter((part, index, all) => part !== '' || index === all.length - 1);
  return parts.map((part) => (part === '' ? '.' : part));
}

async function lstatOrNull(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function systemError(code: 'ELOOP' | 'ENOTDIR', path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}
