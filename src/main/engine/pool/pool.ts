import type { HostConfig } from '../../../shared/model/config.ts';
import type { HoldfastError, Phase } from '../../../shared/model/failure.ts';
import type { Disposable } from '../lifecycle/disposable.ts';
import type { Event } from '../lifecycle/emitter.ts';
import type { SshLink } from '../ssh/link.ts';

/**
 * pool: connections shared between equals. Tunnels over one host make one attempt and share one link.
 *
 * - pool.ts             the interface
 * - chain.ts            from a host's name to its jump chain
 * - key.ts              what makes two chains equal
 * - memory-shelf.ts     what a person allowed "once", kept while somebody wants the connection
 * - knock-slots.ts      how often a host is tried because clients knock
 * - shared-attempt.ts   one attempt with all who wait for it
 * - pooled-link.ts      one link with its leases, idle timer and lifetime
 * - connection-pool.ts  puts them together
 */

/** A share in a pooled connection. Disposing of the last one starts the idle timer. */
export interface Lease extends Disposable {
  readonly link: SshLink;
  /**
   * Fires once if the link goes while the lease is held, and says why in terms of the pool: `link-expired` if it was replaced or too old, and
   * a lost jump host is named. The lease is void then. Nothing fires after `dispose`.
   */
  readonly onDidEnd: Event<HoldfastError>;
}

export type AcquireResult =
  | { readonly kind: 'connected'; readonly lease: Lease }
  /** `jitter` in [0, 1) was drawn once for the shared attempt, so that all who waited on it try again together. */
  | { readonly kind: 'failed'; readonly error: HoldfastError; readonly jitter: number };

/** How a shared attempt stands; also replayed to those who join late. */
export interface AcquireObserver {
  onPhase(phase: Phase, hop: string): void;
  /** The prompt that the attempt waits for, null when it goes on. */
  onWaiting(promptId: string | null): void;
}

/** A wish for a connection. */
export interface AcquireRequest {
  /** Jump hosts outermost first, the host itself last. */
  readonly chain: readonly HostConfig[];
  /** Who asks: shown in prompts. */
  readonly tunnel: string | null;
  readonly observer: AcquireObserver;
  /** Gives up this share of the attempt; the attempt itself ends when nobody wants it any more. */
  readonly signal: AbortSignal;
  /** Take a link that is up, or fail with `link-lost`: never dial, never wait for an attempt (and so never ask a person). */
  readonly onlyExisting?: boolean;
}

/** A connection as the Logins page shows it. */
export interface PooledConnection {
  readonly id: string;
  /** As in `keyOf`. */
  readonly key: string;
  readonly host: string;
  readonly user: string;
  readonly address: string;
  readonly jump: readonly string[];
  readonly leases: number;
  readonly channels: number;
  readonly sinceMs: number;
  /** When it ends by the pool's limits, wall clock; null: not as long as somebody uses it. */
  readonly endsAtMs: number | null;
  readonly authenticatedBy: string;
  readonly cipher: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** How long connections stay. */
export interface PoolLimits {
  /** An unused connection stays so long. */
  readonly idleMs: number;
  /** 0: no limit. */
  readonly maxLifetimeMs: number;
}

/** Connections shared between equals (see pool/key.ts): one link and one attempt for each key. */
export interface ConnectionPool extends Disposable {
  /** Joins the link or the attempt under way, or starts one. Never rejects. */
  acquire(request: AcquireRequest): Promise<AcquireResult>;
  /** Fires when an attempt starts, with its key: who waits for the same key joins instead of waiting on. */
  readonly onDidStartAttempt: Event<string>;
  /** Fires when a link is up, with its key. */
  readonly onDidConnect: Event<string>;
  /** The key of a chain, as in the events. */
  keyOf(chain: readonly HostConfig[]): string;
  /** True if `acquire` would give a link at once. */
  isConnected(chain: readonly HostConfig[]): boolean;
  /**
   * Says that this connection is wanted for longer than one attempt or link (over losses and waits). Until disposed of, keys of the chain that
   * a person trusted "once" stay trusted. Opens nothing.
   */
  want(chain: readonly HostConfig[]): Disposable;
  /**
   * A client knocks while the connection is away: milliseconds until it may be tried for that, 0 for at once. Each host is tried so once in 3 s,
   * whoever knocks; hosts on the way that are connected do not count. Opens nothing.
   */
  knock(chain: readonly HostConfig[]): number;
  /**
   * Closes the link of this chain for everybody, so that the next `acquire` makes a new one (restart). With `link` only if it is still that
   * one: somebody else may have replaced it already. Links of its jump hosts stay, but prove that they live.
   */
  replace(chain: readonly HostConfig[], link?: SshLink): void;
  /** Closes one connection for everybody, by its id in `connections`; false if it is gone already. */
  close(id: string): boolean;
  /** After wake-up or a network change: every link proves itself within `withinMs` or dies. */
  verifyAll(withinMs: number): void;
  connections(): readonly PooledConnection[];
  /**
   * Round trips in milliseconds from here to each hop of the chain, as last measured; null where none is known. Asking has them measured anew,
   * at most every few seconds: nothing is sent for a path that nobody looks at.
   */
  roundTrips(chain: readonly HostConfig[]): readonly (number | null)[];
  /** New limits, at once and for the links that are there too. */
  configure(limits: PoolLimits): void;
}
