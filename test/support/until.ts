import { inspect } from 'node:util';

/** What `until` waits for, for the message when it does not come. */
export interface UntilOptions {
  /** "the tunnel to be RUNNING": ends the sentence "waited … ms for". */
  readonly what: string;
  /** 10 s unless told. */
  readonly timeoutMs?: number;
  /** Added to the message when the time is over: the state that was seen instead. */
  readonly seen?: () => unknown;
}

/**
 * Waits until `condition` gives something other than false, null or undefined, and returns it. Asks again each 10 ms. An error that
 * `condition` throws counts as "not yet" and is told when the time is over.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: UntilOptions,
): Promise<Exclude<T, false | null | undefined>> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const end = performance.now() + timeoutMs;
  for (;;) {
    let fault: unknown;
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined)
        return value as Exclude<T, false | null | undefined>;
    } catch (error) {
      fault = error;
    }
    if (performance.now() >= end) throw new Error(timeUp(options, timeoutMs, fault), { cause: fault });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function timeUp(options: UntilOptions, timeoutMs: number, fault: unknown): string {
  const seen = options.seen ? `; seen instead: ${text(options.seen())}` : '';
  const last =
    fault === undefined ? '' : `; the last look threw: ${fault instanceof Error ? fault.message : inspect(fault)}`;
  return `waited ${timeoutMs} ms for ${options.what}${seen}${last}`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value, null, 1) ?? String(value));
}
