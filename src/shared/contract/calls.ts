import { z } from 'zod';
import { editingCalls } from './editing-calls.ts';
import { causeSchema, saidSchema } from './failure-schema.ts';

/**
 * contract: the one interface between the engine and its shells (command, desktop, panel). Every call has a zod schema for what goes in and
 * what comes out; both sides check. The transport (socket, MessagePort, WebSocket) is not seen here.
 *
 * - calls.ts   requests and their answers
 * - editing-calls.ts   those behind the window's editor and pages
 * - events.ts  what the engine tells by itself
 * - frames.ts  the messages on a wire
 */

/** Raised when a change would break an older shell. A shell of another version is told so and refused. */
export const contractVersion = 2;

const phase = z.enum(['resolve', 'dial', 'key-exchange', 'host-key', 'auth', 'forwards', 'probe']);

export const tunnelStateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('stopped') }),
  z.object({ kind: z.literal('listening') }),
  z.object({ kind: z.literal('starting'), phase, hop: z.string().nullable() }),
  z.object({ kind: z.literal('interactive'), promptId: z.string().nullable() }),
  z.object({ kind: z.literal('running'), sinceMs: z.number(), degraded: causeSchema.nullable() }),
  z.object({ kind: z.literal('retrying'), cause: causeSchema, nextTryAtMs: z.number() }),
  z.object({ kind: z.literal('dead'), cause: causeSchema }),
]);

export const forwardStatusSchema = z.object({
  spec: z.string(),
  state: z.enum(['off', 'listening', 'up', 'waiting', 'failed']),
  listen: z.string().nullable(),
  cause: causeSchema.nullable(),
  clients: z.number(),
  bytesIn: z.number(),
  bytesOut: z.number(),
});

export const tunnelStatusSchema = z.object({
  name: z.string(),
  host: z.string(),
  group: z.string().nullable(),
  production: z.boolean(),
  state: tunnelStateSchema,
  wanted: z.boolean(),
  attempt: z.number(),
  reconnects: z.number(),
  forwards: z.array(forwardStatusSchema).readonly(),
  parked: z.number(),
});

export const promptSchema = z.object({
  id: z.string(),
  kind: z.enum(['host-key', 'password', 'otp', 'passphrase', 'confirm']),
  tunnels: z.array(z.string()).readonly(),
  host: z.string(),
  hop: z.string(),
  address: z.string(),
  user: z.string(),
  message: z.string(),
  fields: z.array(z.object({ label: z.string(), echo: z.boolean() })).readonly(),
  hostKey: z
    .object({
      keyType: z.string(),
      fingerprint: z.string(),
      randomart: z.string(),
      otherNames: z.array(z.string()).readonly(),
      remoteAddress: z.string().nullable(),
      file: z.string(),
    })
    .nullable(),
  signIn: z
    .object({
      serverText: z.string(),
      keyFile: z.string().nullable(),
      accepted: z.array(z.string()).readonly(),
      triesLeft: z.number(),
      refused: z.enum(['code', 'password', 'answer', 'passphrase']).nullable(),
      newPassword: z.enum(['first', 'different', 'refused']).optional(),
    })
    .nullable(),
  elsewhere: z.object({ serverText: z.string() }).nullable(),
  addresses: z.array(z.string()).readonly(),
  round: z.number(),
  mayRemember: z.boolean(),
  askedAtMs: z.number(),
});

/** Names of tunnels or groups; `all` takes every tunnel. */
const targets = z.object({ names: z.array(z.string().max(256)).max(10_000).readonly(), all: z.boolean() });
const affected = z.object({ names: z.array(z.string()).readonly() });
const none = z.object({});

/** One row of the history: a transition worth keeping. */
export const historyEventSchema = z.object({
  atMs: z.number(),
  /** Empty: the machine itself. */
  tunnel: z.string(),
  /** `up`, `lost`, `healed`, `failed` (never got to run), `dead`, `stopped`, `started`; of the machine `asleep` and `awake`. */
  what: z.string(),
  cause: causeSchema.nullable(),
});

export const tunnelStatsSchema = z.object({
  name: z.string(),
  /** Milliseconds up since it was put up; 0 when down. */
  uptimeMs: z.number(),
  /** All its life, over restarts of the engine. */
  totalUptimeMs: z.number(),
  reconnects: z.number(),
  reconnectsByCause: z.record(z.string(), z.number()),
  bytesIn: z.number(),
  bytesOut: z.number(),
  connections: z.number(),
  totalConnections: z.number(),
  /** Round trips of the last probes, newest last. */
  probeMs: z.array(z.number()).readonly(),
});

export const connectionSchema = z.object({
  id: z.string(),
  host: z.string(),
  user: z.string(),
  address: z.string(),
  jump: z.array(z.string()).readonly(),
  leases: z.number(),
  channels: z.number(),
  sinceMs: z.number(),
  /** When it ends by the settings of the pool; null: not as long as somebody uses it. */
  endsAtMs: z.number().nullable(),
  /** Running tunnels that go over it, also as a hop. */
  tunnels: z.array(z.string()).readonly(),
  /** Programs connected to those, as far as the system tells. */
  programs: z.array(z.string()).readonly(),
  authenticatedBy: z.string(),
  cipher: z.string(),
  bytesIn: z.number(),
  bytesOut: z.number(),
});

export const logLineSchema = z.object({
  atMs: z.number(),
  level: z.string(),
  tunnel: z.string().nullable(),
  message: z.string(),
  fields: z.record(z.string(), z.unknown()),
});

const secretName = z.object({ host: z.string().max(256), kind: z.enum(['password', 'passphrase']) });

