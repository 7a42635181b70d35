import { homedir } from 'node:os';
import type { ConfigValue } from '../../../shared/contract/editing-calls.ts';
import type { Said } from '../../../shared/i18n/said.ts';
import { sshConfig } from '../../../shared/i18n/sentences/ssh-config.ts';
import { sshOption } from '../../../shared/i18n/sentences/ssh-option.ts';
import type { ForwardSpec } from '../../../shared/model/forward-spec.ts';
import { expandPath } from '../config/paths.ts';
import { type HostDraft, newHostDraft } from './host-draft.ts';
import { applyHostOption, leftOut, type OptionContext, shown } from './host-options.ts';
import { isAlgorithmOption, takeAlgorithms } from './algorithm-list.ts';
import { currentUser } from './host-plan.ts';
import { distrustOfKnownHosts } from './known-hosts-trust.ts';
import { jumpFromProxyCommand, readJumps } from './proxy-jump.ts';
import { readConfigForward, type SshDestination } from './ssh-address.ts';
import type { SshDump, SshDumper } from './ssh-dump.ts';
import { expandSshPath, fillCommand, type TokenValues } from './ssh-tokens.ts';

/** What `ssh -G` says about one alias, in Holdfast's terms. */
export interface ResolvedAlias {
  /** As named: the alias, or the host of a jump. */
  readonly host: string;
  readonly address: string;
  /** Keys of the host beside address and jump. */
  readonly values: Readonly<Record<string, ConfigValue>>;
  readonly forwards: readonly ForwardSpec[];
  /** StreamLocalBindUnlink. */
  readonly unlink: boolean;
  /** Hops, outermost first. A hop's own chain is what it has when it is used alone; it is part of the chain that it stands in. */
  readonly chain: readonly ResolvedAlias[];
  readonly notes: readonly Said[];
}

/** Why an alias is not taken over. */
export interface NotTaken {
  readonly problem: Said;
}

const maxHops = 8;

/** Read in their own way below, or about what Holdfast does in its own way. */
const skipped = new Set([
  'host',
  'hostname',
  'user',
  'port',
  'proxyjump',
  'proxycommand',
  'localforward',
  'remoteforward',
  'dynamicforward',
  'gatewayports',
  'streamlocalbindunlink',
  'streamlocalbindmask',
  'clearallforwardings',
  'sendenv',
  'controlmaster',
  'controlpath',
  'controlpersist',
  'canonicalizehostname',
  'canonicaldomains',
  'canonicalizefallbacklocal',
  'canonicalizemaxdots',
  'canonicalizepermittedcnames',
  'gssapiauthentication',
  'gssapikeyexchange',
  'gssapidelegatecredentials',
  'gssapitrustdns',
  'gssapirenewalforcesrekey',
  'gssapikexalgorithms',
  'hostbasedacceptedalgorithms',
  'casignaturealgorithms',
  'xauthlocation',
  'requiredrsasize',
  'securitykeyprovider',
  'obscurekeystroketiming',
  'channeltimeout',
  'ignoreunknown',
  'enablesshkeysign',
  'versionaddendum',
  'warnweakcrypto',
  'refuseconnection',
]);

/** How ssh_config(5) spells what ssh -G prints in small letters, for notes. */
const spelling: Readonly<Record<string, string>> = {
  addkeystoagent: 'AddKeysToAgent',
  forwardagent: 'ForwardAgent',
  stricthostkeychecking: 'StrictHostKeyChecking',
  ciphers: 'Ciphers',
  userknownhostsfile: 'UserKnownHostsFile',
  globalknownhostsfile: 'GlobalKnownHostsFile',
  remotecommand: 'RemoteCommand',
  setenv: 'SetEnv',
  localcommand: 'LocalCommand',
  identityagent: 'IdentityAgent',
  identityfile: 'IdentityFile',
  certificatefile: 'CertificateFile',
  bindaddress: 'BindAddress',
  bindinterface: 'BindInterface',
  pkcs11provider: 'PKCS11Provider',
  knownhostscommand: 'KnownHostsCommand',
  preferredauthentications: 'PreferredAuthentications',
  passwordauthentication: 'PasswordAuthentication',
  tunnel: 'Tunnel',
  macs: 'MACs',
  pubkeyauthentication: 'PubkeyAuthentication',
  kbdinteractiveauthentication: 'KbdInteractiveAuthentication',
  rekeylimit: 'RekeyLimit',
  kexalgorithms: 'KexAlgorithms',
  hostkeyalgorithms: 'HostKeyAlgorithms',
  pubkeyacceptedalgorithms: 'PubkeyAcceptedAlgorithms',
  serveralivecountmax: 'ServerAliveCountMax',
  serveraliveinterval: 'ServerAliveInterval',
  numberofpasswordprompts: 'NumberOfPasswordPrompts',
  proxyusefdpass: 'ProxyUseFdpass',
  verifyhostkeydns: 'VerifyHostKeyDNS',
  hostbasedauthentication: 'HostbasedAuthentication',
};

