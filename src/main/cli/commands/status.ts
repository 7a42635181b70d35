import { booleanOption, chosenNames, type CommandContext, type CommandInput } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { statusRow, statusTable } from '../tunnel-view.ts';

/** Shows tunnels once, or live. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const names = chosenNames(input);
  const client = await context.connect();
  if (booleanOption(input, 'watch')) {
    const { watchStatus } = await import('../live-view.ts');
    return watchStatus(context, client, names);
  }
  const { out, texts, clock } = context;
  if (context.json) {
    const [tunnels, prompts] = await Promise.all([client.call('status', { names }), client.call('prompts', {})]);
    out.json(tunnels.map((tunnel) => statusRow(tunnel, clock.wallNow(), prompts)));
    return exitCodes.done;
  }
  const [tunnels, snapshot] = await Promise.all([client.call('status', { names }), client.call('snapshot', {})]);
  for (const line of statusTable(tunnels, texts, out.style, clock.wallNow(), snapshot.prompts)) out.print(line);
  if (snapshot.prompts.length > 0) out.print(out.style.ask(texts.status.prompts(snapshot.prompts.length)));
  if (snapshot.configProblem !== null)
    out.note(out.errorStyle.warn(texts.status.configProblem(snapshot.configProblem)));
  return exitCodes.done;
}
