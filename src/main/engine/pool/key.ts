import { createHash } from 'node:crypto';
import type { HostConfig, ProxyConfig } from '../../../shared/model/config.ts';

/**
 * The key of a chain: two chains have the same one exactly if nothing differs that decides who logs in where, how, and what is trusted, at
 * every hop. Timeouts, liveness and rekey limits do not count. Names do, because stored secrets and prompts go by name.
 * A hash, because a ProxyCommand may hold what should not be in a log.
 */
export function connectionKey(chain: readonly HostConfig[]): string {
  return createHash('sha256')
    .update(JSON.stringify(chain.map((host) => identityOf(host))))
    .digest('base64url');
}

/** The keys of all prefixes of a chain, the first hop's first, the whole chain's last. */
export function prefixKeys(chain: readonly HostConfig[]): string[] {
  return chain.map((_, index) => connectionKey(chain.slice(0, index + 1)));
}

/** Order of a list counts where it decides (keys to offer, the file that is written), not where it is a set (pins). */
function identityOf(host: HostConfig): unknown[] {
  return [
    host.name,
    host.address,
    host.port,
    host.user,
    host.transport,
    // who logs in
    host.identity,
    host.certificates,
    host.agent,
    host.identitiesOnly,
    host.authMethods,
    // the way there
    proxyOf(host.proxy),
    host.bindAddress,
    host.addressFamily,
    // what is trusted
    host.knownHosts,
    host.knownHostsConfigured,
    host.hostKeyPolicy,
    [...host.hostKeyPins].sort(),
    host.hostKeyAlias,
    host.hashKnownHosts,
    host.updateHostKeys,
    // what the link is like
    [...host.legacyAlgorithms].sort(),
    host.compression,
  ];
}

function proxyOf(proxy: ProxyConfig | null): unknown[] | null {
  if (proxy === null) return null;
  if (proxy.kind === 'command') return [proxy.kind, proxy.command];
  return [proxy.kind, proxy.host, proxy.port, proxy.user];
}
