import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../lifecycle/clock.ts';
import { type Disposable, DisposableStore, listen, MutableDisposable, toDisposable } from '../lifecycle/disposable.ts';
import { ignoreError } from '../lifecycle/socket-server.ts';
import { Emitter, type Event } from '../lifecycle/emitter.ts';
import type { SshChannel } from '../ssh/link.ts';
import { resetSocket } from './reset-socket.ts';

/**
 * How a pumped connection ended. `clean`: both directions were delivered whole, or the far end closed the channel after its end of file.
 * `lost`: the channel broke, the local socket was reset. `local-reset`: the local side broke off, the channel was closed. `disposed`: we ended it.
 */
export type PumpEnd = 'clean' | 'lost' | 'local-reset' | 'disposed';

/** Bytes are counted as they are taken from their source; `in` comes from the server. */
export interface PumpedConnection extends Disposable {
  /** Fires once. Both ends are closed then, and no listener of the pump is left on them. */
  readonly onDidEnd: Event<PumpEnd>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Resets the local socket and closes the channel. */
  dispose(): void;
}

export interface PumpOptions {
  readonly clock: Clock;
  /** A direction stops reading when so many bytes wait at its sink. 256 KiB. */
  readonly highWaterBytes?: number;
  /** How long input of the local side is still read (and dropped) after the channel is closed, so that its close does not turn into a reset. 2 s. */
  readonly lingerMs?: number;
}

/**
 * The seam for the byte path: joins a local socket and a channel until both are closed. The socket must have been made with `allowHalfOpen`;
 * whoever calls must not have read from either past what it put back with `unshift`.
 */
export type BytePump = (local: Socket, channel: SshChannel, options: PumpOptions) => PumpedConnection;

const defaultHighWaterBytes = 256 * 1024;
const defaultLingerMs = 2000;

/** The byte path over Node streams. */
export const pump: BytePump = (local, channel, options) => new StreamPump(local, channel, options);

/** Copies one direction and stops its source while the sink holds more than the limit. */
class Direction {
  bytes = 0;
  #waiting = false;
  readonly #source: Duplex;
  readonly #sink: Duplex;
  readonly #high: number;

  constructor(source: Duplex, sink: Duplex, high: number) {
    this.#source = source;
    this.#sink = sink;
    this.#high = high;
  }

  copy(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#sink.write(chunk, this.#onWritten);
    // Own limit, not the sink's: ssh2's channels take 2 MiB before they say stop, and `drain` comes only if they did.
    if (!this.#waiting && this.#sink.writableLength >= this.#high) {
      this.#waiting = true;
      this.#source.pause();
    }
  }

  readonly #onWritten = (): void => {
    if (!this.#waiting || this.#sink.writableLength > this.#high / 2) return;
    this.#waiting = false;
    this.#source.resume();
  };
}

class StreamPump implements PumpedConnection {
  readonly #onDidEnd = new Emitter<PumpEnd>();
  readonly onDidEnd = this.#onDidEnd.event;
  readonly #store = new DisposableStore();
  readonly #linger = this.#store.add(new MutableDisposable());
  readonly #local: Socket;
  readonly #channel: SshChannel;
  readonly #options: PumpOptions;
  readonly #out: Direction;
  readonly #in: Direction;
  /** The local side sent its end of file; ours went into the channel. */
  #localEnded = false;
  /** All we had for the local side, and our end of file, are with the kernel. */
  #localFinished = false;
  /** The server's end of file was read. */
  #channelEnded = false;
  /** All we had for the server, and our end of file, are with the link. */
  #channelFinished = false;
  #channelClosed = false;
  #over = false;

