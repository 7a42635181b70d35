import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { logFileName } from '../../engine/log/log-record.ts';
import { tailFiles } from '../../engine/log/tail.ts';
import { configIfGood } from '../config-source.ts';
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
  const { out, texts } = context;
  const show = (line: LogLine): void => {
    if (context.json) out.jsonLine(line);
    else out.print(formatLogLine(line, out.style, tunnel === null));
  };
  if (!follow) {
    const found = await newest(context, tunnel, lines);
    if (context.json) out.json(found);
    else if (found.length === 0) out.print(texts.logs.none);
    else for (const line of found) show(line);
    return exitCodes.done;
  }
  const client = await context.connect();
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

/** From the engine, or from its files if none runs: that is when one wants to know what it wrote last. */
async function newest(context: CommandContext, tunnel: string | null, lines: number): Promise<readonly LogLine[]> {
  try {
    const client = await context.connect();
    return await client.call('logs', { tunnel, lines });
  } catch (error) {
    if (!(error instanceof HoldfastError && error.code === 'no-engine')) throw error;
    const config = await configIfGood(context);
    const path = join(context.profile.logFolder, logFileName(tunnel));
    // A name that neither the configuration nor a file knows is a mistyped one; without any file there is nothing to show.
    if (!existsSync(path)) {
      if (tunnel === null || config?.tunnels.has(tunnel) !== false) throw error;
      throw new HoldfastError({
        code: 'not-found',
        where: context.profile.configFile,
        message: `There is no tunnel ${tunnel}.`,
        next: 'See the names with: holdfast list',
      });
    }
    context.out.note(context.out.errorStyle.faint(context.texts.logs.noEngine));
    return tailFiles(path, config?.settings.logFiles ?? 5, lines);
  }
}
