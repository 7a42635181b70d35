import type { CallInput, CallName } from '../../shared/contract/calls.ts';
import type { DesktopTexts } from '../../shared/i18n/desktop-en.ts';
import type { Prompt } from '../../shared/model/prompt.ts';
import type { TunnelStatus } from '../../shared/model/tunnel.ts';
import type { Disposable } from '../engine/lifecycle/disposable.ts';
import { askInBox } from './message-boxes.ts';
import { PromptPolicy } from './prompt-policy.ts';
import { PromptWindow } from './prompt-window.ts';
import type { ShellState } from './shell-state.ts';
import type { WindowContext } from './window-options.ts';

export interface QuestionsOptions {
  readonly texts: DesktopTexts;
  readonly state: ShellState;
  readonly context: () => WindowContext;
  readonly quitting: () => boolean;
  /** The main window has the keyboard. */
  readonly mainIsFocused: () => boolean;
  readonly answer: (input: CallInput<'answer'>) => Promise<unknown>;
  /** What no message box can ask is asked in the main window. */
  readonly askInMain: () => void;
  /** Its window cannot be shown, for this reason; boxes ask instead. */
  readonly onFail: (reason: string) => void;
}

/** Where questions are asked: in their own window; in the system's message boxes if its page cannot load. */
export class Questions implements Disposable {
  readonly #options: QuestionsOptions;
  readonly #policy = new PromptPolicy();
  readonly #window: PromptWindow;
  /** While the window cannot be shown: boxes ask, one after the other. */
  #boxes: Promise<void> | null = null;
  /** The question that a box shows now. */
  #inBox: { readonly id: string; readonly gone: AbortController } | null = null;

  constructor(options: QuestionsOptions) {
    this.#options = options;
    this.#window = new PromptWindow({
      context: options.context,
      onFail: (reason) => {
        options.onFail(reason);
        this.#askInBoxes();
      },
      quitting: options.quitting,
    });
  }

  /** A person makes this call in this shell: the questions of the tunnels that it wants up open the window at once. */
  calling(name: CallName, input: object): void {
    if (name !== 'up' && name !== 'restart' && name !== 'now' && name !== 'tunnel.test') return;
    const { state } = this.#options;
    const asked = namesIn(input);
    this.#policy.wanted(asked === 'all' ? [...state.tunnels.keys()] : state.membersOf(asked));
  }

  /** A person clicked in tray, notification or window. */
  clicked(): void {
    this.#policy.clicked(performance.now());
  }

  /** Rows that changed. */
  changed(tunnels: readonly TunnelStatus[]): void {
    this.#policy.changed(tunnels);
  }

  /** A question came up. False: it waits until somebody has time, and tray and notification tell of it. */
  opened(prompt: Prompt): boolean {
    if (!this.#policy.opensWindow(prompt, this.#options.state.tunnels)) return false;
    if (this.#boxes !== null) {
      this.#askInBoxes();
      return true;
    }
    const isFocused = this.#options.mainIsFocused() || this.#window.isFocused;
    const focus = this.#policy.takesFocus(performance.now(), isFocused);
    if (!this.#window.isVisible || focus) this.#window.show({ page: 'prompts', focus });
    return true;
  }

  /** A question is over: its box goes. The page hides its window itself when there is nothing left, changed keys included. */
  closed(id: string): void {
    if (this.#inBox?.id === id) this.#inBox.gone.abort();
  }

  /** A person wants to see a question (`prompts`, `prompts/ID`), or a changed key (`changed-key/NAME`). */
  show(page: string): void {
    if (this.#boxes === null) this.#window.show({ page, focus: true });
    else this.#askInBoxes();
  }

  /** There is nothing to ask any more. */
  hide(): void {
    this.#window.hide();
  }

  /** The page of the window could not be drawn: boxes ask what is open. */
  fail(): void {
    this.#window.fail('its page could not be drawn');
  }

  setHeight(height: number): void {
    this.#window.setHeight(height);
  }

  dispose(): void {
    this.#window.dispose();
  }

  /**
   * The system's message boxes ask what has only buttons; for the rest the main window is the place. Once all is asked, the next question tries the
   * window again.
   */
  #askInBoxes(): void {
    const { texts, state, answer, askInMain } = this.#options;
    const boxes = (this.#boxes ?? Promise.resolve()).then(async () => {
      for (const prompt of state.prompts) {
        // Answered elsewhere while an earlier one was asked.
        if (!state.prompts.some(({ id }) => id === prompt.id)) continue;
        this.#inBox = { id: prompt.id, gone: new AbortController() };
        const said = await askInBox(texts, prompt, this.#inBox.gone.signal).catch(() => null);
        this.#inBox = null;
        if (said === null) askInMain();
        else
          await answer({ id: prompt.id, answer: { kind: said } }).catch(
            // Answered elsewhere meanwhile.
            () => undefined,
          );
      }
      if (this.#boxes === boxes) this.#boxes = null;
    });
    this.#boxes = boxes;
  }
}

/** Whether this page belongs into the window of questions. */
export function isQuestionPage(page: string): boolean {
  return /^(prompts|changed-key)(\/|$)/.test(page);
}

function namesIn(input: object): readonly string[] | 'all' {
  if ('all' in input && input.all === true) return 'all';
  if ('names' in input && Array.isArray(input.names)) return input.names.map(String);
  return 'tunnel' in input && typeof input.tunnel === 'string' ? [input.tunnel] : [];
}
