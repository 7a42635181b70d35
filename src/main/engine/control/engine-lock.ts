import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, lstatSync, openSync, readFileSync, rmSync, type Stats } from 'node:fs';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Said } from '../../../shared/i18n/said.ts';
import { engine } from '../../../shared/i18n/sentences/engine.ts';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import { asHoldfastError, HoldfastError } from '../../../shared/model/failure.ts';
import { quoteShellWord } from '../../../shared/model/shell-quote.ts';
import type { Profile } from '../config/paths.ts';
import type { Disposable } from '../lifecycle/disposable.ts';
import { distrustOfNow } from '../lifecycle/file-trust.ts';
import { forReadingItself } from '../lifecycle/open-flags.ts';
import { identify, isAlive, killCommand, type ProcessIdentity } from './process-identity.ts';

/** What a lock file tells of its holder. */
export interface LockHolder extends ProcessIdentity {
  readonly configFile: string;
  readonly socketPath: string;
  /** Tells one taking of the lock from the next by the same process. */
  readonly token: string;
}

export type LockSubject = Pick<LockHolder, 'configFile' | 'socketPath'>;

/** A file without a readable holder counts as held while it is younger than this: its maker may be about to write it. */
const unreadableGraceMs = 5000;
const maxLockBytes = 16 * 1024;

/**
 * A lock file with its holder's process in it. It is made complete and appears by link(2), so that nobody sees half of it; a stale one
 * (its process is gone) is moved aside, looked at again and only then removed. One that somebody else could have written is not believed: in a folder
 * like /tmp anybody may make it first, with whatever process and path in it.
 */
export class FileLock implements Disposable {
  readonly #file: string;
  readonly #token: string;
  #held = true;

  private constructor(file: string, token: string) {
    this.#file = file;
    this.#token = token;
  }

  /** Takes the lock or rejects with `already-running`, which names the holder, or `config`, which names whose file it is. The folder must exist. */
  static async acquire(file: string, subject: LockSubject): Promise<FileLock> {
    const token = randomBytes(12).toString('hex');
    const holder: LockHolder = { ...identify(process.pid), ...subject, token };
    for (let round = 0; round < 20; round += 1) {
      if (await create(file, `${JSON.stringify(holder)}\n`)) return new FileLock(file, token);
      const found = readHolder(file);
      if (found.kind === 'absent') continue;
      if (found.kind === 'held') throw heldError(file, found.holder, subject);
      if (found.kind === 'foreign') throw foreignError(file, found.why);
      await moveStaleAway(file, found.text);
    }
    throw heldError(file, null, subject);
  }

