import type { HostConfig } from '../../../shared/model/config.ts';
import { expandPath } from '../config/paths.ts';

/** The known_hosts files of hosts of the configuration; without hosts, the one of OpenSSH. */
export interface KnownHostsPlaces {
  readonly files: readonly string[];
  /** The only ones that Holdfast writes: the first of each host. */
  readonly written: readonly string[];
}

export function knownHostsPlaces(hosts: readonly HostConfig[]): KnownHostsPlaces {
  if (hosts.length === 0) {
    const standard = expandPath('~/.ssh/known_hosts', '/');
    return { files: [standard], written: [standard] };
  }
  return {
    files: [...new Set(hosts.flatMap(({ knownHosts }) => knownHosts))],
    written: [...new Set(hosts.flatMap(({ knownHosts }) => knownHosts.slice(0, 1)))],
  };
}
