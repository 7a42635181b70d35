import { z } from 'zod';
import { causeSchema, saidSchema } from './failure-schema.ts';

/**
 * The calls behind the window's editor and pages: reading and editing the configuration, importing, testing before saving, known hosts.
 */

/** So deep lists and tables of one value may stand in each other. */
const deepestValue = 16;

const valueSchema: z.ZodType<ConfigValue> = z.lazy(() =>
  z.union([
    z.string().max(64 * 1024),
    z.number(),
    z.boolean(),
    z.array(valueSchema).max(10_000),
    z.record(z.string().max(256), valueSchema),
  ]),
);

/** A value as it stands in the configuration file. Its depth is looked at first: the check itself goes down level by level. */
export const configValueSchema: z.ZodType<ConfigValue> = z
  .unknown()
  .refine((value) => isShallow(value, deepestValue), 'nested too deeply')
  .pipe(valueSchema);

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((item) => isShallow(item, levels - 1));
}

export type ConfigValue = string | number | boolean | readonly ConfigValue[] | { readonly [key: string]: ConfigValue };

const name = z.string().max(256);
const values = z.record(z.string().max(256), configValueSchema);

/** One edit of the configuration file; several are applied together or not at all. Keys are those of docs/configuration.md. */
export const configEditSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('add-host'), name, values }),
  z.object({ op: z.literal('remove-host'), name }),
  z.object({ op: z.literal('add-tunnel'), name, values }),
  z.object({ op: z.literal('remove-tunnel'), name }),
  /** Keeps place, keys and comments; its past and whether it is wanted go with it. */
  z.object({ op: z.literal('rename-tunnel'), name, to: name }),
  z.object({ op: z.literal('set'), path: z.array(name).min(2).max(8), value: configValueSchema }),
  z.object({ op: z.literal('delete'), path: z.array(name).min(2).max(8) }),
  /** `forward` is a short form or a table. */
  z.object({ op: z.literal('add-forward'), tunnel: name, forward: configValueSchema }),
  z.object({ op: z.literal('replace-forward'), tunnel: name, spec: z.string().max(2048), forward: configValueSchema }),
  z.object({ op: z.literal('remove-forward'), tunnel: name, spec: z.string().max(2048) }),
]);
export type ConfigEdit = z.output<typeof configEditSchema>;

export const configProblemSchema = z.object({ line: z.number(), key: z.string(), message: z.string() });

/** A forward as the editor shows it. `listen` and `target` are texts as in the short form; target null for dynamic kinds. */
export const forwardViewSchema = z.object({
  spec: z.string(),
  kind: z.enum(['local', 'remote', 'dynamic', 'remote-dynamic']),
  listen: z.string(),
  target: z.string().nullable(),
  name: z.string().nullable(),
  enabled: z.boolean(),
  beyondLoopback: z.boolean(),
});

/** The configuration for pages and editor. `values` are what the file says, without defaults; `effective` has the defaults filled in. */
export const configViewSchema = z.object({
  file: z.string(),
  /** Why the file cannot be edited (a link, rights), null if it can. */
  readOnlyReason: z.string().nullable(),
  /** What is wrong with the file now; the last good one runs. */
  problem: z.string().nullable(),
  hosts: z.array(z.object({ name: z.string(), values, effective: values })).readonly(),
  tunnels: z
    .array(
      z.object({
        name: z.string(),
        host: z.string(),
        group: z.string().nullable(),
        values,
        effective: values,
        forwards: z.array(forwardViewSchema).readonly(),
      }),
    )
    .readonly(),
  settings: z.object({ values, effective: values }),
});

/** A client of a forward now. */
export const clientSchema = z.object({
  spec: z.string(),
  /** Program and pid where the system tells; null for clients from the server's side or another user. */
  program: z.string().nullable(),
  pid: z.number().nullable(),
  peer: z.string(),
  sinceMs: z.number(),
  bytesIn: z.number(),
  bytesOut: z.number(),
  /** Waits for the link; milliseconds left. */
  parkedLeftMs: z.number().nullable(),
});

/** Who is connected to a forward now. */
export const usageSchema = z.object({
  tunnel: z.string(),
  spec: z.string(),
  programs: z.array(z.string()).readonly(),
  clients: z.number(),
});

/** One station of the path from this computer to the target. */
export const stationSchema = z.object({
  kind: z.enum(['here', 'hop', 'target']),
  name: z.string(),
  address: z.string(),
  /** `later`: a station behind the broken one. */
  state: z.enum(['ok', 'working', 'broken', 'later', 'idle']),
  /** Round trip of the leg that ends here, null if not known. */
  legMs: z.number().nullable(),
  /** Why it is broken, or was. */
  cause: causeSchema.nullable(),
});

export const tunnelDetailSchema = z.object({
  name: z.string(),
  path: z.array(stationSchema).readonly(),
  clients: z.array(clientSchema).readonly(),
  /** Other tunnels on the same login. */
  sharedWith: z.array(z.string()).readonly(),
  login: z.string(),
  lastProbe: z.object({ ms: z.number().nullable(), atMs: z.number() }).nullable(),
  cause: causeSchema.nullable(),
});

