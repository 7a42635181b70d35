import { Buffer } from 'node:buffer';
import ssh2 from 'ssh2';
import type { Client } from 'ssh2';
import ssh2Crypto from 'ssh2/lib/protocol/crypto.js';
import packageJson from 'ssh2/package.json' with { type: 'json' };
import { HoldfastError } from '../../../shared/model/failure.ts';
import type { Disposable } from '../lifecycle/disposable.ts';
import type { DhExchange } from './dh-group.ts';
import { Replies } from './ssh2-replies.ts';
import { WireWriter } from './wire-format.ts';

/**
 * Everything that Holdfast touches inside ssh2 beyond its public interface, at one version. ssh2 has no public way to carry out authentication
 * oneself, to rekey as a client, to see strict KEX, or to hold back its service request; the internals have. A contract test
 * (test/unit/ssh/ssh2-seam.test.ts) fails when they change.
 */

/** What one packet may be when unpacked: OpenSSH's PACKET_MAX_SIZE. Of 35,000 bytes zlib makes 36 MB. */
export const maxUnpackedBytes = 256 * 1024;

/** SSH_OPEN_UNKNOWN_CHANNEL_TYPE. */
const unknownChannelType = 3;

/** The version that this file was written against. */
export const ssh2Version = '1.17.0';

/** Result of an algorithm negotiation, as ssh2's `handshake` event has it. */
export interface Negotiated {
  readonly kex: string;
  readonly serverHostKey: string;
  readonly cs: { readonly cipher: string; readonly mac: string; readonly compress: string };
  readonly sc: { readonly cipher: string; readonly mac: string; readonly compress: string };
}

/** ssh2's Channel, as far as its owner must reach in. */
export interface ChannelInternals {
  /** `session`, `direct-tcpip` and the like. */
  readonly type: string;
  readonly incoming: { id: number; window: number; state: 'open' | 'eof' | 'closing' | 'closed' };
  readonly outgoing: { id: number; window: number; state: 'open' | 'eof' | 'closing' | 'closed' };
  _write(data: Buffer, encoding: string | null, callback: (error?: Error | null) => void): void;
  readonly _writableState: { highWaterMark: number };
  readonly _readableState: { highWaterMark: number };
  close(): void;
}

type Handler = (protocol: ProtocolInternals, ...args: never[]) => void;

/** The message handlers that are replaced or wrapped; ssh2 looks them up at each message. */
export interface Handlers {
  SERVICE_ACCEPT: (protocol: ProtocolInternals, name: string) => void;
  EXT_INFO: (protocol: ProtocolInternals, extensions: readonly { name: string; algs?: readonly string[] }[]) => void;
  DISCONNECT: (protocol: ProtocolInternals, reason: number, description: string) => void;
  USERAUTH_BANNER: (protocol: ProtocolInternals, message: string) => void;
  USERAUTH_SUCCESS: (protocol: ProtocolInternals) => void;
  USERAUTH_FAILURE: (protocol: ProtocolInternals, methods: readonly string[], partial: boolean) => void;
  USERAUTH_PASSWD_CHANGEREQ: (protocol: ProtocolInternals, prompt: string) => void;
  USERAUTH_PK_OK: (protocol: ProtocolInternals, algorithm: string, blob: Buffer) => void;
  USERAUTH_INFO_REQUEST: (
    protocol: ProtocolInternals,
    name: string,
    instruction: string,
    prompts: readonly { prompt: string; echo: boolean }[],
  ) => void;
  GLOBAL_REQUEST: (protocol: ProtocolInternals, name: string, wantReply: boolean, data: unknown) => void;
  CHANNEL_OPEN: (protocol: ProtocolInternals, info: ChannelOpen) => void;
  CHANNEL_OPEN_FAILURE: (protocol: ProtocolInternals, recipient: number, reason: number, description: string) => void;
  CHANNEL_DATA: (protocol: ProtocolInternals, recipient: number, data: Buffer) => void;
  CHANNEL_EXTENDED_DATA: (protocol: ProtocolInternals, recipient: number, data: Buffer, type: number) => void;
  CHANNEL_CLOSE: (protocol: ProtocolInternals, recipient: number) => void;
}

/** SSH_MSG_CHANNEL_OPEN from the server. */
export interface ChannelOpen {
  readonly type: string;
  readonly sender: number;
  readonly data: { destIP?: string; destPort?: number; srcIP?: string; srcPort?: number; socketPath?: string };
}

