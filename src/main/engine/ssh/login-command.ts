import { cleanLine } from '../../../shared/model/clean-text.ts';
import type { HostConfig } from '../../../shared/model/config.ts';
import { quoteShellWord } from '../../../shared/model/shell-quote.ts';
import { addressText } from './failure-base.ts';

/**
 * The command that logs in where Holdfast does, for advice: with user, port and the whole way there. `hops` are the jump hosts, outermost first;
 * it is quoted for sh and fit to be shown.
 */
export function sshLoginCommand(host: HostConfig, hops: readonly HostConfig[]): string {
  const way = hops.map((hop) => `${hop.user}@${addressText(hop.address, hop.port)}`).join(',');
  const { proxy } = host;
  const words = [
    'ssh',
    ...(way === '' ? [] : ['-J', way]),
    ...(way === '' && proxy !== null ? ['-o', `ProxyCommand=${proxyText(proxy)}`] : []),
    '-p',
    String(host.port),
    `${host.user}@${host.address}`,
  ];
  return cleanLine(words.map(quoteShellWord).join(' '), 4096);
}

/** Proxies have no option of their own in ssh: the usual way is a netcat (OpenBSD's). */
export function proxyText(proxy: NonNullable<HostConfig['proxy']>): string {
  if (proxy.kind === 'command') return proxy.command;
  const user = proxy.user === null ? '' : `-P ${quoteShellWord(proxy.user)} `;
  return `nc -X ${proxy.kind === 'http' ? 'connect' : '5'} ${user}-x ${addressText(proxy.host, proxy.port)} %h %p`;
}