  constructor(local: Socket, channel: SshChannel, options: PumpOptions) {
    const { stream } = channel;
    const high = options.highWaterBytes ?? defaultHighWaterBytes;
    this.#local = local;
    this.#channel = channel;
    this.#options = options;
    this.#out = new Direction(local, stream, high);
    this.#in = new Direction(stream, local, high);
    local.on('error', ignoreError);
    stream.on('error', ignoreError);
    const store = this.#store;
    store.defer(() => {
      local.removeListener('error', ignoreError);
      stream.removeListener('error', ignoreError);
    });
    store.add(listen(local, 'data', (chunk: Buffer) => this.#onLocalData(chunk)));
    store.add(listen(local, 'end', () => this.#onLocalEnd()));
    store.add(listen(local, 'finish', () => this.#onLocalFinish()));
    store.add(listen(local, 'close', () => this.#onLocalClose()));
    store.add(listen(stream, 'data', (chunk: Buffer) => this.#onChannelData(chunk)));
    store.add(listen(stream, 'end', () => this.#onChannelEnd()));
    store.add(listen(stream, 'finish', () => this.#onChannelFinish()));
    store.add(listen(stream, 'close', () => this.#onStreamClose()));
    store.add(channel.onDidClose(({ lost }) => this.#onChannelClose(lost)));
    // What happened before we came is not told again.
    if (local.destroyed) queueMicrotask(() => this.#end('local-reset'));
    else if (channel.isClosed && (stream.readableEnded || stream.destroyed)) queueMicrotask(() => this.#end('lost'));
    else {
      if (channel.isClosed) this.#channelClosed = true;
      if (local.readableEnded) this.#onLocalEnd();
      if (stream.readableEnded) this.#onChannelEnd();
      local.resume();
      stream.resume();
    }
  }

  get bytesIn(): number {
    return this.#in.bytes;
  }

  get bytesOut(): number {
    return this.#out.bytes;
  }

  dispose(): void {
    this.#end('disposed');
  }

  #onLocalData(chunk: Buffer): void {
    // Writing to a closed channel would never call back; nobody takes these bytes any more.
    if (this.#channelClosed || this.#channel.isClosed) return;
    this.#out.copy(chunk);
  }

  #onLocalEnd(): void {
    if (this.#localEnded) return;
    this.#localEnded = true;
    if (!this.#channelClosed && !this.#channel.isClosed) this.#channel.stream.end();
  }

  #onLocalFinish(): void {
    this.#localFinished = true;
    if (this.#channelClosed) this.#startLinger();
  }

  /** Node closes a socket by itself once both directions are done; anything else is a break. */
  #onLocalClose(): void {
    if (!this.#localFinished) this.#end('local-reset');
    else if (this.#channelFinished || this.#channelClosed) this.#end('clean');
    else if (!this.#localEnded) this.#end('local-reset');
    // Else: the last bytes still wait for the channel's window; `finish` of the channel ends it.
  }

  #onChannelData(chunk: Buffer): void {
    if (this.#local.writable) this.#in.copy(chunk);
  }

  #onChannelEnd(): void {
    if (this.#channelEnded) return;
    this.#channelEnded = true;
    // A link that dies ends its channels as if cleanly: a turn of the event loop lets the word of the loss come first.
    const turn = setImmediate(() => {
      if (this.#over) return;
      this.#local.end();
      if (this.#channelClosed && this.#localFinished) this.#startLinger();
    });
    this.#store.add(toDisposable(() => clearImmediate(turn)));
  }

  #onChannelFinish(): void {
    this.#channelFinished = true;
    if (this.#local.destroyed && this.#localFinished) this.#end('clean');
  }

  /** Without `end` before it, bytes are missing. (ssh2 emits `close` from within `end`, perhaps before our listener for that.) */
  #onStreamClose(): void {
    if (this.#channelEnded || this.#channel.stream.readableEnded) return;
    this.#end('lost');
  }

  #onChannelClose(lost: boolean): void {
    this.#channelClosed = true;
    const delivered = this.#channelEnded && this.#localEnded && this.#channelFinished && this.#local.writableEnded;
    if (lost && !delivered) {
      this.#end('lost');
      return;
    }
    if (this.#local.destroyed && this.#localFinished) {
      this.#end('clean');
      return;
    }
    // What the channel still holds goes on to the local side; what the local side sends is dropped.
    if (this.#localFinished) this.#startLinger();
  }

  #startLinger(): void {
    if (this.#localEnded) return;
    this.#local.resume();
    this.#linger.value = this.#options.clock.schedule(this.#options.lingerMs ?? defaultLingerMs, () =>
      this.#end('clean'),
    );
  }

  #end(how: PumpEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#store.dispose();
    if (how === 'clean') {
      this.#local.on('error', ignoreError);
      this.#local.destroy();
    } else resetSocket(this.#local);
    const { stream } = this.#channel;
    stream.on('error', ignoreError);
    if (!this.#channel.isClosed) this.#channel.dispose();
    // ssh2 closes a channel only after it was read to its end.
    stream.resume();
    this.#onDidEnd.fire(how);
    this.#onDidEnd.dispose();
  }
}
