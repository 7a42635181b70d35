import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import type { ConfigEdit, ConfigValue } from '../../../shared/contract/editing-calls.ts';
import type { Said } from '../../../shared/i18n/said.ts';
import { inEnglish } from '../../../shared/i18n/sentences/index.ts';
import { sshCommand } from '../../../shared/i18n/sentences/ssh-command.ts';
import { sshConfig } from '../../../shared/i18n/sentences/ssh-config.ts';
import type { HoldfastConfig, HostConfig } from '../../../shared/model/config.ts';
import { expandPath } from '../config/paths.ts';
import { forwardValues } from './forward-list.ts';
import { shown } from './host-options.ts';
import { HostPlan, nameFromHost, sameHost, validName } from './host-plan.ts';
import { listSshConfig, passwdHome } from './ssh-config-list.ts';
import { AliasResolver, type ResolvedAlias } from './ssh-config-resolve.ts';
import { isSafeAlias, SshDumper } from './ssh-dump.ts';

export interface ImportOptions {
  /** The ssh_config; only ever read. */
  readonly file: string;
  readonly config: HoldfastConfig;
  /** Consent to run what reading the file runs (`Match exec`). Without it, a file that may run something is not resolved at all. */
  readonly mayRunCommands: boolean;
  /** Default: `ssh` of the path. */
  readonly sshProgram?: string;
  /** Ends the questions to `ssh` that are under way; nothing more is asked. */
  readonly signal?: AbortSignal;
  /** Default: the home of the user database, as for ssh itself. */
  readonly home?: string;
}

export interface ImportResult {
  readonly edits: ConfigEdit[];
  /** What was left out or is to be known, with the aliases it is about. */
  readonly notes: string[];
  readonly skipped: { readonly alias: string; readonly reason: string }[];
  /** The same as facts: the notes, and the reasons of `skipped` in its order. */
  readonly said: { readonly notes: readonly Said[]; readonly reasons: readonly Said[] };
}

/**
 * Aliases of an ssh_config(5) as hosts, with a tunnel for each that has forwards. `ssh -G` resolves them, so that Match, Include and the order
 * of options count as they do for ssh. An alias that cannot be taken over as a whole is skipped with its reason. Never rejects.
 */
export async function importSshConfig(aliases: readonly string[], options: ImportOptions): Promise<ImportResult> {
  const home = options.home ?? passwdHome();
  const wanted = [...new Set(aliases)];
  const importer = new Importer(options.config, home);
  const commandsAt = options.mayRunCommands ? null : (await listSshConfig(options.file, home)).commandsAt;
  if (commandsAt !== null) {
    for (const alias of wanted) importer.skip(alias, sshConfig.mayRunCommands({ at: commandsAt }));
    return importer.result();
  }
  const dumper = new SshDumper({
    program: options.sshProgram ?? 'ssh',
    file: options.file,
    home,
    signal: options.signal,
  });
  const defaults = await dumper.defaults();
  if (defaults.kind === 'failed') {
    for (const alias of wanted) importer.skip(alias, defaults.reason);
    return importer.result();
  }
  const resolver = new AliasResolver(dumper, defaults.dump, home);
  const resolved = await Promise.all(
    wanted.map(async (alias) => {
      if (alias.includes('@')) return { alias, answer: { problem: sshConfig.atInName() } };
      if (!isSafeAlias(alias)) return { alias, answer: { problem: sshConfig.unsafeName() } };
      return { alias, answer: await resolver.resolve(alias) };
    }),
  );
  // Those that others may go through come first, so that a hop finds the host that is already there.
  for (const direct of [true, false]) {
    for (const { alias, answer } of resolved) {
      if ('problem' in answer) {
        if (direct) importer.skip(alias, answer.problem);
      } else if ((answer.chain.length === 0) === direct) importer.add(alias, answer);
    }
  }
  return importer.result();
}

/** So many aliases are named with a note. */
const mostNamed = 3;

class Importer {
  readonly #config: HoldfastConfig;
  readonly #plan: HostPlan;
  readonly #skipped: { alias: string; reason: Said }[] = [];
  /** Each note, by its text, with the aliases it is about. */
  readonly #notes = new Map<string, { readonly note: Said; readonly aliases: string[] }>();
  readonly #home: string;

  constructor(config: HoldfastConfig, home: string) {
    this.#config = config;
    this.#home = home;
    // The configuration is read with this home, wherever the keys of ssh are.
    this.#plan = new HostPlan(config, homedir());
  }

  skip(alias: string, reason: Said): void {
    this.#skipped.push({ alias, reason });
  }

  add(alias: string, resolved: ResolvedAlias): void {
    const before = this.#plan.mark();
    const problem = this.#tryAdd(alias, resolved);
    if (problem === null) return;
    this.#plan.rollBack(before);
    this.skip(alias, problem);
  }

