import type { RawData } from 'ws';

/** WebSocket close codes (RFC 6455 section 7.4.1) that we send. */
export const policyViolation = 1008;
export const tooMuch = 1009;

/** `ws` gives one Buffer unless told otherwise; the other shapes are of other settings. */
export function asText(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString('utf8') : '';
}

/** undefined for what is not JSON. */
export function parseFrame(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
