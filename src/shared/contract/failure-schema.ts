import { z } from 'zod';
import { type FailureCode, failureRetry } from '../model/failure.ts';

const failureCodes = Object.keys(failureRetry) as [FailureCode, ...FailureCode[]];

export const causeSchema = z.object({
  code: z.enum(failureCodes),
  where: z.string(),
  message: z.string(),
  next: z.string(),
});
