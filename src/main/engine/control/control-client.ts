import { lstat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import {
  calls,
  type CallInput,
  type CallName,
  type CallOutput,
  contractVersion,
} from '../../../shared/contract/calls.ts';
import type { EngineEvent } from '../../../shared/contract/events.ts';
import { responseFrameSchema } from '../../../shared/contract/frames.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { Profile } from '../config/paths.ts';
import { type Disposable, DisposableStore, listen } from '../lifecycle/disposable.ts';
import { Emitter } from '../lifecycle/emitter.ts';
import { engineHolder } from './engine-lock.ts';
import { LineReader } from './line-reader.ts';
import { isWindows, ownUserId } from './socket-place.ts';

export interface ConnectOptions {
  /** Limit for connecting and the greeting together. */
  readonly timeoutMs?: number;
  /** Name of the shell, for the engine's log. */
  readonly client?: string;
}

interface Pending {
  readonly call: CallName;
  resolve(output: unknown): void;
  reject(error: HoldfastError): void;
}

/** Longest answer or event that is taken. */
const maxAnswerBytes = 64 * 1024 * 1024;

/** A shell's end of the control socket. */
export class ControlClient implements Disposable {
  readonly #socket: Socket;
  readonly #where: string;
  readonly #store = new DisposableStore();
  readonly #reader = new LineReader(maxAnswerBytes);
  readonly #pending = new Map<number, Pending>();
  readonly #onDidEvent = this.#store.add(new Emitter<EngineEvent>());
  readonly #onDidClose = new Emitter<HoldfastError>();
  #nextId = 1;
  #ended: HoldfastError | null = null;
  #hello: CallOutput<'hello'> | null = null;

  /** Events asked for with the call `subscribe`. */
  readonly onDidEvent = this.#onDidEvent.event;
  /** The connection ended (not by `dispose`), with the reason. */
  readonly onDidClose = this.#onDidClose.event;

  private constructor(socket: Socket, where: string) {
    this.#socket = socket;
    this.#where = where;
    this.#store.defer(() => socket.destroy());
    this.#store.add(listen(socket, 'data', (chunk: Buffer) => this.#onData(chunk)));
    this.#store.add(listen(socket, 'close', () => this.#end(this.#gone())));
    socket.on('error', () => {});
  }

  /**
   * Connects to the profile's engine and greets it. Rejects with `no-engine` if none answers or the socket is not ours, with `protocol` if it
   * speaks another contract.
   */
  static async connect(profile: Profile, options: ConnectOptions = {}): Promise<ControlClient> {
    await assertOwnSocket(profile);
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), options.timeoutMs ?? 5000);
    let client: ControlClient | null = null;
    try {
      const socket = await open(profile, limit.signal);
      client = new ControlClient(socket, profile.socketPath);
      const greeted = client.call('hello', { client: options.client ?? 'holdfast', contract: contractVersion });
      client.#hello = await Promise.race([greeted, aborted(limit.signal, profile)]);
      return client;
    } catch (error) {
      client?.dispose();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What the engine said of itself. */
  get engine(): CallOutput<'hello'> {
    if (this.#hello === null) throw new Error('not greeted yet');
    return this.#hello;
  }

  /** Makes one call. Rejects with the engine's error, or with `no-engine` if the connection ends first. */
  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) {
        reject(this.#ended);
        return;
      }
      const id = this.#nextId++;
      this.#pending.set(id, {
        call: name,
        resolve: (output) => resolve(output as CallOutput<N>),
        reject,
      });
      this.#socket.write(`${JSON.stringify({ id, call: name, input })}\n`);
    });
  }

  dispose(): void {
    this.#onDidClose.dispose();
    this.#end(this.#gone());
  }

  #gone(): HoldfastError {
    return new HoldfastError({
      code: 'no-engine',
      where: this.#where,
      message: 'The engine closed the connection.',
      next: 'See whether it still runs: holdfast status. Start it with: holdfast serve',
    });
  }

  #end(reason: HoldfastError): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    for (const pending of this.#pending.values()) pending.reject(reason);
    this.#pending.clear();
    this.#store.dispose();
    this.#onDidClose.fire(reason);
    this.#onDidClose.dispose();
  }

  #onData(chunk: Buffer): void {
    const { lines, tooLong } = this.#reader.push(chunk);
    for (const line of lines) {
      if (this.#ended !== null) return;
      this.#onLine(line.toString('utf8'));
    }
    if (tooLong) this.#end(this.#badAnswer());
  }

  #onLine(line: string): void {
    const frame = responseFrameSchema.safeParse(tryJson(line));
    if (!frame.success) {
      this.#end(this.#badAnswer());
      return;
    }
    if ('event' in frame.data) {
      this.#onDidEvent.fire(frame.data.event);
      return;
    }
    const { id } = frame.data;
    if (id === null) {
      if (!frame.data.ok) this.#end(new HoldfastError(frame.data.error));
      return;
    }
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    if (!frame.data.ok) {
      pending.reject(new HoldfastError(frame.data.error));
      return;
    }
    const output = calls[pending.call].output.safeParse(frame.data.output);
    if (output.success) pending.resolve(output.data);
    else pending.reject(this.#badAnswer());
  }

  #badAnswer(): HoldfastError {
    return new HoldfastError({
      code: 'protocol',
      where: this.#where,
      message: 'The answer on the control socket does not fit the contract.',
      next: 'Use the same version of Holdfast for the engine and the command.',
    });
  }
}

function tryJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** `no-engine`; if the profile's lock is held, it names who holds it and where that engine listens. */
export function noEngine(profile: Profile, detail: string): HoldfastError {
  const holder = engineHolder(profile);
  const elsewhere = holder !== null && holder.socketPath !== profile.socketPath;
  return new HoldfastError({
    code: 'no-engine',
    where: profile.socketPath,
    message: `No engine is running for ${profile.configFile}: ${detail}.`,
    next: elsewhere
      ? `The engine of this configuration (pid ${holder.pid}) listens at ${holder.socketPath}: set HOLDFAST_SOCKET to it.`
      : 'Start it with: holdfast serve',
  });
}

/** Whoever owns the socket reads what we say, passwords too: it must be us. */
async function assertOwnSocket(profile: Profile): Promise<void> {
  if (isWindows) return;
  const found = await lstat(profile.socketPath).catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code;
    throw noEngine(profile, code === 'ENOENT' || code === 'ENOTDIR' ? 'there is no control socket' : String(code));
  });
  if (!found.isSocket()) throw noEngine(profile, 'what is at the place of its control socket is not a socket');
  if (found.uid !== ownUserId()) throw noEngine(profile, `the control socket belongs to user id ${found.uid}`);
}

function open(profile: Profile, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(profile.socketPath);
    const onAbort = (): void => {
      socket.destroy();
      reject(silent(profile));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => {
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(
        noEngine(
          profile,
          error.code === 'ECONNREFUSED' ? 'nobody answers at its control socket' : `the socket says ${error.code}`,
        ),
      );
    });
  });
}

function aborted(signal: AbortSignal, profile: Profile): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(silent(profile)), { once: true });
  });
}

function silent(profile: Profile): HoldfastError {
  return new HoldfastError({
    code: 'timeout',
    where: profile.socketPath,
    message: 'The engine does not answer at its control socket.',
    next: 'It may be overloaded or stopped. Try again, or end it and start it anew.',
  });
}
