import type { HoldfastConfig, HostConfig, TunnelConfig } from '../../../shared/model/config.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { Prompt } from '../../../shared/model/prompt.ts';
import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import { booleanOption, type CommandContext, type CommandInput, usageError } from '../command.ts';
import { configIfGood, requireConfig } from '../config-source.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatTable } from '../style.ts';
import { stateDetails, stateRemedy, stateWord, statusRow } from '../tunnel-view.ts';

/** list, show and hosts: what the configuration says. They need no engine. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  switch (input.command.name) {
    case 'show':
      return show(context, input);
    case 'hosts':
      if (input.positionals.length > 0) throw usageError('hosts', 'hosts takes no names.');
      return booleanOption(input, 'names') ? names(context, (config) => config.hosts.keys()) : hosts(context);
    default:
      if (input.positionals.length > 0)
        throw usageError('list', 'list takes no names; see one with: holdfast show NAME');
      return booleanOption(input, 'names')
        ? names(context, (config) => tunnelNames(config, booleanOption(input, 'groups')))
        : list(context);
  }
}

/** For completion: a broken or missing configuration has no names and says nothing. */
async function names(context: CommandContext, pick: (config: HoldfastConfig) => Iterable<string>): Promise<number> {
  const config = await configIfGood(context);
  const found = config === null ? [] : [...pick(config)];
  if (context.json) context.out.json(found);
  else for (const name of found) context.out.print(name);
  return exitCodes.done;
}

function tunnelNames(config: HoldfastConfig, groups: boolean): string[] {
  const found = new Set(config.tunnels.keys());
  if (groups) for (const tunnel of config.tunnels.values()) if (tunnel.group !== null) found.add(tunnel.group);
  return [...found];
}

async function list(context: CommandContext): Promise<number> {
  const config = await requireConfig(context);
  const { out, texts } = context;
  const tunnels = [...config.tunnels.values()];
  if (context.json) {
    out.json(
      tunnels.map(({ name, host, group, start, interactive, forwards }) => ({
        name,
        host,
        group,
        start,
        interactive,
        forwards: forwards.map((forward) => forward.spec),
      })),
    );
    return exitCodes.done;
  }
  if (tunnels.length === 0) {
    out.print(texts.status.none);
    return exitCodes.done;
  }
  const { headings } = texts;
  const rows = tunnels.map((tunnel) => [
    tunnel.name,
    tunnel.host,
    tunnel.group ?? '-',
    tunnel.start,
    tunnel.forwards.map((forward) => forward.spec).join(', '),
  ]);
  const head = [headings.name, headings.host, headings.group, headings.start, headings.forwards];
  for (const line of formatTable([head.map((cell) => out.style.faint(cell)), ...rows])) out.print(line);
  return exitCodes.done;
}

async function hosts(context: CommandContext): Promise<number> {
  const config = await requireConfig(context);
  const { out, texts } = context;
  const all = [...config.hosts.values()];
  if (context.json) {
    out.json(all);
    return exitCodes.done;
  }
  if (all.length === 0) {
    out.print(texts.config.noHosts);
    return exitCodes.done;
  }
  const { headings } = texts;
  const rows = all.map((host) => [host.name, host.user, address(host), host.jump.join(' → ') || '-']);
  const head = [headings.name, headings.user, headings.address, headings.jump];
  for (const line of formatTable([head.map((cell) => out.style.faint(cell)), ...rows])) out.print(line);
  return exitCodes.done;
}

function address(host: HostConfig): string {
  const shown = host.address.includes(':') ? `[${host.address}]` : host.address;
  return host.port === 22 ? shown : `${shown}:${host.port}`;
}

async function show(context: CommandContext, input: CommandInput): Promise<number> {
  const [name, ...rest] = input.positionals;
  if (name === undefined || rest.length > 0) throw usageError('show', 'Which tunnel? Name one.');
  const config = await requireConfig(context);
  const { out, texts, clock } = context;
  const tunnel = config.tunnels.get(name);
  if (tunnel === undefined) {
    throw new HoldfastError({
      code: 'not-found',
      where: context.profile.configFile,
      message: `There is no tunnel ${name}.`,
      next: 'See the names with: holdfast list',
    });
  }
  if (booleanOption(input, 'as-ssh')) {
    const { formatSshCommand } = await import('../../engine/interop/ssh-command-format.ts');
    const command = formatSshCommand(tunnel, config);
    if (context.json) out.json({ command });
    else out.print(command);
    return exitCodes.done;
  }
  const host = config.hosts.get(tunnel.host);
  const { status, prompts } = await statusIfRunning(context, name);
  if (context.json) {
    out.json({ tunnel, host, status: status === null ? null : statusRow(status, clock.wallNow(), prompts) });
    return exitCodes.done;
  }
  if (status !== null) {
    out.print(`${out.style.strong(name)}  ${stateWord(status, texts, out.style)}`);
    for (const line of [stateDetails(status, texts, clock.wallNow(), prompts), stateRemedy(status)])
      if (line !== null && line !== '') out.print(`  ${line}`);
  } else out.print(out.style.strong(name));
  for (const line of formatTable(factsOf(tunnel, host, context), '  ')) out.print(line);
  const rows = tunnel.forwards.map((forward) => {
    const live = status?.forwards.find((each) => each.spec === forward.spec);
    return [
      forward.spec,
      live === undefined ? (forward.enabled ? '' : texts.forwardStates.off) : texts.forwardStates[live.state],
      live?.listen ?? '',
      live?.cause?.message ?? '',
    ];
  });
  for (const line of formatTable(rows, '  ')) out.print(line);
  return exitCodes.done;
}

/** An engine that does not run, or does not know the tunnel yet, is no error here. */
async function statusIfRunning(
  context: CommandContext,
  name: string,
): Promise<{ status: TunnelStatus | null; prompts: readonly Prompt[] }> {
  try {
    const client = await context.connect();
    const [rows, prompts] = await Promise.all([client.call('status', { names: [name] }), client.call('prompts', {})]);
    return { status: rows[0] ?? null, prompts };
  } catch (error) {
    if (error instanceof HoldfastError && (error.code === 'no-engine' || error.code === 'not-found'))
      return { status: null, prompts: [] };
    throw error;
  }
}

function factsOf(tunnel: TunnelConfig, host: HostConfig | undefined, { out, texts }: CommandContext): string[][] {
  const { headings } = texts;
  const facts: [string, string][] = [
    [headings.host, host === undefined ? tunnel.host : `${tunnel.host} (${host.user}@${address(host)})`],
    [headings.start, tunnel.interactive ? `${tunnel.start}, interactive` : tunnel.start],
  ];
  if (host !== undefined && host.jump.length > 0) facts.push([headings.jump, host.jump.join(' → ')]);
  if (tunnel.group !== null) facts.push([headings.group, tunnel.group]);
  if (tunnel.production) facts.push(['', texts.config.production]);
  if (tunnel.description !== null) facts.push(['', tunnel.description]);
  return facts.map(([label, value]) => [out.style.faint(label), value]);
}
