import { z } from 'zod';

/**
 * Two sides that hold the same secret prove it to each other, and neither sends it: each names a nonce of its own and shows an HMAC-SHA-256 over both
 * (RFC 2104; the shape is that of ISO/IEC 9798-4, three passes). The side that connects asks, and shows its own proof only after it has
 * checked the other's: whoever took the place of an engine learns nothing that it could use. A proof holds for one connection, one side and
 * one place. The panel's page and server speak it over their WebSocket, and the command and the engine over a named pipe.
 *
 *     asker → {"prove":{"id":…,"nonce":…}}
 *     answerer → {"challenge":{"nonce":…,"proof":…}}  or, for a secret that it does not have, {"ended":true}
 *     asker → {"proof":…}
 *     answerer → {"proven":true}  or {"ended":true}
 */

/** What is used of Web Crypto: `crypto` in a page, `webcrypto` of `node:crypto` in the engine. */
export interface ProofCrypto {
  getRandomValues(bytes: Uint8Array<ArrayBuffer>): unknown;
  readonly subtle: {
    importKey(
      format: 'raw',
      key: Uint8Array<ArrayBuffer>,
      algorithm: { readonly name: 'HMAC'; readonly hash: 'SHA-256' },
      extractable: false,
      usages: ('sign' | 'verify')[],
    ): Promise<unknown>;
    sign(algorithm: 'HMAC', key: never, data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
    verify(
      algorithm: 'HMAC',
      key: never,
      signature: Uint8Array<ArrayBuffer>,
      data: Uint8Array<ArrayBuffer>,
    ): Promise<boolean>;
  };
}

/** Secrets, nonces and proofs are 32 bytes, in hex. */
const wordSchema = z.string().regex(/^[0-9a-f]{64}$/);

export const proveFrameSchema = z.strictObject({ prove: z.strictObject({ id: wordSchema, nonce: wordSchema }) });
const challengeFrameSchema = z.strictObject({ challenge: z.strictObject({ nonce: wordSchema, proof: wordSchema }) });
const answerFrameSchema = z.strictObject({ proof: wordSchema });
const provenFrameSchema = z.strictObject({ proven: z.literal(true) });
const endedFrameSchema = z.strictObject({ ended: z.literal(true) });

/** What both sides know of one connection: where it leads to, and the nonces of the asking and the answering side. */
export interface Exchange {
  readonly place: string;
  readonly askerNonce: string;
  readonly answererNonce: string;
}

/** The other side's frames, in their order. `next` rejects when the connection ends. */
export interface ProofWire {
  send(frame: object): void;
  next(): Promise<unknown>;
}

/** True for a secret as `freshWord` makes it. */
export function isWord(text: string): boolean {
  return wordSchema.safeParse(text).success;
}

/** A new secret or nonce. */
export function freshWord(crypto: ProofCrypto): string {
  const bytes = new Uint8Array(32);
  crypto.getRandomValues(bytes);
  return toHex(bytes);
}

/** Names a secret without telling it. */
export function secretId(crypto: ProofCrypto, secret: string): Promise<string> {
  return hmac(crypto, secret, ['id']);
}

/** The secret that follows from this one by an exchange: whoever knows the new one does not know the old one. */
export function nextSecret(crypto: ProofCrypto, secret: string, exchange: Exchange): Promise<string> {
  return hmac(crypto, secret, ['next', ...partsOf(exchange)]);
}

/**
 * The connecting side. Resolves with the exchange when both sides have proved the secret, with null if the other one did not: then nothing may be
 * sent to it. Rejects as `wire.next` does.
 */
export async function askForProof(
  crypto: ProofCrypto,
  secret: string,
  place: string,
  wire: ProofWire,
): Promise<Exchange | null> {
  const askerNonce = freshWord(crypto);
  wire.send({ prove: { id: await secretId(crypto, secret), nonce: askerNonce } });
  const challenge = challengeFrameSchema.safeParse(await wire.next());
  if (!challenge.success) return null;
  const { nonce: answererNonce, proof } = challenge.data.challenge;
  const exchange = { place, askerNonce, answererNonce };
  if (!(await isProof({ crypto, secret, side: 'answerer', exchange }, proof))) return null;
  wire.send({ proof: await proofOf({ crypto, secret, side: 'asker', exchange }) });
  return provenFrameSchema.safeParse(await wire.next()).success ? exchange : null;
}

/**
 * The side that was connected to. `find` gives the secret of an id. Resolves with what was proved, and then says so with `sayProven`; with null after
 * it has told the other side that it is not let in. Rejects as `wire.next` does.
 */
export async function answerProof(
  crypto: ProofCrypto,
  find: (id: string) => string | null,
  place: string,
  wire: ProofWire,
): Promise<{ readonly id: string; readonly secret: string; readonly exchange: Exchange } | null> {
  const asked = proveFrameSchema.safeParse(await wire.next());
  const id = asked.success ? asked.data.prove.id : '';
  const secret = asked.success ? find(id) : null;
  if (!asked.success || secret === null) {
    sayEnded(wire);
    return null;
  }
  const exchange = { place, askerNonce: asked.data.prove.nonce, answererNonce: freshWord(crypto) };
  const proof = await proofOf({ crypto, secret, side: 'answerer', exchange });
  wire.send({ challenge: { nonce: exchange.answererNonce, proof } });
  const answer = answerFrameSchema.safeParse(await wire.next());
  if (answer.success && (await isProof({ crypto, secret, side: 'asker', exchange }, answer.data.proof)))
    return { id, secret, exchange };
  sayEnded(wire);
  return null;
}

/** The last word of an exchange that held. */
export function sayProven(wire: Pick<ProofWire, 'send'>): void {
  wire.send({ proven: true } satisfies z.input<typeof provenFrameSchema>);
}

/** The last word to a side that is not let in. */
export function sayEnded(wire: Pick<ProofWire, 'send'>): void {
  wire.send({ ended: true } satisfies z.input<typeof endedFrameSchema>);
}

interface ProofSubject {
  readonly crypto: ProofCrypto;
  readonly secret: string;
  /** Whose proof it is: one side's is none of the other's. */
  readonly side: 'asker' | 'answerer';
  readonly exchange: Exchange;
}

function proofOf({ crypto, secret, side, exchange }: ProofSubject): Promise<string> {
  return hmac(crypto, secret, [side, ...partsOf(exchange)]);
}

async function isProof({ crypto, secret, side, exchange }: ProofSubject, proof: string): Promise<boolean> {
  // Compares in constant time.
  return crypto.subtle.verify(
    'HMAC',
    await keyOf(crypto, secret),
    fromHex(proof),
    message([side, ...partsOf(exchange)]),
  );
}

async function hmac(crypto: ProofCrypto, secret: string, parts: readonly string[]): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.sign('HMAC', await keyOf(crypto, secret), message(parts))));
}

