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
  /** From now on output that cannot be written is dropped; without this call the command ends then. */
  outliveReaders(): void;
}

/** This process's terminal. */
export function processTerminal(): Terminal {
  let outlivesReaders = false;
  const onWriteError = (error: NodeJS.ErrnoException): void => {
    if (outlivesReaders) return;
    // A reader that has seen enough (`holdfast status | head -1`) is no error.
    if (error.code === 'EPIPE' || error.code === 'EIO') process.exit(process.exitCode ?? 0);
    process.stderr.write(`holdfast: the output could not be written (${error.code ?? error.message})\n`);
    process.exit(1);
  };
  process.stdout.on('error', onWriteError);
  process.stderr.on('error', onWriteError);
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    outliveReaders() {
      outlivesReaders = true;
    },
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
