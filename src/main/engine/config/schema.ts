import { z } from 'zod';
import { authMethodNames } from '../../../shared/model/config.ts';
import {
  choice,
  duration,
  durationOr,
  label,
  line,
  listOf,
  namePattern,
  nameRule,
  path,
  size,
  whole,
  word,
  yesNo,
} from './fields.ts';
import { forwardKinds } from './forward-spec.ts';

/**
 * The shape of the configuration file: every key with its default. docs/config.schema.json is made from it (`node scripts/config-schema.mjs`),
 * and docs/configuration.md describes it. Relations between keys are checked in resolve.ts and cross-checks.ts.
 */

export const currentVersion = 1;

export const hostSchema = z
  .strictObject({
    address: word("the server's name or address").describe('Name or address of the server.'),
    port: whole(1, 65_535).default(22).describe('Port of the SSH server.'),
    user: word('a user name').optional().describe('User to log in as; default: who you are.'),
    identity: listOf(path('the path of a key file'), 'a list of key files')
      .prefault([])
      .describe(
        'Key files, tried in this order, before keys of the agent. A .pub file picks a key of the agent. None: the usual files in ~/.ssh.',
      ),
    certificates: listOf(path('the path of a certificate'), 'a list of certificate files')
      .prefault([])
      .describe('User certificates beside those found as IDENTITY-cert.pub.'),
    agent: z
      .union([z.boolean(), path('the path of an agent socket')], {
        error: "expected true, false, or the path of an agent's socket or pipe",
      })
      .default(true)
      .describe('true: the usual agent (SSH_AUTH_SOCK, on Windows the pipe); false: none; or a socket or pipe.'),
    'identities-only': yesNo().default(false).describe('Of the agent only the keys that identity names.'),
    'auth-methods': listOf(choice(authMethodNames), 'a list of authentication methods')
      .refine((methods) => methods.length > 0, { error: 'expected at least one method' })
      .refine((methods) => new Set(methods).size === methods.length, { error: 'expected each method once' })
      .prefault([...authMethodNames])
      .describe('Methods of authentication that may be tried, the first one first.'),
    jump: listOf(line('the name of a host'), 'a list of host names')
      .prefault([])
      .describe('Other hosts of this file to go through, outermost first.'),
    proxy: line('a proxy like "socks5://127.0.0.1:1080" or "http://proxy:3128"')
      .optional()
      .describe('Proxy to the first hop: socks5://[USER@]HOST:PORT or http://[USER@]HOST:PORT.'),
    'proxy-command': line('a command', 4096)
      .optional()
      .describe(
        'Command whose input and output are the connection to the first hop; %h, %p and %r stand for host, port, user.',
      ),
    'bind-address': word('a local address').optional().describe('Local address to dial from.'),
    'address-family': choice(['any', 'inet', 'inet6'])
      .default('any')
      .describe('IPv4 only (inet), IPv6 only (inet6), or both.'),
    'known-hosts': listOf(path('the path of a known_hosts file'), 'a list of known_hosts files')
      .optional()
      .describe('Files of known host keys: all are read, new keys go to the first. Default: those of OpenSSH.'),
    'host-key-policy': choice(['ask', 'strict', 'accept-new'])
      .default('ask')
      .describe('Unknown host keys: ask a person, refuse, or accept the first one. A changed key is always refused.'),
    'host-key-pins': listOf(line('a fingerprint like "SHA256:…"'), 'a list of SHA256 fingerprints')
      .prefault([])
      .describe('The host must show a key with one of these fingerprints.'),
    'host-key-alias': word('a name for known_hosts')
      .optional()
      .describe('Name under which the host stands in known_hosts.'),
    'hash-known-hosts': yesNo().default(false).describe('Hash names in new lines of known_hosts.'),
    'update-host-keys': yesNo()
      .default(true)
      .describe('Learn further keys of a trusted host, with proofs, into the first file.'),
    'connect-timeout': durationOr('15s').describe('Limit for each of resolve, dial and key exchange; 0s: none.'),
    'auth-timeout': durationOr('30s').describe(
      'Limit for authentication, not counting the time a person is asked; 0s: none.',
    ),
    'alive-interval': durationOr('15s').describe(
      'Ask the server for a sign of life after so long a silence; 0s: never.',
    ),
    'alive-count-max': whole(0, 1000)
      .default(3)
      .describe(
        'Dead after so many intervals of silence and one more; with 0 it is asked once, at half of the interval.',
      ),
    'auth-tries': whole(1, 100).default(2).describe('Failed logins in a row before a tunnel gives up.'),
    transport: choice(['ssh2', 'openssh'])
      .default('ssh2')
      .describe('ssh2: built in and shared; openssh is read but not available.'),
    compression: yesNo().default(false).describe('Compress the link.'),
    'tcp-keep-alive': yesNo().default(true).describe('TCP keepalive on the link.'),
    'legacy-algorithms': listOf(
      word('an SSH algorithm name', 64).regex(/^[A-Za-z0-9@._+-]+$/, { error: 'expected an SSH algorithm name' }),
      'a list of SSH algorithm names',
    )
      .prefault([])
      .describe('Old algorithms to offer behind the safe ones, for old servers.'),
    'rekey-bytes': size('1G', 1024 * 1024, '1M').describe('New session keys after so much traffic.'),
    'rekey-interval': durationOr('1h', 60_000).describe('New session keys after so long.'),
    'max-channels': whole(1, 65_535).default(1000).describe('Channels at once on one connection.'),
  })
  .describe('An SSH server to log in to.');

