import { cleanLine } from '../../../shared/model/clean-text.ts';
import { chosenNames, type CommandContext, type CommandInput, usageError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatBytes, formatDuration, formatTable, formatTime } from '../style.ts';

/** stats and connections. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  return input.command.name === 'stats' ? showStats(context, input) : showConnections(context, input);
}

async function showStats(context: CommandContext, input: CommandInput): Promise<number> {
  const names = chosenNames(input);
  const client = await context.connect();
  const stats = await client.call('stats', { names });
  const { out, texts } = context;
  const { headings } = texts;
  if (context.json) {
    out.json(stats);
    return exitCodes.done;
  }
  if (stats.length === 0) {
    out.print(texts.status.none);
    return exitCodes.done;
  }
  const head = [
    headings.name,
    headings.uptime,
    headings.received,
    headings.sent,
    headings.clients,
    headings.probe,
    headings.reconnects,
  ];
  const rows = stats.map((each) => {
    const causes = Object.entries(each.reconnectsByCause)
      .sort((a, b) => b[1] - a[1])
      .map(([cause, count]) => `${cleanLine(cause, 64)} ${count}`);
    const probe = each.probeMs.at(-1);
    return [
      each.name,
      `${formatDuration(each.uptimeMs)} / ${formatDuration(each.totalUptimeMs)}`,
      formatBytes(each.bytesIn),
      formatBytes(each.bytesOut),
      `${each.connections} / ${each.totalConnections}`,
      probe === undefined ? '-' : `${Math.round(probe)} ms`,
      causes.length === 0 ? String(each.reconnects) : `${each.reconnects} (${causes.join(', ')})`,
    ];
  });
  for (const line of formatTable([head.map((cell) => out.style.faint(cell)), ...rows])) out.print(line);
  return exitCodes.done;
}

async function showConnections(context: CommandContext, input: CommandInput): Promise<number> {
  if (input.positionals.length > 0) throw usageError('connections', 'connections takes no names.');
  const client = await context.connect();
  const connections = await client.call('connections', {});
  const { out, texts } = context;
  const { headings } = texts;
  if (context.json) {
    out.json(connections);
    return exitCodes.done;
  }
  if (connections.length === 0) {
    out.print(texts.connections.none);
    return exitCodes.done;
  }
  const head = [
    headings.host,
    headings.address,
    headings.jump,
    headings.login,
    headings.leases,
    headings.channels,
    headings.received,
    headings.sent,
    headings.since,
  ];
  const rows = connections.map((each) => [
    each.host,
    cleanLine(`${each.user}@${each.address}`),
    each.jump.length === 0 ? '-' : each.jump.join(' → '),
    cleanLine(each.authenticatedBy),
    String(each.leases),
    String(each.channels),
    formatBytes(each.bytesIn),
    formatBytes(each.bytesOut),
    formatTime(each.sinceMs),
  ]);
  for (const line of formatTable([head.map((cell) => out.style.faint(cell)), ...rows])) out.print(line);
  return exitCodes.done;
}
