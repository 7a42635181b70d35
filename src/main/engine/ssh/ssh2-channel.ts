import type { Buffer } from 'node:buffer';
import { Duplex } from 'node:stream';
import type { Channel } from 'ssh2';
import type { SshChannel } from './link.ts';
import { OneShot } from './one-shot.ts';
import type { ChannelInternals } from './ssh2-seam.ts';

/** Bytes that wait in a channel's own queue before its stream says stop; ssh2's own 2 MiB a channel add up. */
const writeQueueBytes = 256 * 1024;

/** Bytes unread in a channel from which on it gives no more window; with ssh2's 2 MiB one that nobody reads keeps a third MiB. */
const readQueueBytes = 512 * 1024;

/** Tells channels when they may write on. */
export interface WriteGate {
  /** Runs `write` now, or when the link can take more. */
  pass(write: () => void): void;
}

/**
 * One of ssh2's channels with an end that can be relied upon. ssh2's own `close` comes only after somebody read everything, and after a loss the
 * stream ends as if all had come; here the owner is told by the link, before ssh2's clean-up.
 */
export class Ssh2Channel implements SshChannel {
  readonly stream: Channel;
  readonly onDidClose;
  readonly #onDidClose = new OneShot<{ readonly lost: boolean }>();
  readonly #internals: ChannelInternals;
  readonly #onReleased: () => void;
  #isClosed = false;
  #isReleased = false;

  /** `onReleased` is called once, when the channel no longer counts. */
  constructor(channel: Channel, gate: WriteGate, onReleased: () => void) {
    this.stream = channel;
    this.onDidClose = this.#onDidClose.event;
    this.#internals = channel as unknown as ChannelInternals;
    this.#onReleased = onReleased;
    const internals = this.#internals;
    internals._writableState.highWaterMark = writeQueueBytes;
    internals._readableState.highWaterMark = readQueueBytes;
    // A stream without an `error` listener takes the process with it.
    channel.on('error', () => {});
    const write = internals._write.bind(channel);
    internals._write = (data: Buffer, encoding, callback) => {
      gate.pass(() => {
        if (this.#isClosed || internals.outgoing.state !== 'open') callback(new Error('the channel is closed'));
        else write(data, encoding, callback);
      });
    };
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Our number of this channel. */
  get id(): number {
    return this.#internals.incoming.id;
  }

  /**
   * The server closed the channel (RFC 4254 section 5.3); to be called before ssh2's own handler. `hadEof`: it had said before that nothing more comes; then the end is clean, and is
   * told when everything was read.
   */
  onServerClose(hadEof: boolean): void {
    this.#release();
    if (this.#isClosed) return;
    if (!hadEof) {
      this.#lose();
      return;
    }
    if (this.stream.readableEnded) this.#close(false);
    else this.stream.once('end', () => this.#close(false));
  }

  /** The link is gone. A channel that was closed cleanly before keeps what is still to be read. */
  onLinkLost(): void {
    if (this.#isReleased) return;
    this.#release();
    // Keeps ssh2 from ending the stream as if all had come, and from sending on it.
    this.#internals.incoming.state = 'closed';
    this.#internals.outgoing.state = 'closed';
    this.#lose();
  }

  dispose(): void {
    if (this.#isClosed) return;
    // The close message goes out at once; what is unsent is dropped.
    if (!this.#isReleased) this.#internals.close();
    this.#close(false);
    Duplex.prototype.destroy.call(this.stream);
  }

  #lose(): void {
    this.#close(true);
    Duplex.prototype.destroy.call(this.stream);
  }

  #close(lost: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onDidClose.fire({ lost });
  }

  #release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#onReleased();
  }
}