/** Every call a shell can make. */
export const calls = {
  ...editingCalls,
  hello: {
    input: z.object({ client: z.string().max(128), contract: z.number() }),
    output: z.object({
      version: z.string(),
      contract: z.number(),
      pid: z.number(),
      startedAtMs: z.number(),
      configFile: z.string(),
      logFolder: z.string(),
    }),
  },
  /** State and revision; later `tunnels` events with higher revisions replace single rows. */
  snapshot: {
    input: none,
    output: z.object({
      revision: z.number(),
      tunnels: z.array(tunnelStatusSchema).readonly(),
      prompts: z.array(promptSchema).readonly(),
      configProblem: z.string().nullable(),
    }),
  },
  /** Rows of these tunnels or groups; no names: all. Fails with `not-found`. */
  status: {
    input: z.object({ names: z.array(z.string().max(256)).max(10_000).readonly() }),
    output: z.array(tunnelStatusSchema).readonly(),
  },
  up: { input: targets, output: affected },
  down: { input: targets, output: affected },
  restart: { input: targets, output: affected },
  /** Skips the wait of RETRYING tunnels; leaves the others alone. */
  now: { input: targets, output: affected },
  /** Switches one forward of a tunnel while it runs; not written to the configuration. */
  forward: { input: z.object({ tunnel: z.string(), spec: z.string(), enabled: z.boolean() }), output: none },
  prompts: { input: none, output: z.array(promptSchema).readonly() },
  answer: {
    input: z.object({
      id: z.string().max(64),
      answer: z.discriminatedUnion('kind', [
        z.object({ kind: z.enum(['yes', 'no', 'once', 'cancel']) }),
        z.object({
          kind: z.literal('values'),
          values: z.array(z.string().max(8192)).max(16).readonly(),
          remember: z.boolean(),
          /** Keep the login open for so long from now, even if nothing uses it; absent: as the settings say. */
          keepOpenMs: z
            .number()
            .int()
            .min(0)
            .max(7 * 86_400_000)
            .optional(),
        }),
      ]),
    }),
    output: none,
  },
  stats: {
    input: z.object({ names: z.array(z.string().max(256)).max(10_000).readonly() }),
    output: z.array(tunnelStatsSchema).readonly(),
  },
  history: {
    input: z.object({
      names: z.array(z.string().max(256)).max(10_000).readonly(),
      limit: z.number().int().min(1).max(10_000),
    }),
    output: z.array(historyEventSchema).readonly(),
  },
  /** The newest lines of a tunnel's log, or of the engine's. Following: subscribe to `log` events. */
  logs: {
    input: z.object({ tunnel: z.string().nullable(), lines: z.number().int().min(0).max(10_000) }),
    output: z.array(logLineSchema).readonly(),
  },
  /** How many clients, of how many programs, use how many logins; `programs` null: the system does not tell all. */
  usage: {
    input: none,
    output: z.object({ clients: z.number(), programs: z.number().nullable(), logins: z.number() }),
  },
  connections: { input: none, output: z.array(connectionSchema).readonly() },
  /** Reads the configuration file again now. */
  reload: { input: none, output: z.object({ problem: z.string().nullable() }) },
  'secret.state': {
    input: none,
    output: z.object({
      kind: z.enum(['available', 'locked', 'absent', 'error']),
      store: z.string(),
      /** `store` as a fact. */
      said: saidSchema.optional(),
      /** Which store that is. */
      place: z.enum(['keychain', 'vault', 'memory']).optional(),
      /** Where a login's "remember" goes now; `memory`: until the engine ends. */
      remembersIn: z.enum(['keychain', 'vault', 'memory']),
    }),
  },
  'secret.set': { input: secretName.extend({ value: z.string().max(8192) }), output: none },
  'secret.list': { input: none, output: z.array(secretName).readonly() },
  'secret.remove': { input: secretName, output: z.object({ removed: z.boolean() }) },
  /** Forgets what was typed and which keys were unlocked, and closes the vault: the next login that needs them asks. Open links stay. */
  'secret.lock': { input: none, output: none },
  /** Opens or makes the encrypted vault file for this engine's life. */
  'vault.unlock': { input: z.object({ passphrase: z.string().max(8192), create: z.boolean() }), output: none },
  'vault.lock': { input: none, output: none },
  /** Starts the browser panel if it is not running (port null: a free one) and makes a link that opens it once. */
  'panel.link': {
    input: z.object({ port: z.number().int().min(0).max(65_535).nullable() }),
    output: z.object({ url: z.string() }),
  },
  /** Suspend, resume, network change as a shell sees them. */
  wake: { input: z.object({ reason: z.enum(['resume', 'network', 'person']) }), output: none },
  /** Chooses the events this shell gets. */
  subscribe: {
    input: z.object({ tunnels: z.boolean(), prompts: z.boolean(), log: z.boolean(), logTunnel: z.string().nullable() }),
    output: none,
  },
  /** Ends the engine. */
  shutdown: { input: none, output: none },
} as const;

export type CallName = keyof typeof calls;
export type CallInput<N extends CallName> = z.input<(typeof calls)[N]['input']>;
export type CallOutput<N extends CallName> = z.output<(typeof calls)[N]['output']>;

/**
 * What the engine implements: one async function for each call. The signal, an `AbortSignal` (which only the engine's side knows as a type), aborts with a
 * `HoldfastError` when nobody waits for the answer any more: what only that shell wanted ends then; what is to stay, like a saved file, is done.
 */
export type ContractApi<Signal = never> = {
  readonly [N in CallName]: (input: CallInput<N>, signal: Signal) => Promise<CallOutput<N>>;
};

export type LogLine = z.output<typeof logLineSchema>;
export type TunnelStats = z.output<typeof tunnelStatsSchema>;
export type HistoryEvent = z.output<typeof historyEventSchema>;
