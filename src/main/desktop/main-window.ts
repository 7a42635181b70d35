import { app, screen } from 'electron';
import { type Disposable, MutableDisposable } from '../engine/lifecycle/disposable.ts';
import { PageWindow } from './page-window.ts';
import type { DesktopSettingsFile } from './settings.ts';
import { firstSize, mainWindowOptions, visibleBounds, type WindowContext } from './window-options.ts';

export interface MainWindowOptions {
  readonly context: () => WindowContext;
  readonly settings: DesktopSettingsFile;
  /** The person closes the window; true: it may really close. */
  readonly onClose: () => 'close' | 'hide' | 'minimize';
  readonly onFail: (reason: string) => void;
  /** On macOS the app is in the Dock while its window is. */
  readonly onVisible: (visible: boolean) => void;
}

/** The main window: made when it is first wanted, hidden and not destroyed when closed to the tray. */
export class MainWindow implements Disposable {
  readonly #options: MainWindowOptions;
  readonly #page = new MutableDisposable<PageWindow>();

  constructor(options: MainWindowOptions) {
    this.#options = options;
  }

  get isVisible(): boolean {
    const window = this.#page.value?.window;
    return window !== undefined && !window.isDestroyed() && window.isVisible() && !window.isMinimized();
  }

  get isFocused(): boolean {
    const window = this.#page.value?.window;
    return window !== undefined && !window.isDestroyed() && window.isFocused();
  }

  /** Shows it in front, at `page` if one is named. */
  show(page: string | null): void {
    const shown = this.#ensure();
    if (page !== null) shown.navigate(page);
    void shown.loaded.then((loaded) => {
      if (!loaded || shown.isGone) return;
      const { window } = shown;
      if (window.isMinimized()) window.restore();
      window.show();
      // Wayland and Windows only flash a window that asks for the front; being on top for a moment brings it there.
      window.setAlwaysOnTop(true);
      window.focus();
      window.setAlwaysOnTop(false);
      if (process.platform === 'darwin') app.focus({ steal: true });
      this.#options.onVisible(true);
    });
  }

  /** In the task bar, without taking the keyboard: for a hidden start on a desktop without a tray. */
  showMinimized(): void {
    const shown = this.#ensure();
    void shown.loaded.then((loaded) => {
      if (!loaded || shown.isGone || shown.window.isVisible()) return;
      // A window that was never shown cannot be put into the task bar.
      shown.window.showInactive();
      shown.window.minimize();
      this.#options.onVisible(true);
    });
  }

  dispose(): void {
    this.#page.dispose();
  }

  #ensure(): PageWindow {
    const present = this.#page.value;
    if (present !== null && !present.isGone) return present;
    const { settings, context } = this.#options;
    const areas = screen.getAllDisplays().map((display) => display.workArea);
    const bounds = visibleBounds(settings.value.bounds, areas) ?? firstSize(screen.getPrimaryDisplay().workArea);
    const page = new PageWindow('index.html', mainWindowOptions(context(), bounds));
    this.#page.value = page;
    const { window } = page;
    page.onDidFail((reason) => {
      this.#page.clear();
      this.#options.onFail(reason);
    });
    window.on('close', (event) => {
      this.#keepBounds(page);
      const what = this.#options.onClose();
      if (what === 'close') return;
      event.preventDefault();
      if (what === 'minimize') window.minimize();
      else {
        window.hide();
        this.#options.onVisible(false);
      }
    });
    return page;
  }

  #keepBounds({ window }: PageWindow): void {
    if (window.isMinimized() || window.isMaximized() || window.isFullScreen()) return;
    this.#options.settings.set({ bounds: window.getBounds() }).catch(() => undefined);
  }
}
