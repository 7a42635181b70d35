import type { ConfigValue } from '../../../shared/contract/editing-calls.ts';
import type { Said } from '../../../shared/i18n/said.ts';
import { sshCommand } from '../../../shared/i18n/sentences/ssh-command.ts';
import { sshOption } from '../../../shared/i18n/sentences/ssh-option.ts';
import type { HoldfastConfig } from '../../../shared/model/config.ts';
import { asHoldfastError } from '../../../shared/model/failure.ts';
import { expandPath } from '../config/paths.ts';
import { autosshValues } from './autossh-settings.ts';
import { forwardValues, readForwardList } from './forward-list.ts';
import { type HostDraft, newHostDraft } from './host-draft.ts';
import { applyHostOption, leftOut, type OptionContext, shown, unquoted } from './host-options.ts';
import { currentUser, HostPlan, nameFromHost } from './host-plan.ts';
import { failed, parsed, type ParsedSshCommand } from './parsed-command.ts';
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
 * - parsed-command.ts      what came of it: edits and notes, or why not
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

/** An `ssh …` or `autossh …` command line as edits that make the same tunnel. Runs nothing and never throws. */
export function parseSshCommand(text: string, context: SshCommandContext): ParsedSshCommand {
  try {
    return new CommandReader(context).read(text);
  } catch (error) {
    const { said, message } = asHoldfastError(error, 'ssh command');
    return failed(sshCommand.fault({ why: said.message ?? message }), []);
  }
}

/** Longest text that is read; shell-words.ts has the same limit. */
const mostPasted = 16 * 1024;

/** Options without a value that change nothing here, or are what Holdfast does anyway. */
const quiet = new Set(['N', 'f', 'T', 'n', 'q', 'v', 'a', 'x', 'k', 'y', 'e', 't', 's']);