/** Turns aliases into hosts with their chains, by asking `ssh -G` for each and for each hop on its way. */
export class AliasResolver {
  readonly #dumper: SshDumper;
  readonly #defaults: SshDump;
  readonly #home: string;

  constructor(dumper: SshDumper, defaults: SshDump, home: string) {
    this.#dumper = dumper;
    this.#defaults = defaults;
    this.#home = home;
  }

  /** What the alias stands for, or why it cannot be taken over. */
  resolve(alias: string): Promise<ResolvedAlias | NotTaken> {
    return this.#resolve({ host: alias, user: null, port: null }, { followJump: true, way: [] });
  }

  async #resolve(
    at: SshDestination,
    { followJump, way }: { followJump: boolean; way: readonly string[] },
  ): Promise<ResolvedAlias | NotTaken> {
    const answer = await this.#dumper.dump(at);
    if (answer.kind === 'failed') return { problem: answer.reason };
    const { dump } = answer;
    const draft = newHostDraft();
    const command = dump.get('proxycommand')?.[0] ?? null;
    // -J for the rest of the chain takes the place of a later hop's own way in.
    const jumpText = followJump ? (dump.get('proxyjump')?.[0] ?? null) : null;
    const plain = this.#tokens(at.host, dump, jumpText !== null);
    const jumps =
      jumpText !== null
        ? readJumps(jumpText, plain)
        : followJump && command !== null
          ? jumpFromProxyCommand(command, plain)
          : null;
    const tokens = { ...plain, hasJump: jumps !== null };
    readHost(draft, dump, this.#defaults, tokens);
    if (followJump && command !== null && jumps === null) {
      const filled = fillCommand(command, tokens);
      if ('token' in filled) return { problem: noToken('ProxyCommand', filled.token) };
      applyHostOption(draft, 'ProxyCommand', filled.text, contextOf(tokens));
    }
    if (jumps !== null && 'token' in jumps)
      return { problem: noToken(jumpText === null ? 'ProxyCommand' : 'ProxyJump', jumps.token) };
    if (jumps !== null && 'unread' in jumps)
      return { problem: sshConfig.jumpHostUnread({ text: shown(jumps.unread) }) };
    const chain =
      jumps === null ? [] : await this.#chain(jumps.hops, [...way, `${at.user ?? ''}@${at.host}:${at.port ?? ''}`]);
    if ('problem' in chain) return chain;
    return {
      host: at.host,
      address: tokens.address,
      values: draft.values,
      ...readForwards(draft, dump, this.#home),
      chain,
      notes: draft.notes,
    };
  }

  /** The hops of a ProxyJump. Only the first one's own ProxyJump is followed; the rest is reached through those before. */
  async #chain(hops: readonly SshDestination[], way: readonly string[]): Promise<ResolvedAlias[] | NotTaken> {
    const chain: ResolvedAlias[] = [];
    for (const [index, hop] of hops.entries()) {
      if (way.includes(`${hop.user ?? ''}@${hop.host}:${hop.port ?? ''}`))
        return { problem: sshConfig.circle({ host: shown(hop.host) }) };
      if (way.length > maxHops || chain.length >= maxHops) return { problem: sshConfig.tooManyHops({ most: maxHops }) };
      const resolved = await this.#resolve(hop, { followJump: index === 0, way });
      if ('problem' in resolved)
        return way.length > 1
          ? resolved
          : { problem: sshConfig.ofJumpHost({ host: shown(hop.host), why: resolved.problem }) };
      chain.push(...resolved.chain, resolved);
    }
    return chain.length > maxHops ? { problem: sshConfig.tooManyHops({ most: maxHops }) } : chain;
  }

  #tokens(alias: string, dump: SshDump, hasJump: boolean): TokenValues {
    return {
      alias,
      address: dump.get('hostname')?.[0] ?? alias,
      port: Number(dump.get('port')?.[0] ?? 22),
      user: dump.get('user')?.[0] ?? currentUser(),
      hostKeyAlias: dump.get('hostkeyalias')?.[0] ?? null,
      hasJump,
      home: this.#home,
      localUser: currentUser(),
    };
  }
}

