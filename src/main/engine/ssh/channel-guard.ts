import type { Buffer } from 'node:buffer';
import type { ChannelInternals, Ssh2Seam } from './ssh2-seam.ts';

/** Dropped bytes of a channel after which the server gets their window back. */
const returnEveryBytes = 1024 * 1024;

/** SSH_EXTENDED_DATA_STDERR. */
const stderrType = 1;

export interface ChannelGuardOptions {
  readonly seam: Ssh2Seam;
  readonly isClosed: () => boolean;
  /** The server closed the channel with our number; called before ssh2's own handler. `hadEof`: it had said before that nothing more comes. */
  readonly onServerClose: (id: number, hadEof: boolean) => void;
  /** The server sent beyond its window. */
  readonly onOverrun: () => void;
}

/**
 * Keeps the server within its windows (RFC 4254 section 5.2), drops what nobody can want, and learns of closes before ssh2 acts on them. Stderr is
 * wanted on session channels alone: a forward has no reader for it, and ssh2 would keep 2 MiB of it for each.
 */
export function guardChannels(options: ChannelGuardOptions): void {
  const windows = new Windows(options);
  const { seam, isClosed, onServerClose } = options;
  const { handlers } = seam;
  const { CHANNEL_DATA, CHANNEL_EXTENDED_DATA, CHANNEL_CLOSE } = handlers;
  handlers.CHANNEL_DATA = (protocol, recipient, data) => {
    if (windows.accepts(recipient, data)) CHANNEL_DATA(protocol, recipient, data);
  };
  handlers.CHANNEL_EXTENDED_DATA = (protocol, recipient, data, type) => {
    if (!windows.accepts(recipient, data)) return;
    const channel = seam.channel(recipient);
    if (channel === null || (channel.type === 'session' && type === stderrType))
      CHANNEL_EXTENDED_DATA(protocol, recipient, data, type);
    else windows.drop(channel, data.length);
  };
  handlers.CHANNEL_CLOSE = (protocol, recipient) => {
    if (isClosed()) return;
    const channel = seam.channel(recipient);
    if (channel) onServerClose(recipient, channel.incoming.state === 'eof');
    CHANNEL_CLOSE(protocol, recipient);
  };
}

class Windows {
  readonly #options: ChannelGuardOptions;
  /** Bytes that were dropped and whose window was not given back yet. */
  readonly #dropped = new WeakMap<ChannelInternals, number>();

  constructor(options: ChannelGuardOptions) {
    this.#options = options;
  }

  accepts(recipient: number, data: Buffer): boolean {
    const { seam, isClosed, onOverrun } = this.#options;
    const channel = seam.channel(recipient);
    if (!channel) return !isClosed();
    // Closed on our side: what still comes is for nobody.
    if (channel.outgoing.state === 'closing' || channel.outgoing.state === 'closed') return false;
    // It said itself that nothing more comes.
    if (channel.incoming.state !== 'open') return false;
    if (data.length <= channel.incoming.window - (this.#dropped.get(channel) ?? 0)) return true;
    onOverrun();
    return false;
  }

  drop(channel: ChannelInternals, bytes: number): void {
    const dropped = (this.#dropped.get(channel) ?? 0) + bytes;
    const isDue = dropped >= returnEveryBytes;
    this.#dropped.set(channel, isDue ? 0 : dropped);
    if (isDue) this.#options.seam.giveWindow(channel, dropped);
  }
}
