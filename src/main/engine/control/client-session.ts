import type { Socket } from 'node:net';
import { type ContractApi, contractVersion } from '../../../shared/contract/calls.ts';
import type { EngineEvent } from '../../../shared/contract/events.ts';
import { maxRequestBytes, requestFrameSchema, requestReadTimeoutMs } from '../../../shared/contract/frames.ts';
import type { Cause } from '../../../shared/model/failure.ts';
import { type Clock, every } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, listen, MutableDisposable } from '../lifecycle/disposable.ts';
import type { Log } from '../log/log.ts';
import { ContractSession } from './contract-session.ts';
import { LineReader } from './line-reader.ts';

export interface ClientSessionDeps {
  readonly socket: Socket;
  readonly api: ContractApi;
  readonly clock: Clock;
  readonly log: Log;
  /** The connection is over. */
  readonly onEnd: () => void;
}

/** Calls of one shell that may be under way at once; further requests wait unread. */
const maxCallsAtOnce = 32;
/** While more than this waits to be sent, no further request is read. */
const pauseReadingBytes = 1024 * 1024;
/** A subscriber that lets more than this pile up is dropped. */
export const maxOutgoingBytes = 8 * 1024 * 1024;
/** So often a shell that closed its side, and waits for answers, is looked after. */
const lookAfterMs = 1000;
/** A dropped shell has so long to read the reason. */
const partingMs = 2000;

/**
 * One connected shell. The first call must be `hello` with our contract version. Requests are answered in the order they complete. A line
 * that cannot be read as a request is answered with `id: null` and ends the connection.
 */
export class ClientSession implements Disposable {
  readonly #deps: ClientSessionDeps;
  readonly #contract: ContractSession;
  readonly #store = new DisposableStore();
  readonly #reader = new LineReader(maxRequestBytes);
  readonly #readTimer = this.#store.add(new MutableDisposable());
  readonly #partTimer = this.#store.add(new MutableDisposable());
  readonly #lookTimer = this.#store.add(new MutableDisposable());
  readonly #waiting: Buffer[] = [];
  #active = 0;
  #parting = false;
  #inputEnded = false;

  constructor(deps: ClientSessionDeps) {
    this.#deps = deps;
    this.#contract = this.#store.add(new ContractSession(deps.api, deps.log));
    const { socket, log } = deps;
    this.#store.defer(() => socket.destroy());
    this.#store.add(listen(socket, 'data', (chunk: Buffer) => this.#onData(chunk)));
    this.#store.add(listen(socket, 'drain', () => this.#pump()));
    this.#store.add(listen(socket, 'end', () => this.#onInputEnd()));
    this.#store.add(listen(socket, 'close', () => deps.onEnd()));
    // A reset by the shell is an ordinary end; `close` follows and releases this session. The listener outlives the store on purpose:
    // an error after `destroy` must not become an uncaught exception.
    socket.on('error', (error: Error) => log.debug('The shell went away', { reason: error.message }));
  }

  /** True if the shell subscribed to events like this one. */
  wants(event: EngineEvent): boolean {
    return !this.#parting && this.#contract.wants(event);
  }

