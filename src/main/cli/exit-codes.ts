import type { FailureCode } from '../../shared/model/failure.ts';

/** Exit codes of the command; fixed for scripts. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  noEngine: 3,
  notFound: 4,
  waitsForPerson: 5,
} as const;

/** The exit code that an error of this kind gives. */
export function exitCodeOf(code: FailureCode): number {
  switch (code) {
    case 'usage':
    case 'config':
      return exitCodes.usage;
    case 'no-engine':
      return exitCodes.noEngine;
    case 'not-found':
      return exitCodes.notFound;
    default:
      return exitCodes.failed;
  }
}
