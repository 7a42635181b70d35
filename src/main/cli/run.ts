import { parseArgs } from 'node:util';
import { languageOf, textsOf } from '../../shared/i18n/index.ts';
import { asHoldfastError, HoldfastError } from '../../shared/model/failure.ts';
import { cleanLine } from '../../shared/model/clean-text.ts';
import { nearest } from '../engine/config/nearest.ts';
import { resolveProfile } from '../engine/config/paths.ts';
import { systemClock } from '../engine/lifecycle/clock.ts';
import type { ControlClient } from '../engine/control/control-client.ts';
import { type CommandContext, type CommandInput, type CommandSpec, type OptionSpec, usageError } from './command.ts';
import { commandTable, findCommand, globalOptions } from './command-table.ts';
import { exitCodeOf } from './exit-codes.ts';
import { type ColorChoice, Output } from './output.ts';
import type { Terminal } from './terminal.ts';

/** Runs one command line (without `node` and the script) and gives its exit code. Nothing is thrown. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  // What the line asks for is known only after it was read; an error in reading it is shown by these.
  let json = args.includes('--json');
  let out = new Output(terminal, 'auto');
  let texts = textsOf(languageOf(terminal.env));
  let client: Promise<ControlClient> | null = null;
  try {
    const line = readLine(args);
    json = line.values['json'] === true;
    out = new Output(terminal, colorOf(line.values));
    const context: CommandContext = {
      terminal,
      out,
      json,
      get texts() {
        return texts;
      },
      speak: (language) => {
        if (language !== 'system') texts = textsOf(language);
      },
      clock: systemClock,
      profile: resolveProfile(typeof line.values['config'] === 'string' ? line.values['config'] : null, terminal.env),
      connect: () => {
        client ??= connectTo(context);
        return client;
      },
    };
    const module = await line.command.load();
    return await module.run(context, line);
  } catch (thrown) {
    const error = asHoldfastError(thrown, 'holdfast');
    if (json) out.json({ error: error.toCause() });
    out.problem(error.toCause(), texts.errors.next);
    if (error.code === 'internal' && terminal.env['HOLDFAST_DEBUG'] && thrown instanceof Error)
      out.note(thrown.stack ?? '');
    return exitCodeOf(error.code);
  } finally {
    // A connection that could not be made has told its error already.
    await (client as Promise<ControlClient> | null)?.then(
      (connected) => connected.dispose(),
      () => {},
    );
  }
}

async function connectTo(context: CommandContext): Promise<ControlClient> {
  const { ControlClient } = await import('../engine/control/control-client.ts');
  return ControlClient.connect(context.profile, { client: 'command' });
}

function colorOf(values: CommandInput['values']): ColorChoice {
  if (values['no-color'] === true) return 'never';
  return values['color'] === true ? 'always' : 'auto';
}

/** Finds the command and reads its options. `--help` and `--version` become the commands of that name. */
function readLine(args: readonly string[]): CommandInput {
  const { tokens } = parseArgs({
    args: [...args],
    options: parseOptions(globalOptions),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const first = tokens.find((token) => token.kind === 'positional');
  const beforeEnd = (name: string): boolean => tokens.some((token) => token.kind === 'option' && token.name === name);
  if (first === undefined) {
    const { values } = strictly(null, args, globalOptions);
    if (beforeEnd('version')) return { command: need('version'), values, positionals: [] };
    if (beforeEnd('help')) return { command: need('help'), values, positionals: [] };
    throw new HoldfastError({
      code: 'usage',
      where: 'holdfast',
      message: 'No command is named.',
      next: 'See what there is: holdfast help',
    });
  }
  const command = findCommand(first.value);
  if (command === null) throw unknownCommand(first.value);
  const rest = args.filter((_, index) => index !== first.index);
  if (tokens.some((token) => token.kind === 'option' && (token.name === 'help' || token.rawName === '-h')))
    return { command: need('help'), values: { json: args.includes('--json') }, positionals: [command.name] };
  const { values, positionals } = strictly(command, rest, { ...globalOptions, ...command.options });
  return { command, values, positionals };
}

function need(name: string): CommandSpec {
  const command = findCommand(name);
  if (command === null) throw new Error(`no command ${name} in the table`);
  return command;
}

function strictly(
  command: CommandSpec | null,
  args: readonly string[],
  options: Readonly<Record<string, OptionSpec>>,
): Pick<CommandInput, 'values' | 'positionals'> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: parseOptions(options),
      strict: true,
      allowPositionals: true,
    });
    return { values, positionals };
  } catch (thrown) {
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    // Node's first sentence names the option; the rest explains its parser.
    const message = cleanLine(text.split('. ')[0] ?? text, 200).replace(/\.?$/, '.');
    if (command === null) {
      throw new HoldfastError({ code: 'usage', where: 'holdfast', message, next: 'See: holdfast help', cause: thrown });
    }
    throw usageError(command.name, message);
  }
}

/** Without our own properties, and without undefined ones, which parseArgs does not take. */
function parseOptions(options: Readonly<Record<string, OptionSpec>>) {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [
      name,
      {
        type: option.type,
        multiple: option.multiple ?? false,
        ...(option.short === undefined ? {} : { short: option.short }),
      },
    ]),
  );
}

function unknownCommand(name: string): HoldfastError {
  const shown = cleanLine(name, 64);
  const near = nearest(
    name.slice(0, 32),
    commandTable.map((command) => command.name),
  );
  return new HoldfastError({
    code: 'usage',
    where: 'holdfast',
    message: `There is no command ${shown}.`,
    next: near === null ? 'See: holdfast help' : `Did you mean: holdfast ${near}`,
  });
}