  /** Sends a ready line, or drops the shell if it does not read. */
  sendEvent(line: string): void {
    const { socket, log } = this.#deps;
    if (this.#parting) return;
    if (socket.writableLength + line.length > maxOutgoingBytes) {
      log.warn('A shell that does not read its events was dropped', { waitingBytes: socket.writableLength });
      this.#part({
        code: 'timeout',
        where: 'control socket',
        message: `This shell did not read its events: ${Math.round(socket.writableLength / 1024)} KiB were waiting.`,
        next: 'Connect again and take a fresh snapshot.',
      });
      return;
    }
    socket.write(line);
  }

  dispose(): void {
    this.#parting = true;
    this.#waiting.length = 0;
    this.#store.dispose();
  }

  #onData(chunk: Buffer): void {
    if (this.#parting) return;
    const { lines, tooLong } = this.#reader.push(chunk);
    this.#waiting.push(...lines);
    if (tooLong) {
      this.#waiting.length = 0;
      this.#part({
        code: 'usage',
        where: 'control socket',
        message: `A request is longer than ${maxRequestBytes} bytes.`,
        next: 'Send one JSON object a line, within the limit.',
      });
      return;
    }
    this.#watchReading(lines.length > 0);
    this.#pump();
  }

  /** The time limit runs from a line's first byte, however slowly the rest drips in. */
  #watchReading(lineEnded: boolean): void {
    if (!this.#reader.isMidLine) {
      this.#readTimer.clear();
      return;
    }
    if (this.#readTimer.value !== null && !lineEnded) return;
    this.#readTimer.value = this.#deps.clock.schedule(requestReadTimeoutMs, () =>
      this.#part({
        code: 'timeout',
        where: 'control socket',
        message: `A request was begun and not completed within ${requestReadTimeoutMs / 1000} s.`,
        next: 'Send each request as one line at once.',
      }),
    );
  }

  /** Works off what was read; while too much is under way or unsent, the socket is not read further. */
  #pump(): void {
    const { socket } = this.#deps;
    while (!this.#parting && this.#active < maxCallsAtOnce && socket.writableLength < pauseReadingBytes) {
      const line = this.#waiting.shift();
      if (line === undefined) break;
      this.#request(line);
    }
    if (this.#parting) return;
    if (this.#inputEnded && this.#waiting.length === 0 && this.#active === 0) socket.end();
    else if (this.#waiting.length > 0) socket.pause();
    else socket.resume();
  }

  /** A shell may close its side after its last request: it still gets its answers. */
  #onInputEnd(): void {
    this.#inputEnded = true;
    this.#readTimer.clear();
    this.#pump();
    if (this.#active === 0) return;
    this.#lookAfter();
    this.#lookTimer.value = every(this.#deps.clock, lookAfterMs, () => this.#lookAfter());
  }

  /** A process that ended looks like one that closed its side. A blank, which means nothing between frames, only the latter takes. */
  #lookAfter(): void {
    const { socket } = this.#deps;
    if (!this.#parting && socket.writableLength === 0) socket.write(' ');
  }

  #request(line: Buffer): void {
    const frame = requestFrameSchema.safeParse(parseJson(line));
    if (!frame.success) {
      this.#part({
        code: 'usage',
        where: 'control socket',
        message: 'A line is not a request: it must be a JSON object with id, call and input.',
        next: `For example: {"id":1,"call":"hello","input":{"client":"me","contract":${contractVersion}}}`,
      });
      return;
    }
    const { id, call, input } = frame.data;
    this.#active += 1;
    this.#answer(id, call, input)
      .catch((error: unknown) => this.#deps.log.error('A call could not be answered', { call, error }))
      .finally(() => {
        this.#active -= 1;
        this.#pump();
      });
  }

  async #answer(id: number, call: string, input: unknown): Promise<void> {
    const { frame, refused } = await this.#contract.answer(id, call, input);
    if (refused) this.#part(refused, id);
    else this.#write(frame);
  }

  #write(frame: object): void {
    if (this.#parting || this.#store.isDisposed) return;
    this.#deps.socket.write(`${JSON.stringify(frame)}\n`);
  }

  /** Says why, then closes; a shell that does not read is cut off. */
  #part(error: Cause, id: number | null = null): void {
    if (this.#parting) return;
    this.#parting = true;
    const { socket, clock, log } = this.#deps;
    log.info('A shell was sent away', { reason: error.message });
    this.#waiting.length = 0;
    this.#readTimer.clear();
    this.#lookTimer.clear();
    this.#contract.dispose();
    // Unread bytes would turn our close into a reset that swallows the reason: what still comes is read and thrown away.
    socket.resume();
    socket.end(`${JSON.stringify({ id, ok: false, error })}\n`);
    this.#partTimer.value = clock.schedule(partingMs, () => socket.destroy());
  }
}

/** undefined for what is not JSON in valid UTF-8. */
function parseJson(line: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
  } catch {
    return undefined;
  }
}
