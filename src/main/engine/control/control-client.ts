import { webcrypto } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { type CallInput, type CallName, type CallOutput, contractVersion } from '../../../shared/contract/calls.ts';
import { askForProof } from '../../../shared/contract/proof.ts';
import type { Said } from '../../../shared/i18n/said.ts';
import { engine } from '../../../shared/i18n/sentences/engine.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { Profile } from '../config/paths.ts';
import { type Disposable, DisposableStore, listen } from '../lifecycle/disposable.ts';
import { othersMayWriteNow } from '../lifecycle/file-trust.ts';
import { ignoreError } from '../lifecycle/socket-server.ts';
import { ContractClient } from './contract-client.ts';
import { controlPlace, readControlKey } from './control-key.ts';
import { engineHolder, shownPath } from './engine-lock.ts';
import { LineFrames } from './line-frames.ts';
import { LineReader } from './line-reader.ts';
import { checkSocketFolder, isWindows, ownUserId, type PlacedSocket, placedSocket } from './socket-place.ts';

export interface ConnectOptions {
  /** Limit for connecting and the greeting together. */
  readonly timeoutMs?: number;
  /** Name of the shell, for the engine's log. */
  readonly client?: string;
  /** As the engine's `mutualProof`. */
  readonly mutualProof?: boolean;
  /** Opens the connection; another one is for tests. */
  readonly open?: (path: string) => Socket;
}

/** Longest answer or event that is taken. */
const maxAnswerBytes = 64 * 1024 * 1024;

/** A shell's end of the control socket. */
export class ControlClient implements Disposable {
  readonly #store = new DisposableStore();
  readonly #reader = new LineReader(maxAnswerBytes);
  readonly #contract: ContractClient;
  #hello: CallOutput<'hello'> | null = null;

  /** Events asked for with the call `subscribe`. */
  readonly onDidEvent;
  /** The connection ended (not by `dispose`), with the reason. */
  readonly onDidClose;

  private constructor(socket: Socket, where: string) {
    this.#store.defer(() => socket.destroy());
    this.#contract = new ContractClient({ where, send: (frame) => socket.write(`${JSON.stringify(frame)}\n`) });
    this.onDidEvent = this.#contract.onDidEvent;
    this.onDidClose = this.#contract.onDidClose;
    this.#store.add(listen(socket, 'data', (chunk: Buffer) => this.#onData(chunk)));
    this.#store.add(listen(socket, 'close', () => this.#contract.end(this.#contract.gone())));
    this.#contract.onDidClose(() => this.#store.dispose());
  }

  /**
   * Connects to the profile's engine and greets it. Rejects with `no-engine` if none answers or what answers is not ours, with `config` if the socket's
   * folder is not safe, with `protocol` if it speaks another contract.
   */
  static async connect(profile: Profile, options: ConnectOptions = {}): Promise<ControlClient> {
    const placed = await ownSocket(profile);
    const isProved = options.mutualProof ?? isWindows;
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), options.timeoutMs ?? 5000);
    let client: ControlClient | null = null;
    try {
      const socket = await open(profile, limit.signal, options.open ?? connect);
      await assertStillThere(socket, profile, placed);
      if (isProved) await Promise.race([assertOwnEngine(socket, profile), aborted(limit.signal, profile)]);
      client = new ControlClient(socket, profile.socketPath);
      const greeted = client.call('hello', { client: options.client ?? 'holdfast', contract: contractVersion });
      client.#hello = await Promise.race([greeted, aborted(limit.signal, profile)]);
      return client;
    } catch (error) {
      client?.dispose();
      limit.abort();
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
    return this.#contract.call(name, input);
  }

  dispose(): void {
    this.#contract.dispose();
    this.#store.dispose();
  }

  #onData(chunk: Buffer): void {
    const { lines, tooLong } = this.#reader.push(chunk);
    for (const line of lines) this.#contract.receive(tryJson(line.toString('utf8')));
    if (tooLong) this.#contract.end(this.#contract.badAnswer());
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
export function noEngine(profile: Profile, why: Said): HoldfastError {
  const holder = engineHolder(profile);
  const elsewhere = holder !== null && holder.socketPath !== profile.socketPath;
  return new HoldfastError({
    code: 'no-engine',
    where: profile.socketPath,
    message: engine.notRunning({ configFile: profile.configFile, why }),
    next: elsewhere
      ? engine.listensElsewhere({ pid: holder.pid, socket: shownPath(holder.socketPath) })
      : engine.startIt(),
  });
}

/** Whoever has the pipe reads what we say, passwords too: it must be able to read our key. The socket is destroyed if it is not. */
async function assertOwnEngine(socket: Socket, profile: Profile): Promise<void> {
  const frames = new LineFrames(socket);
  try {
    const secret = await readControlKey(profile);
    if (secret === null) throw noEngine(profile, engine.noKeyLeft());
    const exchange = await askForProof(webcrypto, secret, controlPlace(profile), frames).catch(() => null);
    if (exchange === null) throw noEngine(profile, engine.notProved());
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    frames.dispose();
  }
}

/**
 * Whoever owns the socket reads what we say, passwords too: it must be us, and nobody else may put another one in its place. Null on Windows, where a
 * proof takes the place of that.
 */
async function ownSocket(profile: Profile): Promise<PlacedSocket | null> {
  if (isWindows) return null;
  const folder = await checkSocketFolder(profile).catch((error: unknown) => {
    throw error instanceof HoldfastError ? error : unreachable(profile, error);
  });
  const placed = await placedSocket(profile.socketPath).catch((error: unknown) => {
    throw unreachable(profile, error);
  });
  const { stats } = placed;
  if (!stats.isSocket()) throw noEngine(profile, engine.noSocketInPlace());
  if (Number(stats.uid) !== ownUserId()) throw noEngine(profile, engine.socketOfOther({ uid: Number(stats.uid) }));
  // Some other socket of ours, of a forward perhaps, to which anybody gave this name.
  if (stats.nlink > 1n && folder !== null && othersMayWriteNow(folder)) {
    throw noEngine(profile, engine.socketHasOtherName());
  }
  return placed;
}

/** In a folder for all a stranger may take the place of a socket whose engine ended since the look at it. */
async function assertStillThere(socket: Socket, profile: Profile, placed: PlacedSocket | null): Promise<void> {
  if (placed === null) return;
  const now = await placedSocket(profile.socketPath).catch(() => null);
  if (now?.identity === placed.identity) return;
  socket.destroy();
  throw noEngine(profile, engine.socketReplaced());
}

function unreachable(profile: Profile, error: unknown): HoldfastError {
  const { code } = error as NodeJS.ErrnoException;
  return noEngine(
    profile,
    code === 'ENOENT' || code === 'ENOTDIR' ? engine.noSocket() : engine.systemSays({ code: String(code) }),
  );
}

function open(profile: Profile, signal: AbortSignal, opened: (path: string) => Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = opened(profile.socketPath);
    socket.on('error', ignoreError);
    const onAbort = (): void => {
      socket.destroy();
      reject(silent(profile));
    };
    // Stays for the greeting too; once that is there nothing aborts any more.
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(
        noEngine(
          profile,
          error.code === 'ECONNREFUSED' ? engine.nobodyAnswers() : engine.socketSays({ code: String(error.code) }),
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
    message: engine.silent(),
    next: engine.maybeStopped(),
  });
}
