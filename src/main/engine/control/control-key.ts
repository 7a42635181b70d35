import { webcrypto } from 'node:crypto';
import { rmSync } from 'node:fs';
import { lstat, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freshWord, isWord } from '../../../shared/contract/proof.ts';
import type { Profile } from '../config/paths.ts';
import { type Disposable, toDisposable } from '../lifecycle/disposable.ts';
import { writeFileAtomic } from '../lifecycle/atomic-file.ts';

/**
 * The key by which engine and shells know each other where the place of the control socket says nothing of its owner: the name of a pipe on Windows can
 * be taken by any user. It lies in the profile's state folder, which only its user can read, and is another one for each engine. Whoever can
 * read it has the user's rights, and whoever cannot is neither believed nor let in.
 */
export interface ControlKey extends Disposable {
  readonly secret: string;
}

/** No key is longer; what is, is none. */
const maxKeyBytes = 256;

/** What the proof is bound to: one profile. */
export function controlPlace(profile: Profile): string {
  return `control ${profile.id}`;
}

function keyFile(profile: Profile): string {
  return join(profile.stateFolder, 'control.key');
}

/** Makes this engine's key; disposing of it removes the file. The caller holds the profile's lock. Rejects with `config`. */
export async function makeControlKey(profile: Profile): Promise<ControlKey> {
  const secret = freshWord(webcrypto);
  await mkdir(profile.stateFolder, { recursive: true, mode: 0o700 });
  await writeFileAtomic(keyFile(profile), `${secret}\n`, { mode: 0o600, code: 'config' });
  const removal = toDisposable(() => rmSync(keyFile(profile), { force: true }));
  return { secret, dispose: () => removal.dispose() };
}

/** The key of the engine that runs, null if there is none that can be read. */
export async function readControlKey(profile: Profile): Promise<string | null> {
  try {
    const found = await lstat(keyFile(profile));
    if (!found.isFile() || found.size > maxKeyBytes) return null;
    const text = (await readFile(keyFile(profile), 'latin1')).trim();
    return isWord(text) ? text : null;
  } catch {
    return null;
  }
}
