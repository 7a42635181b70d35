import { dirname, join } from 'node:path';
import type {
  BackoffConfig,
  HostConfig,
  ProbeConfig,
  ProxyConfig,
  SettingsConfig,
  TunnelConfig,
} from '../../../shared/model/config.ts';
import { assertNever, HoldfastError } from '../../../shared/model/failure.ts';
import type { ForwardSpec } from '../../../shared/model/forward-spec.ts';
import { namePattern, nameRule } from './fields.ts';
import { buildForwardSpec, isHostName, isIpv4, isIpv6, parseForwardSpec } from './forward-spec.ts';
import { expandPath } from './paths.ts';
import type { RawForward, RawHost, RawSettings, RawTunnel } from './schema.ts';
import { faultyItem } from './sections.ts';

/** Turns checked raw sections into the model: paths absolute, defaults that depend on others filled in. */
export interface ResolveContext {
  readonly file: string;
  readonly home: string;
  readonly user: string;
  readonly platform: NodeJS.Platform;
  /** Reports a problem at a key below the section. */
  readonly report: (path: readonly (string | number)[], message: string) => void;
  /** Tells the place of a forward in its list. */
  readonly placed: (forward: ForwardSpec, index: number) => void;
}

export function resolveHost(name: string, raw: RawHost, context: ResolveContext): HostConfig {
  const absolute = (path: string): string => expandLocalPath(path, context);
  if (!isHostName(raw.address) && !isIpv6(raw.address)) {
    context.report(['address'], `${JSON.stringify(raw.address)} is no host name or address${addressHint(raw.address)}`);
  }
  const bindAddress = raw['bind-address'] ?? null;
  if (bindAddress !== null && !isIpv4(bindAddress) && !isIpv6(bindAddress)) {
    context.report(['bind-address'], `expected an IPv4 or IPv6 address of this machine, got "${bindAddress}"`);
  }
  return {
    name,
    address: raw.address,
    port: raw.port,
    user: raw.user ?? context.user,
    identity: raw.identity.map(absolute),
    certificates: raw.certificates.map(absolute),
    agent: typeof raw.agent === 'string' ? absolute(raw.agent) : raw.agent,
    identitiesOnly: raw['identities-only'],
    authMethods: raw['auth-methods'],
    jump: raw.jump,
    proxy: resolveProxy(raw, context),
    bindAddress,
    addressFamily: raw['address-family'],
    knownHosts: raw['known-hosts']?.map(absolute) ?? defaultKnownHosts(context),
    knownHostsConfigured: raw['known-hosts'] !== undefined,
    hostKeyPolicy: raw['host-key-policy'],
    hostKeyPins: raw['host-key-pins'].map((pin, index) => resolvePin(pin, index, context)),
    hostKeyAlias: raw['host-key-alias'] ?? null,
    hashKnownHosts: raw['hash-known-hosts'],
    updateHostKeys: raw['update-host-keys'],
    connectTimeoutMs: raw['connect-timeout'],
    authTimeoutMs: raw['auth-timeout'],
    aliveIntervalMs: raw['alive-interval'],
    aliveCountMax: raw['alive-count-max'],
    authTries: raw['auth-tries'],
    transport: raw.transport,
    compression: raw.compression,
    tcpKeepAlive: raw['tcp-keep-alive'],
    legacyAlgorithms: raw['legacy-algorithms'],
    rekeyBytes: raw['rekey-bytes'],
    rekeyIntervalMs: raw['rekey-interval'],
    maxChannels: raw['max-channels'],
  };
}

/** `~` and relative paths made absolute; pipes of Windows stay what they are. */
function expandLocalPath(path: string, context: ResolveContext): string {
  return path.startsWith('\\\\') ? path : expandPath(path, dirname(context.file), context.home);
}

/** The files that ssh(1) reads by itself. */
function defaultKnownHosts(context: ResolveContext): string[] {
  const system =
    context.platform === 'win32'
      ? [join(process.env['ProgramData'] ?? 'C:\\ProgramData', 'ssh', 'ssh_known_hosts')]
      : ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];
  return [join(context.home, '.ssh', 'known_hosts'), join(context.home, '.ssh', 'known_hosts2'), ...system];
}

function addressHint(address: string): string {
  if (/^\[.*\]$/.test(address)) return ': an IPv6 address stands here without brackets';
  if (address.includes('@')) return ': the user has a key of its own, user';
  if (/:\d+$/.test(address)) return ': the port has a key of its own, port';
  return '';
}

function resolvePin(pin: string, index: number, context: ResolveContext): string {
  const match = /^SHA256:([A-Za-z0-9+/]{43})=?$/.exec(pin);
  if (match === null) {
    context.report(
      ['host-key-pins', index],
      `expected SHA256: and 43 letters as ssh-keygen -l prints them, got ${JSON.stringify(pin.slice(0, 60))}`,
    );
  }
  return `SHA256:${match?.[1] ?? ''}`;
}

