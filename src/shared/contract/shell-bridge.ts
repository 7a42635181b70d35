import { z } from 'zod';
import type { Cause } from '../model/failure.ts';
import type { CallInput, CallName, CallOutput } from './calls.ts';
import type { EngineEvent } from './events.ts';

/**
 * What a page of ours gets from the shell around it: the contract, and a few calls that only the desktop app has. The desktop's preload
 * offers it as `window.holdfast`; in the browser panel the page makes it itself over a WebSocket.
 */

/** Where a page stands; decides button order and fonts. */
export type Platform = 'linux' | 'darwin' | 'win32';

/** An answer that crosses processes: errors are values. */
export type CallResult<T> = { readonly ok: true; readonly output: T } | { readonly ok: false; readonly error: Cause };

const none = z.object({});

/** Start at login as the system really has it. */
export const loginStartSchema = z.object({
  enabled: z.boolean(),
  /** False where this system offers none. */
  possible: z.boolean(),
  /** For people: why it is off or not possible ("switched off in the system's settings"), null if all is plain. */
  note: z.string().nullable(),
});

export const desktopStateSchema = z.object({
  version: z.string(),
  electron: z.string(),
  chromium: z.string(),
  node: z.string(),
  /** `native` or `javascript`: which crypto path of ssh2 is in use. */
  cryptoPath: z.string(),
  loginStart: loginStartSchema,
  tray: z.boolean(),
  notifications: z.boolean(),
  closeToTray: z.boolean(),
  /** Locking the screen forgets what was typed and unlocked. */
  lockWithScreen: z.boolean(),
  /** `system`, `light`, `dark`. */
  theme: z.string(),
  logFolder: z.string(),
  configFile: z.string(),
});

/** Calls of the desktop shell alone. */
export const desktopCalls = {
  'desktop.state': { input: none, output: desktopStateSchema },
  'desktop.set-login-start': { input: z.object({ enabled: z.boolean() }), output: loginStartSchema },
  'desktop.set': {
    input: z.object({
      notifications: z.boolean().optional(),
      closeToTray: z.boolean().optional(),
      lockWithScreen: z.boolean().optional(),
      theme: z.enum(['system', 'light', 'dark']).optional(),
    }),
    output: none,
  },
  'desktop.copy': { input: z.object({ text: z.string().max(64 * 1024) }), output: none },
  /** A page of a fixed list of addresses, or `http://` on loopback; anything else is refused. */
  'desktop.open': { input: z.object({ url: z.string().max(2048) }), output: none },
  /**
   * An https address out of the words of the server that asks this question. The shell shows it in full, and opens it if the person says so; false: they
   * did not. Any other address is refused.
   */
  'desktop.open-login': {
    input: z.object({ promptId: z.string().max(64), address: z.string().max(2048) }),
    output: z.object({ opened: z.boolean() }),
  },
  'desktop.open-config': { input: none, output: none },
  /** A prompt window has nothing more to ask: it closes; the main window is not raised. */
  'desktop.prompts-done': { input: none, output: none },
  /** The prompt window's content wants this height in CSS pixels. */
  'desktop.prompt-height': { input: z.object({ height: z.number().min(80).max(1200) }), output: none },
  /** A page could not be drawn; the message is for the log. Questions are asked in another way then. */
  'desktop.page-failed': {
    input: z.object({ page: z.enum(['main', 'prompts']), message: z.string().max(4000) }),
    output: none,
  },
  'desktop.show-window': { input: z.object({ page: z.string().max(256).nullable() }), output: none },
} as const;

export type DesktopCallName = keyof typeof desktopCalls;
export type DesktopInput<N extends DesktopCallName> = z.input<(typeof desktopCalls)[N]['input']>;
export type DesktopOutput<N extends DesktopCallName> = z.output<(typeof desktopCalls)[N]['output']>;

/**
 * Whether the engine answers: `lost` when the link is gone, then `connected` again with a fresh snapshot to be taken. `ended` is for good, in the panel
 * alone: the page has no session, or what answers at its address is not the engine that it belongs to.
 */
export type ConnectionState = 'connected' | 'lost' | 'ended';

export interface ShellBridge {
  readonly shell: 'desktop' | 'panel';
  readonly platform: Platform;
  /** BCP 47, from settings or system. */
  readonly language: string;
  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallResult<CallOutput<N>>>;
  /** Null in the panel. */
  readonly desktop:
    | (<N extends DesktopCallName>(name: N, input: DesktopInput<N>) => Promise<CallResult<DesktopOutput<N>>>)
    | null;
  /** The engine's events, subscribed for the page's life. Returns the way to stop. */
  onEvent(listener: (event: EngineEvent) => void): () => void;
  onConnection(listener: (state: ConnectionState) => void): () => void;
  /** The shell wants a page shown (from tray, notification): `tunnel/NAME`, `settings`, `new`, `prompts`. */
  onNavigate(listener: (page: string) => void): () => void;
}