  dispose(): void {
    if (!this.#held) return;
    this.#held = false;
    const found = readHolder(this.#file);
    if (found.kind === 'held' && found.holder?.token === this.#token) rmSync(this.#file, { force: true });
  }
}

/** One engine a profile, whatever socket it was told to use. */
export class EngineLock implements Disposable {
  readonly #lock: FileLock;

  private constructor(lock: FileLock) {
    this.#lock = lock;
  }

  /** Takes the profile's lock, making its state folder (0700). Rejects with `already-running`, naming the configuration file and the pid. */
  static async acquire(profile: Profile): Promise<EngineLock> {
    try {
      await mkdir(dirname(profile.lockFile), { recursive: true, mode: 0o700 });
      return new EngineLock(
        await FileLock.acquire(profile.lockFile, { configFile: profile.configFile, socketPath: profile.socketPath }),
      );
    } catch (error) {
      if (error instanceof HoldfastError) throw error;
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
      if (code === 'unknown') throw asHoldfastError(error, profile.lockFile);
      throw new HoldfastError({
        code: 'config',
        where: profile.lockFile,
        message: engine.lockNotMade({ code }),
        next: engine.checkLockFolder({ folder: dirname(profile.lockFile) }),
        cause: error,
      });
    }
  }

  dispose(): void {
    this.#lock.dispose();
  }
}

/** The process that holds this profile's lock now, or null. */
export function engineHolder(profile: Profile): LockHolder | null {
  const found = readHolder(profile.lockFile);
  return found.kind === 'held' ? found.holder : null;
}

/** True if there is a lock file that nobody holds. */
export function isStaleLock(file: string): boolean {
  return readHolder(file).kind === 'stale';
}

type Found =
  | { readonly kind: 'absent' }
  | { readonly kind: 'held'; readonly holder: LockHolder | null }
  /** Not ours or root's alone: nothing in it is believed. */
  | { readonly kind: 'foreign'; readonly why: Said }
  | { readonly kind: 'stale'; readonly text: string };

function readHolder(file: string): Found {
  let found: LockText;
  try {
    found = readLock(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'absent' };
    return { kind: 'held', holder: null };
  }
  if (found.why !== null) return { kind: 'foreign', why: found.why };
  const { text, ageMs } = found;
  const holder = parseHolder(text);
  if (holder === null)
    return Math.abs(ageMs) < unreadableGraceMs ? { kind: 'held', holder: null } : { kind: 'stale', text };
  return isAlive(holder) ? { kind: 'held', holder } : { kind: 'stale', text };
}

/** `why`: whose it is, if it is not to be believed. */
type LockText = { readonly why: Said } | { readonly why: null; readonly text: string; readonly ageMs: number };

function readLock(file: string): LockText {
  // By the name first: a stranger's file may be one that we cannot open.
  const named = lstatSync(file);
  const why = foreignness(named, file);
  if (why !== null) return { why };
  if (!named.isFile()) return { why: null, text: '', ageMs: Date.now() - named.mtimeMs };
  // Another one may stand there by now: a pipe would hold us for ever, a link lead elsewhere.
  const descriptor = openSync(file, forReadingItself);
  try {
    const opened = fstatSync(descriptor);
    const since = foreignness(opened, file);
    if (since !== null) return { why: since };
    const isReadable = opened.isFile() && opened.size <= maxLockBytes;
    return { why: null, text: isReadable ? readFileSync(descriptor, 'utf8') : '', ageMs: Date.now() - opened.mtimeMs };
  } finally {
    closeSync(descriptor);
  }
}

function foreignness(stats: Stats, file: string): Said | null {
  return distrustOfNow(stats, stats.isSymbolicLink() ? 'link' : 'file', file);
}

function parseHolder(text: string): LockHolder | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { pid, start, notedAtMs, configFile, socketPath, token } = value as Record<string, unknown>;
  if (typeof pid !== 'number' || typeof notedAtMs !== 'number') return null;
  if (start !== null && typeof start !== 'string') return null;
  if (typeof configFile !== 'string' || typeof socketPath !== 'string' || typeof token !== 'string') return null;
  return { pid, start, notedAtMs, configFile, socketPath, token };
}

/** False if the file is there already. */
async function create(file: string, text: string): Promise<boolean> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return await appear(temporary, file, text);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function appear(temporary: string, file: string, text: string): Promise<boolean> {
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS' && code !== 'EOPNOTSUPP') throw error;
  }
  // A file system without hard links: exclusive creation, and readers give an unreadable file its grace.
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(text);
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Two starters may judge the same file stale: the one that moves away something else than it judged puts it back. */
async function moveStaleAway(file: string, judged: string): Promise<void> {
  const aside = `${file}.stale-${randomBytes(6).toString('hex')}`;
  try {
    await rename(file, aside);
  } catch (error) {
    // Gone, or a stranger's by now, which the system does not let us move: the next look says so.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || readHolder(file).kind === 'foreign') return;
    throw error;
  }
  const text = textOf(aside);
  if (text !== judged && judged !== '') await link(aside, file).catch(() => {});
  await rm(aside, { force: true });
}

function textOf(file: string): string {
  try {
    const found = readLock(file);
    return found.why === null ? found.text : '';
  } catch {
    return '';
  }
}

function heldError(file: string, holder: LockHolder | null, subject: LockSubject): HoldfastError {
  return new HoldfastError({
    code: 'already-running',
    where: subject.configFile,
    message: engine.runsAlready({ configFile: subject.configFile, pid: holder?.pid ?? null }),
    next:
      holder === null
        ? engine.removeLock({ file })
        : engine.useOrEndAt({ command: killCommand(holder.pid), socket: shownPath(holder.socketPath) }),
  });
}

/** A path out of a lock file, as it may be shown. */
export function shownPath(path: string): string {
  return cleanLine(path);
}

function foreignError(file: string, why: Said): HoldfastError {
  return new HoldfastError({
    code: 'config',
    where: file,
    message: engine.lockNotBelieved({ file, why }),
    next: engine.haveLockRemoved({ file: quoteShellWord(file) }),
  });
}
