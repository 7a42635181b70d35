import { homedir, userInfo } from 'node:os';
import type { z } from 'zod';
import type { HoldfastConfig, HostConfig, TunnelConfig } from '../../../shared/model/config.ts';
import type { ForwardSpec } from '../../../shared/model/forward-spec.ts';
import { crossCheck } from './cross-checks.ts';
import { namePattern, nameRule } from './fields.ts';
import { checkVersion, type Migrations, migrate, ownMigrations } from './migrate.ts';
import { cleanProblem, type ConfigProblem, formatKey, type KeyPath, mostTold } from './problem.ts';
import { type ResolveContext, resolveHost, resolveSettings, resolveTunnel } from './resolve.ts';
import { hostSchema, settingsSchema, tunnelSchema } from './schema.ts';
import { readSection, unknownKey } from './sections.ts';
import { lineOf, parseToml, type TomlTable } from './toml-tree.ts';

/**
 * config: the configuration file, from text to model and back.
 *
 * - paths.ts          where the files of a profile are
 * - parse.ts          text to model: `parseConfig`; the way through the parts below
 * - toml-tree.ts      TOML with the line of every value; toml-depth.ts: how deep it may be
 * - schema.ts, fields.ts, sections.ts   every key, its default, what is wrong with it
 * - resolve.ts        raw sections to the model: paths, defaults that depend on others
 * - cross-checks.ts   what one key says about another: hosts that exist, loops, listeners that clash
 * - forward-spec.ts, quantity.ts, nearest.ts   small readers: forwards, durations and sizes, the nearest known word
 * - load.ts           the file: who may write it (lifecycle/file-trust.ts), its size, its encoding
 * - diff.ts, watch.ts changes while the engine runs
 * - edit.ts, splice.ts, save.ts   edits that keep comments and order, written as a whole
 * - migrate.ts        older versions of the format
 */

export interface ParseContext {
  /** Relative paths are taken from its folder. */
  readonly file: string;
  readonly home?: string;
  /** Default of `user`. */
  readonly user?: string;
  readonly platform?: NodeJS.Platform;
  /** For tests of the mechanism; default: the real ones. */
  readonly migrations?: Migrations;
}

export type ParseResult =
  | { readonly kind: 'ok'; readonly config: HoldfastConfig; readonly warnings: readonly ConfigProblem[] }
  | { readonly kind: 'bad'; readonly problems: readonly ConfigProblem[] };

/** Longest configuration that is read, in bytes and in characters. */
export const maxConfigBytes = 1024 * 1024;

/** Reads a configuration. Never throws for what stands in `text`; every problem of the file is reported, cleaned, in order of lines. */
export function parseConfig(text: string, context: ParseContext): ParseResult {
  const result = readText(text, context);
  if (result.kind === 'bad') return { kind: 'bad', problems: result.problems.map(cleanProblem) };
  return { ...result, warnings: result.warnings.map(cleanProblem) };
}

function readText(text: string, context: ParseContext): ParseResult {
  const early = refuseText(text);
  if (early !== null) return { kind: 'bad', problems: [early] };
  const bare = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const parsed = parseToml(bare);
  if ('problem' in parsed) return { kind: 'bad', problems: [parsed.problem] };
  const migrations = context.migrations ?? ownMigrations;
  const version = checkVersion(parsed.document.root, migrations);
  if (typeof version !== 'number') return { kind: 'bad', problems: [version] };
  if (version === migrations.current) return new FileReader(parsed.document.root, version, context).read();
  const migrated = parseToml(migrate(bare, version, migrations));
  if ('problem' in migrated) return { kind: 'bad', problems: [migrated.problem] };
  return new FileReader(migrated.document.root, migrations.current, context).read();
}

function refuseText(text: string): ConfigProblem | null {
  if (text.length > maxConfigBytes) return { line: 1, key: 'file', message: 'the file is larger than 1 MiB' };
  const nul = text.indexOf('\0');
  if (nul < 0) return null;
  const line = text.slice(0, nul).split('\n').length;
  return { line, key: 'file', message: 'there is a NUL character: this is not a text file' };
}

const rootKeys = ['version', 'settings', 'hosts', 'tunnels'];
const hostKeys = Object.keys(hostSchema.shape);
const tunnelKeys = Object.keys(tunnelSchema.shape);
const settingsKeys = Object.keys(settingsSchema.shape);

