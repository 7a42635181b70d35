import { cleanText } from '../../shared/model/clean-text.ts';
import type { Cause } from '../../shared/model/failure.ts';
import { makeStyle, type Style } from './style.ts';
import type { OutputStream, Terminal } from './terminal.ts';

/** Chooses colours: by flag, else NO_COLOR, else only on a terminal. */
export type ColorChoice = 'auto' | 'always' | 'never';

/** Where the command writes. Lines for people are cleaned of control characters by their makers; here they get their newline. */
export class Output {
  readonly style: Style;
  readonly errorStyle: Style;
  readonly #terminal: Terminal;

  constructor(terminal: Terminal, color: ColorChoice) {
    this.#terminal = terminal;
    this.style = makeStyle(wantsColor(terminal, terminal.stdout, color));
    this.errorStyle = makeStyle(wantsColor(terminal, terminal.stderr, color));
  }

  /** Width of the terminal in columns, or null when the output goes elsewhere. */
  get columns(): number | null {
    return this.#terminal.stdout.isTTY ? this.#terminal.stdout.columns || 80 : null;
  }

  print(line: string): void {
    this.#terminal.stdout.write(`${line}\n`);
  }

  json(value: unknown): void {
    this.print(JSON.stringify(value, textsAlone, 2));
  }

  /** One compact line, for streams of values. */
  jsonLine(value: unknown): void {
    this.print(JSON.stringify(value, textsAlone));
  }

  /** A note for people beside the result. */
  note(line: string): void {
    this.#terminal.stderr.write(`${line}\n`);
  }

  /** Who did what, where, and what to do next. */
  problem(cause: Cause, nextWord: string): void {
    const style = this.errorStyle;
    this.note(`${style.bad('holdfast:')} ${cleanText(cause.message)}`);
    if (cause.where !== '' && !cause.message.includes(cause.where))
      this.note(style.faint(`  ${cleanText(cause.where)}`));
    if (cause.next !== '') this.note(`  ${style.faint(`${nextWord}:`)} ${cleanText(cause.next)}`);
  }
}

/** Scripts read a cause as texts: `{code, where, message, next}`, without its facts. */
function textsAlone(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('said' in value)) return value;
  if (!('code' in value && 'where' in value && 'message' in value && 'next' in value)) return value;
  const { said: _facts, ...texts } = value;
  return texts;
}

function wantsColor(terminal: Terminal, stream: OutputStream, choice: ColorChoice): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (terminal.env['NO_COLOR']) return false;
  return stream.isTTY === true && terminal.env['TERM'] !== 'dumb';
}

/** Resolves when everything written so far has left the process (or cannot any more). */
export function flushed(stream: OutputStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
}
