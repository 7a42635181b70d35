import { Buffer } from 'node:buffer';
import { constants } from 'node:fs';
import { access, type FileHandle, lstat, mkdir, open, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { untrustedLink, writeFileAtomic } from '../lifecycle/atomic-file.ts';
import { type Clock, wait } from '../lifecycle/clock.ts';
import { errorCode, LockTimeout, withFileLock } from '../lifecycle/file-lock.ts';
import { type WritePlace, writePlaceOf } from '../lifecycle/file-trust.ts';
import { forReading, notHeldByPipe, notThroughLink } from '../lifecycle/open-flags.ts';
import {
  type KnownHostsFile,
  type KnownHostsLine,
  longestLine,
  parseInSlices,
  serializeKnownHosts,
} from './known-hosts-file.ts';

/** A file beyond this is no known_hosts file: forty thousand hashed names take half of it. */
export const longestFile = 8 * 1024 * 1024;

/** What will be asked of a file: it is worked out while it is read, a slice at a time. */
export interface Wanted {
  /** Names as ssh looks them up. */
  readonly names?: readonly string[];
  /** All keys are decoded. */
  readonly keys?: boolean;
}

/**
 * Reads a known_hosts file; one that does not exist (or is a device like /dev/null) is empty. Rejects with code `config` if it exists but cannot be
 * read, is larger than 8 MiB or has a line of more than 64 KiB: it may hold the line that revokes the key, so going on without it is not safe.
 */
export async function readKnownHosts(path: string, wanted: Wanted = {}): Promise<KnownHostsFile> {
  return parse(path, await readBytes(path), wanted);
}

async function parse(path: string, bytes: Buffer, wanted: Wanted): Promise<KnownHostsFile> {
  const parsed = await parseInSlices(path, bytes, wanted);
  if ('lines' in parsed) return parsed;
  throw unreadable(path, `line ${parsed.tooLong} is longer than ${longestLine / 1024} KiB`);
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    // A named pipe in its place must not hold us.
    const handle = await open(path, forReading);
    try {
      const stats = await handle.stat();
      if (stats.isCharacterDevice()) return Buffer.alloc(0);
      if (!stats.isFile()) throw unreadable(path, 'it is not a regular file');
      if (stats.size > longestFile) throw tooLarge(path, stats.size);
      return await readAll(handle, path, stats.size);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof HoldfastError) throw error;
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return Buffer.alloc(0);
    throw unreadable(path, `the system says ${errorCode(error) || String(error)}`, error);
  }
}

/** To the end, also of a file that grows meanwhile, but not beyond the limit. */
async function readAll(handle: FileHandle, path: string, size: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for (let room = size + 1; ; room = 64 * 1024) {
    const part = Buffer.alloc(room);
    const { bytesRead } = await handle.read(part, 0, room, length);
    if (bytesRead === 0) return parts.length === 1 ? (parts[0] ?? part) : Buffer.concat(parts);
    parts.push(part.subarray(0, bytesRead));
    length += bytesRead;
    if (length > longestFile) throw tooLarge(path, length);
  }
}

function tooLarge(path: string, size: number): HoldfastError {
  return unreadable(
    path,
    `it has ${(size / 1024 / 1024).toFixed(1)} MiB, and at most ${longestFile / 1024 / 1024} are read`,
  );
}

function unreadable(path: string, why: string, cause?: unknown): HoldfastError {
  return new HoldfastError({
    code: 'config',
    where: path,
    message: `${path} cannot be read: ${why}. Without it no host key can be checked.`,
    next: 'Make the file readable for you, or name another one in known-hosts.',
    cause,
  });
}

/**
 * The file that a key for `path` is written to: itself, or what a link leads to where nobody else could have placed link or file. Rejects with
 * `host-key-not-saved`, and names the real file, for other links and for anything but a regular file.
 */
