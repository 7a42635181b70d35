import type { HostConfig } from '../../../shared/model/config.ts';
import type { HoldfastError, Phase } from '../../../shared/model/failure.ts';
import type { Disposable } from '../lifecycle/disposable.ts';
import type { Event } from '../lifecycle/emitter.ts';
import type { SshLink } from '../ssh/link.ts';

/** A share in a pooled connection. Disposing of the last one starts the idle timer. */
export interface Lease extends Disposable {
  readonly link: SshLink;
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
}

/** A connection as the Logins page shows it. */
export interface PooledConnection {
  readonly id: string;
  readonly host: string;
  readonly user: string;
  readonly address: string;
  readonly jump: readonly string[];
  readonly leases: number;
  readonly channels: number;
  readonly sinceMs: number;
  readonly authenticatedBy: string;
  readonly cipher: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Connections shared between equals (see pool/key.ts): one link and one attempt for each key. */
export interface ConnectionPool extends Disposable {
  /** Joins the link or the attempt under way, or starts one. Never rejects. */
  acquire(request: AcquireRequest): Promise<AcquireResult>;
  /** Fires when an attempt starts, with its key: who waits for the same key joins instead of waiting on. */
  readonly onDidStartAttempt: Event<string>;
  /** The key of a chain, as in `onDidStartAttempt`. */
  keyOf(chain: readonly HostConfig[]): string;
  /** Closes the link of this chain for everybody, so that the next `acquire` makes a new one (restart). */
  replace(chain: readonly HostConfig[]): void;
  /** After wake-up or a network change: every link proves itself within `withinMs` or dies. */
  verifyAll(withinMs: number): void;
  connections(): readonly PooledConnection[];
}