/** ssh would refuse to connect, with "unknown key". */
function noToken(option: string, token: string): Said {
  return sshConfig.notFilledIn({ option, token });
}

function contextOf(tokens: TokenValues): OptionContext {
  return {
    path: (text) => {
      const path = expandSshPath(text, tokens);
      return path === null ? null : homeRelative(path);
    },
    distrust: (path) => distrustOfKnownHosts(expandPath(path, homedir())),
    platform: process.platform,
  };
}

/** Everything of the host that is not as ssh has it without a file. */
function readHost(draft: HostDraft, dump: SshDump, defaults: SshDump, tokens: TokenValues): void {
  const context = contextOf(tokens);
  if (tokens.user !== currentUser()) applyHostOption(draft, 'User', tokens.user, context);
  applyHostOption(draft, 'Port', String(tokens.port), context);
  const ownKnownHosts = !sameValues(dump.get('userknownhostsfile') ?? [], defaults.get('userknownhostsfile'));
  for (const [key, values] of dump) {
    // With a known_hosts of its own, ssh's default for this one is another.
    const always = key === 'updatehostkeys' && ownKnownHosts;
    if (skipped.has(key) || (!always && sameValues(values, defaults.get(key)))) continue;
    const name = spelling[key] ?? key;
    if (isAlgorithmOption(key)) {
      // Whole lists, whatever the file says.
      takeAlgorithms(draft, name, values[0] ?? '', (defaults.get(key)?.[0] ?? '').split(','));
      continue;
    }
    for (const value of values) {
      if (!applyHostOption(draft, name, value, context)) leftOut(draft, name, value, sshOption.nothingLikeIt());
    }
  }
}

function sameValues(a: readonly string[], b: readonly string[] | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((value, index) => value === b[index]);
}

function readForwards(
  draft: HostDraft,
  dump: SshDump,
  home: string,
): { readonly forwards: readonly ForwardSpec[]; readonly unlink: boolean } {
  const options = { gatewayPorts: dump.get('gatewayports')?.[0] === 'yes', home };
  const locals = dump.get('localforward') ?? [];
  // ssh -G prints each LocalForward to a socket as a DynamicForward as well.
  const phantoms = new Set(
    locals.flatMap((line) => (/ \S*\//.test(line) ? [/^(\/.*?) (?=\/)|^\S+/.exec(line)?.[0].trim() ?? ''] : [])),
  );
  const isPhantom = (line: string): boolean => line.startsWith('/') || phantoms.has(line);
  const given = [
    ...locals.map((value) => ({ flag: 'L' as const, value })),
    ...(dump.get('dynamicforward') ?? [])
      .filter((line) => !isPhantom(line))
      .map((value) => ({ flag: 'D' as const, value })),
    ...(dump.get('remoteforward') ?? []).map((value) => ({ flag: 'R' as const, value })),
  ];
  const forwards = new Map<string, ForwardSpec>();
  for (const { flag, value } of given) {
    const read = readConfigForward(flag, value, options);
    if (read.spec === null) draft.notes.push(sshOption.forwardLeftOut({ problem: read.problem }));
    else forwards.set(read.spec.spec, read.spec);
  }
  return { forwards: [...forwards.values()], unlink: dump.get('streamlocalbindunlink')?.[0] === 'yes' };
}

/** With `~` where Holdfast reads it as the same folder. */
function homeRelative(path: string): string {
  const home = homedir();
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
