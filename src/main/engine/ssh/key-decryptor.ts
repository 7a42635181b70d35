import { Buffer } from 'node:buffer';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, MutableDisposable, listen } from '../lifecycle/disposable.ts';
import { Turns } from '../lifecycle/turns.ts';
import type { Secret } from '../secrets/secret.ts';
import { KeyError } from './key-error.ts';
import type { UnlockedKey } from './key-types.ts';
import type { KeyWorkerReply, KeyWorkerRequest } from './key-worker.ts';

/** An unused worker ends after so long. */
const idleMs = 10_000;
/** One decryption may take so long: about 2,000 bcrypt rounds on a slow machine. */
const limitMs = 120_000;

interface Job {
  readonly id: number;
  readonly resolve: (key: UnlockedKey) => void;
  readonly reject: (error: KeyError) => void;
}

/** Reads private keys in a worker thread, one after the other. The worker starts with the first job and ends when idle or disposed of. */
export class KeyDecryptor implements Disposable {
  readonly #clock: Clock;
  readonly #workerFile: string | null;
  readonly #worker = new MutableDisposable<RunningWorker>();
  readonly #timer = new MutableDisposable();
  readonly #jobs = new Map<number, Job>();
  readonly #turns = new Turns();
  #nextId = 1;
  #disposed = false;

  constructor(clock: Clock, workerFile: string | null = findKeyWorker()) {
    this.#clock = clock;
    this.#workerFile = workerFile;
  }

  /** Reads a private key file. Rejects with `KeyError`. */
  unlock(file: Buffer, passphrase: Secret | null, signal?: AbortSignal): Promise<UnlockedKey> {
    return this.#turns.take(() => this.#run(file, passphrase, signal));
  }

  dispose(): void {
    this.#disposed = true;
    this.#end(new KeyError('aborted', 'Holdfast is closing'));
    this.#worker.dispose();
    this.#timer.dispose();
  }

  #run(file: Buffer, passphrase: Secret | null, signal: AbortSignal | undefined): Promise<UnlockedKey> {
    return new Promise((resolve, reject) => {
      if (this.#disposed || signal?.aborted) {
        reject(new KeyError('aborted', 'it is not needed any more'));
        return;
      }
      const onAbort = (): void => this.#end(new KeyError('aborted', 'it is not needed any more'));
      const settled = (): void => {
        signal?.removeEventListener('abort', onAbort);
        this.#jobs.delete(id);
        if (this.#worker.value !== null && !this.#disposed)
          this.#timer.value = this.#clock.schedule(idleMs, () => this.#worker.clear());
      };
      const id = this.#nextId++;
      this.#jobs.set(id, {
        id,
        resolve: (key) => {
          settled();
          resolve(key);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#timer.value = this.#clock.schedule(limitMs, () =>
        this.#end(new KeyError('unsupported', 'its key derivation takes longer than two minutes')),
      );
      try {
        this.#started().send(id, file, passphrase);
      } catch (thrown) {
        this.#end(new KeyError('unreadable', 'the key worker does not start', thrown));
      }
    });
  }

  #started(): RunningWorker {
    const running = this.#worker.value;
    if (running) return running;
    if (this.#workerFile === null) throw new Error('key-worker.js is not there; the build makes it');
    const worker = new RunningWorker(
      this.#workerFile,
      (reply) => this.#onReply(reply),
      (error) => {
        if (this.#worker.value === worker) this.#end(new KeyError('unreadable', 'the key worker stopped', error));
      },
    );
    this.#worker.value = worker;
    return worker;
  }

  #onReply(reply: KeyWorkerReply): void {
    const job = this.#jobs.get(reply.id);
    if (!job) return;
    if ('code' in reply) job.reject(new KeyError(reply.code, reply.message));
    else job.resolve({ key: reply.key, type: reply.type, blob: Buffer.from(reply.blob), comment: reply.comment });
  }

  /** Stops the worker and fails what it was doing. */
  #end(error: KeyError): void {
    this.#worker.clear();
    this.#timer.clear();
    for (const job of [...this.#jobs.values()]) job.reject(error);
  }
}

/** One worker thread. It keeps the process alive only while it works. */
class RunningWorker implements Disposable {
  readonly #worker: Worker;
  readonly #owned = new DisposableStore();

  constructor(file: string, onReply: (reply: KeyWorkerReply) => void, onGone: (error: unknown) => void) {
    this.#worker = new Worker(file, {
      name: 'holdfast-keys',
      env: {},
      argv: [],
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 128 },
    });
    this.#owned.defer(() => {
      // A late error of a worker that is being ended has nobody to go to.
      this.#worker.on('error', () => {});
      void this.#worker.terminate();
    });
    this.#owned.add(
      listen(this.#worker, 'message', (reply: KeyWorkerReply) => {
        this.#worker.unref();
        onReply(reply);
      }),
    );
    this.#owned.add(listen(this.#worker, 'error', (error: unknown) => onGone(error)));
    this.#owned.add(listen(this.#worker, 'exit', () => onGone(null)));
  }

  send(id: number, file: Buffer, passphrase: Secret | null): void {
    const request: KeyWorkerRequest = {
      id,
      file: Uint8Array.from(file),
      passphrase: passphrase === null ? null : Uint8Array.from(passphrase.revealBytes()),
    };
    const moved = [request.file.buffer, ...(request.passphrase ? [request.passphrase.buffer] : [])];
    this.#worker.ref();
    this.#worker.postMessage(request, moved as ArrayBuffer[]);
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

/** `key-worker.js` beside the running bundle, or in `out/` of the checkout when the sources run themselves. */
export function findKeyWorker(from: string = import.meta.url): string | null {
  for (const place of ['./key-worker.js', '../../../../out/key-worker.js']) {
    const file = fileURLToPath(new URL(place, from));
    if (existsSync(file)) return file;
  }
  return null;
}
