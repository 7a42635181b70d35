import { booleanOption, type CommandContext, type CommandInput, numberOption, usageError } from '../command.ts';
import { DisposableStore } from '../../engine/lifecycle/disposable.ts';
import type { LogLine } from '../../../shared/contract/calls.ts';
import { exitCodes } from '../exit-codes.ts';
import { untilEnded } from '../live-view.ts';
import { formatLogLine } from '../log-view.ts';

/** The newest lines of a log; with -f the following ones too. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [tunnel = null, ...rest] = input.positionals;
  if (rest.length > 0) throw usageError('logs', 'One tunnel at a time; without a name it is the log of the engine.');
  const lines = numberOption(input, 'lines', 50, 0, 10_000);
  const follow = booleanOption(input, 'follow');
  const client = await context.connect();
  const { out, texts } = context;
  const show = (line: LogLine): void => {
    if (context.json) out.jsonLine(line);
    else out.print(formatLogLine(line, out.style, tunnel === null));
  };
  if (!follow) {
    const found = await client.call('logs', { tunnel, lines });
    if (context.json) out.json(found);
    else if (found.length === 0) out.print(texts.logs.none);
    else for (const line of found) show(line);
    return exitCodes.done;
  }
  const store = new DisposableStore();
  try {
    const ended = untilEnded(context, client, store);
    ended.catch(() => {});
    // Lines that come between the subscription and the answer are held, and those that the answer has too are not shown twice.
    let early: LogLine[] | null = [];
    store.add(
      client.onDidEvent((event) => {
        if (event.kind !== 'log') return;
        if (early === null) show(event.line);
        else early.push(event.line);
      }),
    );
    await client.call('subscribe', { tunnels: false, prompts: false, log: true, logTunnel: tunnel });
    const found = await client.call('logs', { tunnel, lines });
    const known = new Set(found.map((line) => JSON.stringify(line)));
    for (const line of found) show(line);
    for (const line of early) if (!known.has(JSON.stringify(line))) show(line);
    early = null;
    await ended;
  } finally {
    store.dispose();
  }
  return exitCodes.done;
}