function resolveProxy(raw: RawHost, context: ResolveContext): ProxyConfig | null {
  const command = raw['proxy-command'];
  if (raw.proxy !== undefined && command !== undefined) {
    context.report(['proxy-command'], 'proxy and proxy-command exclude each other');
  }
  if (command !== undefined) return { kind: 'command', command };
  if (raw.proxy === undefined) return null;
  // Not the URL class: it lets too much through, and drops default ports.
  const match = /^(socks5h?|http):\/\/(?:([^@/]*)@)?(\[[^\]/]*\]|[^:/@[\]]*):(\d{1,5})\/?$/.exec(raw.proxy);
  const expected = 'expected "socks5://[USER@]HOST:PORT" or "http://[USER@]HOST:PORT"';
  const hostText = match?.[3] ?? '';
  const host = hostText.replace(/^\[|\]$/g, '');
  const port = Number(match?.[4]);
  const valid = hostText.startsWith('[') ? isIpv6(host) : isHostName(host);
  if (match === null || !valid || port < 1 || port > 65_535) {
    context.report(['proxy'], expected);
    return null;
  }
  const user = match[2] ?? null;
  if (user?.includes(':') || user === '') {
    context.report(['proxy'], `${expected}: no password stands in this file, it is asked for when it is needed`);
    return null;
  }
  return { kind: match[1] === 'http' ? 'http' : 'socks5', host, port, user };
}

export function resolveSettings(raw: RawSettings, context: ResolveContext): SettingsConfig {
  if (raw['backoff-cap'] < raw['backoff-first']) {
    context.report(['backoff-cap'], 'backoff-cap must not be less than backoff-first');
  }
  return {
    logLevel: raw['log-level'],
    logMaxBytes: raw['log-max-bytes'],
    logFiles: raw['log-files'],
    poolIdleMs: raw['pool-idle'],
    poolMaxLifetimeMs: raw['pool-max-lifetime'],
    secretStore: raw['secret-store'],
    vaultFile: raw['vault-file'] === undefined ? null : expandLocalPath(raw['vault-file'], context),
    language: raw.language,
  };
}

/** autossh(1)'s defaults, where a tunnel follows it. */
const autosshDefaults = { gateTimeMs: 30_000, pollMs: 600_000 };
const ownDefaults = { gateTimeMs: 0, pollMs: 60_000 };

export function resolveTunnel(
  name: string,
  raw: RawTunnel,
  settings: { readonly firstMs: number; readonly capMs: number },
  context: ResolveContext,
): TunnelConfig {
  const backoff = resolveBackoff(raw, settings, context);
  const defaults = backoff.kind === 'autossh' ? autosshDefaults : ownDefaults;
  const pollMs = raw.poll ?? defaults.pollMs;
  if (raw.group !== undefined && !namePattern.test(raw.group)) context.report(['group'], nameRule);
  return {
    name,
    host: raw.host,
    start: raw.start,
    group: raw.group ?? null,
    description: raw.description ?? null,
    production: raw.production,
    interactive: raw.interactive,
    parkMs: raw.park,
    idleMs: raw.idle,
    forwards: raw.forwards.flatMap((forward, index) => {
      const resolved = resolveForward(forward, index, context);
      for (const one of resolved) context.placed(one, index);
      return resolved;
    }),
    probe: resolveProbe(raw.probe, context),
    probeTimeoutMs: raw['probe-timeout'],
    backoff,
    gateTimeMs: raw['gate-time'] ?? defaults.gateTimeMs,
    pollMs,
    firstPollMs: raw['first-poll'] ?? pollMs,
    maxStarts: raw['max-starts'],
    maxLifetimeMs: raw['max-lifetime'],
    stableMs: raw.stable,
  };
}

function resolveForward(raw: RawForward, index: number, context: ResolveContext): ForwardSpec[] {
  const { home } = context;
  if (raw === faultyItem) return [];
  try {
    if (typeof raw === 'string') return [parseForwardSpec(raw, { home })];
    return [
      buildForwardSpec(raw.type, String(raw.listen), raw.to ?? null, {
        home,
        name: raw.name,
        enabled: raw.enabled,
        maxConnections: raw['max-connections'],
        unlink: raw.unlink,
      }),
    ];
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    context.report(['forwards', index], error.message);
    return [];
  }
}

function resolveProbe(raw: RawTunnel['probe'], context: ResolveContext): ProbeConfig {
  if (raw === 'target') return { kind: 'target', host: null, port: null };
  if (typeof raw === 'string') return { kind: raw };
  switch (raw.type) {
    case 'keepalive':
    case 'loop':
      return { kind: raw.type };
    case 'echo':
      return { kind: 'echo', host: raw.host, port: raw.port };
    case 'exec':
      return { kind: 'exec', command: raw.command };
    case 'target':
      if ((raw.host === undefined) !== (raw.port === undefined)) {
        context.report(
          ['probe'],
          'host and port stand together, or neither: then the target of the first local forward is meant',
        );
      }
      return { kind: 'target', host: raw.host ?? null, port: raw.port ?? null };
    default:
      return assertNever(raw);
  }
}

function resolveBackoff(
  raw: RawTunnel,
  settings: { readonly firstMs: number; readonly capMs: number },
  context: ResolveContext,
): BackoffConfig {
  if (raw.backoff === 'autossh') return { kind: 'autossh' };
  const own = raw.backoff === 'exponential' ? {} : raw.backoff;
  const firstMs = own.first ?? settings.firstMs;
  const capMs = own.cap ?? settings.capMs;
  if (capMs < firstMs && raw.backoff !== 'exponential') {
    context.report(['backoff'], 'cap must not be less than first (settings have the defaults of both)');
  }
  return { kind: 'exponential', firstMs, capMs };
}
