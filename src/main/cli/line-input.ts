import { StringDecoder } from 'node:string_decoder';
import { DisposableStore, listen } from '../engine/lifecycle/disposable.ts';
import { cleanLine } from '../../shared/model/clean-text.ts';
import type { InputStream, OutputStream } from './terminal.ts';

/** What a person did at a question: gave a line, ended it (Ctrl-C, Ctrl-D on an empty line), or somebody withdrew it. */
export type LineResult =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'ended' }
  | { readonly kind: 'withdrawn' };

const longestLine = 8192;

/**
 * Asks for one line on a terminal. The terminal is raw meanwhile, so that nothing is echoed but what we write: the text itself, or nothing
 * when it is hidden.
 */
export function askLine(
  input: InputStream,
  output: OutputStream,
  label: string,
  options: { readonly echo: boolean; readonly signal: AbortSignal },
): Promise<LineResult> {
  return new Promise((resolve) => {
    const store = new DisposableStore();
    const decoder = new StringDecoder('utf8');
    let text = '';
    let escape: 'none' | 'began' | 'inside' = 'none';
    const finish = (result: LineResult): void => {
      if (store.isDisposed) return;
      store.dispose();
      output.write('\n');
      resolve(result);
    };
    const erase = (): void => {
      if (text === '') return;
      // A pair of surrogates goes as one.
      text = text.replace(/(?:[\ud800-\udbff][\udc00-\udfff]|[^])$/, '');
      if (options.echo) output.write('\b \b');
    };
    /** False: the rest of the chunk is not for this line. */
    const take = (char: string): boolean => {
      const code = char.codePointAt(0) ?? 0;
      // Arrow keys and bracketed paste come as escape sequences; none of them is part of an answer.
      if (escape === 'began') {
        escape = char === '[' || char === 'O' ? 'inside' : 'none';
        return true;
      }
      if (escape === 'inside') {
        if (code >= 0x40 && code <= 0x7e) escape = 'none';
        return true;
      }
      switch (char) {
        case '\u001b':
          escape = 'began';
          return true;
        case '\r':
        case '\n':
          finish({ kind: 'line', text });
          return false;
        case '\u0003':
          finish({ kind: 'ended' });
          return false;
        case '\u0004':
          if (text === '') finish({ kind: 'ended' });
          return text !== '';
        case '\u007f':
        case '\b':
          erase();
          return true;
        case '\u0015':
          for (let left = text.length; left > 0; left -= 1) erase();
          return true;
        default:
          if (code < 0x20 || text.length >= longestLine) return true;
          text += char;
          if (options.echo) output.write(cleanLine(char));
          return true;
      }
    };
    const onData = (chunk: Buffer | string): void => {
      const chars = Array.from(typeof chunk === 'string' ? chunk : decoder.write(chunk));
      for (let index = 0; index < chars.length; index += 1) {
        if (!take(chars[index] ?? '')) {
          // What was typed (or pasted) ahead belongs to the next question.
          const rest = chars.slice(index + 1).join('');
          if (rest !== '') input.unshift(Buffer.from(rest, 'utf8'));
          return;
        }
      }
    };
    if (options.signal.aborted) {
      resolve({ kind: 'withdrawn' });
      return;
    }
    const onAbort = (): void => finish({ kind: 'withdrawn' });
    options.signal.addEventListener('abort', onAbort, { once: true });
    store.defer(() => options.signal.removeEventListener('abort', onAbort));
    input.setRawMode?.(true);
    store.defer(() => {
      input.pause();
      input.setRawMode?.(false);
    });
    store.add(listen(input, 'end', () => finish({ kind: 'ended' })));
    store.add(listen(input, 'data', onData));
    output.write(label);
    input.resume();
  });
}

/**
 * Reads up to `count` lines from an input that is no terminal; what follows them is left alone. Gives fewer when the input ends. LF or CRLF
 * ends a line and is not part of it.
 */
export function readLines(input: InputStream, count: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const store = new DisposableStore();
    const lines: string[] = [];
    let held: Buffer = Buffer.alloc(0);
    const finish = (): void => {
      if (store.isDisposed) return;
      store.dispose();
      input.pause();
      held.fill(0);
      resolve(lines);
    };
    const add = (line: Buffer): void => {
      lines.push((line.at(-1) === 0x0d ? line.subarray(0, -1) : line).toString('utf8'));
    };
    store.add(
      listen(input, 'data', (chunk: Buffer | string) => {
        held = Buffer.concat([held, typeof chunk === 'string' ? Buffer.from(chunk) : chunk]);
        for (let end = held.indexOf(0x0a); end !== -1 && lines.length < count; end = held.indexOf(0x0a)) {
          add(held.subarray(0, end));
          held = held.subarray(end + 1);
        }
        if (lines.length >= count || held.length > longestLine * 4) finish();
      }),
    );
    store.add(
      listen(input, 'end', () => {
        if (held.length > 0 && lines.length < count) add(held);
        finish();
      }),
    );
    store.add(listen(input, 'error', (error: Error) => reject(error)));
    input.resume();
  });
}
