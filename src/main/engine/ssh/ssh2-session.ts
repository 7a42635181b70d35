import { Buffer } from 'node:buffer';
import { server } from '../../../shared/i18n/sentences/server.ts';
import type { Readable } from 'node:stream';
import type { Client, Algorithms } from 'ssh2';
import { cleanLine, cleanText } from '../../../shared/model/clean-text.ts';
import type { HostConfig } from '../../../shared/model/config.ts';
import { HoldfastError } from '../../../shared/model/failure.ts';
import { version } from '../../../shared/version.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { Disposable } from '../lifecycle/disposable.ts';
import { Emitter } from '../lifecycle/emitter.ts';
import type { Log } from '../log/log.ts';
import { type Redact, redactFailure } from '../log/redact.ts';
import { type AlgorithmOffer, needsStrictKex } from './algorithms.ts';
import { textLimit } from './failure-base.ts';
import { areProofsModern } from './host-key-notice.ts';
import { HelloGuard } from './hello-guard.ts';
import type { HopStream } from './hop-stream.ts';
import { OneShot } from './one-shot.ts';
import { guardPackets } from './packet-guard.ts';
import {
  brokenProtocol,
  disconnectFailure,
  endlessHello,
  hostKeySwapped,
  notSsh,
  protocolFailure,
  type SessionStage,
  streamFailure,
  strictKexMissing,
} from './ssh-failure.ts';
import { createClient, type Negotiated, Ssh2Seam } from './ssh2-seam.ts';
import { Ssh2Userauth } from './ssh2-userauth.ts';
import { Ssh2Wire } from './ssh2-wire.ts';

const maxBanners = 32;
const bannerKeptBytes = 64 * 1024;
const bannerShownChars = 4096;
const disconnectByApplication = 11;
const disconnectHostKeyNotVerifiable = 9;
/** How long a good-bye may take. */
const farewellMs = 2000;
const refusalFarewellMs = 300;

export interface SessionOptions {
  readonly host: HostConfig;
  readonly hop: HopStream;
  readonly clock: Clock;
  readonly log: Log;
  /** See `ConnectorParts`. */
  readonly redact: Redact;
  readonly offer: AlgorithmOffer;
  /** Decides about the host key of the first key exchange; nothing secret is sent before it resolves. */
  readonly decideHostKey: (key: Buffer) => Promise<void>;
  readonly onStage: (stage: SessionStage) => void;
  /** What the server says during authentication, uncleaned. */
  readonly onBanner: (text: string) => void;
}

/**
 * One ssh2 client over one stream, from the first byte to the last, with exactly one end. Its stages follow each other: hello, key exchange,
 * authentication, open. Everything ssh2 and the stream report is turned into at most one `HoldfastError` here.
 */
export class Ssh2Session implements Disposable {
  readonly client: Client;
  readonly seam: Ssh2Seam;
  readonly userauth: Ssh2Userauth;
  readonly wire: Ssh2Wire;
  readonly redact: Redact;
  /** Resolves after the first key exchange, when the server has proved that it holds the accepted key. */
  readonly handshake: Promise<Negotiated>;
  /** Fires exactly once: why it ended, null if we closed it. Before ssh2 tells its channels. */
  readonly onDidEnd;
  /** A later key exchange is done. */
  readonly onDidRekey;
  /** The server began a later key exchange. */
  readonly onDidServerRekey;
  /** The socket took what waited, or a key exchange is done: channels may write again. */
  readonly onDidDrain;
  /** Bytes came in or went out. */
  readonly onDidTransfer;
  readonly #onDidEnd = new OneShot<HoldfastError | null>();
  readonly #onDidRekey = new Emitter<void>();
  readonly #onDidServerRekey = new Emitter<void>();
  readonly #onDidDrain = new Emitter<void>();
  readonly #onDidTransfer = new Emitter<void>();
  readonly #host: HostConfig;
  readonly #hop: HopStream;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #offer: AlgorithmOffer;
  readonly #guard = new HelloGuard();
  readonly #onBanner: (text: string) => void;
  readonly #onStage: (stage: SessionStage) => void;
  readonly #decideHostKey: (key: Buffer) => Promise<void>;
  #stage: SessionStage = 'hello';
  #isOver = false;
  #acceptedKey: Buffer | null = null;
  #advertisedKeys: readonly Buffer[] | null = null;
  #isDeciding = false;
  #banners = 0;
  #bannerBytes = 0;
  #settleHandshake: { resolve(negotiated: Negotiated): void; reject(error: HoldfastError): void } | null = null;

