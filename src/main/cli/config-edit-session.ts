import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastError } from '../../shared/model/failure.ts';
import { readConfigFile } from '../engine/config/load.ts';
import { parseConfig } from '../engine/config/parse.ts';
import { type ConfigProblem, formatProblem } from '../engine/config/problem.ts';
import { writeConfigFile } from '../engine/config/save.ts';
import type { CommandContext } from './command.ts';

export type EditOutcome =
  | { readonly kind: 'saved' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'bad'; readonly problems: readonly ConfigProblem[]; readonly keptIn: string };

const template = `# Holdfast's configuration. Every key: docs/configuration.md
#
# [hosts.box]
# address = "box.example.org"
# user = "me"
#
# [tunnels.web]
# host = "box"
# forwards = ["local 8080 -> localhost:80"]
`;

/**
 * Opens the person's editor on a copy, checks the result and saves it as a whole. The file itself is untouched until then; a bad text is kept
 * aside. Rejects with `config` if the file cannot be read or written, `usage` if there is no editor.
 */
export async function editInEditor(context: CommandContext): Promise<EditOutcome> {
  const file = context.profile.configFile;
  const read = await readConfigFile(file);
  if (read.kind === 'bad') {
    const [problem] = read.problems;
    throw new HoldfastError({
      code: 'config',
      where: file,
      message: problem === undefined ? `${file} cannot be read.` : formatProblem(file, problem),
      next: 'Correct that first; nothing was opened.',
    });
  }
  const before = read.kind === 'read' ? read.text : null;
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-edit-'));
  const copy = join(folder, 'config.toml');
  let keep = false;
  try {
    await writeFile(copy, before ?? template, { mode: 0o600 });
    await runEditor(context, copy);
    const text = await readFile(copy, 'utf8');
    if (text === (before ?? template)) return { kind: 'unchanged' };
    const parsed = parseConfig(text, { file });
    if (parsed.kind === 'bad') {
      keep = true;
      return { kind: 'bad', problems: parsed.problems, keptIn: copy };
    }
    await writeConfigFile(file, text, before).catch((error: unknown) => {
      keep = true;
      throw error;
    });
    return { kind: 'saved' };
  } finally {
    if (!keep) await rm(folder, { recursive: true, force: true });
  }
}

/** $VISUAL and $EDITOR may hold arguments: the shell splits them, as git and crontab do. The path is passed apart from the text. */
async function runEditor(context: CommandContext, copy: string): Promise<void> {
  const { env } = context.terminal;
  const windows = process.platform === 'win32';
  const editor = env['VISUAL'] || env['EDITOR'] || (windows ? 'notepad' : 'vi');
  const child = windows
    ? spawn(`${editor} "${copy}"`, { stdio: 'inherit', shell: true })
    : spawn('/bin/sh', ['-c', `${editor} "$1"`, 'holdfast', copy], { stdio: 'inherit' });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => resolve(status));
  });
  if (code === 0) return;
  throw new HoldfastError({
    code: 'usage',
    where: editor,
    message: `The editor ended with ${code ?? 'a signal'}; nothing was saved.`,
    next: 'Set VISUAL or EDITOR to an editor that stays in the foreground.',
  });
}