const forwardAddress = (expected: string) =>
  z.union([line(expected), whole(0, 65_535)], { error: `expected ${expected}` });

export const forwardTableSchema = z
  .strictObject({
    type: choice(forwardKinds).describe('local and dynamic listen here, remote and remote-dynamic on the server.'),
    listen: forwardAddress('a port, HOST:PORT, [IPv6]:PORT, *:PORT or the path of a socket').describe(
      'Where it listens: a port, FIRST-LAST, HOST:PORT, [IPv6]:PORT, *:PORT or the path of a socket.',
    ),
    to: line('HOST:PORT, [IPv6]:PORT or the path of a socket')
      .optional()
      .describe('Target; not for the dynamic kinds.'),
    name: label('a name for people', 200).optional().describe('Name for people.'),
    enabled: yesNo().default(true).describe('false: configured but switched off.'),
    'max-connections': whole(0, 100_000).default(0).describe('Clients at once; 0: no limit of its own.'),
    unlink: yesNo().default(false).describe('Remove a stale socket file before listening.'),
  })
  .describe('A forward in its table form.');

export const forwardSchema = z.union(
  [
    line('a forward', 1024).describe('A forward in its short form, like "local 127.0.0.1:5432 -> db.internal:5432".'),
    forwardTableSchema,
  ],
  { error: 'expected a forward like "local 127.0.0.1:5432 -> db.internal:5432", or a table with type, listen and to' },
);

const probeTables = {
  plain: z.strictObject({ type: choice(['keepalive', 'loop']) }),
  echo: z.strictObject({
    type: z.literal('echo'),
    host: word('a host name').default('localhost'),
    port: whole(1, 65_535).default(7),
  }),
  target: z.strictObject({
    type: z.literal('target'),
    host: word('a host name').optional(),
    port: whole(1, 65_535).optional(),
  }),
  exec: z.strictObject({ type: z.literal('exec'), command: line('a command', 4096) }),
};

export const probeKinds = ['keepalive', 'loop', 'echo', 'target', 'exec'] as const;
const probeError = 'expected "keepalive", "loop", "target", or a table with type (keepalive, loop, echo, target, exec)';

export const probeSchema = z.union(
  [
    choice(['keepalive', 'loop', 'target']),
    z.discriminatedUnion('type', [probeTables.plain, probeTables.echo, probeTables.target, probeTables.exec], {
      error: probeError,
    }),
  ],
  { error: probeError },
);

export const backoffSchema = z.union(
  [
    choice(['exponential', 'autossh']),
    z.strictObject({
      first: duration(10).optional().describe('Longest wait before the second try.'),
      cap: duration(10).optional().describe('Longest wait of all.'),
    }),
  ],
  { error: 'expected "exponential", "autossh", or a table with first and cap' },
);

