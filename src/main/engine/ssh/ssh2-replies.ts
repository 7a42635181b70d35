import type { Buffer } from 'node:buffer';
import { type Disposable, toDisposable } from '../lifecycle/disposable.ts';

/** ssh2's handler of the reply to a global request: `true` for a refusal, an error when the link closes. */
type Reply = (failed: boolean | Error, data?: Buffer | null) => void;

/** Our requests to open a channel whose packet number is kept. */
const keptOpens = 256;

/** What of an ssh2 client has to do with replies. */
export interface RepliesParts {
  /** Handlers of the replies to come, in order: replies carry no number (RFC 4254 section 4). */
  readonly callbacks: Reply[];
  readonly channels: { add(handler?: unknown): number };
  /** The number of the packet that is sent next; null if it waits for the end of a key exchange. */
  readonly nextSequence: () => number | null;
  /** The server will not open the channel with our number. */
  readonly refuseOpen: (id: number) => void;
}

/**
 * Knows which packet each of our requests was: a server that says SSH_MSG_UNIMPLEMENTED to one has answered it (RFC 4253 section 11.4), and the replies
 * that follow belong to the requests behind it.
 */
export class Replies {
  readonly #parts: RepliesParts;
  readonly #sequenceOf = new WeakMap<Reply, number | null>();
  readonly #opens = new Map<number, number>();

  constructor(parts: RepliesParts) {
    this.#parts = parts;
    const { callbacks, channels, nextSequence } = parts;
    // ssh2 puts a handler down, or takes a channel's number, and then sends, in one turn.
    callbacks.push = (...handlers) => {
      for (const handler of handlers) this.#sequenceOf.set(handler, nextSequence());
      return Array.prototype.push.apply(callbacks, handlers);
    };
    const add = channels.add.bind(channels);
    channels.add = (handler) => {
      const id = add(handler);
      const sequence = typeof handler === 'function' ? nextSequence() : null;
      if (sequence !== null) this.#keepOpen(sequence, id);
      return id;
    };
  }

  /** Puts a handler down for the request that is sent next; disposing of it forgets that a reply is to come. */
  expect(answered: () => void): Disposable {
    const { callbacks } = this.#parts;
    const handler: Reply = () => answered();
    callbacks.push(handler);
    return toDisposable(() => {
      const at = callbacks.indexOf(handler);
      if (at !== -1) callbacks.splice(at, 1);
    });
  }

  /** The server does not know the packet with this number: if it was a request, that is its refusal. */
  onUnimplemented(sequence: number): void {
    const { callbacks, refuseOpen } = this.#parts;
    const id = this.#opens.get(sequence);
    if (id !== undefined) {
      this.#opens.delete(sequence);
      refuseOpen(id);
      return;
    }
    const known = callbacks.findIndex((handler) => this.#sequenceOf.get(handler) === sequence);
    // Sent behind a key exchange, so that its number is not known.
    const at = known === -1 ? callbacks.findIndex((handler) => this.#sequenceOf.get(handler) === null) : known;
    const [handler] = at === -1 ? [] : callbacks.splice(at, 1);
    handler?.(true);
  }

  #keepOpen(sequence: number, id: number): void {
    this.#opens.set(sequence, id);
    const [oldest] = this.#opens.keys();
    if (this.#opens.size > keptOpens && oldest !== undefined) this.#opens.delete(oldest);
  }
}
