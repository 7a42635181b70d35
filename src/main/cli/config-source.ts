import type { HoldfastConfig } from '../../shared/model/config.ts';
import { HoldfastError } from '../../shared/model/failure.ts';
import { loadConfigFile } from '../engine/config/load.ts';
import { formatProblem } from '../engine/config/problem.ts';
import type { CommandContext } from './command.ts';

/** What to do when there is no configuration yet. */
export const firstSteps =
  'Make a host and a tunnel: holdfast add host box --address box.example.org --user me; ' +
  'holdfast add tunnel web --host box --forward "local 8080 -> localhost:80"';

/** The profile's configuration. Throws `config` if it is missing or not valid. */
export async function requireConfig(context: CommandContext): Promise<HoldfastConfig> {
  const { configFile } = context.profile;
  const loaded = await loadConfigFile(configFile);
  if (loaded.kind === 'ok') {
    context.speak(loaded.config.settings.language);
    return loaded.config;
  }
  if (loaded.kind === 'missing') throw missingConfig(configFile);
  const first = loaded.problems[0];
  const more = loaded.problems.length > 1 ? ` (and ${loaded.problems.length - 1} more)` : '';
  throw new HoldfastError({
    code: 'config',
    where: configFile,
    message: `${first === undefined ? configFile : formatProblem(configFile, first)}${more}`,
    next: 'See all of it with: holdfast check',
  });
}

/** The profile's configuration, or null if it is missing or not valid. */
export async function configIfGood(context: CommandContext): Promise<HoldfastConfig | null> {
  const loaded = await loadConfigFile(context.profile.configFile);
  if (loaded.kind !== 'ok') return null;
  context.speak(loaded.config.settings.language);
  return loaded.config;
}

export function missingConfig(file: string): HoldfastError {
  return new HoldfastError({
    code: 'config',
    where: file,
    message: `There is no configuration file ${file}.`,
    next: firstSteps,
  });
}
