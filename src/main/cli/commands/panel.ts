import type { HoldfastError } from '../../../shared/model/failure.ts';
import { ControlClient } from '../../engine/control/control-client.ts';
import { type CommandContext, type CommandInput, stringOption, usageError } from '../command.ts';

/** Prints a fresh link to the panel of the running engine. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  if (input.positionals.length > 0) throw usageError('panel', 'panel takes no names.');
  const port = panelPort(input, 'port');
  const client = await ControlClient.connect(context.profile);
  try {
    const { url } = await client.call('panel.link', { port });
    if (context.json) context.out.json({ url });
    else context.out.print(url);
    return 0;
  } finally {
    client.dispose();
  }
}

/** The port asked for, null for any. */
export function panelPort(input: CommandInput, option: string): number | null {
  const text = stringOption(input, option);
  if (text === null) return null;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw usageError('panel', `${text} is no port.`);
  return port;
}

/** After `serve` is ready: asks the engine for its panel and prints the link; a fault is told and the engine goes on. */
export async function printPanelLink(context: CommandContext, port: number | null): Promise<void> {
  try {
    const client = await ControlClient.connect(context.profile);
    try {
      const { url } = await client.call('panel.link', { port });
      context.out.print(context.json ? JSON.stringify({ panel: url }) : `panel: ${url}`);
    } finally {
      client.dispose();
    }
  } catch (error) {
    context.out.problem((error as HoldfastError).toCause(), context.texts.errors.next);
  }
}
