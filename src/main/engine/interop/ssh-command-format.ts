import { homedir } from 'node:os';
import type { HoldfastConfig, HostConfig, TunnelConfig } from '../../../shared/model/config.ts';
import { formatSize } from '../config/quantity.ts';
import { supportedAlgorithms } from '../ssh/algorithms.ts';
import { systemKnownHosts } from './host-options.ts';
import { currentUser, HostPlan } from './host-plan.ts';
import { proxyText } from '../ssh/login-command.ts';
import { quoteShellWord } from '../../../shared/model/shell-quote.ts';
import { bracketed, formatSshForward } from './ssh-address.ts';

/**
 * The tunnel as a command line of ssh(1), quoted for sh. It says what differs from Holdfast's defaults and can be said there; settings of the
 * jump hosts beside user, address and port cannot.
 */
export function formatSshCommand(tunnel: TunnelConfig, config: HoldfastConfig): string {
  const host = config.hosts.get(tunnel.host);
  const switchedOn = tunnel.forwards.filter((forward) => forward.enabled);
  const forwards = switchedOn.length > 0 ? switchedOn : tunnel.forwards;
  const words = ['ssh', '-N', ...forwards.flatMap(formatSshForward)];
  if (forwards.some((forward) => forward.unlink && forward.listen.kind === 'unix'))
    words.push('-o', 'StreamLocalBindUnlink=yes');
  if (host === undefined) return [...words, tunnel.host].map(quoteShellWord).join(' ');
  words.push(...hostWords(host, config));
  const { user } = host;
  return [...words, user === currentUser() ? host.address : `${user}@${host.address}`].map(quoteShellWord).join(' ');
}

function hostWords(host: HostConfig, config: HoldfastConfig): string[] {
  const usual = new HostPlan(config, homedir()).resolve(host.name, { address: host.address });
  if ('problem' in usual) return [];
  const words: string[] = [];
  const option = (name: string, value: string | number): number => words.push('-o', `${name}=${value}`);
  const jump = host.jump.flatMap((name) => config.hosts.get(name) ?? []);
  if (jump.length > 0) words.push('-J', jump.map(hopText).join(','));
  else if (host.proxy !== null) option('ProxyCommand', proxyText(host.proxy));
  if (host.port !== 22) words.push('-p', String(host.port));
  for (const file of host.identity) words.push('-i', homeShort(file));
  if (host.identitiesOnly) option('IdentitiesOnly', 'yes');
  if (host.authMethods.join() !== usual.authMethods.join())
    option('PreferredAuthentications', host.authMethods.join(','));
  for (const file of host.certificates) option('CertificateFile', quotedPath(file));
  if (host.agent === false) option('IdentityAgent', 'none');
  else if (typeof host.agent === 'string') option('IdentityAgent', quotedPath(host.agent));
  if (host.addressFamily !== 'any') words.push(host.addressFamily === 'inet' ? '-4' : '-6');
  if (host.bindAddress !== null) words.push('-b', host.bindAddress);
  if (host.compression) words.push('-C');
  if (!host.tcpKeepAlive) option('TCPKeepAlive', 'no');
  if (host.hostKeyPolicy !== 'ask')
    option('StrictHostKeyChecking', host.hostKeyPolicy === 'strict' ? 'yes' : 'accept-new');
  if (host.hostKeyAlias !== null) option('HostKeyAlias', host.hostKeyAlias);
  if (host.hashKnownHosts) option('HashKnownHosts', 'yes');
  if (host.knownHostsConfigured) {
    const system = systemKnownHosts(process.platform);
    option(
      'UserKnownHostsFile',
      host.knownHosts
        .filter((file) => !system.includes(file))
        .map(quotedPath)
        .join(' '),
    );
  }
  // With a file of its own, ssh's default is no; without, yes.
  if (host.updateHostKeys === host.knownHostsConfigured) option('UpdateHostKeys', host.updateHostKeys ? 'yes' : 'no');
  if (host.connectTimeoutMs !== usual.connectTimeoutMs)
    option('ConnectTimeout', host.connectTimeoutMs === 0 ? 'none' : seconds(host.connectTimeoutMs));
  if (host.aliveIntervalMs !== usual.aliveIntervalMs) option('ServerAliveInterval', seconds(host.aliveIntervalMs));
  if (host.aliveCountMax !== usual.aliveCountMax) option('ServerAliveCountMax', host.aliveCountMax);
  if (host.rekeyBytes !== usual.rekeyBytes || host.rekeyIntervalMs !== usual.rekeyIntervalMs) {
    option('RekeyLimit', `${rekeySize(host.rekeyBytes)} ${seconds(host.rekeyIntervalMs)}`);
  }
  for (const [name, old] of legacyOptions(host.legacyAlgorithms)) option(name, `+${old.join(',')}`);
  return words;
}

function hopText(hop: HostConfig): string {
  const user = hop.user === currentUser() ? '' : `${hop.user}@`;
  return `${user}${bracketed(hop.address)}${hop.port === 22 ? '' : `:${hop.port}`}`;
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

/** RekeyLimit has K, M and G. */
function rekeySize(bytes: number): string {
  const text = formatSize(bytes);
  return /^\d+[KMG]?$/.test(text) ? text : String(bytes);
}

function legacyOptions(names: readonly string[]): [string, string[]][] {
  if (names.length === 0) return [];
  const supported = supportedAlgorithms();
  const kinds = [
    ['KexAlgorithms', supported.kex],
    ['HostKeyAlgorithms', supported.serverHostKey],
    ['PubkeyAcceptedAlgorithms', supported.serverHostKey],
    ['Ciphers', supported.cipher],
    ['MACs', supported.mac],
  ] as const;
  return kinds.flatMap(([option, known]): [string, string[]][] => {
    const own = names.filter((name) => known.includes(name));
    return own.length > 0 ? [[option, own]] : [];
  });
}

function homeShort(path: string): string {
  const home = homedir();
  const text = path.replaceAll('%', '%%');
  return path.startsWith(`${home}/`) ? `~${text.slice(home.replaceAll('%', '%%').length)}` : text;
}

/** As the value of -o takes a path: ssh splits it once more. */
function quotedPath(path: string): string {
  const text = homeShort(path);
  return /[\s'"#]/.test(text) ? `"${text}"` : text;
}
