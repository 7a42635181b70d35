import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inEnglish } from '../../../shared/i18n/sentences/index.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { writeFileAtomic } from '../lifecycle/atomic-file.ts';
import { wayTo } from '../lifecycle/file-trust.ts';
import { type CheckedConfig, ConfigEditor } from './edit.ts';
import { readConfigFile } from './load.ts';
import type { ParseContext } from './parse.ts';
import { formatProblem } from './problem.ts';

/**
 * Writes the configuration as a whole, mode 0600. `before` is the text that the change was made from (null: there was no file): if the file
 * holds something else by now, nothing is written. A missing folder is made, 0700. Behind a trusted link the real file is written. Rejects with
 * code `config`: a file, folder or link that is not ours alone, changed meanwhile, disk full; the file is then what it was.
 */
export async function writeConfigFile(file: string, text: string, before?: string | null): Promise<void> {
  const folder = dirname(file);
  const distrust = await distrustOfPlace(file, folder);
  if (distrust !== null) throw refused(file, distrust);
  await writeFileAtomic(file, text, {
    mode: 0o600,
    links: 'trusted',
    code: 'config',
    ...(before === undefined ? {} : { expectedBefore: before }),
  });
}

/**
 * Changes the configuration file: reads it, lets `edit` change the text, checks the result, writes it. A file that does not exist is begun.
 * Rejects with code `config` or `not-found`; then nothing was written.
 */
export async function editConfigFile(
  file: string,
  edit: (editor: ConfigEditor) => void,
  context: Omit<ParseContext, 'file'> = {},
): Promise<CheckedConfig> {
  return changeConfigFile(file, (before) => {
    const editor = new ConfigEditor(before ?? '', { ...context, file });
    edit(editor);
    return { ...editor.check(), text: editor.text };
  });
}

/** The same, with the whole text that `change` makes of the one before (null: there is no file). */
export async function changeConfigFile(
  file: string,
  change: (before: string | null) => ChangedText | Promise<ChangedText>,
): Promise<CheckedConfig> {
  for (let attempt = 1; ; attempt += 1) {
    const before = await readForEdit(file);
    const { text, config, warnings } = await change(before);
    if (text === before) return { config, warnings };
    try {
      await writeConfigFile(file, text, before);
      return { config, warnings };
    } catch (error) {
      // Somebody was faster: the same edit on top of theirs. Anything else is not healed by trying again.
      if (attempt === mostAttempts || (await readForEdit(file)) === before) throw error;
    }
  }
}

/** A valid configuration with its text. */
export interface ChangedText extends CheckedConfig {
  readonly text: string;
}

const mostAttempts = 20;

async function readForEdit(file: string): Promise<string | null> {
  const read = await readConfigFile(file);
  if (read.kind === 'bad') {
    const problem = read.problems[0];
    throw refused(file, problem === undefined ? 'it cannot be read' : problem.message);
  }
  return read.kind === 'read' ? read.text : null;
}

async function distrustOfPlace(file: string, folder: string): Promise<string | null> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const { distrust } = await wayTo(file);
    return distrust === null ? null : inEnglish(distrust);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return `the folder ${folder} cannot be made or read: ${code}`;
  }
}

function refused(file: string, why: string): HoldfastError {
  return new HoldfastError({
    code: 'config',
    where: file,
    message: formatProblem(file, { line: 1, key: 'file', message: why }),
    next: 'Correct that first; nothing was written.',
  });
}
