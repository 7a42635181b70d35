import { setImmediate } from 'node:timers/promises';
import type { ConfigEdit, ConfigValue } from '../../../shared/contract/editing-calls.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { type CheckedConfig, checkedConfig, ConfigEditor, type ForwardTable } from './edit.ts';
import { readConfigFile } from './load.ts';
import { parseConfig } from './parse.ts';
import { cleanProblem, type ConfigProblem } from './problem.ts';
import { changeConfigFile } from './save.ts';
import { type EditSteps, finish, type NewTable } from './splice.ts';

/** Applies the edits of a shell to an editor, in order. Throws `config` and `not-found`. */
export function applyEdits(editor: ConfigEditor, edits: readonly ConfigEdit[]): void {
  finish(editSteps(editor, edits));
}

/** What is added in a row, as in an import, is one step together. */
function* editSteps(editor: ConfigEditor, edits: readonly ConfigEdit[]): EditSteps {
  let added: NewTable[] = [];
  for (const edit of edits) {
    if (edit.op === 'add-host' || edit.op === 'add-tunnel') {
      added.push({ path: [edit.op === 'add-host' ? 'hosts' : 'tunnels', edit.name], value: edit.values });
      continue;
    }
    yield* editor.adding(added);
    added = [];
    if (edit.op === 'set') yield* editor.setting(edit.path, edit.value);
    else {
      applyEdit(editor, edit);
      yield;
    }
  }
  yield* editor.adding(added);
}

type OneStep = Exclude<ConfigEdit, { readonly op: 'add-host' | 'add-tunnel' | 'set' }>;

function applyEdit(editor: ConfigEditor, edit: OneStep): void {
  switch (edit.op) {
    case 'remove-host':
      return editor.removeHost(edit.name);
    case 'remove-tunnel':
      return editor.removeTunnel(edit.name);
    case 'rename-tunnel':
      return editor.renameTunnel(edit.name, edit.to);
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

/** Characters that the steps of one request may have parsed, all together; so many count for each at least, which makes 512 steps. */
const mostParsed = 32 * 1024 * 1024;
const leastParsed = 64 * 1024;

/** A text with its edits applied, and the one that they were applied to (null: there was no file). */
export interface EditedText extends CheckedConfig {
  readonly before: string | null;
  readonly text: string;
}

export type EditPreview =
  | (EditedText & { readonly kind: 'ok' })
  | { readonly kind: 'bad'; readonly problems: readonly ConfigProblem[] };

/** The configuration as it would be after `edits`; nothing is written. Others have their turn between the steps. Rejects with the signal's reason. */
export async function previewEdits(
  file: string,
  edits: readonly ConfigEdit[],
  signal?: AbortSignal,
): Promise<EditPreview> {
  const read = await readConfigFile(file);
  if (read.kind === 'bad') return { kind: 'bad', problems: read.problems };
  const before = read.kind === 'read' ? read.text : null;
  try {
    const text = await editedText(file, before, edits, signal);
    const parsed = parseConfig(text, { file });
    return parsed.kind === 'bad' ? parsed : { ...parsed, before, text };
  } catch (error) {
    signal?.throwIfAborted();
    return { kind: 'bad', problems: [asProblem(error)] };
  }
}

/** Writes the edits, all or none; `preview`: what they gave, which is what is written if the file is still the same. Rejects with `config`. */
export async function saveEdits(file: string, edits: readonly ConfigEdit[], preview?: EditedText): Promise<void> {
  await changeConfigFile(file, async (before) => {
    if (preview?.before === before) return preview;
    const text = await editedText(file, before, edits);
    return { ...checkedConfig(text, { file }), text };
  });
}

async function editedText(
  file: string,
  before: string | null,
  edits: readonly ConfigEdit[],
  signal?: AbortSignal,
): Promise<string> {
  const editor = new ConfigEditor(before ?? '', { file });
  const steps = editSteps(editor, edits);
  let parsed = 0;
  do {
    await setImmediate();
    signal?.throwIfAborted();
    parsed += Math.max(editor.text.length, leastParsed);
    if (parsed > mostParsed) throw tooMuch();
  } while (steps.next().done !== true);
  await setImmediate();
  return editor.text;
}

function tooMuch(): HoldfastError {
  return new HoldfastError({
    code: 'config',
    where: 'configuration',
    message: 'These are too many changes at once for a configuration of this size.',
    next: 'Make fewer of them at a time.',
  });
}

function asProblem(error: unknown): ConfigProblem {
  if (!(error instanceof HoldfastError)) throw error;
  return cleanProblem({ line: 0, key: error.where, message: error.message });
}
