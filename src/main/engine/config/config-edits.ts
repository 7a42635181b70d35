import type { ConfigEdit, ConfigValue } from '../../../shared/contract/editing-calls.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { ConfigEditor, type ForwardTable } from './edit.ts';
import { readConfigFile } from './load.ts';
import { parseConfig, type ParseResult } from './parse.ts';
import { cleanProblem, type ConfigProblem } from './problem.ts';
import { editConfigFile } from './save.ts';

/** Applies the edits of a shell to an editor, in order. Throws `config` and `not-found`. */
export function applyEdits(editor: ConfigEditor, edits: readonly ConfigEdit[]): void {
  for (const edit of edits) applyEdit(editor, edit);
}

function applyEdit(editor: ConfigEditor, edit: ConfigEdit): void {
  switch (edit.op) {
    case 'add-host':
      return editor.addHost(edit.name, edit.values);
    case 'remove-host':
      return editor.removeHost(edit.name);
    case 'add-tunnel':
      return editor.addTunnel(edit.name, edit.values);
    case 'remove-tunnel':
      return editor.removeTunnel(edit.name);
    case 'rename-tunnel':
      return editor.renameTunnel(edit.name, edit.to);
    case 'set':
      return editor.set(edit.path, edit.value);
    case 'delete':
      return editor.delete(edit.path);
    case 'add-forward':
      return editor.addForward(edit.tunnel, asForward(edit.forward));
    case 'replace-forward':
      return editor.replaceForward(edit.tunnel, edit.spec, asForward(edit.forward));
    case 'remove-forward':
      return editor.removeForward(edit.tunnel, edit.spec);
  }
}

/** A table's keys and types are checked with the whole file. */
function asForward(value: ConfigValue): string | ForwardTable {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && !Array.isArray(value)) return value as unknown as ForwardTable;
  throw new HoldfastError({
    code: 'config',
    where: 'forwards',
    message: 'A forward is a text or a table.',
    next: 'For example: local 5432 -> db:5432',
  });
}

/** The configuration as it would be after `edits`; nothing is written. */
export async function previewEdits(file: string, edits: readonly ConfigEdit[]): Promise<ParseResult> {
  const read = await readConfigFile(file);
  if (read.kind === 'bad') return { kind: 'bad', problems: read.problems };
  try {
    const editor = new ConfigEditor(read.kind === 'read' ? read.text : '', { file });
    applyEdits(editor, edits);
    return parseConfig(editor.text, { file });
  } catch (error) {
    return { kind: 'bad', problems: [asProblem(error)] };
  }
}

/** Writes the edits, all or none. Rejects with `config`. */
export async function saveEdits(file: string, edits: readonly ConfigEdit[]): Promise<void> {
  await editConfigFile(file, (editor) => applyEdits(editor, edits));
}

function asProblem(error: unknown): ConfigProblem {
  if (!(error instanceof HoldfastError)) throw error;
  return cleanProblem({ line: 0, key: error.where, message: error.message });
}
