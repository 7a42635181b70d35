import type { ConfigEdit, ConfigValue } from './editing-calls.ts';

/** The commands that the configuration would run here after these edits, each once: `proxy-command` of new or changed hosts. */
export function commandsOfEdits(edits: readonly ConfigEdit[]): readonly string[] {
  const commands = edits.flatMap((edit): ConfigValue[] => {
    if (edit.op === 'add-host') return [edit.values['proxy-command'] ?? []];
    const isProxy = edit.op === 'set' && edit.path[0] === 'hosts' && edit.path[2] === 'proxy-command';
    return isProxy ? [edit.value] : [];
  });
  return [...new Set(commands.filter((command) => typeof command === 'string'))];
}
