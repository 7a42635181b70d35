/** While more than this waits to be sent, no further request is begun or read. */
const pauseReadingBytes = 1024 * 1024;
/** A shell that lets more than this pile up is dropped. */
export const maxOutgoingBytes = 8 * 1024 * 1024;

export interface RequestFlowOptions<R> {
  /** Requests under way at once; further ones wait. */
  readonly maxAtOnce: number;
  /** What waits to be sent to the shell. */
  readonly unsentBytes: () => number;
  /** Whether the shell is to be read from: not while requests wait. */
  readonly setReading: (reads: boolean) => void;
  /** Never rejects. */
  readonly carryOut: (request: R) => Promise<void>;
}

/** A shell's requests in their turn, whatever carries them: only so many at once, and none while the shell does not read its answers. */
export class RequestFlow<R> {
  readonly #options: RequestFlowOptions<R>;
  #waiting: R[] = [];
  #active = 0;
  #isOver = false;

  constructor(options: RequestFlowOptions<R>) {
    this.#options = options;
  }

  /** Nothing is under way, and nothing waits. */
  get isIdle(): boolean {
    return this.#active === 0 && this.#waiting.length === 0;
  }

  /** Takes what was read. Call `pump` after it, and whenever something was sent. */
  push(requests: readonly R[]): void {
    if (!this.#isOver) this.#waiting.push(...requests);
  }

  /** Begins what may begin. */
  pump(): void {
    const { maxAtOnce, unsentBytes, setReading } = this.#options;
    while (this.#active < maxAtOnce && unsentBytes() < pauseReadingBytes) {
      const request = this.#waiting.shift();
      if (request === undefined) break;
      void this.#begin(request);
    }
    if (!this.#isOver) setReading(this.#waiting.length === 0);
  }

  /** What waits is forgotten, and nothing begins any more. */
  end(): void {
    this.#isOver = true;
    this.#waiting = [];
  }

  async #begin(request: R): Promise<void> {
    this.#active += 1;
    try {
      await this.#options.carryOut(request);
    } finally {
      this.#active -= 1;
      this.pump();
    }
  }
}
