import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What is fetched from a registry once a machine. */
export interface Fetched {
  /** Of the folder in the cache; it names the version. */
  readonly name: string;
  /** A file in that folder: where it is, nothing is fetched. */
  readonly program: string;
  /** The ending of the archive that `fetch` leaves in the folder it gets, and what it must hash to. */
  readonly archive: string;
  readonly hash: { readonly kind: 'sha256' | 'sha512'; readonly value: string; readonly encoding: 'hex' | 'base64' };
  readonly fetch: (folder: string) => void;
  readonly unpack: (archive: string, folder: string) => void;
}

/** The path of the program, fetched if need be, into the user's cache and not the checkout. Throws with the reason if it cannot be had. */
export function fetchOnce({ name, program, archive, hash, fetch, unpack }: Fetched): string {
  const base = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'holdfast-test');
  const folder = join(base, name);
  const path = join(folder, program);
  if (existsSync(path)) return path;
  mkdirSync(base, { recursive: true });
  // Filled under a name of its own and moved in place as a whole: two runs may come at once.
  const temp = mkdtempSync(join(base, `${name}-`));
  try {
    fetch(temp);
    const file = readdirSync(temp).find((found) => found.endsWith(archive));
    if (file === undefined) throw new Error(`${name}: nothing was fetched`);
    const found = createHash(hash.kind)
      .update(readFileSync(join(temp, file)))
      .digest(hash.encoding);
    if (found !== hash.value) throw new Error(`the ${hash.kind} of ${file} is ${found}, not ${hash.value}`);
    unpack(join(temp, file), temp);
    rmSync(join(temp, file));
    try {
      renameSync(temp, folder);
    } catch (error) {
      if (!existsSync(path)) throw error;
    }
    return path;
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

/** Runs a program that fetches or unpacks; throws with what it said. */
export function runOrThrow(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  const done = spawnSync(program, args, { env, encoding: 'utf8', timeout: 300_000 });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${done.status}: ${done.stderr}`);
  return done.stdout;
}
