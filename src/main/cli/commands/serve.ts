import { booleanOption, type CommandContext, type CommandInput, usageError } from '../command.ts';
import { panelPort, printPanelLink } from './panel.ts';

/** Runs the engine until it is told to end. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  if (input.positionals.length > 0) throw usageError('serve', 'serve takes no names; tunnels start as configured.');
  // Tunnels stay up when the terminal or the pipe behind the ready line and the log is gone.
  context.terminal.outliveReaders();
  const wantsPanel = booleanOption(input, 'panel');
  const port = panelPort(input, 'panel-port');
  leaveRemovedFolder();
  const { serve } = await import('../../headless.ts');
  return serve({
    profile: context.profile,
    logToStderr: booleanOption(input, 'verbose'),
    // The panel has a first-run page that makes the configuration.
    mayBeMissing: wantsPanel,
    onReady: (line) => {
      context.out.print(context.json ? JSON.stringify({ ready: line }) : line);
      if (wantsPanel) void printPanelLink(context, port);
    },
    onFailed: (cause) => {
      if (context.json) context.out.json({ error: cause });
      context.out.problem(cause, context.texts.errors.next);
    },
  });
}

/** Node starts no thread in a folder that was removed, where a shell may still stand; every path of the profile is absolute by now. */
function leaveRemovedFolder(): void {
  try {
    process.cwd();
  } catch {
    process.chdir('/');
  }
}
