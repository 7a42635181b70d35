import { loadConfigFile } from '../../engine/config/load.ts';
import { type ConfigProblem, describeProblems } from '../../engine/config/problem.ts';
import { type CommandContext, type CommandInput, usageError } from '../command.ts';
import { missingConfig } from '../config-source.ts';
import { exitCodes } from '../exit-codes.ts';

/** Validates a configuration; problems are on standard error, with --json as an array on standard output too. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [file = context.profile.configFile, ...rest] = input.positionals;
  if (rest.length > 0) throw usageError('check', 'One file at a time.');
  const { out } = context;
  const loaded = await loadConfigFile(file);
  if (loaded.kind === 'missing') throw missingConfig(file);
  if (loaded.kind === 'ok') context.speak(loaded.config.settings.language);
  const problems = loaded.kind === 'bad' ? loaded.problems : [];
  const warnings = loaded.kind === 'ok' ? loaded.warnings : [];
  const marked = warnings.map((warning) => ({ ...warning, message: `warning: ${warning.message}` }));
  for (const found of [problems, marked]) if (found.length > 0) out.note(describeProblems(file, found));
  if (context.json) out.json([...rowsOf(file, problems, 'problem'), ...rowsOf(file, warnings, 'warning')]);
  if (loaded.kind === 'bad') return exitCodes.usage;
  if (!context.json) out.print(context.texts.config.good(file, loaded.config.tunnels.size, loaded.config.hosts.size));
  return exitCodes.done;
}

function rowsOf(file: string, problems: readonly ConfigProblem[], severity: 'problem' | 'warning') {
  return problems.map(({ line, key, message }) => ({ file, line, key, message, severity }));
}
