import { BrowserWindow, ipcMain, type IpcMainInvokeEvent, type WebContents } from 'electron';
import { type CallName, calls } from '../../shared/contract/calls.ts';
import type { EngineEvent } from '../../shared/contract/events.ts';
import { type DesktopCallName, desktopCalls } from '../../shared/contract/shell-bridge.ts';
import { app as words } from '../../shared/i18n/sentences/app.ts';
import { assertNever } from '../../shared/model/failure.ts';
import { type Disposable, DisposableStore } from '../engine/lifecycle/disposable.ts';
import { channels, guardedCall, isDesktopCall, isPageCall, isTrusted, refusal } from './ipc-guard.ts';

/** Which events a page asked for. */
export interface Subscription {
  readonly tunnels: boolean;
  readonly prompts: boolean;
  readonly log: boolean;
  readonly logTunnel: string | null;
}

export interface IpcOptions {
  /** Passes a checked call to the engine. */
  readonly call: (name: CallName, input: unknown) => Promise<unknown>;
  /** Answers a checked call to the shell itself. */
  readonly desktop: (name: DesktopCallName, input: unknown) => Promise<unknown>;
  /** What pages want to hear of the log, all of them together. */
  readonly onLogWanted: (wanted: { log: boolean; logTunnel: string | null }) => void;
}

/** Until a page says otherwise. */
const usual: Subscription = { tunnels: true, prompts: true, log: false, logTunnel: null };

/** The main process's end of the bridge: the only place where messages of pages arrive. */
export class PageIpc implements Disposable {
  readonly #options: IpcOptions;
  readonly #store = new DisposableStore();
  readonly #pages = new Map<number, { contents: WebContents; subscription: Subscription }>();

  constructor(options: IpcOptions) {
    this.#options = options;
    this.#handle(channels.call, (contents, name, input) => {
      if (!isPageCall(name)) return Promise.resolve(refusal('bridge', words.noPageCall({ call: String(name) })));
      return guardedCall(name, input, calls[name], (checked) =>
        name === 'subscribe' ? this.#subscribe(contents, checked as Subscription) : options.call(name, checked),
      );
    });
    this.#handle(channels.desktop, (_contents, name, input) => {
      if (!isDesktopCall(name)) return Promise.resolve(refusal('bridge', words.noDesktopCall({ call: String(name) })));
      return guardedCall(name, input, desktopCalls[name], (checked) => options.desktop(name, checked));
    });
  }

  /** To every page that wants it. */
  send(event: EngineEvent): void {
    for (const { contents, subscription } of this.#present()) {
      if (wants(subscription, event)) contents.send(channels.event, event);
    }
  }

  /** Tells pages whether the engine answers. */
  sendConnection(state: 'connected' | 'lost'): void {
    for (const { contents } of this.#present()) contents.send(channels.connection, state);
  }

  dispose(): void {
    this.#store.dispose();
  }

  #handle(channel: string, answer: (contents: WebContents, name: unknown, input: unknown) => Promise<unknown>): void {
    ipcMain.handle(channel, (event: IpcMainInvokeEvent, name: unknown, input: unknown) => {
      if (!isTrusted(senderOf(event))) return refusal('bridge', words.notFromAPage());
      this.#remember(event.sender);
      return answer(event.sender, name, input);
    });
    this.#store.defer(() => ipcMain.removeHandler(channel));
  }

  #remember(contents: WebContents): void {
    // Afterwards it has no id any more: asking for it throws.
    const { id } = contents;
    if (this.#pages.has(id)) return;
    this.#pages.set(id, { contents, subscription: usual });
    contents.once('destroyed', () => {
      if (this.#pages.delete(id) && !this.#store.isDisposed) this.#tellLog();
    });
  }

  #subscribe(contents: WebContents, subscription: Subscription): Promise<unknown> {
    this.#pages.set(contents.id, { contents, subscription });
    this.#tellLog();
    return Promise.resolve({});
  }

  #tellLog(): void {
    const wanted = [...this.#pages.values()].filter(({ subscription }) => subscription.log);
    const tunnels = new Set(wanted.map(({ subscription }) => subscription.logTunnel));
    const [only = null] = tunnels.size === 1 ? tunnels : [];
    this.#options.onLogWanted({ log: wanted.length > 0, logTunnel: only });
  }

  /** Pages in windows that are there: a window that was just made has not called yet. */
  *#present(): Iterable<{ contents: WebContents; subscription: Subscription }> {
    for (const window of BrowserWindow.getAllWindows()) {
      const contents = window.webContents;
      if (!contents.isDestroyed()) yield this.#pages.get(contents.id) ?? { contents, subscription: usual };
    }
  }
}

function senderOf(event: IpcMainInvokeEvent): Parameters<typeof isTrusted>[0] {
  const frame = event.senderFrame;
  return {
    frame: frame === null ? null : { url: frame.url, isTop: frame.parent === null },
    known: BrowserWindow.fromWebContents(event.sender) !== null,
  };
}

function wants(subscription: Subscription, event: EngineEvent): boolean {
  switch (event.kind) {
    case 'tunnels':
      return subscription.tunnels;
    case 'prompt-opened':
    case 'prompt-closed':
      return subscription.prompts;
    case 'log':
      return subscription.log && (subscription.logTunnel === null || subscription.logTunnel === event.line.tunnel);
    case 'config':
      return true;
    default:
      return assertNever(event);
  }
}
