import { assertNever } from '../../../shared/model/failure.ts';
import { booleanOption, type CommandContext, type CommandInput, durationOption, usageError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

type Act = 'up' | 'down' | 'restart' | 'now';

/** up, down, restart, now: tell the engine and return; with --wait until the tunnels have settled. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const act = input.command.name as Act;
  const all = booleanOption(input, 'all');
  const names = [...input.positionals];
  if (names.length === 0 && !all) throw usageError(act, `Which tunnel? Name it, or its group, or say --all.`);
  if (names.length > 0 && all) throw usageError(act, 'Either names or --all.');
  const timeoutMs = durationOption(input, 'timeout', 60_000);
  const wait = booleanOption(input, 'wait');
  if (input.values['timeout'] !== undefined && !wait) throw usageError(act, '--timeout goes with --wait.');
  const client = await context.connect();
  if (wait) {
    const { waitForTunnels } = await import('../wait-for-tunnels.ts');
    return waitForTunnels(context, client, { timeoutMs, act: () => client.call(act, { names, all }) });
  }
  const affected = await client.call(act, { names, all });
  if (context.json) context.out.json(affected);
  else
    context.out.print(affected.names.length === 0 ? context.texts.act.nothing : describe(act, affected.names, context));
  return exitCodes.done;
}

function describe(act: Act, names: readonly string[], { texts }: CommandContext): string {
  const joined = names.join(', ');
  switch (act) {
    case 'up':
      return texts.act.up(joined);
    case 'down':
      return texts.act.down(joined);
    case 'restart':
      return texts.act.restart(joined);
    case 'now':
      return texts.act.now(joined);
    default:
      return assertNever(act);
  }
}