/** A key exchange under way, or the last one. */
export interface KeyExchangeInternals {
  /** `group`: a fixed Diffie-Hellman group; `groupex`: one of the server's choice; else a curve. */
  readonly type: string;
  /** A fixed group's name, as RFC 3526 and Node have it: `modp14`. */
  readonly groupName: string | null;
  /** The group's prime, big-endian; null for a curve and before the server has named its group. */
  readonly prime: Buffer | null;
  /** Lets this exchange calculate in place of ssh2. */
  use(exchange: DhExchange): void;
}

interface RawKeyExchange {
  readonly sessionID: Buffer | undefined;
  readonly _sig: Buffer | undefined;
  readonly type: string;
  readonly groupName?: string;
  _public: Buffer | null;
  generateKeys(): void;
  computeSecret(other: Buffer): Buffer;
  getDHParams?(): { prime: Buffer; generator: Buffer };
}

interface PacketReader {
  /** Unpacks, if compression is on. */
  read(data: Buffer): Buffer;
  cleanup(): void;
  readonly _zlib?: { _maxOutputLength: number };
}

interface ProtocolInternals {
  readonly _handlers: Handlers & Record<string, Handler | undefined>;
  readonly _authsQueue: string[];
  readonly _kex: RawKeyExchange | undefined;
  readonly _kexinit: Buffer | undefined;
  readonly _strictMode: boolean | undefined;
  _queue: Buffer[] | undefined;
  readonly _cipher: { readonly outSeqno: number; encrypt(packet: Buffer): void };
  readonly _packetRW: {
    read: PacketReader;
    readonly write: {
      readonly allocStart: number;
      alloc(length: number): Buffer;
      finalize(packet: Buffer): Buffer;
    };
  };
  openssh_hostKeysProve(keys: readonly unknown[]): void;
  service(name: string): void;
  channelWindowAdjust(channel: number, bytes: number): void;
  ping(): void;
  rekey(): void;
  disconnect(reason: number): void;
}

interface ClientInternals {
  readonly _protocol: ProtocolInternals;
  readonly _callbacks: ((failed: boolean | Error, data?: Buffer | null) => void)[];
  readonly _chanMgr: { get(id: number): unknown; add(handler?: unknown): number };
  readonly _forwarding: Record<string, number | undefined>;
}

/** What was sent with an authentication request, so that ssh2 reads message 60 rightly (RFC 4252 and 4256 share the number). */
export type AuthMethod = 'none' | 'password' | 'publickey' | 'keyboard-interactive';

/** Fails loudly when another ssh2 is installed than the one whose internals are known. */
export function assertSsh2Version(found: string = packageJson.version): void {
  if (found === ssh2Version) return;
  throw new HoldfastError({
    code: 'internal',
    where: 'ssh2',
    message: `This build of Holdfast is made for ssh2 ${ssh2Version}, but ${found} is installed.`,
    next: 'Install Holdfast again with its own dependencies (npm ci).',
    retry: 'person',
  });
}

/** How ssh2 enciphers: with a native part of its own, or with Node's crypto and wasm, called from JavaScript. */
export type CryptoPath = 'native' | 'javascript';

/** The one in use here: the native part is made for one runtime, and another cannot load it. */
export function cryptoPath(): CryptoPath {
  return ssh2Crypto.bindingAvailable ? 'native' : 'javascript';
}

/** Makes an ssh2 client. */
export function createClient(): Client {
  assertSsh2Version();
  return new ssh2.Client();
}

/** The one way into the internals of a client whose `connect` was called. */
export class Ssh2Seam {
  readonly #client: ClientInternals;
  readonly #service: (name: string) => void;
  readonly #replies: Replies;
  #heldService: string | null = null;
  #isServiceHeld = false;

