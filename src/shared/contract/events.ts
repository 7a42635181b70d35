import { z } from 'zod';
import { logLineSchema, promptSchema, tunnelStatusSchema } from './calls.ts';

/** What the engine tells a subscribed shell by itself. */
export const eventSchema = z.discriminatedUnion('kind', [
  /** Rows that changed, and names that are gone. Revisions grow by one. */
  z.object({
    kind: z.literal('tunnels'),
    revision: z.number(),
    changed: z.array(tunnelStatusSchema).readonly(),
    removed: z.array(z.string()).readonly(),
  }),
  z.object({ kind: z.literal('prompt-opened'), prompt: promptSchema }),
  z.object({ kind: z.literal('prompt-closed'), id: z.string(), end: z.enum(['answered', 'cancelled', 'withdrawn']) }),
  z.object({ kind: z.literal('log'), line: logLineSchema }),
  /** The configuration file was read again; null: it is good. */
  z.object({ kind: z.literal('config'), problem: z.string().nullable() }),
]);

export type EngineEvent = z.output<typeof eventSchema>;
