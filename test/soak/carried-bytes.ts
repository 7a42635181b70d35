import { connect, type Socket } from 'node:net';

const pieceBytes = 32 * 1024;
/** Between two pieces, so that the machine is not busy with this alone. */
const pauseMs = 10;
/** This process has its own hands full with the attacks: a beat tells how late it is itself, which is no stall of the engine. */
const beatMs = 50;

/** A client that sends numbered bytes through a tunnel to an echo without an end, and checks each that comes back. */
export class CarriedBytes {
  readonly #address: { readonly host: string; readonly port: number };
  #socket: Socket | null = null;
  #timer: NodeJS.Timeout | null = null;
  #sent = 0;
  #back = 0;
  #lastAtMs = 0;
  #over = false;
  readonly #beat: NodeJS.Timeout;
  #lastBeatMs = performance.now();
  /** How late this process was since the last sign of life. */
  #lateMs = 0;
  /** Bytes that came back as they were sent. */
  carried = 0;
  /** Bytes that did not come back, or came back as others. */
  lost = 0;
  longestStallMs = 0;

  constructor(host: string, port: number) {
    this.#address = { host, port };
    this.#beat = setInterval(() => this.#tick(), beatMs);
    this.#open();
  }

  /** Sends no more, waits for what is under way for 30 s at most, and closes. */
  async end(): Promise<void> {
    this.#over = true;
    const endMs = performance.now() + 30_000;
    while (this.#back < this.#sent && this.#socket && performance.now() < endMs)
      await new Promise((resolve) => setTimeout(resolve, 20));
    clearInterval(this.#beat);
    if (this.#timer) clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.lost += this.#sent - this.#back;
    socket?.destroy();
  }

  #open(): void {
    const socket = connect({ ...this.#address, noDelay: true });
    this.#socket = socket;
    this.#sent = 0;
    this.#back = 0;
    this.#lastAtMs = performance.now();
    socket.on('error', () => {});
    socket.on('connect', () => this.#send());
    socket.on('data', (chunk: Buffer) => this.#check(chunk));
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#stalled();
      this.lost += this.#sent - this.#back;
      if (!this.#over) this.#timer = setTimeout(() => this.#open(), 100);
    });
  }

  #send(): void {
    if (this.#over || !this.#socket) return;
    const piece = Buffer.alloc(pieceBytes);
    for (let at = 0; at < pieceBytes; at += 4) piece.writeUInt32BE((this.#sent + at) >>> 0, at);
    this.#sent += pieceBytes;
    this.#tick();
    this.#lateMs = 0;
    this.#lastAtMs = performance.now();
    this.#socket.write(piece);
  }

  #check(chunk: Buffer): void {
    this.#stalled();
    for (let at = 0; at < chunk.length; at += 1) {
      const offset = this.#back + at;
      const word = (offset - (offset % 4)) >>> 0;
      if (chunk[at] === ((word >>> (8 * (3 - (offset % 4)))) & 0xff)) this.carried += 1;
      else this.lost += 1;
    }
    this.#back += chunk.length;
    if (this.#back === this.#sent) this.#timer = setTimeout(() => this.#send(), pauseMs);
  }

  #stalled(): void {
    this.#tick();
    const now = performance.now();
    this.longestStallMs = Math.max(this.longestStallMs, now - this.#lastAtMs - this.#lateMs);
    this.#lastAtMs = now;
    this.#lateMs = 0;
  }

  #tick(): void {
    const now = performance.now();
    this.#lateMs += Math.max(0, now - this.#lastBeatMs - beatMs);
    this.#lastBeatMs = now;
  }
}
