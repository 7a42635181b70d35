import { BrowserWindow, type BrowserWindowConstructorOptions } from 'electron';
import { type Disposable, DisposableStore } from '../engine/lifecycle/disposable.ts';
import { Emitter } from '../engine/lifecycle/emitter.ts';
import { channels } from './ipc-guard.ts';
import { pageOrigin } from './page-files.ts';

/** A page that has not loaded by then counts as one that cannot. */
const loadLimitMs = 15_000;

/** A window with one of our pages in it: knows when the page is there, hands it the place to go to, and tells when it is of no use. */
export class PageWindow implements Disposable {
  readonly window: BrowserWindow;
  readonly #store = new DisposableStore();
  readonly #onDidFail = this.#store.add(new Emitter<string>());
  /** The page cannot be shown; the reason is for the log. */
  readonly onDidFail = this.#onDidFail.event;
  readonly #loaded: Promise<boolean>;
  #pending: string | null = null;
  #ready = false;
  #failed = false;

  constructor(page: 'index.html' | 'prompts.html', options: BrowserWindowConstructorOptions) {
    const window = new BrowserWindow(options);
    this.window = window;
    const { webContents } = window;
    this.#loaded = new Promise((resolve) => {
      const limit = setTimeout(() => this.fail('it does not load'), loadLimitMs);
      this.#store.defer(() => clearTimeout(limit));
      this.#store.defer(() => resolve(false));
      this.#store.add(this.onDidFail(() => resolve(false)));
      webContents.once('did-finish-load', () => {
        clearTimeout(limit);
        if (this.#failed) return;
        this.#ready = true;
        if (this.#pending !== null) this.navigate(this.#pending);
        resolve(true);
      });
    });
    webContents.on('did-fail-load', (_event, _code, description, _url, isMainFrame) => {
      if (isMainFrame) this.fail(description);
    });
    // A page that our scheme does not have loads as an empty one, with this status.
    webContents.on('did-navigate', (_event, _url, status) => {
      if (status >= 400) this.fail(`its file is missing (${status})`);
    });
    webContents.on('render-process-gone', (_event, details) => this.fail(details.reason));
    window.on('closed', () => this.#store.dispose());
    window.loadURL(`${pageOrigin}/${page}`).catch((error: Error) => this.fail(error.message));
  }

  get isGone(): boolean {
    return this.window.isDestroyed();
  }

  /** True when the page is there, false if it never will be. */
  get loaded(): Promise<boolean> {
    return this.#loaded;
  }

  navigate(page: string): void {
    this.#pending = page;
    if (!this.#ready || this.isGone) return;
    this.#pending = null;
    this.window.webContents.send(channels.navigate, page);
  }

  dispose(): void {
    this.#store.dispose();
    if (!this.isGone) this.window.destroy();
  }

  /** The page is of no use, for this reason; once. */
  fail(reason: string): void {
    if (this.#failed || this.#store.isDisposed) return;
    this.#failed = true;
    this.#onDidFail.fire(reason);
  }
}