async function placeToWrite(path: string): Promise<Extract<WritePlace, { kind: 'open' }>> {
  let place: WritePlace;
  try {
    place = await writePlaceOf(path);
  } catch (error) {
    throw notSaved(path, error);
  }
  if (place.kind === 'refused') {
    const { realPath } = place;
    const next = `Trust the key once only, add it to ${realPath} yourself, or put that right.`;
    throw untrustedLink(path, place, 'host-key-not-saved', next);
  }
  if (place.stats?.isFile() === false) {
    throw new HoldfastError({
      code: 'host-key-not-saved',
      where: path,
      message: `${place.path} is not a regular file, so no key can be kept there.`,
      next: 'Trust the key once only, or put a regular file first in known-hosts.',
    });
  }
  return place;
}

/**
 * Where "yes" to a key would write it, as far as can be known before: the place, and whether we may write it. Rejects with `host-key-not-saved`.
 */
export async function checkWritable(path: string): Promise<string> {
  const place = await placeToWrite(path);
  try {
    if (place.stats !== null) await access(place.path, constants.W_OK);
    await access(await folderToBe(place.path, place.isLink), constants.W_OK);
  } catch (error) {
    throw notSaved(path, error);
  }
  return place.path;
}

/** The folder of a file, or the one in which it would be made first. */
async function folderToBe(path: string, mustExist: boolean): Promise<string> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    try {
      await stat(folder);
      return folder;
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || mustExist) throw error;
    }
  }
}

/** Appends one line (a byte string without newline); see `appendBytes`. Call it under `locked`. */
export async function appendLine(path: string, line: string): Promise<void> {
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    const { path: place } = await placeToWrite(path);
    if ((await appendBytes(place, line)) && (await placeToWrite(path)).path === place) return;
  }
  throw notSaved(path, new Error('the file is being replaced again and again'));
}

/**
 * Adds the line with one O_APPEND write, like ssh itself, instead of replacing the file: ssh takes no lock, and what it appends between a read and
 * a rename would be lost. What a full disk took only in part is cut off again. False if somebody put another file in its place meanwhile.
 */
async function appendBytes(path: string, line: string): Promise<boolean> {
  const { O_RDWR, O_APPEND, O_CREAT } = constants;
  // What took its place since it was looked at: a link is not followed, a named pipe does not hold us.
  const flags = O_RDWR | O_APPEND | O_CREAT | notThroughLink | notHeldByPipe;
  const isNew = await lstat(path).then(
    () => false,
    () => true,
  );
  const handle = await open(path, flags, 0o600);
  let kept = false;
  try {
    const opened = await handle.stat();
    if (!opened.isFile()) throw new Error('it is not a regular file');
    const { size } = opened;
    const last = Buffer.alloc(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    const glue = size > 0 && last[0] !== 0x0a ? '\n' : '';
    await writeWhole(handle, Buffer.from(`${glue}${line}\n`, 'latin1'));
    kept = true;
    const [mine, theirs] = await Promise.all([handle.stat(), stat(path).catch(() => null)]);
    return theirs !== null && theirs.ino === mine.ino && theirs.dev === mine.dev;
  } finally {
    await handle.close();
    if (!kept && isNew) await removeIfEmpty(path);
  }
}

async function removeIfEmpty(path: string): Promise<void> {
  const size = await stat(path).then(
    (stats) => stats.size,
    () => null,
  );
  if (size === 0) await unlink(path).catch(() => {});
}

async function writeWhole(handle: FileHandle, data: Buffer): Promise<void> {
  let written = 0;
  try {
    while (written < data.length) written += (await handle.write(data, written)).bytesWritten;
    await handle.sync();
  } catch (error) {
    await cutOff(handle, data.subarray(0, written));
    throw error;
  }
}

/** Takes back a part of a line, if it is still what the file ends with. */
async function cutOff(handle: FileHandle, part: Buffer): Promise<void> {
  const { size } = await handle.stat();
  if (part.length === 0 || size < part.length) return;
  const tail = Buffer.alloc(part.length);
  await handle.read(tail, 0, part.length, size - part.length);
  if (tail.equals(part)) await handle.truncate(size - part.length);
}

/** What a rewrite makes of a line: kept, dropped, or kept with other content. */
export interface Rewrite {
  /** Lines of the new file; null: nothing to change. */
  readonly lines: readonly Pick<KnownHostsLine, 'raw' | 'ending'>[] | null;
}

/**
 * Replaces the file as a whole; where that takes anything out of it, with the old content in `path`.old. `plan` gets the file as it is now and is
 * asked again if the file changed before the new one was in place. Call it under `locked`. Returns false if there was nothing to change.
 */
export async function rewriteKnownHosts(
  clock: Clock,
  path: string,
  plan: (file: KnownHostsFile) => Rewrite,
  wanted: Wanted = {},
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const { path: place } = await placeToWrite(path);
    // Held open, so that what ssh still appends to the old file after the change is not lost. Windows would refuse the change then.
    const old = process.platform === 'win32' ? null : await open(place, 'r').catch(() => null);
    try {
      const before = await readBytes(path);
      const { lines } = plan(await parse(path, before, wanted));
      if (lines === null) return false;
      const after = serializeKnownHosts(lines);
      // What was only added to loses nothing: the copy from before the last loss, which people look for, is worth more.
      if (!after.subarray(0, before.length).equals(before))
        await writeFileAtomic(`${path}.old`, before, { code: 'host-key-not-saved' });
      try {
        await writeFileAtomic(path, after, { code: 'host-key-not-saved', expectedBefore: before, links: 'trusted' });
      } catch (error) {
        if (attempt < 50 && !(await readBytes(path)).equals(before)) continue;
        throw error;
      }
      if (old !== null) await salvage(clock, old, before.length, path);
      return true;
    } finally {
      await old?.close();
    }
  }
}

