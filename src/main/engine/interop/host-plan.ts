import { userInfo } from 'node:os';
import type { ConfigEdit, ConfigValue } from '../../../shared/contract/editing-calls.ts';
import type { Said } from '../../../shared/i18n/said.ts';
import { sshOption } from '../../../shared/i18n/sentences/ssh-option.ts';
import type { HoldfastConfig, HostConfig } from '../../../shared/model/config.ts';
import { namePattern } from '../config/fields.ts';
import { resolveHost } from '../config/resolve.ts';
import { hostSchema } from '../config/schema.ts';

type Values = Readonly<Record<string, ConfigValue>>;

/**
 * The hosts and tunnels that an import would add: names that are free and valid, one host for what is equal, and the edits in an order in which
 * each name stands before it is used.
 */
export class HostPlan {
  readonly #config: HoldfastConfig;
  readonly #home: string;
  readonly #edits: ConfigEdit[] = [];
  readonly #added = new Map<string, HostConfig>();
  readonly #tunnels = new Set<string>();

  constructor(config: HoldfastConfig, home: string) {
    this.#config = config;
    this.#home = home;
  }

  get edits(): readonly ConfigEdit[] {
    return this.#edits;
  }

  /** A point to go back to. */
  mark(): number {
    return this.#edits.length;
  }

  /** Forgets what was added since. */
  rollBack(mark: number): void {
    for (const edit of this.#edits.splice(mark)) {
      if (edit.op === 'add-host') this.#added.delete(edit.name);
      if (edit.op === 'add-tunnel') this.#tunnels.delete(edit.name);
    }
  }

  /** A host of the configuration or of this import by name. */
  host(name: string): HostConfig | null {
    return this.#added.get(name) ?? this.#config.hosts.get(name) ?? null;
  }

  /** The host as it would be with these values, or what is wrong with them. */
  resolve(name: string, values: Values): HostConfig | { readonly problem: Said } {
    const raw = hostSchema.safeParse(values);
    if (!raw.success) {
      const issue = raw.error.issues[0];
      return { problem: keyProblem(issue?.path ?? [], issue?.message ?? sshOption.notValid()) };
    }
    let problem: Said | null = null;
    const host = resolveHost(name, raw.data, {
      // Relative paths do not occur: they were made absolute before.
      file: `${this.#home}/config.toml`,
      home: this.#home,
      user: currentUser(),
      platform: process.platform,
      report: (path, message) => (problem ??= keyProblem(path, message)),
      placed: () => {},
    });
    return problem === null ? host : { problem };
  }

  /**
   * Adds the host, or takes one that is `same` but for its name. `wish`: what it would like to be called, or with `exact` has to be called: then
   * only a host of that name is taken.
   */
  addHost(
    wish: string,
    values: Values,
    { exact = false, same = sameHost }: { readonly exact?: boolean; readonly same?: typeof sameHost } = {},
  ): { readonly name: string; readonly reused: boolean } | { readonly problem: Said } {
    const host = this.resolve(wish, values);
    if ('problem' in host) return host;
    const preferred = validName(wish);
    const others = exact ? [] : [...this.#added.values(), ...this.#config.hosts.values()];
    for (const known of [this.host(preferred), ...others]) {
      if (known !== null && same(known, host)) return { name: known.name, reused: true };
    }
    const name = freeName(preferred, (taken) => this.host(taken) !== null);
    this.#added.set(name, { ...host, name });
    this.#edits.push({ op: 'add-host', name, values: { ...values } });
    return { name, reused: false };
  }

  addTunnel(wish: string, values: Values): string {
    const groups = new Set([...this.#config.tunnels.values()].map((tunnel) => tunnel.group));
    const name = freeName(
      validName(wish),
      (taken) => this.#tunnels.has(taken) || this.#config.tunnels.has(taken) || groups.has(taken),
    );
    this.#tunnels.add(name);
    this.#edits.push({ op: 'add-tunnel', name, values: { ...values } });
    return name;
  }
}

function keyProblem(path: readonly PropertyKey[], why: Said | string): Said {
  return sshOption.keyProblem({ key: path.join('.'), why });
}

/** True if the two are the same in everything but their names. */
export function sameHost(a: HostConfig, b: HostConfig): boolean {
  return JSON.stringify(sorted({ ...a, name: '' })) === JSON.stringify(sorted({ ...b, name: '' }));
}

function sorted(host: HostConfig): unknown {
  return Object.entries(host).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The first label of a host name, or the address, as a valid name. */
export function nameFromHost(host: string): string {
  return validName(/^\d+(\.\d+){3}$/.test(host) ? host : (host.split('.')[0] ?? host));
}

/** What comes nearest to the text among valid names. */
export function validName(text: string): string {
  const name = text
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 60)
    .replace(/-+$/, '');
  return namePattern.test(name) && name !== '__proto__' ? name : 'host';
}

function freeName(wish: string, isTaken: (name: string) => boolean): string {
  if (!isTaken(wish)) return wish;
  for (let number = 2; ; number += 1) {
    const name = `${wish.slice(0, 56)}-${number}`;
    if (!isTaken(name)) return name;
  }
}

/** Who runs Holdfast: the user of hosts that name none. */
export function currentUser(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] ?? process.env['USERNAME'] ?? 'root';
  }
}
