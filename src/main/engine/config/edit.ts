import type { HoldfastConfig } from '../../../shared/model/config.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { buildForwardSpec, type ForwardKind, parseForwardSpec } from './forward-spec.ts';
import { checkVersion, migrate, ownMigrations } from './migrate.ts';
import { type ParseContext, parseConfig } from './parse.ts';
import { type ConfigProblem, formatKey, formatProblem, type KeyPath } from './problem.ts';
import { type EditSteps, finish, type NewTable, TomlText } from './splice.ts';
import { nodeAt, parseToml, type TomlNode, toPlain } from './toml-tree.ts';
import type { TomlValue } from './toml-write.ts';

export interface CheckedConfig {
  readonly config: HoldfastConfig;
  readonly warnings: readonly ConfigProblem[];
}

/** A forward in its table form, as an edit writes it. */
export interface ForwardTable {
  readonly type: ForwardKind;
  readonly listen: string | number;
  readonly to?: string;
  readonly name?: string;
  readonly enabled?: boolean;
  readonly 'max-connections'?: number;
  readonly unlink?: boolean;
}

/**
 * Edits of the configuration's text that keep comments, order and formatting of all the rest. Call `check` before the text is used.
 * An older version of the format is brought up to date with the first edit. Throws `HoldfastError`s of code `config` and `not-found`.
 */
export class ConfigEditor {
  readonly #toml: TomlText;
  readonly #context: ParseContext;

  constructor(text: string, context: ParseContext) {
    this.#context = context;
    const migrations = context.migrations ?? ownMigrations;
    const toml = new TomlText(text);
    const version = checkVersion(toml.root, migrations);
    if (typeof version !== 'number') throw broken(context.file, [version]);
    this.#toml = version < migrations.current ? new TomlText(migrate(text, version, migrations)) : toml;
  }

  get text(): string {
    return this.#toml.text;
  }

