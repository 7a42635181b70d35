import type { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { HostConfig } from '../../../shared/model/config.ts';
import type { HoldfastError } from '../../../shared/model/failure.ts';
import type { Endpoint } from '../../../shared/model/forward-spec.ts';
import type { Disposable } from '../lifecycle/disposable.ts';
import type { Event } from '../lifecycle/emitter.ts';

/**
 * ssh: links to SSH servers over ssh2, one hop at a time. The only folder that imports ssh2 (beside the gateway and the demo's servers).
 *
 * - link.ts                what the rest of the engine sees: links, channels, remote listeners, the connector
 * - connect*.ts            one attempt at one hop: resolve, dial, key exchange, host key, login; its time limits and questions
 * - dial*.ts, proxy*.ts    the way to the server: happy eyeballs, SOCKS 5, HTTP CONNECT, proxy command, a channel of the jump host
 * - hop-stream.ts          the byte stream that all of these give
 * - hello-guard.ts         reads the server's first bytes along: limits, and what it offers
 * - ssh2-session.ts        one ssh2 client over one stream, with exactly one end; ssh2-wire.ts is the socket that it sees
 * - ssh2-seam.ts           every use of ssh2's internals; ssh2-userauth.ts carries out authentication requests with it
 * - ssh2-link.ts           an authenticated session as a link; ssh2-channel.ts, ssh2-exec.ts, remote-listener.ts, watchdog.ts, rekey.ts
 * - algorithms.ts          what is offered, from what this runtime's crypto has
 * - *-failure.ts           what others throw, turned into `HoldfastError`
 * - auth*.ts               the authentication plan, its questions and secrets
 * - agent*.ts              SSH agents
 * - key-*.ts, private-key*.ts, ppk.ts, certificate.ts   key files and certificates; key-worker.ts decrypts off the main thread
 * - wire-format.ts         SSH's data types
 */

/**
 * One channel that carries bytes both ways. The byte pump (forward/pump.ts) is the only reader and writer.
 * The seam for a faster byte path is here: a link may hand out channels that the pump's other implementation knows.
 */
export interface SshChannel extends Disposable {
  /**
   * The bytes. ssh2's channel: `end()` sends EOF and keeps reading; it is not a well-behaved Node stream (notes: `destroy()` does not set
   * `destroyed`; after the link is lost it ends as if cleanly), so listen to `onDidClose`.
   */
  readonly stream: Duplex;
  /** Fires once. `lost`: the link died, or the channel was closed abnormally: what came so far may be incomplete. */
  readonly onDidClose: Event<{ readonly lost: boolean }>;
  readonly isClosed: boolean;
  /** Closes both directions now. */
  dispose(): void;
}

/** A client that came in at a remote forward. `accept` opens the channel, `reject` refuses it. */
export interface IncomingChannel {
  /** The client as the server sees it; empty for a unix socket. */
  readonly originHost: string;
  readonly originPort: number;
  accept(): SshChannel;
  reject(): void;
}

/** A listener on the server. Disposing of it sends the cancel request. */
export interface RemoteListener extends Disposable {
  /** The port the server bound (its own choice for port 0); null for a unix socket. */
  readonly port: number | null;
  readonly onDidConnect: Event<IncomingChannel>;
}

/** What a command on the server gave. Output is cut at 64 KiB each. */
export interface ExecResult {
  /** null if a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Facts of an authenticated link, for people and logs. */
export interface LinkInfo {
  readonly serverVersion: string;
  readonly kex: string;
  readonly cipher: string;
  readonly mac: string;
  readonly hostKeyType: string;
  readonly hostKeyFingerprint: string;
  /** `strict`: kex-strict agreed (Terrapin). */
  readonly strictKex: boolean;
  /** For example `publickey, keyboard-interactive`. */
  readonly authenticatedBy: string;
  /** A person wants it kept open for so long after the login, even if nothing uses it; absent: as the settings say. */
  readonly keepOpenMs?: number | undefined;
  /** Local and remote address of the first hop's socket, where there is one. */
  readonly localAddress: string | null;
  readonly remoteAddress: string | null;
}

/** One authenticated SSH connection, the end of its jump chain. All promises reject with `HoldfastError`. */
export interface SshLink extends Disposable {
  readonly info: LinkInfo;
  /** Fires exactly once; the error says why (code `link-lost`, `link-dead`, `server-closed`, …), null if we closed it. */
  readonly onDidClose: Event<HoldfastError | null>;
  readonly isClosed: boolean;
  /** Channels open now. */
  readonly channels: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** direct-tcpip or direct-streamlocal (RFC 4254 7.2, PROTOCOL 2.4). Fails with `target-refused` or `forward-denied`. */
  open(
    target: Endpoint,
    origin?: { readonly host: string; readonly port: number },
    signal?: AbortSignal,
  ): Promise<SshChannel>;
  /** tcpip-forward or streamlocal-forward. Fails with `remote-port-refused`. */
  listenRemote(
    at:
      | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
      | { readonly kind: 'unix'; readonly path: string },
  ): Promise<RemoteListener>;
  /** Runs a command in a session channel. */
  exec(command: string, timeoutMs: number): Promise<ExecResult>;
  /**
   * A request that every server answers; resolves with the round trip in milliseconds, or after `timeoutMs` with null if the server has answered no
   * question since the login: then only bytes of clients tell that it is there. Fails with `link-dead`.
   */
  ping(timeoutMs: number): Promise<number | null>;
  /** Asks now whether the peer is still there (after wake-up, network change): the link dies within `withinMs` if nothing comes back. */
  verifySoon(withinMs: number): void;
  /** Polite close (disconnect message), destroyed at the deadline of 2 s at the latest. */
  dispose(): void;
}

/** How far an attempt is. `promptId`: it waits for a person; deadlines are paused. */
export interface ConnectObserver {
  onPhase(phase: 'resolve' | 'dial' | 'key-exchange' | 'host-key' | 'auth', hop: string): void;
  onWaiting(promptId: string | null): void;
}

/** What outlives one attempt as long as somebody wants the connection: kept by the pool's entry. */
export interface ConnectMemory {
  /** Keys trusted "once": known_hosts lookup name to key blob. */
  readonly trustedOnce: Map<string, Buffer>;
}

/** How long a server may take from the connection to the end of the key exchange; kept for each connection as long as the engine runs. */
export interface ConnectPatience {
  /** What the next try allows, if that is more than the host's `connect-timeout`; 0: nothing is known of this server. */
  handshakeMs: number;
}

/** One hop to be connected: directly, or through the link before it in the jump chain. */
export interface ConnectRequest {
  readonly host: HostConfig;
  /** The jump hosts on the way, outermost first. */
  readonly hops: readonly HostConfig[];
  /** The authenticated link of the hop before; null for the first hop (which may have a proxy). */
  readonly via: SshLink | null;
  /** The host at the end of the chain, as prompts name it. */
  readonly target: string;
  /** Tunnels that wait for this attempt now, for prompts; grows as others join. */
  readonly tunnels: () => readonly string[];
  readonly memory: ConnectMemory;
  readonly patience: ConnectPatience;
  readonly observer: ConnectObserver;
  readonly signal: AbortSignal;
}

/** Makes authenticated links. Rejects with `HoldfastError` that carries phase and hop; nothing is left open then. */
export interface Connector {
  connect(request: ConnectRequest): Promise<SshLink>;
}
