import { execFile } from 'node:child_process';
import { systemClock } from '../engine/lifecycle/clock.ts';
import { type Disposable, DisposableStore, MutableDisposable } from '../engine/lifecycle/disposable.ts';
import { Emitter } from '../engine/lifecycle/emitter.ts';
import { BusMonitor } from './bus-monitor.ts';

const watcher = 'org.kde.StatusNotifierWatcher';
const watcherPath = '/StatusNotifierWatcher';
const askTimeoutMs = 3000;
/** A watcher that did not answer is asked again after so long. */
const againMs = 1000;
/** What gdbus says of a call that nobody answered: G_IO_ERROR_TIMED_OUT, in any language. */
const timedOut = 'g-io-error-quark, 24';

/**
 * Whether this desktop shows tray icons. Windows and macOS always do. On Linux somebody must own StatusNotifierWatcher on the session bus and have a
 * host registered; that may come late, after the login, or go. Asked through gdbus(1), which comes with GLib; without it the answer stays no, and the
 * window stays in the task bar.
 */
export class TrayHost implements Disposable {
  readonly #store = new DisposableStore();
  readonly #onDidChange = this.#store.add(new Emitter<boolean>());
  readonly onDidChange = this.#onDidChange.event;
  readonly #platform: NodeJS.Platform;
  #present: boolean;
  readonly #again = this.#store.add(new MutableDisposable());
  #asking = false;
  #askAgain = false;

  constructor(platform: NodeJS.Platform = process.platform) {
    this.#platform = platform;
    this.#present = platform === 'win32' || platform === 'darwin';
  }

  get present(): boolean {
    return this.#present;
  }

  /** Looks once and follows changes from then on. Resolves after the first look. */
  async start(): Promise<void> {
    if (this.#platform === 'win32' || this.#platform === 'darwin') return;
    // Each line is a change of owner, or a signal of the watcher: then ask what is true.
    const where = ['--session', '--dest', watcher, '--object-path', watcherPath];
    this.#store.add(new BusMonitor(where, () => void this.#look()));
    await this.#look();
  }

  dispose(): void {
    this.#store.dispose();
  }

  async #look(): Promise<void> {
    if (this.#asking) {
      this.#askAgain = true;
      return;
    }
    this.#asking = true;
    try {
      do {
        this.#askAgain = false;
        this.#again.clear();
        const present = await hasHost();
        if (this.#store.isDisposed) return;
        // A panel that is busy, as at a login, tells nothing when it is done: what is known stays until it answers.
        if (present === null) this.#again.value = systemClock.schedule(againMs, () => void this.#look());
        else if (present !== this.#present) {
          this.#present = present;
          this.#onDidChange.fire(present);
        }
      } while (this.#askAgain);
    } finally {
      this.#asking = false;
    }
  }
}

/** The watcher is there and says that a host shows its items. Null: it is there and does not answer. Any other trouble means no. */
function hasHost(): Promise<boolean | null> {
  const args = [
    ...['call', '--session', '--timeout', '2', '--dest', watcher, '--object-path', watcherPath],
    ...['--method', 'org.freedesktop.DBus.Properties.Get', watcher, 'IsStatusNotifierHostRegistered'],
  ];
  return new Promise((resolve) => {
    execFile('gdbus', args, { timeout: askTimeoutMs, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      const isSilent = error !== null && (error.killed === true || stderr.includes(timedOut));
      resolve(isSilent ? null : error === null && stdout.includes('<true>'));
    });
  });
}