  /** Throws `internal` if the client does not look as expected. */
  constructor(client: Client) {
    const internals = client as unknown as ClientInternals;
    const protocol: Partial<ProtocolInternals> | undefined = internals._protocol;
    const missing = [
      typeof protocol?._handlers === 'object' ? null : '_handlers',
      Array.isArray(protocol?._authsQueue) ? null : '_authsQueue',
      typeof protocol?._packetRW?.write.alloc === 'function' ? null : '_packetRW',
      typeof protocol?._cipher?.outSeqno === 'number' ? null : '_cipher',
      ...(['service', 'ping', 'rekey', 'disconnect', 'openssh_hostKeysProve', 'channelWindowAdjust'] as const).map(
        (name) => (typeof protocol?.[name] === 'function' ? null : name),
      ),
      typeof protocol?._packetRW?.read?.read === 'function' ? null : '_packetRW.read',
      Array.isArray(internals._callbacks) ? null : '_callbacks',
      typeof internals._chanMgr?.get === 'function' && typeof internals._chanMgr.add === 'function' ? null : '_chanMgr',
      typeof internals._forwarding === 'object' ? null : '_forwarding',
      ...replacedHandlers.map((name) => (typeof protocol?._handlers?.[name] === 'function' ? null : name)),
    ].filter((name) => name !== null);
    if (missing.length > 0) {
      throw new HoldfastError({
        code: 'internal',
        where: 'ssh2',
        message: `ssh2 is not built as expected (${missing.join(', ')}).`,
        next: 'Install Holdfast again with its own dependencies (npm ci).',
        retry: 'person',
      });
    }
    this.#client = internals;
    this.#replies = new Replies({
      callbacks: internals._callbacks,
      channels: internals._chanMgr,
      nextSequence: () => (this.isExchangingKeys ? null : internals._protocol._cipher.outSeqno),
      refuseOpen: (id) => this.handlers.CHANNEL_OPEN_FAILURE(internals._protocol, id, unknownChannelType, ''),
    });
    this.#service = (name) => {
      Object.getPrototypeOf(internals._protocol).service.call(internals._protocol, name);
    };
  }

  get handlers(): Handlers {
    return this.#client._protocol._handlers;
  }

  /** The session identifier (RFC 4253 section 7.2); null before the first key exchange is done. */
  get sessionId(): Buffer | null {
    return this.#client._protocol._kex?.sessionID ?? null;
  }

  /** A copy of the server's signature of the exchange hash; null unless its reply is being looked at. */
  get exchangeSignature(): Buffer | null {
    const signature = this.#client._protocol._kex?._sig;
    return signature === undefined ? null : Buffer.from(signature);
  }

  /** kex-strict was agreed in the first key exchange. */
  get isStrictKex(): boolean {
    return this.#client._protocol._strictMode === true;
  }

  /** A key exchange is under way: what is sent now waits in memory. */
  get isExchangingKeys(): boolean {
    return this.#client._protocol._kexinit !== undefined;
  }

  /** Keeps ssh2 from sending SSH_MSG_SERVICE_REQUEST by itself after the first key exchange, until `releaseService`. */
  holdService(): void {
    this.#isServiceHeld = true;
    this.#client._protocol.service = (name) => {
      if (this.#isServiceHeld) this.#heldService = name;
      else this.#service(name);
    };
  }

  /** Sends the service request that was held back. */
  releaseService(): void {
    this.#isServiceHeld = false;
    const name = this.#heldService;
    this.#heldService = null;
    if (name !== null) this.#service(name);
  }

  /**
   * Shows the payload of each packet to `look` before ssh2 handles it, in clear and unpacked, and gives ssh2 what it returns; what it throws becomes
   * the client's `error`. Call it before anything is read.
   */
  watchPackets(look: (payload: Buffer) => Buffer): void {
    const packets = this.#client._protocol._packetRW;
    const watched = (reader: PacketReader): PacketReader => {
      if (reader._zlib) reader._zlib._maxOutputLength = maxUnpackedBytes;
      return { read: (data) => look(reader.read(data)), cleanup: () => reader.cleanup() };
    };
    // ssh2 puts another reader there with each key exchange, and when compression begins.
    let reader = watched(packets.read);
    Object.defineProperty(packets, 'read', {
      get: () => reader,
      set: (next: PacketReader) => {
        reader = watched(next);
      },
    });
  }

  /** The key exchange under way, or the last one; null before the first. */
  get keyExchange(): KeyExchangeInternals | null {
    const exchange = this.#client._protocol._kex;
    return exchange === undefined ? null : exchangeOf(exchange);
  }

  /** Shows each key exchange to `look` when its method is agreed, before ssh2 calculates anything. Call it before anything is read. */
  watchKeyExchanges(look: (exchange: KeyExchangeInternals) => void): void {
    let current = this.#client._protocol._kex;
    Object.defineProperty(this.#client._protocol, '_kex', {
      get: () => current,
      set: (next: RawKeyExchange) => {
        current = next;
        look(exchangeOf(next));
      },
    });
  }

  /** Our packets that wait for the end of a key exchange. */
  get queuedPackets(): number {
    return this.#client._protocol._queue?.length ?? 0;
  }

  /** Lets `isSound` see the reply to hostkeys-prove-00@openssh.com first; one that is not counts as no proof at all. */
  checkHostKeyProofs(isSound: (reply: Buffer) => boolean): void {
    const client = this.#client;
    const prove = client._protocol.openssh_hostKeysProve.bind(client._protocol);
    client._protocol.openssh_hostKeysProve = (keys) => {
      // ssh2 has just put down what to do with the reply.
      const answered = client._callbacks.pop();
      if (answered) client._callbacks.push((failed, reply) => answered(failed || !reply || !isSound(reply), reply));
      prove(keys);
    };
  }

  /** Sends one packet with this payload. During a key exchange it waits in ssh2's queue, as ssh2's own packets do. */
  send(payload: Buffer): void {
    const protocol = this.#client._protocol;
    const { write } = protocol._packetRW;
    const start = write.allocStart;
    const packet = write.alloc(payload.length);
    packet.set(payload, start);
    const finished = write.finalize(packet);
    if (protocol._kexinit !== undefined) {
      protocol._queue ??= [];
      protocol._queue.push(finished);
      return;
    }
    protocol._cipher.encrypt(finished);
  }

  /** Sends an authentication request. */
  sendAuth(method: AuthMethod, payload: Buffer): void {
    this.#client._protocol._authsQueue.push(method);
    this.send(payload);
  }

  /** The request sent last gets no reply any more. */
  forgetAuth(): void {
    this.#client._protocol._authsQueue.shift();
  }

  /** The server does not know our packet with this number. */
  onUnimplemented(sequence: number): void {
    this.#replies.onUnimplemented(sequence);
  }

  /** Sends keepalive@openssh.com; `answered` is called with the reply, or when the link closes. Disposing of it forgets that a reply is to come. */
  ping(answered: () => void): Disposable {
    const expected = this.#replies.expect(answered);
    this.#client._protocol.ping();
    return expected;
  }

  /** Asks for a channel of a type that no server has, which it must refuse (RFC 4254 section 5.1); `answered` as with `ping`. */
  pingByOpen(answered: () => void): void {
    const answer = (_error: unknown, channel?: ChannelInternals): void => {
      channel?.close();
      answered();
    };
    const id = this.#client._chanMgr.add(Object.assign(answer, { type: 'session' }));
    this.send(new WireWriter().byte(90).string('keepalive@holdfast').uint32(id).uint32(0).uint32(32_768).toBuffer());
  }

  /** Starts a key exchange; does nothing while one runs. */
  rekey(): void {
    this.#client._protocol.rekey();
  }

  /** Sends SSH_MSG_DISCONNECT, at any time. */
  disconnect(reason: number): void {
    this.#client._protocol.disconnect(reason);
  }

  /** The channel with our number, once it is open. */
  channel(id: number): ChannelInternals | null {
    const channel = this.#client._chanMgr.get(id);
    if (typeof channel !== 'object' || channel === null || !('outgoing' in channel)) return null;
    return channel as ChannelInternals;
  }

  /** Lets the server send so many bytes more in this channel. */
  giveWindow(channel: ChannelInternals, bytes: number): void {
    this.#client._protocol.channelWindowAdjust(channel.outgoing.id, bytes);
  }

  /** True if ssh2 routes a forwarded-tcpip for this very text. */
  knowsForward(address: string, port: number): boolean {
    return this.#client._forwarding[`${address}:${port}`] !== undefined;
  }
}