/** A host key that was refused because another one is trusted. */
export const changedKeySchema = z.object({
  hop: z.string(),
  address: z.string(),
  lookupName: z.string(),
  remoteAddress: z.string().nullable(),
  /** Where the server with the trusted key answered last; null: not known. */
  addressBefore: z.string().nullable(),
  file: z.string(),
  line: z.number(),
  trusted: z
    .array(
      z.object({
        keyType: z.string(),
        fingerprint: z.string(),
        file: z.string(),
        line: z.number(),
        /** When a person trusted it in Holdfast; null: not known. */
        sinceMs: z.number().nullable(),
      }),
    )
    .readonly(),
  shown: z.object({ keyType: z.string(), fingerprint: z.string() }),
  shownAtMs: z.number(),
  /** False: it stands in a file that is only read. */
  replaceable: z.boolean(),
  /** Those that are on and use this host. */
  tunnels: z.array(z.string()).readonly(),
});

const importNotes = z.array(z.string()).readonly();

export const editingCalls = {
  'config.view': { input: z.object({}), output: configViewSchema },
  /** Applies all edits or none. With `dryRun` nothing is written. `inUse`: clients of what would stop or change; `kept`: others of the same tunnels. */
  'config.edit': {
    input: z.object({ edits: z.array(configEditSchema).min(1).max(500), dryRun: z.boolean() }),
    output: z.object({
      problems: z.array(configProblemSchema).readonly(),
      warnings: z.array(configProblemSchema).readonly(),
      inUse: z.array(usageSchema).readonly(),
      kept: z.array(usageSchema).readonly(),
      saved: z.boolean(),
    }),
  },
  'tunnel.detail': { input: z.object({ name }), output: tunnelDetailSchema },
  /** Tries the tunnel as it would be after `edits`, without saving: logs in (asking if need be) and opens each target once. */
  'tunnel.test': {
    input: z.object({ tunnel: name, edits: z.array(configEditSchema).max(500) }),
    output: z.object({
      steps: z
        .array(z.object({ what: z.string(), ok: z.boolean(), ms: z.number(), cause: causeSchema.nullable() }))
        .readonly(),
    }),
  },
  /** An `ssh …` or `autossh …` command line as edits that would make the same tunnel. */
  'ssh-command.parse': {
    input: z.object({ text: z.string().max(16 * 1024) }),
    output: z.object({
      problem: z.string().nullable(),
      edits: z.array(configEditSchema).readonly(),
      tunnel: z.string().nullable(),
      notes: importNotes,
      said: z.object({ problem: saidSchema, notes: z.array(saidSchema).readonly() }).optional(),
    }),
  },
  'ssh-command.format': { input: z.object({ tunnel: name }), output: z.object({ text: z.string() }) },
  'ssh-config.list': {
    input: z.object({}),
    output: z.object({
      file: z.string(),
      /** Reading it may run commands (`Match exec`, or what only ssh itself can tell): ask first. */
      runsCommands: z.boolean(),
      hosts: z.array(z.object({ alias: z.string(), known: z.boolean() })).readonly(),
    }),
  },
  'ssh-config.import': {
    input: z.object({ aliases: z.array(name).min(1).max(1000), mayRunCommands: z.boolean() }),
    output: z.object({
      edits: z.array(configEditSchema).readonly(),
      notes: importNotes,
      skipped: z.array(z.object({ alias: z.string(), reason: z.string() })).readonly(),
      /** `reasons`: those of `skipped`, in its order. */
      said: z.object({ notes: z.array(saidSchema).readonly(), reasons: z.array(saidSchema).readonly() }).optional(),
    }),
  },
  /** Whether a local address could be bound now. */
  'port.check': {
    input: z.object({ listen: z.string().max(1024) }),
    output: z.object({
      free: z.boolean(),
      holder: z.string().nullable(),
      other: z.number().nullable(),
      problem: z.string().nullable(),
    }),
  },
  /** All of them. Hashed names are told where they are `find`, a whole name as ssh looks it up. */
  'known-hosts.list': {
    input: z.object({ find: z.string().max(1024).optional() }),
    output: z
      .array(
        z.object({
          names: z.string(),
          /** A hash stands in the file; `names` is its name only where that was asked for. */
          hashed: z.boolean(),
          marker: z.string().nullable(),
          keyType: z.string(),
          fingerprint: z.string(),
          file: z.string(),
          line: z.number(),
          removable: z.boolean(),
        }),
      )
      .readonly(),
  },
  /** Removes a name with a `.old` backup beside the file. */
  'known-hosts.remove': {
    input: z.object({ file: z.string().max(4096), name: z.string().max(1024) }),
    output: z.object({ removed: z.number() }),
  },
  /** The changed keys that keep tunnels from connecting now. */
  'host-key.changed': { input: z.object({}), output: z.array(changedKeySchema).readonly() },
  /** Trusts the key that was shown, if `fingerprint` (from its owner) is equal to it; the old key goes to `.old`. Then connects. */
  'host-key.replace': {
    input: z.object({ lookupName: z.string().max(1024), fingerprint: z.string().max(128) }),
    output: z.object({}),
  },
  /** Closes a login for everybody; tunnels over it connect anew. */
  'connection.close': { input: z.object({ id: z.string().max(64) }), output: z.object({}) },
} as const;
