import { childrenOf, descendantsOf, endServer, freePort, type ServerProcess, signalProcess } from './processes.ts';
import { fingerprintOf, type KeyType } from './ssh-keys.ts';
import { makeTempFolder, type TempFolder } from './temp.ts';
import { until } from './until.ts';

/** What every SSH server of the tests offers. */
export interface TestServer {
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Who may log in: the current user. */
  readonly user: string;
  /** Private key file that is authorised. */
  readonly clientKey: string;
  /** Its public line. */
  readonly clientKeyLine: string;
  /** Its own folder: configuration and keys. */
  readonly folder: string;
  readonly pid: number;
  /** Public lines (`type base64`) by type. */
  readonly hostKeys: Readonly<Partial<Record<KeyType, string>>>;
  /** `SHA256:…` of a host key; default the first. */
  fingerprint(type?: KeyType): string;
  /** `[127.0.0.1]:port type base64`; default the first host key. */
  knownHostsLine(type?: KeyType, name?: string): string;
  /** Everything that it said since the first start. */
  log(): string;
  /** Waits for text in the log. */
  logged(pattern: RegExp, timeoutMs?: number): Promise<void>;
  /** Pids of the processes that serve connections, one each. Some work by children of theirs: to cut connections, `killSessions`. */
  sessions(): number[];
  /** Ends the connections alone, as a crash of their processes would; the listener stays. */
  killSessions(signal?: NodeJS.Signals): void;
  /** Ends listener and connections with this signal (default SIGKILL) and waits. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Stops every process of the server where it is: connections stay open and silent. */
  freeze(): void;
  thaw(): void;
  /** Starts again on the same port, ending what still runs. */
  restart(): Promise<void>;
  /** Ends everything and removes the folder. */
  stop(): Promise<void>;
}

/** Process, port, folder and host keys of a server; what it runs is the subclass's. */
export abstract class BaseServer {
  protected readonly files: TempFolder;
  protected keys: Partial<Record<KeyType, string>> = {};
  readonly #name: string;
  #process: ServerProcess | null = null;
  #port: number;
  #oldLogs = '';

  constructor(name: string, port: number) {
    this.#name = name;
    this.#port = port;
    this.files = makeTempFolder(`holdfast-${name}-`);
  }

  /** Starts the program on `this.port`. */
  protected abstract launch(): ServerProcess;
  /** True once the log says that it listens everywhere. */
  protected abstract listens(log: string): boolean;

  get port(): number {
    return this.#port;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get folder(): string {
    return this.files.path;
  }

  get pid(): number {
    if (this.#process === null) throw new Error(`this ${this.#name} does not run`);
    return this.#process.pid;
  }

  get hostKeys(): Readonly<Partial<Record<KeyType, string>>> {
    return this.keys;
  }

  fingerprint(type?: KeyType): string {
    return fingerprintOf(this.#hostKey(type));
  }

  knownHostsLine(type?: KeyType, name = `[127.0.0.1]:${this.#port}`): string {
    return `${name} ${this.#hostKey(type)}`;
  }

  #hostKey(type?: KeyType): string {
    const line = type === undefined ? Object.values(this.keys)[0] : this.keys[type];
    if (line === undefined) throw new Error(`this ${this.#name} has no host key ${type ?? 'at all'}`);
    return line.split(' ').slice(0, 2).join(' ');
  }

  log(): string {
    return this.#oldLogs + (this.#process?.log() ?? '');
  }

  async logged(pattern: RegExp, timeoutMs = 10_000): Promise<void> {
    await until(() => pattern.test(this.log()), {
      what: `${this.#name} to log ${pattern}`,
      timeoutMs,
      seen: () => this.log(),
    });
  }

  sessions(): number[] {
    return this.#process === null ? [] : childrenOf(this.#process.pid);
  }

  killSessions(signal: NodeJS.Signals = 'SIGKILL'): void {
    if (this.#process === null) return;
    for (const pid of descendantsOf(this.#process.pid)) signalProcess(pid, signal);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const running = this.#process;
    if (running === null) return;
    this.#process = null;
    await endServer(running, signal);
    this.#oldLogs += running.log();
  }

  freeze(): void {
    for (const pid of this.#all()) signalProcess(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const pid of this.#all()) signalProcess(pid, 'SIGCONT');
  }

  #all(): number[] {
    return this.#process === null ? [] : [this.#process.pid, ...descendantsOf(this.#process.pid)];
  }

  async restart(): Promise<void> {
    await this.kill('SIGKILL');
    await this.start();
  }

  async stop(): Promise<void> {
    await this.kill('SIGKILL');
    this.files.dispose();
  }

  /** Starts; a free port that somebody took meanwhile is replaced, a fixed one is waited for. Fails with what the server said. */
  async start(): Promise<void> {
    const fixed = this.#port !== 0;
    for (let attempt = 1; ; attempt += 1) {
      if (!fixed) this.#port = await freePort();
      const running = this.launch();
      this.#process = running;
      await until(() => running.hasExited() || this.listens(running.log()), {
        what: `${this.#name} to listen`,
        timeoutMs: 20_000,
        seen: running.log,
      });
      if (!running.hasExited()) return;
      this.#process = null;
      this.#oldLogs += running.log();
      const taken = running.log().includes('Address already in use');
      if (!taken || attempt >= 5) {
        this.files.dispose();
        throw new Error(`${this.#name} did not start: ${running.log()}`);
      }
      if (fixed) await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** How often `word` stands in `text`. */
export function countOf(text: string, word: string): number {
  return text.split(word).length - 1;
}
