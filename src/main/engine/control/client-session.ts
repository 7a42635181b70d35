import type { Socket } from 'node:net';
import { type ContractApi, contractVersion } from '../../../shared/contract/calls.ts';
import type { EngineEvent } from '../../../shared/contract/events.ts';
import { maxRequestBytes, requestFrameSchema, requestReadTimeoutMs } from '../../../shared/contract/frames.ts';
import { contract } from '../../../shared/i18n/sentences/contract.ts';
import { type FailureDetails, HoldfastError } from '../../../shared/model/failure.ts';
import { type Clock, every } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, listen, MutableDisposable } from '../lifecycle/disposable.ts';
import { partingMs } from '../lifecycle/socket-server.ts';
import type { Log } from '../log/log.ts';
import { ContractSession } from './contract-session.ts';
import { LineReader } from './line-reader.ts';
import { maxOutgoingBytes, RequestFlow } from './request-flow.ts';

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
/** So often a shell that closed its side, and waits for answers, is looked after. */
const lookAfterMs = 1000;

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
  readonly #flow: RequestFlow<Buffer>;
  readonly #lookTimer = this.#store.add(new MutableDisposable());
  #parting = false;
  #inputEnded = false;

  constructor(deps: ClientSessionDeps) {
    this.#deps = deps;
    this.#contract = this.#store.add(new ContractSession(deps.api, deps.log));
    const { socket, log } = deps;
    this.#flow = new RequestFlow<Buffer>({
      maxAtOnce: maxCallsAtOnce,
      unsentBytes: () => socket.writableLength,
      setReading: (reads) => this.#setReading(reads),
      carryOut: (line) => this.#request(line),
    });
    this.#store.defer(() => socket.destroy());
    this.#store.add(listen(socket, 'data', (chunk: Buffer) => this.#onData(chunk)));
    this.#store.add(listen(socket, 'drain', () => this.#flow.pump()));
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
    const { socket } = this.#deps;
    if (this.#parting) return;
    if (socket.writableLength + line.length > maxOutgoingBytes) this.#drop('events');
    else socket.write(line);
  }

  dispose(): void {
    this.#parting = true;
    this.#flow.end();
    this.#store.dispose();
  }

  #onData(chunk: Buffer): void {
    if (this.#parting) return;
    const { lines, tooLong } = this.#reader.push(chunk);
    if (tooLong) {
      this.#part({
        code: 'usage',
        where: 'control socket',
        message: contract.longRequest({ most: maxRequestBytes }),
        next: contract.oneObjectALine(),
      });
      return;
    }
    this.#flow.push(lines);
    this.#watchReading(lines.length > 0);
    this.#flow.pump();
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
        message: contract.slowRequest({ limitMs: requestReadTimeoutMs }),
        next: contract.wholeLines(),
      }),
    );
  }

  /** All requests of a shell that closed its side are answered: so is it. */
  #setReading(reads: boolean): void {
    const { socket } = this.#deps;
    if (this.#inputEnded && this.#flow.isIdle) socket.end();
    else if (reads) socket.resume();
    else socket.pause();
  }

  /** A shell may close its side after its last request: it still gets its answers. */
  #onInputEnd(): void {
    this.#inputEnded = true;
    this.#readTimer.clear();
    this.#flow.pump();
    if (this.#flow.isIdle) return;
    this.#lookAfter();
    this.#lookTimer.value = every(this.#deps.clock, lookAfterMs, () => this.#lookAfter());
  }

  /** A process that ended looks like one that closed its side. A blank, which means nothing between frames, only the latter takes. */
  #lookAfter(): void {
    const { socket } = this.#deps;
    if (!this.#parting && socket.writable && socket.writableLength === 0) socket.write(' ');
  }

  async #request(line: Buffer): Promise<void> {
    const frame = requestFrameSchema.safeParse(parseJson(line));
    if (!frame.success) {
      this.#part({
        code: 'usage',
        where: 'control socket',
        message: contract.noRequest(),
        next: contract.forExample({
          line: `{"id":1,"call":"hello","input":{"client":"me","contract":${contractVersion}}}`,
        }),
      });
      return;
    }
    const { id, call, input } = frame.data;
    try {
      const { frame: answer, refused } = await this.#contract.answer(id, call, input);
      if (refused) this.#part(refused, id);
      else this.#write(answer);
    } catch (error) {
      this.#deps.log.error('A call could not be answered', { call, error });
    }
  }

  /** An answer may be long, so what counts is what waits before it. */
  #write(frame: object): void {
    const { socket } = this.#deps;
    if (this.#parting || this.#store.isDisposed) return;
    if (socket.writableLength > maxOutgoingBytes) this.#drop('answers');
    else socket.write(`${JSON.stringify(frame)}\n`);
  }

  #drop(what: 'events' | 'answers'): void {
    const { socket, log } = this.#deps;
    log.warn(`A shell that does not read its ${what} was dropped`, { waitingBytes: socket.writableLength });
    this.#part({
      code: 'timeout',
      where: 'control socket',
      message: contract.unread({ what, kib: Math.round(socket.writableLength / 1024) }),
      next: contract.connectAgain(),
    });
  }

  /** Says why, then closes; a shell that does not read is cut off. */
  #part(details: FailureDetails, id: number | null = null): void {
    if (this.#parting) return;
    this.#parting = true;
    const error = new HoldfastError(details).toCause();
    const { socket, clock, log } = this.#deps;
    log.info('A shell was sent away', { reason: error.message });
    this.#flow.end();
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
