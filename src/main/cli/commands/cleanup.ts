import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Profile } from '../../engine/config/paths.ts';
import { isStaleLock } from '../../engine/control/engine-lock.ts';
import { checkSocketFolder, isWindows, probeSocket } from '../../engine/control/socket-place.ts';
import { hiddenFolderStart, isHiddenName } from '../../engine/lifecycle/private-socket.ts';
import { logFileName } from '../../engine/log/log-record.ts';
import { booleanOption, type CommandContext, type CommandInput, usageError } from '../command.ts';
import { configIfGood } from '../config-source.ts';
import { exitCodes } from '../exit-codes.ts';

/**
 * Removes what nobody uses any more: sockets that nobody serves, locks that nobody holds, logs and histories of tunnels that are gone
 * from the configuration. What is in use, or not surely ours, stays. Without a good configuration no log is touched.
 */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  if (input.positionals.length > 0) throw usageError('cleanup', 'cleanup takes no names.');
  const dryRun = booleanOption(input, 'dry-run');
  const { out, texts } = context;
  const found = [...(await staleSockets(context)), ...(await staleLocks(context)), ...(await orphans(context))];
  for (const each of found) {
    if (!dryRun) await each.remove();
    if (!context.json) out.print(dryRun ? texts.cleanup.wouldRemove(each.path) : texts.cleanup.removed(each.path));
  }
  if (context.json)
    out.json({ removed: dryRun ? [] : found.map((each) => each.path), found: found.map((each) => each.path) });
  else if (found.length === 0) out.print(texts.cleanup.nothing);
  return exitCodes.done;
}

interface Leftover {
  readonly path: string;
  remove(): Promise<void>;
}

function file(path: string): Leftover {
  return { path, remove: () => rm(path, { force: true }) };
}

/** Of every profile in the shared socket folder; a chosen socket's folder is not ours to search. */
async function staleSockets({ profile }: CommandContext): Promise<Leftover[]> {
  if (isWindows) return [];
  if (!(await isOurSocketFolder(profile))) return [];
  const folder = dirname(profile.socketPath);
  const names = profile.socketChosen ? [] : await list(folder);
  const paths = new Set([
    profile.socketPath,
    ...names.filter((name) => name.endsWith('.sock')).map((name) => join(folder, name)),
  ]);
  const found: Leftover[] = [];
  for (const path of paths) if ((await isStale(path)) === true) found.push(file(path));
  for (const name of names.filter((each) => each.startsWith(hiddenFolderStart))) {
    // A start that was cut off leaves its private folder: empty, or with a socket that nobody serves.
    const contents = await list(join(folder, name));
    if (!contents.every(isHiddenName)) continue;
    const inner = contents.map((each) => join(folder, name, each));
    if ((await Promise.all(inner.map(isStale))).includes(false)) continue;
    found.push({
      path: join(folder, name),
      remove: async () => {
        for (const path of inner) await rm(path, { force: true });
        await rmdir(join(folder, name));
      },
    });
  }
  return found;
}

async function isStale(path: string): Promise<boolean> {
  return probeSocket(path).then(
    (probe) => probe.kind === 'stale',
    () => false,
  );
}

/** Elsewhere a stranger could lead us to files of ours that are none of these. */
async function isOurSocketFolder(profile: Profile): Promise<boolean> {
  return checkSocketFolder(profile).then(
    (found) => found !== null,
    () => false,
  );
}

async function staleLocks({ profile }: CommandContext): Promise<Leftover[]> {
  const folder = dirname(profile.socketPath);
  const isSearched = !profile.socketChosen && !isWindows && (await isOurSocketFolder(profile));
  const names = isSearched ? await list(folder) : [];
  const paths = new Set([
    profile.lockFile,
    ...names.filter((name) => name.endsWith('.sock.lock')).map((name) => join(folder, name)),
  ]);
  return [...[...paths].filter((path) => isStaleLock(path)), ...(await halfTakenLocks(profile.lockFile, paths))].map(
    file,
  );
}

/** What is left of locks whose taking was cut off: complete files beside the lock that never got its name. A start is over within a minute. */
async function halfTakenLocks(lockFile: string, locks: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = [];
  for (const folder of new Set([lockFile, ...locks].map((path) => dirname(path)))) {
    for (const name of await list(folder)) {
      if (!/^(?:engine|[0-9a-f]+\.sock)\.lock\.(?:stale-)?[0-9a-f]{12}$/.test(name)) continue;
      const stats = await lstat(join(folder, name)).catch(() => null);
      if (stats?.isFile() && Math.abs(Date.now() - stats.mtimeMs) > 60_000) found.push(join(folder, name));
    }
  }
  return found;
}

/** Logs and histories of tunnels that the configuration no longer has. */
async function orphans(context: CommandContext): Promise<Leftover[]> {
  const config = await configIfGood(context);
  if (config === null) return [];
  const { logFolder, stateFolder } = context.profile;
  const kept = new Set([...config.tunnels.keys()].map((name) => logFileName(name)));
  const historyFolder = join(stateFolder, 'history');
  const logs = (await list(logFolder))
    .filter((name) => /^tunnel-.+\.log(?:\.\d+)?$/.test(name) && !kept.has(name.replace(/\.\d+$/, '')))
    .map((name) => file(join(logFolder, name)));
  const histories = (await list(historyFolder))
    .filter((name) => /^tunnel-.+\.jsonl$/.test(name) && !kept.has(name.replace(/\.jsonl$/, '.log')))
    .map((name) => file(join(historyFolder, name)));
  return [...logs, ...histories];
}

async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
