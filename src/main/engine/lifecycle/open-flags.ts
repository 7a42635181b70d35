import { constants } from 'node:fs';

/**
 * How files are opened at places where somebody else may have put something (open(2)): a named pipe does not hold us, and a link leads nowhere. A system that
 * lacks a flag, as Windows does, goes without it.
 */

/** To be added to other flags: fails (ELOOP) where the last part of the path is a link. */
export const notThroughLink = constants.O_NOFOLLOW ?? 0;
/** To be added to other flags: a named pipe is not waited for. */
export const notHeldByPipe = constants.O_NONBLOCK ?? 0;

/** For reading, through links too. */
export const forReading = constants.O_RDONLY | notHeldByPipe;
/** For reading what stands at the path itself. */
export const forReadingItself = forReading | notThroughLink;