/** Carries over lines that another program appended to the file that was just replaced. */
async function salvage(clock: Clock, old: FileHandle, knownSize: number, path: string): Promise<void> {
  let from = knownSize;
  for (let look = 1; look <= 3; look += 1) {
    const { size } = await old.stat();
    if (size > from) {
      const late = Buffer.alloc(size - from);
      await old.read(late, 0, late.length, from);
      from = size;
      for (const line of late.toString('latin1').split('\n')) if (line !== '') await appendLine(path, line);
    }
    if (look < 3) await wait(clock, 20);
  }
}

/** Runs a change of `path` under its lock; everything that goes wrong becomes `host-key-not-saved`, and the file is what it was. */
export async function locked<T>(clock: Clock, path: string, change: () => Promise<T>): Promise<T> {
  try {
    const place = await placeToWrite(path);
    // Not for what a link leads to: a folder that is missing there may be a disk that is not there.
    if (!place.isLink) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // ssh itself knows no lock: what it appends meanwhile is noticed by the comparison when the file is written.
    return await withFileLock(clock, `${place.path}.holdfast-lock`, change);
  } catch (error) {
    throw notSaved(path, error);
  }
}

const reasons: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['the disk is full', 'Make room on the disk and connect again.'],
  EDQUOT: ['the disk quota is used up', 'Make room on the disk and connect again.'],
  EFBIG: [
    'the file may not grow any more',
    'Check the limits of the system, or put another file first in known-hosts.',
  ],
  EROFS: ['the file system is read-only', 'Put a file that can be written first in known-hosts.'],
  EACCES: ['you may not write there', 'Check who owns the file and its folder, and their modes.'],
  EPERM: ['the system does not permit it', 'Check who owns the file and whether it is locked or immutable.'],
  ELOOP: ['it is a link that leads nowhere', 'Put a regular file first in known-hosts.'],
  ENOENT: ['its folder does not exist', 'Make the folder, or put another file first in known-hosts.'],
  ENOTDIR: ['a part of its path is not a folder', 'Check the path in known-hosts.'],
};

/** The error for a known_hosts file that could not be written. */
export function notSaved(path: string, error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error;
  const code = errorCode(error);
  const [why, next] =
    error instanceof LockTimeout
      ? ['another program holds its lock', `Wait a moment and connect again, or remove ${path}.holdfast-lock.`]
      : (reasons[code] ?? [`the system says ${code || String(error)}`, 'Look at the folder and the disk.']);
  return new HoldfastError({
    code: 'host-key-not-saved',
    where: path,
    message: `${path} could not be written: ${why}. It is unchanged.`,
    next,
    cause: error,
  });
}
