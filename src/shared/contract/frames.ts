import { z } from 'zod';
import { causeSchema } from './failure-schema.ts';
import { eventSchema } from './events.ts';

/** From shell to engine: one JSON object a line. */
export const requestFrameSchema = z.object({
  id: z.number().int().nonnegative(),
  call: z.string().max(64),
  input: z.unknown(),
});

/** From engine to shell. */
export const responseFrameSchema = z.union([
  z.object({ id: z.number(), ok: z.literal(true), output: z.unknown() }),
  /** `id` null: the request could not even be read; the connection is closed after it. */
  z.object({ id: z.number().nullable(), ok: z.literal(false), error: causeSchema }),
  z.object({ event: eventSchema }),
]);

export type RequestFrame = z.output<typeof requestFrameSchema>;
export type ResponseFrame = z.output<typeof responseFrameSchema>;

/** Longest request line in bytes; a longer one is answered with an error and the connection is closed. */
export const maxRequestBytes = 256 * 1024;
/** A request must be complete so long after its first byte. */
export const requestReadTimeoutMs = 30_000;
