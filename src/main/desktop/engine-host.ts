import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { CallInput, CallName, CallOutput } from '../../shared/contract/calls.ts';
import type { EngineEvent } from '../../shared/contract/events.ts';
import { app as words } from '../../shared/i18n/sentences/app.ts';
import { asHoldfastError, type Cause, HoldfastError } from '../../shared/model/failure.ts';
import type { Profile } from '../engine/config/paths.ts';
import { ControlClient } from '../engine/control/control-client.ts';
import { PortClient } from '../engine/control/port-client.ts';
import { type Disposable, DisposableStore, listen } from '../engine/lifecycle/disposable.ts';
import { Emitter, type Event } from '../engine/lifecycle/emitter.ts';
import type { ThreadCommand, ThreadMessage, ThreadOptions } from '../engine/thread-messages.ts';

/**
 * desktop: the shell of Electron on the engine: tray, windows, notifications, start at login, power. The only importer of electron.
 *
 * - app.ts, shell.ts  put the parts together; lifecycle.ts: the phases of its life; desktop-log.ts: its log, and faults that nobody caught;
 *                     process-log.ts, line-budget.ts: what Electron's processes say on their own
 * - engine-host.ts    the engine's thread and the contract with it; shell-state.ts: its state as last told
 * - tray-model.ts, notification-policy.ts, prompt-policy.ts, autostart-file.ts, window-options.ts, page-files.ts, ipc-guard.ts   pure decisions
 * - tray-presence.ts, tray.ts, tray-host.ts, notifications.ts, login-start.ts, power.ts, screen-lock.ts, bus-monitor.ts, main-window.ts, prompt-window.ts, questions.ts, ipc.ts, hardening.ts   what Electron does
 */

/** The contract with an engine, whatever carries it. */
export interface EngineLink extends Disposable {
  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>>;
  readonly onDidEvent: Event<EngineEvent>;
  readonly onDidClose: Event<HoldfastError>;
}

export type EngineStatus =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly link: EngineLink; readonly own: boolean; readonly cryptoPath: string }
  | { readonly kind: 'gone'; readonly causes: readonly Cause[] };

/** How this shell names itself to an engine. */
const shellName = 'holdfast desktop';
/** The engine has its own shorter deadline; then its thread is cut off. With the rest of quitting it stays under 5 s. */
const stopLimitMs = 4000;
/** The engine has said that all is ended and written; so long its thread may take to go. A native part may hold it for ever. */
const partLimitMs = 1000;

/**
 * Runs the engine on a thread of this process, or joins the one that already runs on this profile (a `holdfast serve`). One start at a time;
 * `start` again after `gone`.
 */
export class EngineHost implements Disposable {
  readonly #profile: Profile;
  readonly #onDidChange = new Emitter<EngineStatus>();
  readonly onDidChange = this.#onDidChange.event;
  #run = new DisposableStore();
  #worker: Worker | null = null;
  #exited: Promise<void> = Promise.resolve();
  #status: EngineStatus = { kind: 'starting' };
  #stopping = false;

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  get status(): EngineStatus {
    return this.#status;
  }

  start(): void {
    this.#run.dispose();
    this.#run = new DisposableStore();
    this.#set({ kind: 'starting' });
    const options: ThreadOptions = { profile: this.#profile, logToStderr: false, mayBeMissing: true };
    const worker = new Worker(threadFile(), { workerData: options });
    this.#worker = worker;
    const causes: Cause[] = [];
    this.#exited = new Promise((resolve) => {
      worker.once('exit', () => {
        if (this.#worker === worker) this.#worker = null;
        resolve();
      });
    });
    worker.on('error', (error: Error) => causes.push(asHoldfastError(error, 'engine').toCause()));
    this.#run.add(
      listen(worker, 'message', (message: ThreadMessage) => {
        if (message.kind === 'ready') void this.#join(() => attach(worker), true, message.cryptoPath);
        else if (message.kind === 'failed') causes.push(...message.causes);
      }),
    );
    void this.#exited.then(() => {
      if (this.#stopping) return;
      const elsewhere = causes.some((cause) => cause.code === 'already-running');
      if (elsewhere) void this.#join(() => ControlClient.connect(this.#profile, { client: shellName }), false, '');
      else this.#gone(causes.length > 0 ? causes : [endedByItself()]);
    });
  }

  /**
   * Ends our own engine and waits for it; one that somebody else runs stays. Never rejects. False: its thread is still there, and leaving the
   * process in the ordinary way would wait for it.
   */
  async stop(): Promise<boolean> {
    this.#stopping = true;
    const worker = this.#worker;
    if (worker) {
      const timers: NodeJS.Timeout[] = [];
      const tooLong = new Promise<void>((resolve) => {
        timers.push(setTimeout(resolve, stopLimitMs));
        worker.on('message', (message: ThreadMessage) => {
          if (message.kind === 'stopped') timers.push(setTimeout(resolve, partLimitMs));
        });
      });
      worker.postMessage({ kind: 'stop' } satisfies ThreadCommand);
      await Promise.race([this.#exited, tooLong]);
      for (const timer of timers) clearTimeout(timer);
    }
    this.#run.dispose();
    return this.#worker === null;
  }

  dispose(): void {
    this.#stopping = true;
    this.#run.dispose();
    this.#onDidChange.dispose();
    void this.#worker?.terminate();
  }

  async #join(connect: () => Promise<EngineLink>, own: boolean, cryptoPath: string): Promise<void> {
    const run = this.#run;
    try {
      const link = run.add(await connect());
      if (run.isDisposed) return;
      run.add(link.onDidClose((error) => this.#gone([error.toCause()])));
      this.#set({ kind: 'running', link, own, cryptoPath });
    } catch (error) {
      this.#gone([asHoldfastError(error, this.#profile.socketPath).toCause()]);
    }
  }

  #gone(causes: readonly Cause[]): void {
    if (this.#stopping || this.#status.kind === 'gone') return;
    this.#set({ kind: 'gone', causes });
  }

  #set(status: EngineStatus): void {
    this.#status = status;
    this.#onDidChange.fire(status);
  }
}

/** The contract over a port of its own with the engine on that thread. */
function attach(worker: Worker): Promise<EngineLink> {
  const { port1, port2 } = new MessageChannel();
  worker.postMessage({ kind: 'attach', port: port2 } satisfies ThreadCommand, [port2]);
  return PortClient.connect(port1, shellName);
}

function endedByItself(): Cause {
  return new HoldfastError({
    code: 'internal',
    where: 'engine',
    message: words.engineEnded(),
    next: words.startEngine(),
  }).toCause();
}

/** The engine's bundle lies beside ours. */
function threadFile(): string {
  const file = fileURLToPath(new URL('./engine-thread.js', import.meta.url));
  if (!existsSync(file)) throw new Error(`the engine's bundle is missing: ${file}`);
  return file;
}
