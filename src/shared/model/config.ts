import type { ForwardSpec } from './forward-spec.ts';

/** `ask` a person about unknown keys; `strict`: refuse them; `accept-new`: trust a first key, refuse a changed one. */
export type HostKeyPolicy = 'ask' | 'strict' | 'accept-new';
export type Transport = 'ssh2' | 'openssh';
/** Methods of authentication that Holdfast carries out, in the order in which they are tried by default (RFC 4252, RFC 4256). */
export const authMethodNames = ['publickey', 'keyboard-interactive', 'password'] as const;
export type AuthMethodName = (typeof authMethodNames)[number];

/** How the first hop is reached when not directly. */
export type ProxyConfig =
  | { readonly kind: 'socks5'; readonly host: string; readonly port: number; readonly user: string | null }
  | { readonly kind: 'http'; readonly host: string; readonly port: number; readonly user: string | null }
  | { readonly kind: 'command'; readonly command: string };

/** A host with every default filled in and every path made absolute. Times are milliseconds. */
export interface HostConfig {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly identity: readonly string[];
  /** User certificates beside those found as `<identity>-cert.pub`. */
  readonly certificates: readonly string[];
  /** true: SSH_AUTH_SOCK or the system's pipe; false: none; a string: this socket or pipe. */
  readonly agent: boolean | string;
  readonly identitiesOnly: boolean;
  /** Methods that may be tried, the first one first; at least one. */
  readonly authMethods: readonly AuthMethodName[];
  /** Names of other hosts, outermost first. Their own `jump` is not followed again. */
  readonly jump: readonly string[];
  readonly proxy: ProxyConfig | null;
  /** Local address to dial from. */
  readonly bindAddress: string | null;
  readonly addressFamily: 'any' | 'inet' | 'inet6';
  readonly knownHosts: readonly string[];
  /** False when the files above are our default ones (a missing default file is no error; see UpdateHostKeys). */
  readonly knownHostsConfigured: boolean;
  readonly hostKeyPolicy: HostKeyPolicy;
  readonly hostKeyPins: readonly string[];
  readonly hostKeyAlias: string | null;
  readonly hashKnownHosts: boolean;
  readonly updateHostKeys: boolean;
  readonly connectTimeoutMs: number;
  readonly authTimeoutMs: number;
  readonly aliveIntervalMs: number;
  readonly aliveCountMax: number;
  /** Failed logins in a row before a tunnel gives up. */
  readonly authTries: number;
  readonly transport: Transport;
  readonly compression: boolean;
  readonly tcpKeepAlive: boolean;
  /** Extra algorithms by hand for old servers, by SSH name; added behind the safe ones. */
  readonly legacyAlgorithms: readonly string[];
  /** Rekey after so many bytes or milliseconds (RFC 4253 section 9); 1 GiB and 1 h. */
  readonly rekeyBytes: number;
  readonly rekeyIntervalMs: number;
  /** Channels at once on one connection. */
  readonly maxChannels: number;
}

export type ProbeConfig =
  | { readonly kind: 'keepalive' }
  /** autossh's loop: a remote forward back to us, a message through both. */
  | { readonly kind: 'loop' }
  /** An echo service as seen from the server. */
  | { readonly kind: 'echo'; readonly host: string; readonly port: number }
  /** Opens (and closes) a channel to a forward's target, or to `host:port`. */
  | { readonly kind: 'target'; readonly host: string | null; readonly port: number | null }
  /** Runs a command on the host; exit 0 is healthy. */
  | { readonly kind: 'exec'; readonly command: string };

export type BackoffConfig =
  | { readonly kind: 'exponential'; readonly firstMs: number; readonly capMs: number }
  /** autossh 1.4g's schedule, computed from `pollMs`. */
  | { readonly kind: 'autossh' };

/** `login`: with the engine; `demand`: ports listen, SSH connects at the first byte; `manual`: when asked. */
export type StartMode = 'login' | 'demand' | 'manual';

export interface TunnelConfig {
  readonly name: string;
  readonly host: string;
  readonly start: StartMode;
  readonly group: string | null;
  readonly description: string | null;
  /** Real work depends on it: shells mark it and ask before they stop it. */
  readonly production: boolean;
  /** Its login needs a person: starts only when asked. */
  readonly interactive: boolean;
  /** How long a client waits while the connection is replaced; 0: not at all, the port closes. */
  readonly parkMs: number;
  /** On demand: SSH goes after so long without a client. */
  readonly idleMs: number;
  readonly forwards: readonly ForwardSpec[];
  readonly probe: ProbeConfig;
  readonly probeTimeoutMs: number;
  readonly backoff: BackoffConfig;
  /** autossh's numbers, exact: seconds in the configuration, milliseconds here. */
  readonly gateTimeMs: number;
  readonly pollMs: number;
  readonly firstPollMs: number;
  /** -1: no limit. Counts starts, not restarts. */
  readonly maxStarts: number;
  /** 0: no limit. */
  readonly maxLifetimeMs: number;
  /** A link that stayed up so long resets the count of tries. */
  readonly stableMs: number;
}

export interface SettingsConfig {
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug' | 'trace';
  readonly logMaxBytes: number;
  readonly logFiles: number;
  /** How long an unused connection stays in the pool. */
  readonly poolIdleMs: number;
  /** 0: no limit. */
  readonly poolMaxLifetimeMs: number;
  readonly secretStore: 'keychain' | 'vault' | 'memory';
  readonly vaultFile: string | null;
  readonly language: 'en' | 'de' | 'system';
}

/** A whole configuration file, checked and resolved. */
export interface HoldfastConfig {
  readonly version: number;
  readonly hosts: ReadonlyMap<string, HostConfig>;
  readonly tunnels: ReadonlyMap<string, TunnelConfig>;
  readonly settings: SettingsConfig;
}