async function keyOf(crypto: ProofCrypto, secret: string): Promise<never> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' } as const;
  // Whatever the platform's type of a key is: it only goes back to where it came from.
  return (await crypto.subtle.importKey('raw', fromHex(secret), algorithm, false, ['sign', 'verify'])) as never;
}

function partsOf({ place, askerNonce, answererNonce }: Exchange): string[] {
  return [place, askerNonce, answererNonce];
}

/** No part holds a line feed, so no two lists give the same bytes. */
function message(parts: readonly string[]): Uint8Array<ArrayBuffer> {
  const text = ['holdfast proof 1', ...parts].join('\n');
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Frames that came before they were asked for, for `ProofWire.next`. One that nobody waits for is kept; a second one ends it. */
export class FrameInbox {
  #kept: { readonly frame: unknown } | null = null;
  #waiting: { resolve(frame: unknown): void; reject(reason: Error): void } | null = null;
  #end: Error | null = null;

  /** True if nothing came that was not taken. */
  get isEmpty(): boolean {
    return this.#kept === null;
  }

  /** False if more came than one side of the exchange ever says at once. */
  push(frame: unknown): boolean {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) waiting.resolve(frame);
    else if (this.#kept === null) this.#kept = { frame };
    else return false;
    return true;
  }

  next(): Promise<unknown> {
    const kept = this.#kept;
    if (kept !== null) {
      this.#kept = null;
      return Promise.resolve(kept.frame);
    }
    if (this.#end !== null) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** The connection is over: whoever waits gets the reason. */
  end(reason: Error): void {
    this.#end = reason;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.reject(reason);
  }
}
