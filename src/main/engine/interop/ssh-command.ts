import type { ConfigEdit, ConfigValue } from '../../../shared/contract/editing-calls.ts';
import type { HoldfastConfig } from '../../../shared/model/config.ts';
import { asHoldfastError } from '../../../shared/model/failure.ts';
import { expandPath } from '../config/paths.ts';
import { autosshValues } from './autossh-settings.ts';
import { forwardValues, readForwardList } from './forward-list.ts';
import { type HostDraft, newHostDraft } from './host-draft.ts';
import { applyHostOption, leftOut, type OptionContext, shown, unquoted } from './host-options.ts';
import { currentUser, HostPlan, nameFromHost } from './host-plan.ts';
import { isLoopEnd, readPastedText } from './pasted-text.ts';
import { splitShellWords } from './shell-words.ts';
import { formatDestination, parseDestination, type SshDestination } from './ssh-address.ts';
import { readInvocation, type SshInvocation } from './ssh-arguments.ts';
import { distrustOfKnownHosts } from './known-hosts-trust.ts';
import { jumpFromProxyCommand, readJumps } from './proxy-jump.ts';
import { fillCommand, fillHostName, type TokenValues } from './ssh-tokens.ts';

/**
 * interop: what other tools say about a tunnel, as edits of the configuration, and back. Nothing here writes a file; only
 * ssh-dump.ts runs anything (`ssh -G`).
 *
 * - ssh-command.ts         a pasted `ssh …` or `autossh …` line: `parseSshCommand`
 * - ssh-command-format.ts  a tunnel as such a line: `formatSshCommand`
 * - pasted-text.ts, command-wrappers.ts   what stands around the command: units, crontabs, loops; sudo, nice, timeout
 * - shell-words.ts, ssh-arguments.ts, autossh-settings.ts, ssh-address.ts   its parts: quoting, getopt, addresses and forwards
 * - host-options.ts        options of ssh_config(5) as keys of a host, for command and import alike
 * - algorithm-list.ts     lists of algorithms; known-hosts-trust.ts  whether a named known_hosts file is ours alone
 * - proxy-jump.ts, ssh-tokens.ts   ways in, and the TOKENS of ssh_config(5)
 * - host-plan.ts           the hosts and tunnels to add: free names, no host twice
 * - ssh-config-list.ts, ssh-config-line.ts, include-glob.ts   the aliases of an ssh_config, through its Includes, and whether it runs commands
 * - ssh-config-import.ts, ssh-dump.ts, ssh-tokens.ts   aliases as hosts and tunnels, resolved by `ssh -G`
 */
export { formatSshCommand } from './ssh-command-format.ts';

export interface SshCommandContext {
  readonly config: HoldfastConfig;
  readonly home: string;
}

export interface ParsedSshCommand {
  /** Why no tunnel came of it, in a sentence; null if one did. */
  readonly problem: string | null;
  readonly edits: ConfigEdit[];
  /** Name of the tunnel that the edits add. */
  readonly tunnel: string | null;
  /** What was left out or read in a way that should be known. */
  readonly notes: string[];
}

/** An `ssh …` or `autossh …` command line as edits that make the same tunnel. Runs nothing and never throws. */
export function parseSshCommand(text: string, context: SshCommandContext): ParsedSshCommand {
  try {
    return new CommandReader(context).read(text);
  } catch (error) {
    return failed(asHoldfastError(error, 'ssh command').message, []);
  }
}

function failed(problem: string, notes: readonly string[]): ParsedSshCommand {
  return { problem, edits: [], tunnel: null, notes: [...notes] };
}

/** Longest text that is read; shell-words.ts has the same limit. */
const mostPasted = 16 * 1024;

/** Options without a value that change nothing here, or are what Holdfast does anyway. */
const quiet = new Set(['N', 'f', 'T', 'n', 'q', 'v', 'a', 'x', 'k', 'y', 'e', 't', 's']);

const leftOutFlags: Readonly<Record<string, string>> = {
  A: 'Holdfast does not lend your agent to servers',
  X: 'Holdfast forwards no windows',
  Y: 'Holdfast forwards no windows',
  K: 'Holdfast does not log in with Kerberos',
  M: 'Holdfast shares its logins by itself',
  S: 'Holdfast shares its logins by itself',
  O: 'Holdfast shares its logins by itself',
  F: 'options of that file are not read; import its hosts instead',
  E: 'Holdfast keeps a log of each tunnel',
  B: 'Holdfast dials from an address (-b), not from an interface',
  I: 'Holdfast takes smart cards from the agent only',
  W: 'Holdfast forwards ports, not its own input and output',
  w: 'Holdfast forwards ports, not networks',
};