export const tunnelSchema = z
  .strictObject({
    host: line('the name of a host').describe('Name of a host of this file.'),
    start: choice(['login', 'demand', 'manual'])
      .default('login')
      .describe('login: with the engine; demand: ports listen, SSH connects at the first byte; manual: when asked.'),
    group: line('the name of a group').optional().describe('Tunnels of a group switch together.'),
    description: line('a text', 500).optional().describe('Text for people.'),
    production: yesNo()
      .default(false)
      .describe('Real work depends on it: the window marks it, and asks before it is stopped.'),
    interactive: yesNo().default(false).describe('Its login needs a person: it starts only when asked.'),
    park: durationOr('20s').describe('How long clients wait while the connection is replaced; 0s: not at all.'),
    idle: durationOr('5m', 1000).describe('On demand: SSH goes after so long without a client.'),
    forwards: z
      .array(forwardSchema, { error: 'expected a list of forwards' })
      .min(1, { error: 'expected at least one forward' })
      .max(1000, { error: 'expected at most 1000 forwards' })
      .describe('What is forwarded.'),
    probe: probeSchema.default('keepalive').describe('How the tunnel is checked end to end.'),
    'probe-timeout': durationOr('10s', 100).describe('A probe without an answer for so long has failed.'),
    backoff: backoffSchema.default('exponential').describe('Waits between tries.'),
    'gate-time': duration()
      .optional()
      .describe(
        'A first connection that ends sooner ends the tunnel; 0s: off. Default: 0s; 30s with backoff = "autossh".',
      ),
    poll: duration(1000).optional().describe('Time between probes. Default: 60s; 600s with backoff = "autossh".'),
    'first-poll': duration(1000).optional().describe('Time before the first probe. Default: as poll.'),
    'max-starts': whole(-1, 1_000_000).default(-1).describe('Starts before the tunnel ends; -1: no limit.'),
    'max-lifetime': durationOr('0s').describe('The tunnel ends after so long; 0s: no limit.'),
    stable: durationOr('10s').describe(
      'A link that was up so long, and as long as the wait before it, resets the count of tries.',
    ),
  })
  .describe('A named, supervised set of forwards over one host.');

export const settingsSchema = z
  .strictObject({
    'log-level': choice(['error', 'warn', 'info', 'debug', 'trace'])
      .default('info')
      .describe('Least severity that is logged.'),
    'log-max-bytes': size('5M', 64 * 1024, '64K').describe('Size at which a log file is rotated.'),
    'log-files': whole(1, 100).default(5).describe('Log files kept of each tunnel and of the engine.'),
    'pool-idle': durationOr('60s').describe('An unused connection stays so long.'),
    'pool-max-lifetime': durationOr('0s').describe('A connection is replaced after so long; 0s: never.'),
    'secret-store': choice(['keychain', 'vault', 'memory']).default('keychain').describe('Where saved secrets live.'),
    'vault-file': path('the path of the vault').optional().describe('The vault; default: in the state folder.'),
    language: choice(['en', 'de', 'system']).default('system').describe('Language of the interface.'),
    'backoff-first': durationOr('1s', 10).describe('Longest wait before the second try; doubles from there.'),
    'backoff-cap': durationOr('60s', 10).describe('Longest wait between tries.'),
  })
  .describe('Settings of the engine.');

/** The whole file; for the JSON Schema. The loader checks the sections one by one, so that one fault does not hide another. */
export const fileSchema = z
  .strictObject({
    version: z.literal(currentVersion).default(currentVersion).describe("Version of the file's format."),
    settings: settingsSchema.prefault({}),
    hosts: z.record(z.string().regex(namePattern), hostSchema).default({}).describe(`Hosts by name: ${nameRule}.`),
    tunnels: z
      .record(z.string().regex(namePattern), tunnelSchema)
      .default({})
      .describe(`Tunnels by name: ${nameRule}.`),
  })
  .describe('Configuration of Holdfast.');

export type RawHost = z.output<typeof hostSchema>;
export type RawTunnel = z.output<typeof tunnelSchema>;
export type RawForward = z.output<typeof forwardSchema>;
export type RawSettings = z.output<typeof settingsSchema>;
