import { screen } from 'electron';
import { type Disposable, MutableDisposable } from '../engine/lifecycle/disposable.ts';
import { PageWindow } from './page-window.ts';
import { promptWidth, promptWindowOptions, type WindowContext } from './window-options.ts';

export interface PromptWindowOptions {
  readonly context: () => WindowContext;
  /** Its page cannot be shown: questions must be asked in another way. */
  readonly onFail: (reason: string) => void;
  /** The person closed it: the safe answer is the page's to give, the questions stay open. */
  readonly quitting: () => boolean;
}

/** The one window of questions; its page queues them. It needs no other window and raises none. */
export class PromptWindow implements Disposable {
  readonly #options: PromptWindowOptions;
  readonly #page = new MutableDisposable<PageWindow>();

  constructor(options: PromptWindowOptions) {
    this.#options = options;
  }

  get isFocused(): boolean {
    const window = this.#page.value?.window;
    return window !== undefined && !window.isDestroyed() && window.isFocused();
  }

  get isVisible(): boolean {
    const window = this.#page.value?.window;
    return window !== undefined && !window.isDestroyed() && window.isVisible();
  }

  /** Shows the questions; `page` says where to begin: `prompts`, `prompts/ID`, `changed-key/NAME`. Without `focus` the keyboard stays where it is. */
  show({ page, focus }: { page: string; focus: boolean }): void {
    const shown = this.#ensure();
    shown.navigate(page);
    void shown.loaded.then((loaded) => {
      if (!loaded || shown.isGone) return;
      const { window } = shown;
      window.setAlwaysOnTop(true, 'modal-panel');
      if (focus) {
        window.show();
        window.focus();
      } else window.showInactive();
    });
  }

  hide(): void {
    const page = this.#page.value;
    if (page !== null && !page.isGone) page.window.hide();
  }

  /** Its page turned out to be of no use. */
  fail(reason: string): void {
    this.#page.value?.fail(reason);
  }

  /** What its page needs, at most what the screen has. */
  setHeight(height: number): void {
    const page = this.#page.value;
    if (page === null || page.isGone) return;
    const { window } = page;
    const { workAreaSize } = screen.getDisplayMatching(window.getBounds());
    const wanted = Math.min(Math.ceil(height), workAreaSize.height - 60);
    if (window.getContentSize()[1] === wanted) return;
    window.setContentSize(promptWidth, wanted);
    if (!window.isVisible()) window.center();
  }

  dispose(): void {
    this.#page.dispose();
  }

  #ensure(): PageWindow {
    const present = this.#page.value;
    if (present !== null && !present.isGone) return present;
    const page = new PageWindow('prompts.html', promptWindowOptions(this.#options.context()));
    this.#page.value = page;
    if (process.platform !== 'darwin') page.window.setMenu(null);
    page.onDidFail((reason) => {
      this.#page.clear();
      this.#options.onFail(reason);
    });
    page.window.on('close', (event) => {
      if (this.#options.quitting()) return;
      event.preventDefault();
      page.window.hide();
    });
    return page;
  }
}
