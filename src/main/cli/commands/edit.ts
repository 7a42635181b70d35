import { HoldfastError } from '../../../shared/model/failure.ts';
import { type ConfigEditor, parseKeyPath, parseTypedValue } from '../../engine/config/edit.ts';
import { describeProblems } from '../../engine/config/problem.ts';
import { editConfigFile } from '../../engine/config/save.ts';
import type { TomlValue } from '../../engine/config/toml-write.ts';
import { type CommandContext, type CommandInput, listOption, stringOption, usageError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

/** add, remove and edit: changes of the configuration file. A running engine reads it again at once. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  switch (input.command.name) {
    case 'add':
      return add(context, input);
    case 'remove':
      return remove(context, input);
    default:
      return edit(context, input);
  }
}

type Values = Record<string, TomlValue>;

async function add(context: CommandContext, input: CommandInput): Promise<number> {
  const [what, name, ...pairs] = input.positionals;
  if (what === 'command') {
    refuse(
      input,
      'command',
      Object.keys(input.command.options).filter((option) => option !== 'yes'),
    );
    const { addCommand } = await import('./import.ts');
    return addCommand(context, input);
  }
  if ((what !== 'host' && what !== 'tunnel') || name === undefined)
    throw usageError('add', "Say what to add: host NAME, tunnel NAME, or command 'ssh ...'.");
  const values = what === 'host' ? hostValues(input) : tunnelValues(input);
  for (const pair of pairs) {
    const [key, value] = splitPair('add', pair);
    values[key] = value;
  }
  if (what === 'host' && values['address'] === undefined) throw usageError('add', 'A host needs --address.');
  if (what === 'tunnel' && values['host'] === undefined) throw usageError('add', 'A tunnel needs --host.');
  if (what === 'tunnel' && values['forwards'] === undefined) throw usageError('add', 'A tunnel needs a --forward.');
  return change(
    context,
    (editor) => (what === 'host' ? editor.addHost(name, values) : editor.addTunnel(name, values)),
    {
      done: context.texts.config.added(what, name),
      json: { added: what, name },
    },
  );
}

function hostValues(input: CommandInput): Values {
  refuse(input, 'host', ['host', 'forward', 'start', 'group', 'yes']);
  const values: Values = {};
  const address = stringOption(input, 'address');
  const port = stringOption(input, 'port');
  const user = stringOption(input, 'user');
  const identity = listOption(input, 'identity');
  const jump = listOption(input, 'jump');
  if (address !== null) values['address'] = address;
  if (port !== null) values['port'] = /^\d{1,5}$/.test(port) ? Number(port) : port;
  if (user !== null) values['user'] = user;
  if (identity.length > 0) values['identity'] = identity;
  if (jump.length > 0) values['jump'] = jump;
  return values;
}

function tunnelValues(input: CommandInput): Values {
  refuse(input, 'tunnel', ['address', 'port', 'user', 'identity', 'jump', 'yes']);
  const values: Values = {};
  for (const key of ['host', 'start', 'group']) {
    const value = stringOption(input, key);
    if (value !== null) values[key] = value;
  }
  const forwards = listOption(input, 'forward');
  if (forwards.length > 0) values['forwards'] = forwards;
  return values;
}

function refuse(input: CommandInput, what: string, options: readonly string[]): void {
  for (const option of options)
    if (input.values[option] !== undefined) throw usageError('add', `--${option} does not go with a ${what}.`);
}

function splitPair(command: string, pair: string): [string, TomlValue] {
  const at = pair.indexOf('=');
  if (at <= 0) throw usageError(command, `${JSON.stringify(pair.slice(0, 80))} is not KEY=VALUE.`);
  return [pair.slice(0, at).trim(), parseTypedValue(pair.slice(at + 1))];
}

async function remove(context: CommandContext, input: CommandInput): Promise<number> {
  const [what, name, ...rest] = input.positionals;
  if ((what !== 'host' && what !== 'tunnel') || name === undefined || rest.length > 0)
    throw usageError('remove', 'Say what to remove: host NAME or tunnel NAME.');
  return change(context, (editor) => (what === 'host' ? editor.removeHost(name) : editor.removeTunnel(name)), {
    done: context.texts.config.removed(what, name),
    json: { removed: what, name },
  });
}

async function edit(context: CommandContext, input: CommandInput): Promise<number> {
  const [word, ...rest] = input.positionals;
  if (word === undefined) {
    const { editInEditor } = await import('../config-edit-session.ts');
    const outcome = await editInEditor(context);
    if (outcome.kind === 'bad') {
      context.out.note(describeProblems(context.profile.configFile, outcome.problems));
      throw new HoldfastError({
        code: 'config',
        where: context.profile.configFile,
        message: 'The edited text is not a valid configuration; nothing was saved.',
        next: `Your text is kept in ${outcome.keptIn}.`,
      });
    }
    const { config } = context.texts;
    const isSaved = outcome.kind === 'saved';
    if (context.json) context.out.json({ saved: isSaved });
    else context.out.print(isSaved ? config.saved(context.profile.configFile) : config.unchanged);
    if (isSaved) await tellEngine(context);
    return exitCodes.done;
  }
  if ((word !== 'set' && word !== 'unset') || rest.length === 0)
    throw usageError('edit', 'Say: edit set KEY=VALUE..., edit unset KEY..., or edit alone.');
  const apply = (editor: ConfigEditor): void => {
    for (const each of rest) {
      if (word === 'unset') editor.delete(parseKeyPath(each));
      else {
        const [key, value] = splitPair('edit', each);
        editor.set(parseKeyPath(key), value);
      }
    }
  };
  const keys = rest.map((each) => each.split('=')[0] ?? each);
  return change(context, apply, { done: context.texts.config.set(keys.join(', ')), json: { [word]: keys } });
}

/** Applies an edit to the configuration file, tells of warnings and what was done, and has a running engine take it over. */
export async function change(
  context: CommandContext,
  apply: (editor: ConfigEditor) => void,
  said: { readonly done: string; readonly json: object },
): Promise<number> {
  const { file, out } = { file: context.profile.configFile, out: context.out };
  const { warnings } = await editConfigFile(file, apply);
  const marked = warnings.map((warning) => ({ ...warning, message: `warning: ${warning.message}` }));
  if (marked.length > 0) out.note(describeProblems(file, marked));
  if (context.json) out.json(said.json);
  else out.print(said.done);
  await tellEngine(context);
  return exitCodes.done;
}

/** A running engine takes the change over now, so that the next command already meets it. */
async function tellEngine(context: CommandContext): Promise<void> {
  try {
    const { problem } = await (await context.connect()).call('reload', {});
    if (problem !== null) context.out.note(context.texts.config.reloadProblem(problem));
  } catch (error) {
    if (!(error instanceof HoldfastError && error.code === 'no-engine')) throw error;
  }
}
