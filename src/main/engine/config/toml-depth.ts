import type { ConfigProblem } from './problem.ts';

/** So many levels of tables and lists may stand in each other. The keys of this program need five. */
export const deepestLevel = 32;

/**
 * The first place that is nested deeper than `deepestLevel`, counted before the parser sees the text: parser, checks and edits go down level by
 * level, and some thousand of them are the end of the stack. Header, dotted key, inline tables and lists count together. A text that is not
 * TOML may be counted wrongly behind its first fault, where the parser does not come.
 */
export function nestingProblem(text: string): ConfigProblem | null {
  return new NestingScan(text).run();
}

/** One pass over the text that knows as much of TOML as it takes to tell keys from values, and both from strings and comments. */
class NestingScan {
  readonly #text: string;
  #line = 1;
  /** Levels of the header above. */
  #header = 0;
  /** Levels around the key or value at hand, without its own dots. */
  #base = 0;
  /** Dots in the key at hand; they last to the end of its value. */
  #dots = 0;
  /** Behind a `=`, where a dot belongs to a number. */
  #inValue = false;
  /** In `[a.b]` at the start of a line. */
  #inHeader = false;
  readonly #open: { readonly base: number; readonly isList: boolean }[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  run(): ConfigProblem | null {
    const text = this.#text;
    for (let at = 0; at < text.length; ) {
      const char = text.charAt(at);
      if (char === '"' || char === "'") {
        at = this.#skipString(at, char);
        continue;
      }
      if (char === '#') {
        const end = text.indexOf('\n', at);
        at = end < 0 ? text.length : end;
        continue;
      }
      this.#take(char, at);
      if (this.#base + this.#dots > deepestLevel) {
        return { line: this.#line, key: 'syntax', message: `nested deeper than ${deepestLevel} levels` };
      }
      at += 1;
    }
    return null;
  }

  #take(char: string, at: number): void {
    switch (char) {
      case '\n':
        this.#line += 1;
        if (this.#open.length === 0) this.#endLine();
        return;
      case '.':
        if (!this.#inValue) this.#dots += 1;
        return;
      case '=':
        this.#inValue = true;
        return;
      case '[':
      case '{':
        if (!this.#inValue && this.#open.length === 0 && this.#startsLine(at)) this.#inHeader = true;
        else if (!this.#inHeader) this.#enter(char === '[');
        return;
      case ']':
      case '}':
        if (!this.#inHeader) this.#leave();
        return;
      case ',':
        this.#dots = 0;
        this.#inValue = this.#open.at(-1)?.isList ?? false;
        return;
    }
  }

  #enter(isList: boolean): void {
    this.#open.push({ base: this.#base, isList });
    this.#base += this.#dots + 1;
    this.#dots = 0;
    this.#inValue = isList;
  }

  #leave(): void {
    this.#base = this.#open.pop()?.base ?? this.#base;
    this.#dots = 0;
    this.#inValue = true;
  }

  #endLine(): void {
    if (this.#inHeader) this.#header = this.#dots + 1;
    this.#inHeader = false;
    this.#inValue = false;
    this.#dots = 0;
    this.#base = this.#header;
  }

  /** A header's levels replace those of the one before. */
  #startsLine(at: number): boolean {
    const start = this.#text.lastIndexOf('\n', at - 1) + 1;
    if (at > start && this.#text.slice(start, at).trim() !== '') return false;
    this.#base = 0;
    return true;
  }

  /** Where the string that starts at `at` has ended. */
  #skipString(at: number, quote: string): number {
    const text = this.#text;
    const isLong = text.startsWith(quote.repeat(3), at);
    let end = at + (isLong ? 3 : 1);
    for (; end < text.length; end += 1) {
      const char = text.charAt(end);
      if (char === '\n') {
        // One line's string that has no end there: the parser stops at it.
        if (!isLong) return end;
        this.#line += 1;
      } else if (char === '\\' && quote === '"') {
        if (text.charAt(end + 1) !== '\n') end += 1;
      } else if (char === quote && (!isLong || text.startsWith(quote.repeat(3), end))) {
        if (!isLong) return end + 1;
        // Two more quotes may belong to the text, just before the end.
        let last = end + 3;
        while (last < end + 5 && text.charAt(last) === quote) last += 1;
        return last;
      }
    }
    return text.length;
  }
}