  result(): ImportResult {
    const notes = [...this.#notes.values()].map(({ note, aliases }) =>
      sshConfig.about({ aliases: aliases.slice(0, mostNamed), more: Math.max(0, aliases.length - mostNamed), note }),
    );
    return {
      edits: [...this.#plan.edits],
      notes: notes.map(inEnglish),
      skipped: this.#skipped.map(({ alias, reason }) => ({ alias, reason: inEnglish(reason) })),
      said: { notes, reasons: this.#skipped.map(({ reason }) => reason) },
    };
  }

  /** Why the alias is skipped; null if it is not. */
  #tryAdd(alias: string, resolved: ResolvedAlias): Said | null {
    const chain: string[] = [];
    for (const [index, hop] of resolved.chain.entries()) {
      // Its own way in, should it be used alone, is the beginning of this chain; only the first hop's proxy counts.
      const values = this.#hostValues(hop, chain.slice(0, hop.chain.length), index === 0);
      const added = this.#plan.addHost(hopName(hop.host), values, { same: index === 0 ? sameButJump : sameButWay });
      if ('problem' in added) return sshCommand.jumpHostNotTaken({ host: shown(hop.host), why: added.problem });
      if (chain.includes(added.name)) return sshCommand.jumpHostTwice({ host: shown(hop.host) });
      chain.push(added.name);
    }
    // A name that cannot be one here gets the nearest; then an equal host is that one, whatever its name.
    const exact = validName(alias) === alias;
    const known = exact ? this.#config.hosts.get(alias) : undefined;
    const added = this.#plan.addHost(alias, this.#hostValues(resolved, chain, chain.length === 0), { exact });
    if ('problem' in added) return sshConfig.settingsNotTaken({ why: added.problem });
    if (known !== undefined && !added.reused) return sshConfig.otherHostOfName();
    if (!exact) this.#note(alias, sshConfig.calledHere({ name: added.name }));
    const tunnelAdded = this.#addTunnel(alias, added.name, resolved);
    if (added.reused && this.#config.hosts.has(added.name) && !tunnelAdded) return sshConfig.thereAlready();
    for (const hop of [...resolved.chain, resolved]) for (const note of hop.notes) this.#note(alias, note);
    this.#noteMissingKeys(alias, resolved);
    return null;
  }

  #hostValues(hop: ResolvedAlias, chain: readonly string[], first: boolean): Record<string, ConfigValue> {
    const { 'proxy-command': proxy, ...rest } = hop.values;
    return {
      address: hop.address,
      ...rest,
      ...(proxy !== undefined && first ? { 'proxy-command': proxy } : {}),
      ...(chain.length > 0 ? { jump: [...chain] } : {}),
    };
  }

  #addTunnel(alias: string, host: string, resolved: ResolvedAlias): boolean {
    if (resolved.forwards.length === 0) return false;
    const specs = resolved.forwards.map((forward) => forward.spec);
    const isThere = [...this.#config.tunnels.values()].some(
      (tunnel) =>
        tunnel.host === host &&
        (tunnel.name === alias || validName(alias) !== alias) &&
        tunnel.forwards.map(({ spec }) => spec).join('\n') === specs.join('\n'),
    );
    if (isThere) return false;
    this.#plan.addTunnel(alias, {
      host,
      start: 'manual',
      forwards: resolved.forwards.map((forward) => forwardValues(forward, resolved.unlink)),
    });
    for (const { listen, spec } of resolved.forwards) {
      if (listen.kind === 'tcp' && (listen.host === '*' || listen.host === '0.0.0.0' || listen.host === '::')) {
        this.#note(alias, sshConfig.allAddresses({ forward: spec }));
      }
    }
    return true;
  }

  #noteMissingKeys(alias: string, resolved: ResolvedAlias): void {
    const identity = resolved.values['identity'];
    for (const file of Array.isArray(identity) ? identity.map(String) : []) {
      if (!existsSync(expandPath(file, this.#home, homedir())))
        this.#note(alias, sshConfig.noKeyFile({ file: shown(file) }));
    }
  }

  #note(alias: string, note: Said): void {
    const text = inEnglish(note);
    const aliases = this.#notes.get(text)?.aliases ?? [];
    if (!aliases.includes(alias)) aliases.push(alias);
    this.#notes.set(text, { note, aliases });
  }
}

/** A short name for an address, an alias as it is. */
function hopName(host: string): string {
  return host.includes('.') || host.includes(':') ? nameFromHost(host) : host;
}

function sameButJump(a: HostConfig, b: HostConfig): boolean {
  return sameHost({ ...a, jump: [] }, { ...b, jump: [] });
}

/** For a hop that is reached through another one: its own way in does not count. */
function sameButWay(a: HostConfig, b: HostConfig): boolean {
  return sameButJump({ ...a, proxy: null }, { ...b, proxy: null });
}
