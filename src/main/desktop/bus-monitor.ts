import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Disposable, DisposableStore } from '../engine/lifecycle/disposable.ts';

/** A monitor that ended is started again after so long, at most `maxRestarts` times. */
const restartMs = 2000;
const maxRestarts = 5;

/** Follows a message bus of the desktop through gdbus(1), which comes with GLib; without it nothing is ever heard. One call a line. */
export class BusMonitor implements Disposable {
  readonly #store = new DisposableStore();
  readonly #args: readonly string[];
  readonly #onLine: (line: string) => void;
  #monitor: ChildProcess | null = null;
  #restarts = 0;

  /** `args` are those behind `gdbus monitor`. */
  constructor(args: readonly string[], onLine: (line: string) => void) {
    this.#args = args;
    this.#onLine = onLine;
    this.#store.defer(() => this.#monitor?.kill());
    this.#start();
  }

  dispose(): void {
    this.#store.dispose();
  }

  #start(): void {
    const monitor = spawn('gdbus', ['monitor', ...this.#args], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.#monitor = monitor;
    monitor.on('error', () => undefined);
    createInterface({ input: monitor.stdout }).on('line', (line) => {
      if (!this.#store.isDisposed) this.#onLine(line);
    });
    monitor.on('exit', () => {
      if (this.#store.isDisposed || this.#restarts >= maxRestarts) return;
      this.#restarts += 1;
      const timer = setTimeout(() => this.#start(), restartMs);
      this.#store.defer(() => clearTimeout(timer));
    });
  }
}
