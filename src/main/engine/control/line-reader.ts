/** What a push gives: the lines that are complete now, or that the limit was passed (nothing more is read from then on). */
export type LineResult = { readonly lines: readonly Buffer[]; readonly tooLong: boolean };

/** Cuts a stream of bytes at LF into lines of at most `limitBytes`. Keeps at most that much. */
export class LineReader {
  readonly #limitBytes: number;
  #parts: Buffer[] = [];
  #heldBytes = 0;
  #over = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** True while a line has begun and is not complete. */
  get isMidLine(): boolean {
    return this.#heldBytes > 0;
  }

  /** Takes the next bytes. The lines come without their LF. */
  push(chunk: Buffer): LineResult {
    if (this.#over) return { lines: [], tooLong: true };
    const lines: Buffer[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, start);
      const part = chunk.subarray(start, end === -1 ? chunk.length : end);
      if (this.#heldBytes + part.length > this.#limitBytes) {
        this.#over = true;
        this.#parts = [];
        this.#heldBytes = 0;
        return { lines, tooLong: true };
      }
      if (end === -1) {
        if (part.length > 0) {
          this.#parts.push(part);
          this.#heldBytes += part.length;
          // A peer that sends single bytes must not make us hold a buffer object for each.
          if (this.#parts.length >= 64) this.#parts = [Buffer.concat(this.#parts)];
        }
        return { lines, tooLong: false };
      }
      lines.push(this.#parts.length === 0 ? part : Buffer.concat([...this.#parts, part]));
      this.#parts = [];
      this.#heldBytes = 0;
      start = end + 1;
    }
  }
}