function exchangeOf(exchange: RawKeyExchange): KeyExchangeInternals {
  return {
    type: exchange.type,
    groupName: exchange.groupName ?? null,
    get prime() {
      return exchange.getDHParams?.()?.prime ?? null;
    },
    use: (own) => {
      exchange.generateKeys = () => {
        exchange._public = own.publicValue;
      };
      exchange.computeSecret = (other) => mpintOf(own.secret(other));
      exchange.getDHParams = () => ({ prime: mpintOf(own.prime), generator: mpintOf(own.generator) });
    },
  };
}

/** A number as ssh2 hashes it: the contents of an `mpint`. */
function mpintOf(bytes: Buffer): Buffer {
  return new WireWriter().mpint(bytes).toBuffer().subarray(4);
}

const replacedHandlers = [
  'SERVICE_ACCEPT',
  'EXT_INFO',
  'DISCONNECT',
  'USERAUTH_BANNER',
  'USERAUTH_SUCCESS',
  'USERAUTH_FAILURE',
  'USERAUTH_PASSWD_CHANGEREQ',
  'USERAUTH_PK_OK',
  'USERAUTH_INFO_REQUEST',
  'GLOBAL_REQUEST',
  'CHANNEL_OPEN',
  'CHANNEL_OPEN_FAILURE',
  'CHANNEL_DATA',
  'CHANNEL_EXTENDED_DATA',
  'CHANNEL_CLOSE',
] as const satisfies readonly (keyof Handlers)[];
