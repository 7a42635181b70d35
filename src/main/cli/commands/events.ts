import type { HistoryEvent } from '../../../shared/contract/calls.ts';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import { thisMachine } from '../../../shared/model/tunnel.ts';
import { DisposableStore } from '../../engine/lifecycle/disposable.ts';
import { booleanOption, type CommandContext, type CommandInput, numberOption } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { TunnelFollower, untilEnded } from '../live-view.ts';
import { formatTable, formatTime } from '../style.ts';
import { stateDetails, statusRow, stateWord } from '../tunnel-view.ts';

/** The history; with -f every change of state that follows. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const names = [...input.positionals];
  const limit = numberOption(input, 'lines', 50, 1, 10_000);
  const follow = booleanOption(input, 'follow');
  const client = await context.connect();
  const { out, texts } = context;
  const history = await client.call('history', { names, limit });
  if (!follow) {
    if (context.json) out.json(history);
    else if (history.length === 0) out.print(texts.history.none);
    else for (const line of historyTable(history, context)) out.print(line);
    return exitCodes.done;
  }
  if (context.json) for (const event of history) out.jsonLine(event);
  else for (const line of historyTable(history, context)) out.print(line);
  const store = new DisposableStore();
  try {
    const ended = untilEnded(context, client, store);
    ended.catch(() => {});
    const last = new Map<string, string>();
    const follower: TunnelFollower = store.add(
      new TunnelFollower(client, names, (changed) => {
        for (const tunnel of changed) {
          const key = tunnel.state.kind;
          if (last.get(tunnel.name) === key) continue;
          last.set(tunnel.name, key);
          const now = context.clock.wallNow();
          if (context.json) {
            const { state, cause } = statusRow(tunnel, now, follower.prompts);
            out.jsonLine({ atMs: now, tunnel: tunnel.name, what: state, cause });
          } else {
            const word = stateWord(tunnel, texts, out.style);
            out.print(
              `${formatTime(now)}  ${tunnel.name}  ${word}  ${stateDetails(tunnel, texts, now, follower.prompts)}`.trimEnd(),
            );
          }
        }
      }),
    );
    await follower.start();
    for (const tunnel of follower.tunnels) if (!last.has(tunnel.name)) last.set(tunnel.name, tunnel.state.kind);
    await ended;
  } finally {
    store.dispose();
  }
  return exitCodes.done;
}

function historyTable(history: readonly HistoryEvent[], { out }: CommandContext): string[] {
  return formatTable(
    history.map((event) => [
      out.style.faint(formatTime(event.atMs)),
      event.tunnel === thisMachine ? '-' : cleanLine(event.tunnel),
      cleanLine(event.what),
      event.cause === null ? '' : cleanLine(event.cause.message),
    ]),
  );
}
