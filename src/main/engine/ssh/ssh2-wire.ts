import type { Buffer } from 'node:buffer';
import { EventEmitter } from 'node:events';
import type { Clock } from '../lifecycle/clock.ts';
import { DisposableStore, listen, MutableDisposable } from '../lifecycle/disposable.ts';
import type { HopStream } from './hop-stream.ts';

/** Bytes that may wait in our socket before channels stop writing. */
const writeLimitBytes = 1024 * 1024;

/**
 * Bytes that may wait beyond that. Channels stop at the first limit; what still comes are answers to requests of the server, which it can make without
 * end and does not read.
 */
export const replyLimitBytes = 2 * 1024 * 1024;

export interface WireHooks {
  /** Each chunk before ssh2 sees it; false drops it and everything after it. */
  onInbound(chunk: Buffer): boolean;
  /** The stream is gone without our doing. Called once, before ssh2 hears of it. */
  onEnd(error: Error | null): void;
  onDrain(): void;
  /** The server does not read what it asks for. Called in the middle of a packet, at each write from then on. */
  onOverflow(): void;
}

/**
 * What ssh2 takes for its socket. Between it and the real stream stands this thin wire, because ssh2 keeps a socket open and repeats its errors
 * (notes: traps 6 and 7), tells channels of a loss as if it were a clean end, and writes each packet in up to three pieces. Here bytes are
 * counted, the pieces of one turn go out together, and ssh2 hears of an end only after everybody else did.
 */
export class Ssh2Wire extends EventEmitter {
  /** ssh2's test for an open socket looks at these two. */
  writable = true;
  readonly _readableState = { ended: false };
  bytesIn = 0;
  bytesOut = 0;
  lastInboundAtMs: number;
  readonly #hop: HopStream;
  readonly #hooks: WireHooks;
  readonly #clock: Clock;
  readonly #store = new DisposableStore();
  readonly #resting = this.#store.add(new MutableDisposable());
  #isFlowing = false;
  #isCorked = false;
  #isClosed = false;

  constructor(hop: HopStream, clock: Clock, hooks: WireHooks) {
    super();
    this.#hop = hop;
    this.#clock = clock;
    this.#hooks = hooks;
    this.lastInboundAtMs = clock.now();
    this.setMaxListeners(0);
    hop.stream.pause();
    this.#store.add(
      hop.onDidEnd((error) => {
        if (this.#isClosed) return;
        hooks.onEnd(error);
        this.shut(0);
      }),
    );
    this.#store.add(listen(hop.stream, 'drain', () => hooks.onDrain()));
  }

  /** Bytes accepted for sending that the system has not taken yet. */
  get queuedBytes(): number {
    return this.#hop.stream.writableLength;
  }

  /** So much waits already that whoever can should hold back until `onDrain`. */
  get isCongested(): boolean {
    return this.#hop.stream.writableLength > this.#channelLimitBytes;
  }

  get #channelLimitBytes(): number {
    return Math.max(writeLimitBytes, this.#hop.stream.writableHighWaterMark);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  write(data: Buffer): boolean {
    if (this.#isClosed) return false;
    const { stream } = this.#hop;
    this.bytesOut += data.length;
    if (!this.#isCorked) {
      this.#isCorked = true;
      stream.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        stream.uncork();
      });
    }
    const hasRoom = stream.write(data);
    if (stream.writableLength > this.#channelLimitBytes + replyLimitBytes) this.#hooks.onOverflow();
    return hasRoom;
  }

  /** ssh2 wants no more. Its owner decides when the stream goes. */
  end(): this {
    return this;
  }

  /** Only ssh2's own keepalive would call this, which is off. */
  destroy(): this {
    return this;
  }

  pause(): this {
    this.#hop.stream.pause();
    return this;
  }

  resume(): this {
    if (this.#isClosed) return this;
    if (!this.#isFlowing) {
      this.#isFlowing = true;
      this.#store.add(listen(this.#hop.stream, 'data', (chunk: Buffer) => this.#onData(chunk)));
    }
    this.#hop.stream.resume();
    return this;
  }

  /** Reads nothing for so long; what is in ssh2's hands already is still handled. */
  rest(forMs: number): void {
    if (forMs <= 0 || this.#isClosed) return;
    this.#hop.stream.pause();
    this.#resting.value = this.#clock.schedule(forMs, () => {
      this.#resting.clear();
      if (!this.#isClosed) this.#hop.stream.resume();
    });
  }

  /** Ends the stream within `graceMs` (0: at once) and tells ssh2 that its socket closed. */
  shut(graceMs: number): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#store.dispose();
    if (graceMs > 0) this.#hop.close(graceMs);
    else this.#hop.dispose();
    // In a turn of its own: ssh2 may be in the middle of a packet now, and frees its ciphers when it hears this.
    process.nextTick(() => {
      this.writable = false;
      this._readableState.ended = true;
      this.emit('end');
      this.emit('close');
      this.removeAllListeners('data');
    });
  }

  #onData(chunk: Buffer): void {
    if (this.#isClosed) return;
    this.bytesIn += chunk.length;
    this.lastInboundAtMs = this.#clock.now();
    if (this.#hooks.onInbound(chunk)) this.emit('data', chunk);
  }
}
