import { type KnownHostsPlaces, knownHostsPlaces } from '../../engine/host-keys/known-hosts-places.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { expandPath } from '../../engine/config/paths.ts';
import {
  findKnownHost,
  type KnownHostEntry,
  listKnownHosts,
  removeKnownHost,
} from '../../engine/host-keys/known-hosts-edit.ts';
import { type CommandContext, type CommandInput, stringOption, usageError } from '../command.ts';
import { configIfGood } from '../config-source.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatTable } from '../style.ts';

/** known-hosts list, find, remove. NAME is a name as in the file, or a host of the configuration. */
export async function run(context: CommandContext, input: CommandInput): Promise<number> {
  const [word, name, ...rest] = input.positionals;
  if (rest.length > 0) throw usageError('known-hosts', 'One name at a time.');
  switch (word) {
    case 'list': {
      const places = await placesOf(context, input, null);
      return printEntries(context, await listKnownHosts(name === undefined ? places.files : [absolute(name)]));
    }
    case 'find':
    case 'remove': {
      if (name === undefined) throw usageError('known-hosts', `Say whose: known-hosts ${word} NAME.`);
      const places = await placesOf(context, input, name);
      return word === 'find' ? find(context, places) : remove(context, places);
    }
    default:
      throw usageError('known-hosts', 'Say: list, find NAME or remove NAME.');
  }
}

interface Places extends KnownHostsPlaces {
  /** The name as ssh looks it up. */
  readonly name: string;
}

async function placesOf(context: CommandContext, input: CommandInput, name: string | null): Promise<Places> {
  const config = await configIfGood(context);
  const host = name === null ? undefined : config?.hosts.get(name);
  const chosen = stringOption(input, 'file');
  const hosts = host === undefined ? [...(config?.hosts.values() ?? [])] : [host];
  const lookUp =
    host === undefined
      ? (name ?? '')
      : (host.hostKeyAlias ?? (host.port === 22 ? host.address : `[${host.address}]:${host.port}`));
  if (chosen !== null) return { files: [absolute(chosen)], written: [absolute(chosen)], name: lookUp };
  return { ...knownHostsPlaces(hosts), name: lookUp };
}

function absolute(file: string): string {
  return expandPath(file, process.cwd());
}

async function find(context: CommandContext, { files, name }: Places): Promise<number> {
  const found = await findKnownHost(files, name);
  if (found.length === 0) throw nothingFor(name, context);
  return printEntries(context, found);
}

async function remove(context: CommandContext, { files, written, name }: Places): Promise<number> {
  const removed: KnownHostEntry[] = [];
  for (const file of written) removed.push(...(await removeKnownHost(file, name)));
  const left = await findKnownHost(files, name);
  if (removed.length === 0 && left.length === 0) throw nothingFor(name, context);
  if (context.json) context.out.json({ removed, left });
  else {
    context.out.print(context.texts.knownHosts.removed(removed.length, name));
    for (const entry of left)
      context.out.note(context.texts.knownHosts.left(`${entry.file}:${entry.line}`, entry.names));
  }
  return removed.length > 0 ? exitCodes.done : exitCodes.failed;
}

function nothingFor(name: string, { texts }: CommandContext): HoldfastError {
  return new HoldfastError({
    code: 'not-found',
    where: 'known_hosts',
    message: texts.knownHosts.notFound(name),
    next: 'See all with: holdfast known-hosts list. A port other than 22 is written [host]:port.',
  });
}

function printEntries(context: CommandContext, entries: readonly KnownHostEntry[]): number {
  const { out, texts } = context;
  if (context.json) out.json(entries);
  else if (entries.length === 0) out.print(texts.knownHosts.none);
  else {
    const { headings } = texts;
    const rows = entries.map((entry) => [
      `${entry.file}:${entry.line}`,
      `${entry.marker === 'none' ? '' : `@${entry.marker} `}${entry.names}`,
      entry.keyType ?? '-',
      entry.problem ?? entry.fingerprint ?? '-',
    ]);
    const head = [headings.file, headings.name, headings.keyType, headings.fingerprint];
    for (const line of formatTable([head.map((cell) => out.style.faint(cell)), ...rows])) out.print(line);
  }
  return exitCodes.done;
}