  constructor(options: SessionOptions) {
    this.#host = options.host;
    this.#hop = options.hop;
    this.#clock = options.clock;
    this.#log = options.log;
    this.redact = options.redact;
    this.#offer = options.offer;
    this.#onStage = options.onStage;
    this.#onBanner = options.onBanner;
    this.#decideHostKey = options.decideHostKey;
    this.onDidEnd = this.#onDidEnd.event;
    this.onDidRekey = this.#onDidRekey.event;
    this.onDidServerRekey = this.#onDidServerRekey.event;
    this.onDidDrain = this.#onDidDrain.event;
    this.onDidTransfer = this.#onDidTransfer.event;
    this.handshake = new Promise((resolve, reject) => {
      this.#settleHandshake = { resolve, reject };
    });
    this.handshake.catch(() => {});
    this.wire = new Ssh2Wire(options.hop, options.clock, {
      onInbound: (chunk) => this.#onInbound(chunk),
      onEnd: (error) => this.fail(streamFailure(this.#host, this.#stage, error, this.#hop.lastWords())),
      onDrain: () => this.#onDidDrain.fire(),
      onOverflow: () => this.fail(brokenProtocol(this.#host, this.#stage, server.readsNoReplies())),
    });
    this.client = createClient();
    this.#listen();
    this.client.connect({
      // What ssh2 needs of a socket is less than a stream; see Ssh2Wire.
      sock: this.wire as unknown as Readable,
      username: this.#host.user,
      readyTimeout: 0,
      keepaliveInterval: 0,
      strictVendor: false,
      ident: `Holdfast_${version}`,
      algorithms: {
        kex: [...this.#offer.kex],
        serverHostKey: [...this.#offer.serverHostKey],
        cipher: [...this.#offer.cipher],
        hmac: [...this.#offer.mac],
        compress: [...this.#offer.compress],
      } as Algorithms,
      hostVerifier: (key: Buffer, answer: (isAccepted: boolean) => void): void => this.#verify(key, answer),
      authHandler: () => undefined,
    });
    this.seam = new Ssh2Seam(this.client);
    this.seam.holdService();
    this.userauth = new Ssh2Userauth(this.#host, this.seam, (error) => this.fail(error));
    this.#guardHandlers();
  }

  get stage(): SessionStage {
    return this.#stage;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The server's software, as it names itself. */
  get serverVersion(): string {
    return this.#guard.serverVersion;
  }

  /** The server's notice of its host keys; null if it sent none. */
  get advertisedKeys(): readonly Buffer[] | null {
    return this.#advertisedKeys;
  }

  get hostKey(): Buffer | null {
    return this.#acceptedKey;
  }

  /** Asks for the ssh-userauth service. Call it once the host key is accepted and kept. Resolves when the server agreed. */
  startUserauth(): Promise<void> {
    return new Promise((resolve, reject) => {
      const ended = this.onDidEnd((error) => reject(error ?? this.#closedByUs()));
      if (this.#isOver) {
        ended.dispose();
        reject(this.#closedByUs());
        return;
      }
      this.seam.handlers.SERVICE_ACCEPT = () => {
        ended.dispose();
        resolve();
      };
      this.#enter('auth');
      this.seam.releaseService();
    });
  }

  /** Authentication succeeded: from here on a lost stream is a lost link. */
  markOpen(): void {
    this.#enter('open');
  }

  /** Ends the session with this error; only the first one counts. The stream is destroyed at once. */
  fail(error: HoldfastError, graceMs = 0): void {
    if (this.#isOver) return;
    this.#end(redactFailure(error, this.redact), graceMs);
  }

  /** Good-bye: a DISCONNECT message goes out, the stream is gone after 2 s at the latest. */
  dispose(): void {
    if (this.#isOver) return;
    this.#sayGoodbye(disconnectByApplication);
    this.#end(null, farewellMs);
  }

  #end(error: HoldfastError | null, graceMs: number): void {
    this.#isOver = true;
    const failure = error ?? this.#closedByUs();
    this.userauth?.fail(failure);
    this.#settleHandshake?.reject(failure);
    this.#settleHandshake = null;
    this.#onDidEnd.fire(error);
    this.wire.shut(graceMs);
    this.#onDidRekey.dispose();
    this.#onDidServerRekey.dispose();
    this.#onDidDrain.dispose();
    this.#onDidTransfer.dispose();
  }

  #sayGoodbye(reason: number): void {
    try {
      this.seam.disconnect(reason);
    } catch {
      // ssh2 has given up on this session already: there is nobody to say it to.
    }
  }

  #enter(stage: SessionStage): void {
    this.#stage = stage;
    this.#onStage(stage);
  }

  #closedByUs(): HoldfastError {
    return new HoldfastError({
      code: 'link-lost',
      where: this.#host.name,
      message: `Holdfast closed the connection to ${this.#host.name}.`,
      next: 'Start the tunnel again when you want it.',
      hop: this.#host.name,
    });
  }

  #onInbound(chunk: Buffer): boolean {
    if (!this.#guard.isDone) {
      const fault = this.#guard.look(chunk);
      if (fault) {
        this.fail(fault.kind === 'too-much' ? endlessHello(this.#host) : notSsh(this.#host, fault.line));
        return false;
      }
    }
    if (this.#stage === 'hello' && this.#guard.isPast) this.#enter('key-exchange');
    this.#onDidTransfer.fire();
    return !this.#isOver;
  }

  #listen(): void {
    const { client } = this;
    // One error becomes the session's end; ssh2 repeats it for each chunk that follows, which nobody hears any more.
    client.on('error', (error: Error) => {
      if (this.#isOver) return;
      this.fail(
        error instanceof HoldfastError ? error : protocolFailure(this.#host, this.#stage, error, this.#guard.offered),
        refusalFarewellMs,
      );
    });
    client.on('greeting', (greeting: string) => {
      this.#log.info('greeting', { text: this.#shown(greeting) });
    });
    client.on('handshake', (negotiated: unknown) => this.#onHandshake(negotiated as Negotiated));
  }

  /** The server's words, for the log. */
  #shown(text: string): string {
    return cleanText(this.redact(text), bannerShownChars);
  }

  #onHandshake(negotiated: Negotiated): void {
    if (this.#isOver) return;
    const settle = this.#settleHandshake;
    if (!settle) {
      this.#onDidRekey.fire();
      this.#onDidDrain.fire();
      return;
    }
    this.#settleHandshake = null;
    const weak = [negotiated.cs, negotiated.sc].find(({ cipher, mac }) => needsStrictKex(cipher, mac));
    if (weak && !this.seam.isStrictKex) {
      const error = strictKexMissing(this.#host, weak.cipher);
      settle.reject(error);
      this.fail(error, refusalFarewellMs);
      return;
    }
    settle.resolve(negotiated);
  }

  /**
   * Called by ssh2 in each key exchange. The first time a person may be asked; later exchanges must be answered in the same turn, or the
   * stream breaks, and need no question: the key has to be the same.
   */
  #verify(key: Buffer, answer: (isAccepted: boolean) => void): void {
    if (this.#acceptedKey !== null) {
      const isSame = this.#acceptedKey.equals(key);
      if (!isSame) this.fail(hostKeySwapped(this.#host));
      answer(isSame);
      return;
    }
    if (this.#isDeciding) {
      answer(false);
      return;
    }
    this.#isDeciding = true;
    const copy = Buffer.from(key);
    const signature = this.seam.exchangeSignature;
    const refuse = (thrown: unknown): void => {
      if (this.#isOver) return;
      this.#sayGoodbye(disconnectHostKeyNotVerifiable);
      this.fail(
        thrown instanceof HoldfastError ? thrown : protocolFailure(this.#host, this.#stage, thrown, null),
        refusalFarewellMs,
      );
    };
    this.#decideHostKey(copy).then(() => {
      if (this.#isOver) return;
      this.#acceptedKey = copy;
      this.userauth.serverProof = signature === null ? null : { hostKey: copy, signature };
      try {
        answer(true);
      } catch (error) {
        refuse(error);
      }
    }, refuse);
  }

  /** Handlers that must not do what ssh2 does by itself. */
  #guardHandlers(): void {
    const { handlers } = this.seam;
    handlers.SERVICE_ACCEPT = () => {};
    handlers.DISCONNECT = (_protocol, reason, description) => {
      const words = description ?? '';
      this.userauth.lastWords = cleanLine(this.redact(words), textLimit) || null;
      this.fail(disconnectFailure(this.#host, this.#stage, reason, words, this.redact));
    };
    handlers.USERAUTH_BANNER = (_protocol, message) => {
      // RFC 4252 section 5.4: only before the login is through.
      if (this.userauth.isDone || this.#banners >= maxBanners) return;
      this.#banners += 1;
      const room = bannerKeptBytes - this.#bannerBytes;
      this.#bannerBytes += Buffer.byteLength(message);
      if (room <= 0) return;
      this.#log.info('banner', { text: this.#shown(message) });
      if (this.#stage === 'auth') this.#onBanner(message);
    };
    // The guard comes first: what it lets through is what counts.
    guardPackets({
      seam: this.seam,
      clock: this.#clock,
      transferred: () => this.wire.bytesIn + this.wire.bytesOut,
      failure: (fault) => brokenProtocol(this.#host, this.#stage, fault),
      onServerRekey: (restMs) => {
        this.wire.rest(restMs);
        this.#onDidServerRekey.fire();
      },
      onUnimplemented: (sequence) => this.seam.onUnimplemented(sequence),
      onHostKeyNotice: (advertised) => {
        this.#advertisedKeys ??= advertised;
      },
    });
    if (!this.#host.legacyAlgorithms.includes('ssh-rsa')) this.seam.checkHostKeyProofs(areProofsModern);
    const { GLOBAL_REQUEST, CHANNEL_OPEN } = handlers;
    let notices = 0;
    handlers.GLOBAL_REQUEST = (protocol, name, wantReply, data) => {
      if (!this.userauth.isDone) return;
      // One notice a connection, as OpenSSH has it: each makes us ask for proofs.
      if (name === 'hostkeys-00@openssh.com' && ++notices > 1) return;
      GLOBAL_REQUEST(protocol, name, wantReply, data);
    };
    handlers.CHANNEL_OPEN = (protocol, info) => {
      // Channels before authentication are no business of an honest server (CVE-2023-46446 and its kin).
      if (this.userauth.isDone) CHANNEL_OPEN(protocol, info);
    };
  }
}
