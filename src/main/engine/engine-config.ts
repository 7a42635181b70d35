import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HoldfastConfig } from '../../shared/model/config.ts';
import { assertNever, HoldfastError } from '../../shared/model/failure.ts';
import { loadConfigFile, readConfigFile } from './config/load.ts';
import { parseConfig } from './config/parse.ts';
import type { Profile } from './config/paths.ts';
import { describeProblems } from './config/problem.ts';
import { writeFileAtomic } from './lifecycle/atomic-file.ts';
import type { Log } from './log/log.ts';

/** What the engine starts with. `problem`: the file is broken, and this is the last good one. */
export interface StartConfig {
  readonly config: HoldfastConfig;
  readonly problem: string | null;
}

function lastGoodFile(profile: Profile): string {
  return join(profile.stateFolder, 'last-good.toml');
}

/**
 * Reads the profile's configuration. A broken one is replaced by the last good one, if there is one, so that a bad edit and a reboot together
 * do not take the tunnels down; the broken file is left as it is. Rejects with code `config` if there is nothing to run.
 */
export async function startConfig(profile: Profile, mayBeMissing: boolean): Promise<StartConfig> {
  const loaded = await loadConfigFile(profile.configFile);
  switch (loaded.kind) {
    case 'ok':
      return { config: loaded.config, problem: null };
    case 'missing':
      if (mayBeMissing) return { config: emptyConfig(profile), problem: null };
      throw new HoldfastError({
        code: 'config',
        where: profile.configFile,
        message: `There is no configuration at ${profile.configFile}.`,
        next: 'Make the first tunnel with: holdfast add host NAME address=HOST user=USER, then: holdfast add tunnel NAME --host NAME --forward "local 5432 -> db:5432"',
      });
    case 'bad': {
      const problem = describeProblems(profile.configFile, loaded.problems);
      const last = await readLastGood(profile);
      if (last) return { config: last, problem };
      throw new HoldfastError({
        code: 'config',
        where: profile.configFile,
        message: problem,
        next: 'Mend the lines named above; holdfast check tells when all is well.',
      });
    }
    default:
      return assertNever(loaded);
  }
}

async function readLastGood(profile: Profile): Promise<HoldfastConfig | null> {
  // With the same checks as the file itself: it is believed as much.
  const read = await readConfigFile(lastGoodFile(profile));
  if (read.kind !== 'read') return null;
  const parsed = parseConfig(read.text, { file: profile.configFile });
  return parsed.kind === 'ok' ? parsed.config : null;
}

/** What a set of tunnels starts from: no host, no tunnel, every default. */
export function emptyConfig(profile: Profile): HoldfastConfig {
  const parsed = parseConfig('', { file: profile.configFile });
  if (parsed.kind === 'bad') {
    throw new Error(`an empty configuration must be good: ${describeProblems('', parsed.problems)}`);
  }
  return parsed.config;
}

/** Keeps a copy of the good configuration in the state folder. A fault is logged and changes nothing. */
export async function keepLastGood(profile: Profile, log: Log): Promise<void> {
  try {
    await writeFileAtomic(lastGoodFile(profile), await readFile(profile.configFile), { mode: 0o600 });
  } catch (error) {
    log.warn('The good configuration could not be kept for the next start', { error });
  }
}