const leftOutFlags: Readonly<Record<string, Said>> = {
  A: sshOption.lendsNoAgent(),
  X: sshCommand.forwardsNoWindows(),
  Y: sshCommand.forwardsNoWindows(),
  K: sshCommand.noKerberos(),
  M: sshCommand.sharesByItself(),
  S: sshCommand.sharesByItself(),
  O: sshCommand.sharesByItself(),
  F: sshCommand.fileNotRead(),
  E: sshCommand.logOfEachTunnel(),
  B: sshCommand.addressNotInterface(),
  I: sshCommand.cardsFromAgent(),
  W: sshCommand.portsNotInput(),
  w: sshCommand.portsNotNetworks(),
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

  get #notes(): Said[] {
    return this.#draft.notes;
  }

  read(text: string): ParsedSshCommand {
    if (text.length > mostPasted) return failed(sshCommand.tooLong(), []);
    const pasted = readPastedText(text);
    this.#notes.push(...pasted.notes);
    if (pasted.problem !== null) return failed(pasted.problem, this.#notes);
    const split = splitShellWords(pasted.command);
    if (split.problem !== null) return failed(split.problem, this.#notes);
    for (const rest of split.leftOut)
      if (!rest.startsWith('#') && !(pasted.isLooped && isLoopEnd(rest)))
        this.#notes.push(sshCommand.restLeftOut({ rest: shown(rest) }));
    const found = readInvocation(split.words);
    if ('problem' in found) return failed(found.problem, this.#notes);
    const environment = new Map([...pasted.environment, ...found.environment]);
    const invocation = { ...found, environment, runAs: found.runAs ?? pasted.runAs };
    this.#notes.push(...invocation.notes);
    for (const { letter, value } of invocation.options) this.#option(letter, value);
    if (invocation.remoteCommand.length > 0) {
      this.#notes.push(sshCommand.remoteCommandLeftOut({ command: shown(invocation.remoteCommand.join(' ')) }));
    }
    if (invocation.destination === null) return failed(sshCommand.noHost(), this.#notes);
    const destination = parseDestination(invocation.destination, false);
    if (destination === null) return failed(sshCommand.notAHost({ text: shown(invocation.destination) }), this.#notes);
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
          sshOption.leftOut({
            what: `-${letter} ${shown(value)}`.trim(),
            why: leftOutFlags[letter] ?? sshOption.nothingLikeIt(),
          }),
        );
    }
  }

  /** What -o takes: `Key=Value`, `Key Value`, `Key = "Value"`. */
  #configOption(text: string): void {
    const match = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*?)\s*$/s.exec(text);
    if (match === null) {
      this.#notes.push(sshOption.leftOut({ what: `-o ${shown(text)}`, why: sshCommand.keyAndValue() }));
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
        if (/^(yes|true)$/i.test(value)) leftOut(this.#draft, said, value, sshCommand.forwardsAreThePoint());
        return;
    }
    if (!applyHostOption(this.#draft, name, value, this.#optionContext)) {
      this.#notes.push(sshOption.leftOut({ what: `${said} ${shown(value)}`.trim(), why: sshOption.nothingLikeIt() }));
    }
  }

  /** Relative paths are taken from the home folder, where most commands are typed. */
  #path(text: string): string | null {
    const expanded = text.replace(/^(?:\$\{HOME\}|%d)(?=[\\/]|$)/, '~');
    if (/%[^%]|%$|\$\{/.test(expanded.replaceAll('%%', ''))) return null;
    const plain = expanded.replaceAll('%%', '%');
    if (/^(~([\\/]|$)|[\\/]|[A-Za-z]:[\\/])/.test(plain)) return plain;
    if (plain.startsWith('~') || plain === '') return null;
    this.#notes.push(sshCommand.relativePath({ path: shown(plain) }));
    return `~/${plain.replace(/^\.[\\/]/, '')}`;
  }

  #build(invocation: SshInvocation, destination: SshDestination): ParsedSshCommand {
    if (destination.user !== null) applyHostOption(this.#draft, 'User', destination.user, this.#optionContext);
    const { runAs } = invocation;
    if (runAs !== null && runAs !== currentUser() && !this.#draft.seen.has('user')) {
      this.#notes.push(sshCommand.userOfRunner({ user: shown(runAs) }));
      applyHostOption(this.#draft, 'User', runAs, this.#optionContext);
    }
    if (destination.port !== null) applyHostOption(this.#draft, 'Port', String(destination.port), this.#optionContext);
    const options = { gatewayPorts: this.#gatewayPorts, home: this.#home };
    const { specs, problem } = readForwardList(this.#forwards, options);
    if (problem !== null) return failed(problem, this.#notes);
    if (specs.length === 0) return failed(sshCommand.forwardsNothing(), this.#notes);
    const named = fillHostName(this.#hostName ?? '%h', destination.host);
    if ('token' in named) return failed(noToken('HostName', named.token), this.#notes);
    const jump = this.#addJumps(destination, named.text);
    if ('problem' in jump) return failed(jump.problem, this.#notes);
    const host = this.#addTarget(destination, named.text, jump.names);
    if ('problem' in host) return failed(sshCommand.hostNotTaken({ why: host.problem }), this.#notes);
    if (invocation.program === 'ssh') {
      // The value may be a password (sshpass takes it so).
      for (const name of invocation.environment.keys())
        this.#notes.push(sshOption.leftOut({ what: shown(name), why: sshCommand.setsNoVariables() }));
    }
    const values: Record<string, ConfigValue> = {
      host: host.name,
      forwards: specs.map((spec) => forwardValues(spec, this.#unlink)),
      ...(this.#runsCommand([host.name, ...jump.names]) ? { start: 'manual' } : {}),
      ...(invocation.program === 'autossh' ? autosshValues(invocation, this.#notes) : {}),
    };
    const tunnel = this.#plan.addTunnel(host.name, values);
    return parsed({ problem: null, edits: this.#plan.edits, tunnel, notes: this.#notes });
  }

  /** To save something must not start a command of somebody else's text: a person switches such a tunnel on. */
  #runsCommand(hosts: readonly string[]): boolean {
    const runs = hosts.some((name) => this.#plan.host(name)?.proxy?.kind === 'command');
    if (runs) this.#notes.push(sshCommand.startsByHand());
    return runs;
  }

  #addTarget(
    destination: SshDestination,
    address: string,
    jump: readonly string[],
  ): { readonly name: string } | { readonly problem: Said } {
    // Where the configuration has a host of that name and the command does not contradict it, that one is meant, as an alias would be.
    const values = jump.length === 0 ? this.#draft.values : { ...this.#draft.values, jump };
    const alias = this.#hostName === null ? this.#plan.host(destination.host) : null;
    if (alias !== null && alias.address !== destination.host) {
      const asked = this.#plan.resolve(alias.name, { ...values, address: alias.address });
      if ('problem' in asked) return asked;
      const contradicts = Object.keys(values).some((key) => !sameValue(asked, alias, key));
      if (!contradicts) return { name: alias.name };
    }
    if (this.#hostName === null && !/[.:]|^localhost$/i.test(destination.host)) {
      this.#notes.push(sshCommand.maybeAlias({ host: destination.host }));
    }
    return this.#plan.addHost(nameFromHost(destination.host), { address, ...values });
  }

  #addJumps(
    destination: SshDestination,
    address: string,
  ): { readonly names: readonly string[] } | { readonly problem: Said } {
    const way = this.#readWay(destination, address);
    if ('problem' in way) return way;
    const names: string[] = [];
    for (const hop of way.hops) {
      const text = formatDestination(hop);
      const added = this.#addHop(hop);
      if ('problem' in added)
        return { problem: sshCommand.jumpHostNotTaken({ host: shown(text), why: added.problem }) };
      if (names.includes(added.name)) return { problem: sshCommand.jumpHostTwice({ host: shown(text) }) };
      names.push(...added.chain.filter((name) => !names.includes(name)), added.name);
    }
    return { names };
  }

  /** The hops of the way in; a command that is more than a jump host goes into the draft. */
  #readWay(
    destination: SshDestination,
    address: string,
  ): { readonly hops: readonly SshDestination[] } | { readonly problem: Said } {
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
    if ('unread' in jumps) return { problem: sshCommand.notAJumpHost({ text: shown(jumps.unread) }) };
    if (option === 'ProxyCommand') {
      const hops = jumps.hops.map(formatDestination).join(',');
      this.#notes.push(sshCommand.proxyCommandIsJump({ command: shown(value), hops: shown(hops) }));
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
  ): { readonly name: string; readonly chain: readonly string[] } | { readonly problem: Said } {
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
function noToken(option: string, token: string): Said {
  return sshCommand.notFilledIn({ option, token });
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
