/** The phases of the app's life, in this order; `asking` may go back to `running`. */
export type Phase = 'starting' | 'running' | 'asking' | 'stopping' | 'ended';

export interface QuitSteps {
  /** Programs that would lose their connection. */
  readonly clients: () => number;
  /** Asks whether to quit all the same. */
  readonly ask: () => Promise<boolean>;
  /** Ends engine and files; has its own limit. */
  readonly stop: () => Promise<void>;
  /** Everything is ended: leave. */
  readonly leave: () => void;
}

/** Quitting ends within 5 s (promise 8), whatever hangs. */
const quitLimitMs = 4700;

/** Who may quit when. One quit at a time; once it is stopping nothing brings it back. */
export class Lifecycle {
  readonly #steps: QuitSteps;
  #phase: Phase = 'starting';

  constructor(steps: QuitSteps) {
    this.#steps = steps;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Windows close for good instead of going to the tray. */
  get isQuitting(): boolean {
    return this.#phase === 'stopping' || this.#phase === 'ended';
  }

  running(): void {
    if (this.#phase === 'starting') this.#phase = 'running';
  }

  /** `ask`: a person is there who can be asked. Resolves when it has left, or when the answer was to stay. */
  async quit({ ask }: { ask: boolean }): Promise<void> {
    if (this.isQuitting) return;
    if (ask && this.#phase === 'asking') return;
    if (ask && this.#steps.clients() > 0) {
      const before = this.#phase;
      this.#phase = 'asking';
      const agreed = await this.#steps.ask().catch(() => true);
      // The system may have gone down meanwhile, which asks nobody.
      if (this.#phase !== 'asking') return;
      this.#phase = before;
      if (!agreed) return;
    }
    this.#phase = 'stopping';
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, quitLimitMs);
    });
    await Promise.race([this.#steps.stop().catch(() => undefined), limit]);
    clearTimeout(timer);
    this.#phase = 'ended';
    this.#steps.leave();
  }
}
