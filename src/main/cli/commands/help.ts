import { contractVersion } from '../../../shared/contract/calls.ts';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import { type CommandContext, type CommandInput, type CommandSpec, type OptionSpec, usageError } from '../command.ts';
import { commandTable, findCommand, globalOptions } from '../command-table.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatTable } from '../style.ts';
import { version } from '../../../shared/version.ts';

/** help and version. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const { out } = context;
  if (input.command.name === 'version') {
    if (context.json) out.json({ version: version, contract: contractVersion, node: process.version });
    else out.print(`holdfast ${version}`);
    return exitCodes.done;
  }
  const [name, ...rest] = input.positionals;
  if (rest.length > 0) throw usageError('help', 'One command at a time.');
  if (name === undefined) {
    if (context.json) out.json(commandTable.map((command) => ({ name: command.name, summary: command.summary })));
    else for (const line of overview(context)) out.print(line);
    return exitCodes.done;
  }
  const command = findCommand(name);
  if (command === null) throw usageError('help', `There is no command ${cleanLine(name, 64)}.`);
  if (context.json) out.json({ name: command.name, synopsis: command.synopsis, summary: command.summary });
  else for (const line of details(command, context)) out.print(line);
  return exitCodes.done;
}

function overview({ texts, out: { style } }: CommandContext): string[] {
  return [
    texts.help.about,
    '',
    `${style.strong(texts.help.usage)}: holdfast COMMAND [OPTIONS]`,
    '',
    style.strong(texts.help.commands),
    ...formatTable(
      commandTable.map((command) => [command.name, command.summary]),
      '  ',
    ),
    '',
    style.strong(texts.help.globalOptions),
    ...optionLines(globalOptions),
    '',
    `${style.strong(texts.help.exitCodes)}: ${texts.help.exit}`,
    texts.help.more,
  ];
}

function details(command: CommandSpec, { texts, out: { style } }: CommandContext): string[] {
  const options = Object.keys(command.options).length > 0;
  return [
    ...command.synopsis.map(
      (synopsis, index) => `${index === 0 ? `${style.strong(texts.help.usage)}:` : '      '} holdfast ${synopsis}`,
    ),
    '',
    `${command.summary[0]?.toUpperCase() ?? ''}${command.summary.slice(1)}.`,
    ...(command.notes ?? []),
    ...(options ? ['', style.strong(texts.help.options), ...optionLines(command.options)] : []),
    '',
    style.strong(texts.help.globalOptions),
    ...optionLines(globalOptions),
  ];
}

function optionLines(options: Readonly<Record<string, OptionSpec>>): string[] {
  return formatTable(
    Object.entries(options).map(([name, option]) => [
      `${option.short === undefined ? '    ' : `-${option.short}, `}--${name}${option.value === undefined ? '' : ` ${option.value}`}`,
      option.help,
    ]),
    '  ',
  );
}
