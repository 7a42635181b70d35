import type { Cause, Phase } from './failure.ts';
import type { ForwardState } from './forward-spec.ts';

/** The tunnel's states; see docs/architecture.md for the table. */
export type TunnelState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'listening' }
  | { readonly kind: 'starting'; readonly phase: Phase; readonly hop: string | null }
  /** `promptId` null: it starts only when a person asks (`interactive = true`). */
  | { readonly kind: 'interactive'; readonly promptId: string | null }
  /** `degraded`: up, but this forward or probe fails. */
  | { readonly kind: 'running'; readonly sinceMs: number; readonly degraded: Cause | null }
  | { readonly kind: 'retrying'; readonly cause: Cause; readonly nextTryAtMs: number }
  | { readonly kind: 'dead'; readonly cause: Cause };

/** In the history, in place of a tunnel's name: what happened to the machine itself. No tunnel has an empty name. */
export const thisMachine = '';

export type TunnelStateKind = TunnelState['kind'];

/** One forward as `status` shows it. */
export interface ForwardStatus {
  readonly spec: string;
  readonly state: ForwardState;
  /** `127.0.0.1:5432`, `[::1]:5432` or a path, with the real port; null while nothing is bound. */
  readonly listen: string | null;
  readonly cause: Cause | null;
  readonly clients: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Production that bytes get through: it is not stopped without a question. What is down anyway is. */
export function isLiveProduction({ production, state }: Pick<TunnelStatus, 'production' | 'state'>): boolean {
  return production && state.kind === 'running';
}

/** One tunnel as every shell sees it. Times ending in `AtMs` are wall clock. */
export interface TunnelStatus {
  readonly name: string;
  readonly host: string;
  readonly group: string | null;
  /** Real work depends on it: marked, and not stopped without a question. */
  readonly production: boolean;
  readonly state: TunnelState;
  /** What the user asked for. */
  readonly wanted: boolean;
  readonly attempt: number;
  readonly reconnects: number;
  readonly forwards: readonly ForwardStatus[];
  /** Clients that wait for the link right now. */
  readonly parked: number;
}
