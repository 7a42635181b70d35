import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Cause } from '../shared/model/failure.ts';
import type { Profile } from './engine/config/paths.ts';
import type { CryptoPath } from './engine/ssh/ssh2-seam.ts';
import { DisposableStore, listen } from './engine/lifecycle/disposable.ts';

/** From the engine's thread to the process around it. */
export type ThreadMessage =
  | { readonly kind: 'ready'; readonly line: string; readonly cryptoPath: CryptoPath }
  | { readonly kind: 'failed'; readonly causes: readonly Cause[]; readonly exitCode: number }
  | { readonly kind: 'stopped' };

/** What the engine's thread is started with. */
export interface ThreadOptions {
  readonly profile: Profile;
  readonly logToStderr: boolean;
  /** Starts without a configuration too: a shell with a first-run page makes it. */
  readonly mayBeMissing: boolean;
}

/** Quitting ends within 5 s (design, promise 8); the engine has its own shorter deadline, this one is the last resort. */
const quitLimitMs = 4500;

/**
 * Runs the engine on its own thread until TERM, INT, or a `shutdown` call. `onReady` gets one line when the control socket answers. Resolves
 * with the exit code: 0 ended as asked, 1 it failed, 2 the configuration is bad.
 */
export async function serve(options: {
  profile: Profile;
  onReady: (line: string) => void;
  /** Why it failed, before the end. */
  onFailed: (cause: Cause) => void;
  logToStderr: boolean;
  /** Starts without a configuration too. */
  mayBeMissing?: boolean;
}): Promise<number> {
  const store = new DisposableStore();
  const threadOptions: ThreadOptions = {
    profile: options.profile,
    logToStderr: options.logToStderr,
    mayBeMissing: options.mayBeMissing ?? false,
  };
  // TERM and INT go to this thread only; the engine is told by message. Its standard streams are ours.
  const worker = new Worker(threadFile(), { workerData: threadOptions });
  try {
    return await new Promise<number>((resolve, reject) => {
      let exitCode = 0;
      const stop = (): void => {
        worker.postMessage({ kind: 'stop' });
        const timer = setTimeout(() => {
          exitCode = 1;
          void worker.terminate();
        }, quitLimitMs);
        store.defer(() => clearTimeout(timer));
      };
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
        process.on(signal, stop);
        store.defer(() => process.removeListener(signal, stop));
      }
      store.add(
        listen(worker, 'message', (message: ThreadMessage) => {
          if (message.kind === 'ready') options.onReady(message.line);
          else if (message.kind === 'failed') {
            exitCode = message.exitCode;
            for (const cause of message.causes) options.onFailed(cause);
          }
        }),
      );
      store.add(listen(worker, 'error', (error: Error) => reject(error)));
      store.add(listen(worker, 'exit', (code: number) => resolve(exitCode || (code === 0 ? 0 : 1))));
    });
  } finally {
    store.dispose();
  }
}

/** The engine's bundle lies beside the running one; from sources (tests) it is the one in `out/`. */
function threadFile(): string {
  const beside = fileURLToPath(new URL('./engine-thread.js', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../out/engine-thread.js', import.meta.url));
}
