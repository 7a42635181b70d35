import type { Socket } from 'node:net';
import { FrameInbox, type ProofWire } from '../../../shared/contract/proof.ts';
import { type Disposable, DisposableStore, listen } from '../lifecycle/disposable.ts';
import { LineReader } from './line-reader.ts';

/** No line of a proof is longer. */
const maxProofLineBytes = 1024;

/** The frames of a proof as lines over a socket. Whatever is no such line, and the socket's end, ends it; the socket stays the caller's. */
export class LineFrames implements ProofWire, Disposable {
  readonly #socket: Socket;
  readonly #reader = new LineReader(maxProofLineBytes);
  readonly #inbox = new FrameInbox();
  readonly #store = new DisposableStore();

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#store.add(listen(socket, 'data', (chunk: Buffer) => this.#onData(chunk)));
    this.#store.add(listen(socket, 'end', () => this.#end()));
    this.#store.add(listen(socket, 'close', () => this.#end()));
    this.#store.defer(() => this.#end());
  }

  /** True if nothing came beyond what was taken. */
  get isEmpty(): boolean {
    return this.#inbox.isEmpty && !this.#reader.isMidLine;
  }

  send(frame: object): void {
    this.#socket.write(`${JSON.stringify(frame)}\n`);
  }

  next(): Promise<unknown> {
    return this.#inbox.next();
  }

  dispose(): void {
    this.#store.dispose();
  }

  #onData(chunk: Buffer): void {
    const { lines, tooLong } = this.#reader.push(chunk);
    for (const line of lines) if (!this.#inbox.push(parse(line))) this.#end();
    if (tooLong) this.#end();
  }

  #end(): void {
    this.#inbox.end(new Error('the connection ended before the proof'));
  }
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
}
