import { calls, type CallName } from '../../shared/contract/calls.ts';
import { type DesktopCallName, desktopCalls } from '../../shared/contract/shell-bridge.ts';
import type { CallResult } from '../../shared/contract/shell-bridge.ts';
import type { Said } from '../../shared/i18n/said.ts';
import { app as words } from '../../shared/i18n/sentences/app.ts';
import { asHoldfastError, type Cause, HoldfastError } from '../../shared/model/failure.ts';
import { pageOrigin } from './page-files.ts';

/** The channels between preload and main process; nothing else is listened to. */
export const channels = {
  call: 'holdfast:call',
  desktop: 'holdfast:desktop',
  event: 'holdfast:event',
  connection: 'holdfast:connection',
  navigate: 'holdfast:navigate',
} as const;

/** Who sent a message, as Electron tells. `frame` null: it is gone already. */
export interface Sender {
  readonly frame: { readonly url: string; readonly isTop: boolean } | null;
  /** The window is one that we made. */
  readonly known: boolean;
}

/** Only the top frame of a window of ours, and only while our page is in it. */
export function isTrusted({ frame, known }: Sender): boolean {
  return known && frame !== null && frame.isTop && originOf(frame.url) === pageOrigin;
}

/** `new URL(…).origin` is "null" for schemes of one's own in some runtimes. */
function originOf(url: string): string | null {
  try {
    const { protocol, host } = new URL(url);
    return `${protocol}//${host}`;
  } catch {
    return null;
  }
}

/** Calls that are the shell's own business and no page's. */
const notForPages: ReadonlySet<string> = new Set(['hello', 'shutdown', 'wake']);

export function isPageCall(name: unknown): name is CallName {
  return typeof name === 'string' && Object.hasOwn(calls, name) && !notForPages.has(name);
}

export function isDesktopCall(name: unknown): name is DesktopCallName {
  return typeof name === 'string' && Object.hasOwn(desktopCalls, name);
}

/** What both tables have for a call. */
interface CallSchemas {
  readonly input: { safeParse(value: unknown): { success: boolean; data?: unknown } };
  readonly output: { safeParse(value: unknown): { success: boolean; data?: unknown } };
}

/** Checks a call both ways; whatever goes wrong comes back as a value, so that no field of it is lost between processes. */
export async function guardedCall(
  name: string,
  input: unknown,
  { input: inputSchema, output: outputSchema }: CallSchemas,
  run: (input: unknown) => Promise<unknown>,
): Promise<CallResult<unknown>> {
  try {
    const checked = inputSchema.safeParse(input);
    if (!checked.success) return refusal(name, words.badInput({ call: name }));
    const output = outputSchema.safeParse(await run(checked.data));
    if (!output.success) return refusal(name, words.badAnswer({ call: name }));
    return { ok: true, output: output.data };
  } catch (error) {
    return { ok: false, error: asHoldfastError(error, name).toCause() };
  }
}

export function refusal(where: string, message: Said): { readonly ok: false; readonly error: Cause } {
  const error = new HoldfastError({
    code: 'usage',
    where,
    message,
    next: words.faultOfWindow(),
  });
  return { ok: false, error: error.toCause() };
}
