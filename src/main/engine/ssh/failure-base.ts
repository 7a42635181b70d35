import { isIPv6 } from 'node:net';
import type { Said } from '../../../shared/i18n/said.ts';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import type { HostConfig } from '../../../shared/model/config.ts';
import { type FailureCode, HoldfastError, type Phase } from '../../../shared/model/failure.ts';
import type { Redact } from '../log/redact.ts';
import type { Endpoint } from '../../../shared/model/forward-spec.ts';

/** Characters of somebody else's text that are shown. */
export const textLimit = 300;

/** `host:port`, with brackets around IPv6. */
export function addressText(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** A system error's code, or ''. */
export function errorCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string')
    return error.code;
  return '';
}

/** An error's text, cleaned; `redact` first where it may hold a server's words. */
export function textOf(error: unknown, redact: Redact = (text) => text): string {
  return cleanLine(redact(error instanceof Error ? error.message : String(error)), textLimit);
}

/** Whose failure, and how far it was. */
export interface Place {
  readonly host: HostConfig;
  /** Undefined for a link that was up. */
  readonly phase: Phase | undefined;
}

/** A failure of `place.host`. */
export function makeFailure(
  place: Place,
  code: FailureCode,
  message: Said | string,
  next: Said | string,
  extra: { where?: string; cause?: unknown } = {},
): HoldfastError {
  return new HoldfastError({
    code,
    where: extra.where ?? place.host.name,
    message,
    next,
    phase: place.phase,
    hop: place.host.name,
    cause: extra.cause,
  });
}

/** `host:port` or a path, for people. */
export function endpointText(endpoint: Endpoint): string {
  return endpoint.kind === 'tcp'
    ? addressText(cleanLine(endpoint.host, 256), endpoint.port)
    : cleanLine(endpoint.path, 256);
}

/** A time for people: `15 s`. */
export function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
