import type { HostConfig } from '../../src/shared/model/config.ts';

/** A host with the defaults of the configuration, but for what would reach out of a test: it uses no agent and no known-hosts file. */
export function hostConfig(changes: Partial<HostConfig> = {}): HostConfig {
  return {
    name: 'bastion',
    address: 'bastion.example.org',
    port: 22,
    user: 'me',
    identity: [],
    certificates: [],
    agent: false,
    identitiesOnly: false,
    jump: [],
    proxy: null,
    bindAddress: null,
    addressFamily: 'any',
    knownHosts: [],
    knownHostsConfigured: false,
    hostKeyPolicy: 'ask',
    hostKeyPins: [],
    hostKeyAlias: null,
    hashKnownHosts: false,
    updateHostKeys: true,
    connectTimeoutMs: 15_000,
    authTimeoutMs: 30_000,
    aliveIntervalMs: 15_000,
    aliveCountMax: 3,
    authTries: 2,
    transport: 'ssh2',
    compression: false,
    tcpKeepAlive: true,
    legacyAlgorithms: [],
    rekeyBytes: 2 ** 30,
    rekeyIntervalMs: 3_600_000,
    maxChannels: 1000,
    ...changes,
  };
}