class CommandReader {
  readonly #home: string;
  readonly #plan: HostPlan;
  readonly #draft: HostDraft = newHostDraft();
  readonly #forwards: { flag: 'L' | 'R' | 'D'; value: string; config: boolean }[] = [];
  #hostName: string | null = null;
  /** The first of ProxyJump and ProxyCommand counts. */
  #way: { readonly option: 'ProxyJump' | '-J' | 'ProxyCommand'; readonly value: string } | null = null;
  #gatewayPorts = false;
  #unlink = false;
  readonly #optionContext: OptionContext;

  constructor(context: SshCommandContext) {
    this.#home = context.home;
    this.#plan = new HostPlan(context.config, context.home);
    this.#optionContext = {
      path: (path) => this.#path(path),
      distrust: (path) => distrustOfKnownHosts(expandPath(path, context.home, context.home)),
      platform: process.platform,
    };
  }

  get #notes(): string[] {
    return this.#draft.notes;
  }

  read(text: string): ParsedSshCommand {
    if (text.length > mostPasted) return failed('The command is longer than 16 KiB.', []);
    const pasted = readPastedText(text);
    this.#notes.push(...pasted.notes);
    if (pasted.problem !== null) return failed(pasted.problem, this.#notes);
    const split = splitShellWords(pasted.command);
    if (split.problem !== null) return failed(split.problem, this.#notes);
    for (const rest of split.leftOut)
      if (!rest.startsWith('#') && !(pasted.isLooped && isLoopEnd(rest)))
        this.#notes.push(`What follows is no part of the command and is left out: ${shown(rest)}`);
    const found = readInvocation(split.words);
    if (typeof found === 'string') return failed(found, this.#notes);
    const environment = new Map([...pasted.environment, ...found.environment]);
    const invocation = { ...found, environment, runAs: found.runAs ?? pasted.runAs };
    this.#notes.push(...invocation.notes);
    for (const { letter, value } of invocation.options) this.#option(letter, value);
    if (invocation.remoteCommand.length > 0) {
      this.#notes.push(`The command on the server is left out: ${shown(invocation.remoteCommand.join(' '))}`);
    }
    if (invocation.destination === null) return failed('The command names no host to log in to.', this.#notes);
    const destination = parseDestination(invocation.destination, false);
    if (destination === null)
      return failed(`${JSON.stringify(shown(invocation.destination))} is no host to log in to.`, this.#notes);
    return this.#build(invocation, destination);
  }

  #option(letter: string, value: string): void {
    switch (letter) {
      case 'L':
      case 'R':
      case 'D':
        this.#forwards.push({ flag: letter, value, config: false });
        return;
      case 'J':
        this.#way ??= { option: '-J', value };
        return;
      case 'p':
        return this.#set('Port', '-p', value);
      case 'l':
        return this.#set('User', '-l', value);
      case 'i':
        return this.#set('IdentityFile', '-i', value);
      case 'b':
        return this.#set('BindAddress', '-b', value);
      case 'c':
        return this.#set('Ciphers', '-c', value);
      case 'm':
        return this.#set('MACs', '-m', value);
      case 'C':
        return this.#set('Compression', '-C', 'yes');
      case '4':
      case '6':
        this.#draft.values['address-family'] = letter === '4' ? 'inet' : 'inet6';
        return;
      case 'g':
        this.#gatewayPorts = true;
        return;
      case 'o':
        return this.#configOption(value);
      default:
        if (quiet.has(letter)) return;
        this.#notes.push(
          `${`-${letter} ${shown(value)}`.trim()} is left out: ${leftOutFlags[letter] ?? 'Holdfast has nothing like it'}.`,
        );
    }
  }

  /** What -o takes: `Key=Value`, `Key Value`, `Key = "Value"`. */
  #configOption(text: string): void {
    const match = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*?)\s*$/s.exec(text);
    if (match === null) {
      this.#notes.push(`-o ${shown(text)} is left out: expected Key=Value.`);
      return;
    }
    const [, name = '', raw = ''] = match;
    this.#set(
      name,
      name,
      /^(userknownhostsfile|proxycommand|localforward|remoteforward|dynamicforward)$/i.test(name) ? raw : unquoted(raw),
    );
  }

  #set(name: string, said: string, value: string): void {
    switch (name.toLowerCase()) {
      case 'localforward':
        this.#forwards.push({ flag: 'L', value, config: true });
        return;
      case 'remoteforward':
        this.#forwards.push({ flag: 'R', value, config: true });
        return;
      case 'dynamicforward':
        this.#forwards.push({ flag: 'D', value, config: true });
        return;
      case 'gatewayports':
        this.#gatewayPorts ||= /^(yes|true)$/i.test(value);
        return;
      case 'streamlocalbindunlink':
        this.#unlink = /^(yes|true)$/i.test(value);
        return;
      case 'hostname':
        this.#hostName ??= value;
        return;
      case 'proxyjump':
        this.#way ??= { option: 'ProxyJump', value };
        return;
      case 'proxycommand':
        this.#way ??= { option: 'ProxyCommand', value };
        return;
      case 'clearallforwardings':
        if (/^(yes|true)$/i.test(value)) leftOut(this.#draft, said, value, 'the forwards are what the tunnel is for');
        return;
    }
    if (!applyHostOption(this.#draft, name, value, this.#optionContext)) {
      this.#notes.push(`${`${said} ${shown(value)}`.trim()} is left out: Holdfast has nothing like it.`);
    }
  }

  /** Relative paths are taken from the home folder, where most commands are typed. */
  #path(text: string): string | null {
    const expanded = text.replace(/^(?:\$\{HOME\}|%d)(?=[\\/]|$)/, '~');
    if (/%[^%]|%$|\$\{/.test(expanded.replaceAll('%%', ''))) return null;
    const plain = expanded.replaceAll('%%', '%');
    if (/^(~([\\/]|$)|[\\/]|[A-Za-z]:[\\/])/.test(plain)) return plain;
    if (plain.startsWith('~') || plain === '') return null;
    this.#notes.push(`${shown(plain)} is a relative path; Holdfast looks for it in your home folder.`);
    return `~/${plain.replace(/^\.[\\/]/, '')}`;
  }

  #build(invocation: SshInvocation, destination: SshDestination): ParsedSshCommand {
    if (destination.user !== null) applyHostOption(this.#draft, 'User', destination.user, this.#optionContext);
    const { runAs } = invocation;
    if (runAs !== null && runAs !== currentUser() && !this.#draft.seen.has('user')) {
      this.#notes.push(`The user at the server is ${shown(runAs)}, as for the ssh that ${shown(runAs)} runs.`);
      applyHostOption(this.#draft, 'User', runAs, this.#optionContext);
    }
    if (destination.port !== null) applyHostOption(this.#draft, 'Port', String(destination.port), this.#optionContext);
    const options = { gatewayPorts: this.#gatewayPorts, home: this.#home };
    const { specs, problem } = readForwardList(this.#forwards, options);
    if (problem !== null) return failed(problem, this.#notes);
    if (specs.length === 0) return failed('The command forwards nothing: there is no -L, -R or -D in it.', this.#notes);
    const named = fillHostName(this.#hostName ?? '%h', destination.host);
    if ('token' in named) return failed(noToken('HostName', named.token), this.#notes);
    const jump = this.#addJumps(destination, named.text);
    if ('problem' in jump) return failed(jump.problem, this.#notes);
    const host = this.#addTarget(destination, named.text, jump.names);
    if ('problem' in host) return failed(`The host cannot be taken over: ${host.problem}.`, this.#notes);
    if (invocation.program === 'ssh') {
      // The value may be a password (sshpass takes it so).
      for (const name of invocation.environment.keys())
        this.#notes.push(`${shown(name)} is left out: Holdfast sets no variables.`);
    }
    const values: Record<string, ConfigValue> = {
      host: host.name,
      forwards: specs.map((spec) => forwardValues(spec, this.#unlink)),
      ...(this.#runsCommand([host.name, ...jump.names]) ? { start: 'manual' } : {}),
      ...(invocation.program === 'autossh' ? autosshValues(invocation, this.#notes) : {}),
    };
    const tunnel = this.#plan.addTunnel(host.name, values);
    return { problem: null, edits: [...this.#plan.edits], tunnel, notes: [...new Set(this.#notes)] };
  }

  /** To save something must not start a command of somebody else's text: a person switches such a tunnel on. */
  #runsCommand(hosts: readonly string[]): boolean {
    const runs = hosts.some((name) => this.#plan.host(name)?.proxy?.kind === 'command');
    if (runs) this.#notes.push('Its connection runs a command, so it starts when you switch it on (start = "manual").');
    return runs;
  }

  #addTarget(
    destination: SshDestination,
    address: string,
    jump: readonly string[],
  ): { readonly name: string } | { readonly problem: string } {
    // Where the configuration has a host of that name and the command does not contradict it, that one is meant, as an alias would be.
    const values = jump.length === 0 ? this.#draft.values : { ...this.#draft.values, jump };
    const alias = this.#hostName === null ? this.#plan.host(destination.host) : null;
    if (alias !== null && alias.address !== destination.host) {
      const asked = this.#plan.resolve(alias.name, { ...values, address: alias.address });
      if (typeof asked === 'string') return { problem: asked };
      const contradicts = Object.keys(values).some((key) => !sameValue(asked, alias, key));
      if (!contradicts) return { name: alias.name };
    }
    if (this.#hostName === null && !/[.:]|^localhost$/i.test(destination.host)) {
      this.#notes.push(
        `If ${destination.host} is an alias of your ~/.ssh/config, import it from there: what that file says is not read here.`,
      );
    }
    return this.#plan.addHost(nameFromHost(destination.host), { address, ...values });
  }

  #addJumps(
    destination: SshDestination,
    address: string,
  ): { readonly names: readonly string[] } | { readonly problem: string } {
    const way = this.#readWay(destination, address);
    if ('problem' in way) return way;
    const names: string[] = [];
    for (const hop of way.hops) {
      const text = formatDestination(hop);
      const added = this.#addHop(hop);
      if ('problem' in added)
        return { problem: `The jump host ${shown(text)} cannot be taken over: ${added.problem}.` };
      if (names.includes(added.name)) return { problem: `The jump host ${shown(text)} stands twice in the chain.` };
      names.push(...added.chain.filter((name) => !names.includes(name)), added.name);
    }
    return { names };
  }

  /** The hops of the way in; a command that is more than a jump host goes into the draft. */
  #readWay(
    destination: SshDestination,
    address: string,
  ): { readonly hops: readonly SshDestination[] } | { readonly problem: string } {
    const { option, value } = this.#way ?? { option: '-J', value: 'none' };
    const tokens = this.#tokens(destination, address);
    const jumps = option === 'ProxyCommand' ? jumpFromProxyCommand(value, tokens) : readJumps(value, tokens);
    if (jumps === null) {
      const filled = fillCommand(value, tokens);
      if ('token' in filled) return { problem: noToken(option, filled.token) };
      applyHostOption(this.#draft, option, filled.text, this.#optionContext);
      return { hops: [] };
    }
    if ('token' in jumps) return { problem: noToken(option, jumps.token) };
    if ('unread' in jumps)
      return { problem: `${JSON.stringify(shown(jumps.unread))} is no jump host; expected [USER@]HOST[:PORT].` };
    if (option === 'ProxyCommand') {
      const hops = jumps.hops.map(formatDestination).join(',');
      this.#notes.push(`ProxyCommand ${shown(value)} is taken as a jump host: ${shown(hops)}`);
    }
    return jumps;
  }

  /** What the tokens of the command stand for; the first -l, -p and their like counted. */
  #tokens(destination: SshDestination, address: string): TokenValues {
    const { user, port, 'host-key-alias': alias } = this.#draft.values;
    return {
      alias: destination.host,
      address,
      port: typeof port === 'number' ? port : 22,
      user: typeof user === 'string' ? user : currentUser(),
      hostKeyAlias: typeof alias === 'string' ? alias : null,
      hasJump: true,
      home: this.#home,
      localUser: currentUser(),
    };
  }

  #addHop(
    hop: SshDestination,
  ): { readonly name: string; readonly chain: readonly string[] } | { readonly problem: string } {
    const alias = this.#plan.host(hop.host);
    const fits =
      alias !== null &&
      (hop.user === null || hop.user === alias.user) &&
      (hop.port === null || hop.port === alias.port);
    if (alias !== null && fits && alias.address !== hop.host) return { name: alias.name, chain: alias.jump };
    const values: Record<string, ConfigValue> = { address: hop.host };
    if (hop.port !== null && hop.port !== 22) values['port'] = hop.port;
    if (hop.user !== null) values['user'] = hop.user;
    const added = this.#plan.addHost(nameFromHost(hop.host), values);
    return 'problem' in added ? added : { name: added.name, chain: [] };
  }
}

/** ssh would refuse the command, with "unknown key". */
function noToken(option: string, token: string): string {
  return `${option} has ${token} in it, which ssh does not fill in there.`;
}

/** Whether two hosts agree on a key of the file. */
function sameValue(a: object, b: object, key: string): boolean {
  const field = modelFields[key] ?? key.replaceAll(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  return JSON.stringify(Reflect.get(a, field)) === JSON.stringify(Reflect.get(b, field));
}

const modelFields: Readonly<Record<string, string>> = {
  'proxy-command': 'proxy',
  'connect-timeout': 'connectTimeoutMs',
  'alive-interval': 'aliveIntervalMs',
  'rekey-interval': 'rekeyIntervalMs',
};
