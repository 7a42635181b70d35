import { z } from 'zod';
import type { Given } from '../i18n/said.ts';
import { type FailureCode, failureRetry } from '../model/failure.ts';

const failureCodes = Object.keys(failureRetry) as [FailureCode, ...FailureCode[]];

/** Sentences within sentences, and lists: an engine never goes so deep, and what does is no fact. */
const deepest = 6;

function givenSchema(depth: number): z.ZodType<Given> {
  const plain = z.union([z.string(), z.number(), z.boolean(), z.null()]);
  if (depth === 0) return plain;
  const inner = givenSchema(depth - 1);
  return z.union([plain, z.array(inner), z.object({ id: z.string(), given: z.record(z.string(), inner) })]);
}

/** A fact beside an English text; null: only the text is known. */
export const saidSchema = z.object({ id: z.string(), given: z.record(z.string(), givenSchema(deepest)) }).nullable();

export const causeSchema = z.object({
  code: z.enum(failureCodes),
  where: z.string(),
  message: z.string(),
  next: z.string(),
  said: z.object({ message: saidSchema, next: saidSchema }).optional(),
});
