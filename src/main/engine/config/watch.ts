import { type FSWatcher, watch } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cleanLine } from '../../../shared/model/clean-text.ts';
import { type Clock, every } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, MutableDisposable, toDisposable } from '../lifecycle/disposable.ts';
import { Emitter } from '../lifecycle/emitter.ts';
import { Turns } from '../lifecycle/turns.ts';
import type { CheckedConfig } from './edit.ts';
import { readConfigFile } from './load.ts';
import { type ParseContext, parseConfig } from './parse.ts';
import { type ConfigProblem, describeProblems } from './problem.ts';

export interface ConfigWatcherOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly context?: Omit<ParseContext, 'file'>;
  /** Quiet time after the last sign of a change; 100 ms. */
  readonly debounceMs?: number;
  /** Looks by itself so often, for file systems that tell nothing (network shares, some containers); 5 s. */
  readonly pollMs?: number;
}

const longestDebounceMs = 1000;
/**
 * A file that became empty is believed after it was so for this long: programs that write in place empty it first, and a busy machine may hold them up
 * before they write. Nobody's tunnels go down for that.
 */
const emptyRestMs = 2000;

/**
 * Watches the configuration file: its folder rather than the file (an atomic save puts a new file in place), and the folder of the real file
 * behind a link. Tells only when the content differs from what it told last. Whoever uses it keeps the last good configuration.
 */
export class ConfigWatcher implements Disposable {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #context: Omit<ParseContext, 'file'>;
  readonly #debounceMs: number;
  readonly #store = new DisposableStore();
  readonly #debounce = this.#store.add(new MutableDisposable());
  readonly #emptyLook = this.#store.add(new MutableDisposable());
  readonly #folders = new Map<string, Disposable>();
  readonly #onDidLoad = this.#store.add(new Emitter<CheckedConfig>());
  readonly #onDidFail = this.#store.add(new Emitter<readonly ConfigProblem[]>());
  readonly #turns = new Turns();
  #last: string | null = null;
  #dirtySinceMs: number | null = null;
  #emptySinceMs: number | null = null;

  /** A good configuration with other content than the last. */
  readonly onDidLoad = this.#onDidLoad.event;
  /** The file is broken, unreadable or gone. */
  readonly onDidFail = this.#onDidFail.event;

  /** Watches from now on, and reads nothing yet: call `reloadNow` for the first time. */
  constructor(options: ConfigWatcherOptions) {
    this.#file = options.file;
    this.#clock = options.clock;
    this.#context = options.context ?? {};
    this.#debounceMs = options.debounceMs ?? 100;
    this.#store.add(every(options.clock, options.pollMs ?? 5000, () => this.#later(0)));
    this.#store.defer(() => this.#watchFolders([]));
    this.#watchFolders([dirname(this.#file)]);
  }

  /** Reads the file now and tells of it even if nothing changed. The problems as one text, or null. */
  reloadNow(): Promise<string | null> {
    return this.#enqueue(true);
  }

  /** Reads the file now, and tells of it if it is another than before: what this does by itself at each sign of a change. */
  look(): Promise<string | null> {
    return this.#enqueue(false);
  }

  dispose(): void {
    this.#store.dispose();
  }

  /** After a quiet time; but in a folder that never is quiet, not later than a second from the first sign. */
  #later(delayMs: number): void {
    const now = this.#clock.now();
    this.#dirtySinceMs ??= now;
    const latest = Math.max(0, this.#dirtySinceMs + longestDebounceMs - now);
    this.#debounce.value = this.#clock.schedule(Math.min(delayMs, latest), () => {
      this.#dirtySinceMs = null;
      void this.look();
    });
  }

  /** One reading at a time, so that an old content never overtakes a newer one. */
  #enqueue(always: boolean): Promise<string | null> {
    return this.#turns.take(() => this.#readOrSay(always));
  }

  /** Never rejects: whatever is thrown at one content, the next one is read. */
  async #readOrSay(always: boolean): Promise<string | null> {
    try {
      return await this.#read(always);
    } catch (error) {
      const why = cleanLine(error instanceof Error ? error.message : String(error), 200);
      return this.#fail([{ line: 1, key: 'file', message: `the file could not be checked: ${why}` }]);
    }
  }

  async #read(always: boolean): Promise<string | null> {
    if (this.#store.isDisposed) return null;
    const read = await readConfigFile(this.#file);
    await this.#followLink();
    if (this.#store.isDisposed) return null;
    const seen = JSON.stringify(read);
    const isEmpty = read.kind === 'read' && read.text === '';
    if (!isEmpty) this.#emptySinceMs = null;
    if (!always && seen === this.#last) return null;
    if (!always && isEmpty && this.#isBeingWritten()) return null;
    this.#last = seen;
    if (read.kind === 'read') {
      const result = parseConfig(read.text, { ...this.#context, file: this.#file });
      if (result.kind === 'bad') return this.#fail(result.problems);
      this.#onDidLoad.fire({ config: result.config, warnings: result.warnings });
      return null;
    }
    if (read.kind === 'missing') return this.#fail([{ line: 1, key: 'file', message: 'there is no such file' }]);
    return this.#fail(read.problems);
  }

  /** True of a file that was emptied a moment ago; it is looked at again. */
  #isBeingWritten(): boolean {
    const now = this.#clock.now();
    this.#emptySinceMs ??= now;
    const restMs = this.#emptySinceMs + emptyRestMs - now;
    if (restMs > 0) this.#emptyLook.value = this.#clock.schedule(restMs, () => this.#later(0));
    return restMs > 0;
  }

  #fail(problems: readonly ConfigProblem[]): string {
    this.#onDidFail.fire(problems);
    return describeProblems(this.#file, problems);
  }

  /** Watches where the file really is, too. */
  async #followLink(): Promise<void> {
    const real = await realpath(this.#file).catch(() => this.#file);
    if (!this.#store.isDisposed) this.#watchFolders([dirname(this.#file), dirname(real)]);
  }

  #watchFolders(wanted: readonly string[]): void {
    for (const [folder, watching] of this.#folders) {
      if (wanted.includes(folder)) continue;
      this.#folders.delete(folder);
      watching.dispose();
    }
    for (const folder of wanted) {
      if (this.#folders.has(folder)) continue;
      const watching = this.#watchFolder(folder);
      if (watching !== null) this.#folders.set(folder, watching);
    }
  }

  #watchFolder(folder: string): Disposable | null {
    let watcher: FSWatcher;
    try {
      watcher = watch(folder, { persistent: false }, () => this.#later(this.#debounceMs));
    } catch {
      // No such folder yet, or no watches left: the regular look finds changes, and tries this again.
      return null;
    }
    // A folder that is removed or unmounted: the same.
    watcher.on('error', () => {
      if (this.#folders.get(folder) === watching) this.#folders.delete(folder);
      watching.dispose();
    });
    const watching = toDisposable(() => watcher.close());
    return watching;
  }
}
