import type { Readable, Writable } from 'node:stream';
import type { Environment } from '../engine/config/paths.ts';
import type { Disposable } from '../engine/lifecycle/disposable.ts';
import { toDisposable } from '../engine/lifecycle/disposable.ts';

/** Standard input; a terminal can be switched to raw mode. */
export type InputStream = Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

/** What the command has of the world: its streams, environment and signals. Tests give their own. */
export interface Terminal {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Environment;
  /** Calls back on INT and TERM instead of ending the process. */
  onInterrupt(handle: () => void): Disposable;
}

/** This process's terminal. */
export function processTerminal(): Terminal {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    onInterrupt(handle) {
      process.on('SIGINT', handle);
      process.on('SIGTERM', handle);
      return toDisposable(() => {
        process.removeListener('SIGINT', handle);
        process.removeListener('SIGTERM', handle);
      });
    },
  };
}

/** Where a question is seen by the person who types: standard error, else standard output; null if no person can be asked here. */
export function questionStream({ stdin, stdout, stderr }: Terminal): OutputStream | null {
  if (stdin.isTTY !== true) return null;
  if (stderr.isTTY === true) return stderr;
  return stdout.isTTY === true ? stdout : null;
}