  /** The edited configuration. Throws code `config` with the first problem if it is not a valid one. */
  check(): CheckedConfig {
    return checkedConfig(this.text, this.#context);
  }

  addHost(name: string, values: Readonly<Record<string, TomlValue>>): void {
    finish(this.adding([{ path: ['hosts', name], value: values }]));
  }

  /** `values` has at least `host` and `forwards`. */
  addTunnel(name: string, values: Readonly<Record<string, TomlValue>>): void {
    finish(this.adding([{ path: ['tunnels', name], value: values }]));
  }

  /** Adds hosts and tunnels, which are at `hosts.NAME` and `tunnels.NAME`, in steps as `TomlText` has them. */
  *adding(tables: readonly NewTable[]): EditSteps {
    const seen = new Set<string>();
    for (const { path } of tables) {
      const key = JSON.stringify(path);
      const [section, name = ''] = path;
      if (seen.has(key) || this.#toml.has(path)) throw taken(section === 'hosts' ? 'host' : 'tunnel', name);
      seen.add(key);
    }
    yield* this.#toml.addingTables(tables);
  }

  /** The tunnel keeps its place, comments and keys. */
  renameTunnel(name: string, to: string): void {
    if (!this.#toml.has(['tunnels', name])) throw missing('tunnel', name);
    if (this.#toml.has(['tunnels', to])) throw taken('tunnel', to);
    this.#toml.rename(['tunnels', name], to);
  }

  removeHost(name: string): void {
    this.#toml.delete(['hosts', name]);
  }

  removeTunnel(name: string): void {
    this.#toml.delete(['tunnels', name]);
  }

  /** Sets one key, like `['tunnels', 'db', 'park']`; makes it if it is missing. */
  set(path: KeyPath, value: TomlValue): void {
    finish(this.setting(path, value));
  }

  /** `set`, in steps as `TomlText` has them. */
  *setting(path: KeyPath, value: TomlValue): EditSteps {
    const [section, name] = path;
    // A mistyped name must not become a new host.
    if (typeof name === 'string' && path.length > 2 && (section === 'hosts' || section === 'tunnels')) {
      if (!this.#toml.has([section, name])) throw missing(section === 'hosts' ? 'host' : 'tunnel', name);
    }
    yield* this.#toml.setting(path, value);
  }

  /** Removes one key; its default holds from then on. */
  delete(path: KeyPath): void {
    this.#toml.delete(path);
  }

  addForward(tunnel: string, forward: string | ForwardTable): void {
    if (!this.#toml.has(['tunnels', tunnel])) throw missing('tunnel', tunnel);
    const path = ['tunnels', tunnel, 'forwards'];
    const isHeaderList = this.#isHeaderList(path);
    this.#toml.append(path, toValue(isHeaderList ? asTable(forward) : forward));
  }

  /** `spec`: the forward's short form, whichever form it has in the file. */
  removeForward(tunnel: string, spec: string): void {
    this.#toml.delete(this.#forwardPath(tunnel, spec));
  }

  replaceForward(tunnel: string, spec: string, forward: string | ForwardTable): void {
    const path = this.#forwardPath(tunnel, spec);
    this.#toml.set(path, toValue(this.#isHeaderList(path.slice(0, -1)) ? asTable(forward) : forward));
  }

  /** True for `[[tunnels.x.forwards]]`. */
  #isHeaderList(path: KeyPath): boolean {
    const node = nodeAt(this.#toml.root, path);
    return node?.kind === 'list' && node.array === null;
  }

  #forwardPath(tunnel: string, spec: string): KeyPath {
    if (!this.#toml.has(['tunnels', tunnel])) throw missing('tunnel', tunnel);
    const path = ['tunnels', tunnel, 'forwards'];
    const list = nodeAt(this.#toml.root, path);
    const wanted = parseForwardSpec(spec).spec;
    const index = list?.kind === 'list' ? list.items.findIndex((item) => specOf(item) === wanted) : -1;
    if (index < 0) throw missing('forward', spec, `tunnel ${JSON.stringify(tunnel)}`);
    return [...path, index];
  }
}

/** The configuration that a text is. Throws code `config` with the first problem if it is not a valid one. */
export function checkedConfig(text: string, context: ParseContext): CheckedConfig {
  const result = parseConfig(text, context);
  if (result.kind === 'bad') throw broken(context.file, result.problems);
  return { config: result.config, warnings: result.warnings };
}

function specOf(node: TomlNode): string | null {
  const raw = toPlain(node);
  try {
    if (typeof raw === 'string') return parseForwardSpec(raw).spec;
    if (typeof raw !== 'object' || raw === null || !('type' in raw) || !('listen' in raw)) return null;
    const to = 'to' in raw && typeof raw.to === 'string' ? raw.to : null;
    return buildForwardSpec(raw.type as ForwardKind, String(raw.listen), to).spec;
  } catch {
    // A faulty forward is nobody's match; `check` reports it.
    return null;
  }
}

function asTable(forward: string | ForwardTable): ForwardTable {
  if (typeof forward !== 'string') return forward;
  const { spec, kind } = parseForwardSpec(forward);
  const [listen = '', to] = spec.slice(kind.length + 1).split(' -> ');
  return to === undefined ? { type: kind, listen } : { type: kind, listen, to };
}

function toValue(forward: string | ForwardTable): TomlValue {
  if (typeof forward === 'string') return forward;
  return Object.fromEntries(Object.entries(forward).filter(([, value]) => value !== undefined));
}

/** A path as a person types it: `tunnels.db.park`, `hosts."a.b".port`, `tunnels.db.forwards[0]`. Throws code `usage`. */
export function parseKeyPath(text: string): KeyPath {
  const path: (string | number)[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const match = /^(?:([A-Za-z0-9_-]+)|"((?:[^"\\]|\\.)*)"|\[(\d{1,6})\])(?:\.(?=.)|(?=\[)|$)/.exec(rest);
    if (match === null || (path.length === 0 && match[3] !== undefined)) {
      throw new HoldfastError({
        code: 'usage',
        where: text.slice(0, 200),
        message: `${JSON.stringify(text.slice(0, 200))} is no key.`,
        next: 'Write it like tunnels.db.park or hosts."a.b".port.',
      });
    }
    if (match[1] !== undefined) path.push(match[1]);
    else if (match[2] !== undefined) path.push(match[2].replaceAll(/\\(.)/g, '$1'));
    else path.push(Number(match[3]));
    rest = rest.slice(match[0].length);
  }
  return path;
}

/** A value as a person types it: TOML if it reads as such (`22`, `true`, `["a"]`), else the text itself. */
export function parseTypedValue(text: string): TomlValue {
  if (/[\r\n#]/.test(text)) return text;
  const parsed = parseToml(`value = ${text}`);
  if ('problem' in parsed || parsed.document.root.entries.size !== 1) return text;
  const value = nodeAt(parsed.document.root, ['value']);
  const plain = value === null ? text : toPlain(value);
  return isWritable(plain) ? plain : text;
}

function isWritable(value: unknown): value is TomlValue {
  if (Array.isArray(value)) return value.every(isWritable);
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value === 'string' || typeof value === 'boolean') return true;
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null
    ? Object.values(value).every(isWritable)
    : false;
}

function taken(kind: 'host' | 'tunnel', name: string): HoldfastError {
  return new HoldfastError({
    code: 'config',
    where: formatKey([`${kind}s`, name]),
    message: `There is already a ${kind} named ${JSON.stringify(name)}.`,
    next: 'Choose another name, or change the one that is there.',
  });
}

function missing(kind: string, name: string, place = 'configuration'): HoldfastError {
  return new HoldfastError({
    code: 'not-found',
    where: name.slice(0, 200),
    message: `There is no ${kind} ${JSON.stringify(name.slice(0, 200))} in the ${place}.`,
    next: 'Look at the names with holdfast list.',
  });
}

function broken(file: string, problems: readonly ConfigProblem[]): HoldfastError {
  const first = problems[0] ?? { line: 1, key: 'file', message: 'the configuration is not valid' };
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return new HoldfastError({
    code: 'config',
    where: `${file}:${first.line}`,
    message: `${formatProblem(file, first)}${more}`,
    next: 'Correct that and repeat it; nothing was written.',
  });
}
