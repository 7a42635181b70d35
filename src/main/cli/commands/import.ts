import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { commandsOfEdits } from '../../../shared/contract/edit-commands.ts';
import type { ConfigEdit } from '../../../shared/contract/editing-calls.ts';
import type { HoldfastConfig } from '../../../shared/model/config.ts';
import { inEnglish } from '../../../shared/i18n/sentences/index.ts';
import { cleanWhole } from '../../../shared/model/clean-text.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { applyEdits } from '../../engine/config/config-edits.ts';
import { ConfigEditor } from '../../engine/config/edit.ts';
import { loadConfigFile } from '../../engine/config/load.ts';
import { parseConfig } from '../../engine/config/parse.ts';
import { expandPath } from '../../engine/config/paths.ts';
import { parseSshCommand } from '../../engine/interop/ssh-command.ts';
import { type ImportResult, importSshConfig } from '../../engine/interop/ssh-config-import.ts';
import { listSshConfig } from '../../engine/interop/ssh-config-list.ts';
import { booleanOption, type CommandContext, type CommandInput, stringOption, usageError } from '../command.ts';
import { requireConfig } from '../config-source.ts';
import { exitCodes } from '../exit-codes.ts';
import { askLine } from '../line-input.ts';
import { questionStream } from '../terminal.ts';
import { change } from './edit.ts';

/** import: hosts and tunnels from what other tools have. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [what, ...aliases] = input.positionals;
  if (what !== 'ssh-config') throw usageError('import', 'Say what to import: ssh-config [ALIAS...].');
  const { out, texts } = context;
  const file = expandPath(stringOption(input, 'file') ?? join(homedir(), '.ssh', 'config'), process.cwd());
  if (!(await isReadable(file))) {
    throw new HoldfastError({
      code: 'not-found',
      where: file,
      message: `${file} is not there, or cannot be read.`,
      next: 'Name another file with --file, or add a host: holdfast add host NAME --address ADDRESS',
    });
  }
  const config = await configOrEmpty(context);
  const found = await listSshConfig(file);
  const wanted = aliases.length > 0 ? aliases : found.aliases;
  if (wanted.length === 0) {
    throw new HoldfastError({
      code: 'not-found',
      where: file,
      message: `There are no hosts in ${file}.`,
      next: 'Name another file with --file, or add a host: holdfast add host NAME --address ADDRESS',
    });
  }
  const yes = booleanOption(input, 'yes');
  const commandsAt = found.commandsAt === null ? null : inEnglish(found.commandsAt);
  if (commandsAt !== null && !yes && !(await agrees(context, texts.importing.mayRun(file, commandsAt)))) {
    throw usageError('import', `Reading ${file} may run commands (${commandsAt}). Allow that with --yes.`);
  }
  const result = await importSshConfig(wanted, { file, config, mayRunCommands: found.runsCommands });
  for (const note of result.notes) out.note(note);
  for (const { alias, reason } of result.skipped) out.note(texts.importing.skipped(alias, reason));
  const isDry = booleanOption(input, 'dry-run');
  if (isDry || result.edits.length === 0) return tell(context, result, false);
  if (!yes && !context.json) out.print(asToml(result.edits));
  const commands = commandsOfEdits(result.edits);
  if (!yes && commands.length > 0 && !context.json) {
    out.note(texts.importing.runs);
    for (const command of commands) out.note(`  ${cleanWhole(command)}`);
  }
  if (!yes && !(await agrees(context, texts.importing.add(context.profile.configFile)))) {
    throw usageError('import', 'Nothing was imported. Say --yes to import without a question, --dry-run to look only.');
  }
  return change(context, (editor) => applyEdits(editor, result.edits), {
    done: doneText(context, result.edits),
    json: asJson(result, true),
  });
}

/** `add command 'ssh …'`: the tunnel that the command line makes. */
export async function addCommand(context: CommandContext, input: CommandInput): Promise<number> {
  const [, text, ...rest] = input.positionals;
  if (text === undefined || rest.length > 0)
    throw usageError('add', "Put the whole command in quotes: add command 'ssh -L 5432:db:5432 me@bastion'");
  const parsed = parseSshCommand(text, { config: await configOrEmpty(context), home: homedir() });
  if (parsed.problem !== null) {
    throw new HoldfastError({
      code: 'usage',
      where: 'holdfast add command',
      message: parsed.problem,
      next: 'Correct the command; nothing was saved.',
    });
  }
  for (const note of parsed.notes) context.out.note(note);
  const commands = commandsOfEdits(parsed.edits);
  if (commands.length > 0 && !booleanOption(input, 'yes')) {
    const { runs, add } = context.texts.importing;
    const question = [runs, ...commands.map((command) => `  ${cleanWhole(command)}`), add(context.profile.configFile)];
    if (!(await agrees(context, question.join('\n'))))
      throw usageError(
        'add',
        'Nothing was saved: to connect would run a command. Look at it, and allow it with --yes.',
      );
  }
  return change(context, (editor) => applyEdits(editor, parsed.edits), {
    done: doneText(context, parsed.edits),
    json: { added: 'tunnel', name: parsed.tunnel, hosts: namesOf(parsed.edits, 'add-host'), notes: parsed.notes },
  });
}

async function isReadable(file: string): Promise<boolean> {
  try {
    await access(file, constants.R_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/** As scripts read it: texts alone. */
function asJson({ edits, notes, skipped }: ImportResult, saved: boolean) {
  return { edits, notes, skipped, saved };
}

function tell(context: CommandContext, result: ImportResult, saved: boolean): number {
  if (context.json) context.out.json(asJson(result, saved));
  else context.out.print(result.edits.length === 0 ? context.texts.config.unchanged : asToml(result.edits));
  return exitCodes.done;
}

/** A missing file is an empty configuration: an import is a way to begin. */
async function configOrEmpty(context: CommandContext): Promise<HoldfastConfig> {
  const { configFile } = context.profile;
  if ((await loadConfigFile(configFile)).kind !== 'missing') return requireConfig(context);
  const empty = parseConfig('', { file: configFile });
  if (empty.kind === 'bad') throw new Error('an empty configuration is a good one');
  return empty.config;
}

/** Asks on a terminal; without one nobody agrees. */
async function agrees(context: CommandContext, question: string): Promise<boolean> {
  const { stdin, stderr } = context.terminal;
  if (stdin.isTTY !== true || context.json) return false;
  const stream = questionStream(context.terminal) ?? stderr;
  const answer = await askLine(stdin, stream, `${question} `, { echo: true, signal: new AbortController().signal });
  return answer.kind === 'line' && /^(y|yes|j|ja)$/i.test(answer.text.trim());
}

/** What the edits add, as it will stand in the file. */
function asToml(edits: readonly ConfigEdit[]): string {
  const editor = new ConfigEditor('', { file: 'config.toml' });
  applyEdits(editor, edits);
  return editor.text.trim();
}

function doneText(context: CommandContext, edits: readonly ConfigEdit[]): string {
  const { added } = context.texts.config;
  const lines = [
    ...namesOf(edits, 'add-host').map((name) => added('host', name)),
    ...namesOf(edits, 'add-tunnel').map((name) => added('tunnel', name)),
  ];
  return lines.join('\n');
}

function namesOf(edits: readonly ConfigEdit[], op: 'add-host' | 'add-tunnel'): string[] {
  return edits.flatMap((edit) => (edit.op === op ? [edit.name] : []));
}
