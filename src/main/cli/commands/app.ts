import { existsSync } from 'node:fs';
import { booleanOption, type CommandContext, type CommandInput, usageError } from '../command.ts';
import { run as runServe } from './serve.ts';

/** Opens the desktop app; where there is none to be had, says why and serves the window to a browser. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  if (input.positionals.length > 0) throw usageError('app', 'app takes no names.');
  const { endNote, findDesktop, launchDesktop, sandboxNote } = await import('../../desktop-launch.ts');
  const found = booleanOption(input, 'panel')
    ? ({ kind: 'none', why: 'the panel was asked for' } as const)
    : findDesktop();
  if (!existsSync(context.profile.configFile)) {
    context.out.note(
      `There is no configuration at ${context.profile.configFile} yet. The window helps with the first tunnel; or make it here: holdfast add host NAME --address HOST --user USER, then: holdfast add tunnel NAME --host NAME --forward "local 5432 -> db:5432"`,
    );
  }
  if (found.kind === 'none') {
    context.out.note(`No desktop app: ${found.why}. The window opens in a browser instead, by the link below.`);
    return runServe(context, { ...input, values: { ...input.values, panel: true } });
  }
  const note = sandboxNote();
  if (note !== null) context.out.note(note);
  const child = launchDesktop(found, context.profile.configFile);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const reason = endNote(found, signal);
      if (reason !== null) context.out.note(reason);
      resolve(code ?? (signal ? 1 : 0));
    });
  });
}