/** One reading of one file: collects problems and warnings on the way. */
class FileReader {
  readonly #root: TomlTable;
  readonly #version: number;
  readonly #context: ParseContext & {
    readonly home: string;
    readonly user: string;
    readonly platform: NodeJS.Platform;
  };
  readonly #problems: ConfigProblem[] = [];
  readonly #warnings: ConfigProblem[] = [];
  readonly #faulty = new Set<string>();
  readonly #places = new Map<ForwardSpec, number>();

  constructor(root: TomlTable, version: number, context: ParseContext) {
    this.#root = root;
    this.#version = version;
    this.#context = {
      ...context,
      home: context.home ?? homedir(),
      user: context.user ?? currentUser(),
      platform: context.platform ?? process.platform,
    };
  }

  read(): ParseResult {
    for (const key of this.#root.entries.keys()) {
      if (!rootKeys.includes(key)) this.#add(unknownKey(this.#root, [key], this.#hinted(rootKeys)));
    }
    const settings = this.#section(settingsSchema, ['settings'], {}, settingsKeys) ?? settingsSchema.parse({});
    const hosts = new Map<string, HostConfig>();
    const hostNames = this.#names('hosts');
    for (const name of hostNames) {
      const raw = this.#section(hostSchema, ['hosts', name], { address: 'x' }, hostKeys);
      if (raw !== null) hosts.set(name, resolveHost(name, raw, this.#resolving(['hosts', name])));
    }
    const backoff = { firstMs: settings['backoff-first'], capMs: settings['backoff-cap'] };
    const tunnels = new Map<string, TunnelConfig>();
    for (const name of this.#names('tunnels')) {
      const raw = this.#section(tunnelSchema, ['tunnels', name], { host: 'x', forwards: ['dynamic 0'] }, tunnelKeys);
      if (raw === null) continue;
      const tunnel = resolveTunnel(name, raw, backoff, this.#resolving(['tunnels', name]));
      tunnels.set(name, tunnel);
    }
    const config: HoldfastConfig = {
      version: this.#version,
      hosts,
      tunnels,
      settings: resolveSettings(settings, this.#resolving(['settings'])),
    };
    crossCheck({
      hosts,
      tunnels,
      hostNames: new Set(hostNames),
      placeOf: (forward) => this.#places.get(forward) ?? 0,
      isWhole: (tunnel) => {
        const prefix = formatKey(['tunnels', tunnel, 'forwards']);
        return !this.#problems.some(({ key }) => key.startsWith(prefix));
      },
      report: (path, message) => this.#report(path, message),
      warn: (path, message) => this.#warnings.push(this.#problem(path, message)),
    });
    const warnings = this.#warnings.sort(byLine);
    if (this.#problems.length === 0) return { kind: 'ok', config, warnings };
    return { kind: 'bad', problems: this.#problems.sort(byLine) };
  }

  /** Names below `hosts` or `tunnels`; what is no table there is a problem. */
  #names(kind: 'hosts' | 'tunnels'): string[] {
    const node = this.#root.entries.get(kind)?.node;
    if (node === undefined) return [];
    if (node.kind !== 'table') {
      this.#fault([kind], `expected tables: [${kind}.NAME]`);
      return [];
    }
    const names: string[] = [];
    for (const [name, entry] of node.entries) {
      const path = [kind, name];
      if (!namePattern.test(name) || name === '__proto__') this.#fault(path, nameRule);
      else if (entry.node.kind !== 'table') this.#fault(path, `expected a table: [${formatKey(path)}]`);
      else names.push(name);
    }
    return names;
  }

  #section<T>(schema: z.ZodType<T>, path: KeyPath, fillIn: Record<string, unknown>, keys: readonly string[]): T | null {
    const { value, problems } = readSection(schema, this.#root, path, fillIn, this.#hinted(keys));
    for (const problem of problems) this.#add(problem);
    return value;
  }

  /** What an unknown key may have been meant to be; nothing once there are more problems than are told. */
  #hinted(keys: readonly string[]): readonly string[] {
    return this.#problems.length < mostTold ? keys : [];
  }

  #resolving(base: KeyPath): ResolveContext {
    return {
      file: this.#context.file,
      home: this.#context.home,
      user: this.#context.user,
      platform: this.#context.platform,
      report: (path, message) => this.#report([...base, ...path], message),
      placed: (forward, index) => this.#places.set(forward, index),
    };
  }

  #problem(path: KeyPath, message: string): ConfigProblem {
    return { line: lineOf(this.#root, path), key: formatKey(path), message };
  }

  #fault(path: KeyPath, message: string): void {
    this.#add(this.#problem(path, message));
  }

  #add(problem: ConfigProblem): void {
    this.#faulty.add(problem.key);
    this.#problems.push(problem);
  }

  /** A problem found later; said only if the key's own form was right. */
  #report(path: KeyPath, message: string): void {
    for (let length = path.length; length > 1; length -= 1) {
      if (this.#faulty.has(formatKey(path.slice(0, length)))) return;
    }
    this.#problems.push(this.#problem(path, message));
  }
}

function byLine(a: ConfigProblem, b: ConfigProblem): number {
  return a.line - b.line;
}

/** Who runs the engine. */
function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    // No entry in the user database (a container): the environment is what is left.
    return process.env['USER'] ?? process.env['USERNAME'] ?? 'root';
  }
}
