import type { BackoffConfig } from '../../../shared/model/config.ts';
import type { Cause, Phase, RetryClass } from '../../../shared/model/failure.ts';
import type { TunnelState } from '../../../shared/model/tunnel.ts';

/** Who wants the tunnel up. */
export type WantedBy = 'person' | 'login';

/** What of the configuration decides transitions. Times are milliseconds. */
export interface MachinePolicy {
  /** On demand: it listens, and connects at the first byte. */
  readonly demand: boolean;
  /** Its login needs a person: it never dials by itself. */
  readonly interactive: boolean;
  readonly backoff: BackoffConfig;
  readonly gateTimeMs: number;
  readonly pollMs: number;
  /** -1: no limit. */
  readonly maxStarts: number;
  /** 0: no limit. */
  readonly maxLifetimeMs: number;
  readonly stableMs: number;
}

/** Which part of an attempt, or of a running tunnel, failed. */
export type Stage = 'listen' | 'link' | 'forwards' | 'probe';

/** A failure as the machine needs it. */
export interface Failure {
  readonly cause: Cause;
  readonly retry: RetryClass;
  readonly stage: Stage;
  /** In [0, 1), drawn once for a shared attempt. */
  readonly jitter: number;
  /** `auth-tries` of the host that refused. */
  readonly authTries: number;
  /** The link does not answer, though the pool does not know it yet. */
  readonly replaceLink: boolean;
  /** Parked clients are there. */
  readonly clientsWait: boolean;
  /** It came during authentication: a secret may be on its way. */
  readonly inLogin: boolean;
}

/** All that the machine knows. */
export interface Machine {
  readonly policy: MachinePolicy;
  /** What was asked for. */
  readonly desired: { readonly wanted: false } | { readonly wanted: true; readonly by: WantedBy };
  /** What is. */
  readonly state: TunnelState;
  /** Of `starting`: only the listeners are being opened (on demand), nothing is dialled. */
  readonly onlyListening: boolean;
  /** Identity of the attempt, wait or link: events with another id are stale. Grows. */
  readonly id: number;
  /** Consecutive tries since it last ran or a person acted. */
  readonly attempt: number;
  /** Starts since the last stable link, for the back-off; differs from `attempt` when a link flaps. */
  readonly tries: number;
  /** Failed logins in a row. */
  readonly authFailures: number;
  /** Starts since it was put up, for `max-starts` and the gate time. */
  readonly starts: number;
  /** The gate time of this run; 0 when the engine started it. */
  readonly gateMs: number;
  readonly reconnects: number;
  /** It ran, was lost, and has not come back yet. */
  readonly lost: boolean;
  /** Who asked for the try that is under way: decides whether an interactive tunnel may go on dialling. */
  readonly asked: 'no' | 'knock' | 'person';
  /** How far the attempt is, also while a prompt hides it. */
  readonly progress: { readonly phase: Phase; readonly hop: string | null };
  /** Monotonic times. */
  readonly startedAtMs: number;
  readonly runningAtMs: number;
  readonly waitFromMs: number;
  readonly retryAtMs: number;
  /** How long it waited before the try that is under way, or that led to the link in use. */
  readonly waitedMs: number;
  readonly failedStage: Stage | null;
  /** The last failure, until it runs again or a person acts. */
  readonly lastCause: Cause | null;
  /** It came during authentication. */
  readonly failedInLogin: boolean;
}

/** When something happened. */
export interface Instant {
  /** Monotonic. */
  readonly nowMs: number;
  /** Wall clock, for what people see. */
  readonly wallMs: number;
}

export type MachineInput =
  | { readonly kind: 'up'; readonly by: WantedBy }
  | { readonly kind: 'down' }
  | { readonly kind: 'restart' }
  /** Skip the wait: a person said `now`; or the machine woke up, or the network changed. */
  | { readonly kind: 'hurry'; readonly by: 'person' | 'wake' }
  /** The pool began an attempt for the same connection. */
  | { readonly kind: 'attempt-shared' }
  /** The pool has a link for the same connection. */
  | { readonly kind: 'link-available' }
  /** A local client came while no link was there. `inMs`: when the host may be tried for a client; counts during a wait. */
  | { readonly kind: 'knock'; readonly inMs: number }
  /** `clientsWait`: parked clients are there. */
  | { readonly kind: 'retry-due'; readonly id: number; readonly clientsWait: boolean }
  /** On demand: no client for the idle time. */
  | { readonly kind: 'idle'; readonly id: number }
  | { readonly kind: 'lifetime-over' }
  /** The listeners are open (after `open-listeners`). */
  | { readonly kind: 'opened'; readonly id: number }
  | { readonly kind: 'phase'; readonly id: number; readonly phase: Phase; readonly hop: string | null }
  | { readonly kind: 'waiting'; readonly id: number; readonly promptId: string | null }
  | { readonly kind: 'succeeded'; readonly id: number; readonly degraded: Cause | null }
  | { readonly kind: 'degraded'; readonly id: number; readonly cause: Cause | null }
  /** The attempt failed, the listeners could not be opened, or what ran is lost. */
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure }
  /** The configuration changed; `link`: another connection; `forwards`: other forwards. */
  | {
      readonly kind: 'reconfigured';
      readonly policy: MachinePolicy;
      readonly link: boolean;
      readonly forwards: boolean;
    };

export type MachineEvent = MachineInput & { readonly at: Instant };

/** What the supervisor has to do, in this order. */
export type Effect =
  /** Ends attempt, wait and link share; live clients are reset, new ones park. */
  | { readonly kind: 'abandon' }
  /** The share of the link outlives the attempt, as the next try is over the same link; comes before `abandon`. */
  | { readonly kind: 'keep-link' }
  /** Asks the pool for a new link in place of the one in use; comes before `abandon`. */
  | { readonly kind: 'replace-link' }
  | { readonly kind: 'open-listeners'; readonly id: number }
  /** Listeners, link, forwards, first probe. `unattended`: only over a link that is up already. */
  | { readonly kind: 'start'; readonly id: number; readonly unattended: boolean }
  /** Replaces the wait under way. */
  | { readonly kind: 'wait'; readonly id: number; readonly delayMs: number }
  | { readonly kind: 'release-parked' }
  | { readonly kind: 'hold-parked'; readonly held: boolean }
  /** Closes all listeners and forgets the forwards. */
  | { readonly kind: 'close-forwards' }
  | { readonly kind: 'arm-lifetime'; readonly limitMs: number }
  | { readonly kind: 'cancel-lifetime' }
  /** The connection is wanted over losses and waits, or not any more. */
  | { readonly kind: 'want'; readonly wanted: boolean };

export interface Step {
  readonly machine: Machine;
  readonly effects: readonly Effect[];
}
