import { Buffer } from 'node:buffer';
import { type Socket, connect } from 'node:net';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, MutableDisposable, listen } from '../lifecycle/disposable.ts';
import { Turns } from '../lifecycle/turns.ts';
import {
  type AgentIdentity,
  AgentRefusal,
  identitiesRequest,
  maxAgentMessageBytes,
  parseIdentities,
  parseSignature,
  sessionBindRequest,
  signRequest,
} from './agent-protocol.ts';
import { signatureAlgorithm } from './key-types.ts';
import type { SessionBinding } from './userauth-wire.ts';

/** A mute socket costs so long, no more. */
export const agentListLimitMs = 5000;
/** A signature may wait for a person's touch or consent. */
export const agentSignLimitMs = 60_000;

export type AgentErrorCode = 'unreachable' | 'timeout' | 'refused' | 'malformed' | 'aborted';

/** What went wrong at an agent. The message completes "the agent at <address> …". */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: AgentErrorCode;

  constructor(code: AgentErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/**
 * A client of one SSH agent: unix socket or Windows named pipe. One connection, opened with the first request and again after a fault; requests
 * follow each other. All promises reject with `AgentError`.
 */
export class AgentClient implements Disposable {
  /** Path of the socket or pipe. */
  readonly address: string;
  readonly #clock: Clock;
  #binding: SessionBinding | null;
  readonly #connection = new MutableDisposable<AgentConnection>();
  readonly #turns = new Turns();
  #disposed = false;

  /** With `binding` each connection is bound to that session first; an agent that knows no such thing is used all the same. */
  constructor(address: string, clock: Clock, binding: SessionBinding | null = null) {
    this.address = address;
    this.#clock = clock;
    this.#binding = binding;
  }

  /** Binds to another session. An agent binds a connection only once, so a new one is opened. */
  bindTo(binding: SessionBinding | null): void {
    if (binding === this.#binding) return;
    this.#binding = binding;
    this.#connection.clear();
  }

  /** The keys the agent offers. */
  async list(signal?: AbortSignal): Promise<readonly AgentIdentity[]> {
    const answer = await this.#request(identitiesRequest(), agentListLimitMs, signal);
    return this.#parsed(() => parseIdentities(answer));
  }

  /** The whole signature blob of `data` by the key `blob`, made for the public key algorithm `algorithm`. */
  async sign(blob: Buffer, data: Buffer, algorithm: string, signal?: AbortSignal): Promise<Buffer> {
    const answer = await this.#request(signRequest(blob, data, algorithm), agentSignLimitMs, signal);
    const signature = this.#parsed(() => parseSignature(answer));
    const expected = signatureAlgorithm(algorithm);
    if (signature.algorithm !== expected)
      throw new AgentError('malformed', `signed with ${signature.algorithm} where ${expected} was asked for`);
    return signature.blob;
  }

  dispose(): void {
    this.#disposed = true;
    this.#connection.dispose();
  }

  #request(payload: Buffer, limitMs: number, signal?: AbortSignal): Promise<Buffer> {
    return this.#turns.take(async () => {
      if (this.#disposed || signal?.aborted) throw new AgentError('aborted', 'is not needed any more');
      let connection = this.#connection.value;
      if (!connection || connection.isClosed) {
        connection = new AgentConnection(this.address);
        this.#connection.value = connection;
        if (this.#binding !== null)
          await connection.request(sessionBindRequest(this.#binding), agentListLimitMs, this.#clock, signal);
      }
      return await connection.request(payload, limitMs, this.#clock, signal);
    });
  }

  #parsed<T>(parse: () => T): T {
    try {
      return parse();
    } catch (thrown) {
      if (thrown instanceof AgentRefusal) throw new AgentError('refused', 'refused', thrown);
      this.#connection.clear();
      throw new AgentError('malformed', 'answered with something that is not the agent protocol', thrown);
    }
  }
}

/** One connection. It carries one request at a time and is closed by the first fault. */
class AgentConnection implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #socket: Socket;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #waiting: { resolve: (payload: Buffer) => void; reject: (error: AgentError) => void } | null = null;
  #failure: AgentError | null = null;

  constructor(address: string) {
    this.#socket = connect({ path: address });
    this.#owned.defer(() => this.#socket.destroy());
    this.#owned.add(listen(this.#socket, 'data', (chunk: Buffer) => this.#onData(chunk)));
    this.#owned.add(listen(this.#socket, 'close', () => this.#fail(new AgentError('unreachable', 'hung up'))));
    // Stays until the socket is gone: an error after the end has nobody to go to.
    this.#socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#fail(new AgentError('unreachable', `does not answer (${error.code ?? 'unknown'})`, error)),
    );
  }

  get isClosed(): boolean {
    return this.#failure !== null;
  }

  request(payload: Buffer, limitMs: number, clock: Clock, signal: AbortSignal | undefined): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#failure) {
        reject(this.#failure);
        return;
      }
      const done = new DisposableStore();
      this.#waiting = {
        resolve: (answer) => {
          done.dispose();
          resolve(answer);
        },
        reject: (error) => {
          done.dispose();
          reject(error);
        },
      };
      done.add(
        clock.schedule(limitMs, () =>
          this.#fail(new AgentError('timeout', `did not answer within ${limitMs / 1000} s`)),
        ),
      );
      const onAbort = (): void => this.#fail(new AgentError('aborted', 'is not needed any more'));
      signal?.addEventListener('abort', onAbort, { once: true });
      done.defer(() => signal?.removeEventListener('abort', onAbort));
      const length = Buffer.alloc(4);
      length.writeUInt32BE(payload.length);
      this.#socket.write(Buffer.concat([length, payload]));
    });
  }

  dispose(): void {
    this.#fail(new AgentError('aborted', 'is not needed any more'));
  }

  #onData(chunk: Buffer): void {
    this.#received.push(chunk);
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes < 4) return;
    const all = this.#received.length === 1 ? chunk : Buffer.concat(this.#received);
    this.#received = [all];
    const length = all.readUInt32BE(0);
    if (length === 0 || length > maxAgentMessageBytes || !this.#waiting || this.#receivedBytes > 4 + length) {
      this.#fail(new AgentError('malformed', 'answered with something that is not the agent protocol'));
      return;
    }
    if (this.#receivedBytes < 4 + length) return;
    this.#received = [];
    this.#receivedBytes = 0;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting.resolve(all.subarray(4));
  }

  #fail(error: AgentError): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#owned.dispose();
    this.#received = [];
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.reject(error);
  }
}
