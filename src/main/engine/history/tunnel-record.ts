import type { TunnelStats } from '../../../shared/contract/calls.ts';
import type { Cause } from '../../../shared/model/failure.ts';
import type { TunnelState, TunnelStatus } from '../../../shared/model/tunnel.ts';
import type { Event } from '../lifecycle/emitter.ts';

/** What the history needs to see of a tunnel; `TunnelSupervisor` is one. */
export interface FollowedTunnel {
  readonly config: { readonly name: string };
  readonly probeMs: readonly number[];
  readonly onDidTransition: Event<{
    readonly from: TunnelState;
    readonly to: TunnelState;
    readonly cause: Cause | null;
  }>;
  readonly onDidChange: Event<void>;
  status(): TunnelStatus;
}

/** What is kept of a tunnel over restarts. */
export interface TunnelTotals {
  uptimeMs: number;
  reconnectsByCause: Record<string, number>;
  bytesIn: number;
  bytesOut: number;
  connections: number;
  /** Wall clock of the last change. */
  lastAtMs: number;
}

/** One row for the history. `up` and `healed`: it runs; `lost`: it ran; `failed`: it did not get to run; `started`, `stopped`: by a person or the engine. */
export interface Happening {
  readonly what: 'started' | 'up' | 'lost' | 'healed' | 'failed' | 'dead' | 'stopped';
  readonly cause: Cause | null;
}

export function emptyTotals(): TunnelTotals {
  return { uptimeMs: 0, reconnectsByCause: {}, bytesIn: 0, bytesOut: 0, connections: 0, lastAtMs: 0 };
}

interface Counters {
  clients: number;
  bytesIn: number;
  bytesOut: number;
}

/** Follows one tunnel: turns its transitions into rows and its counters into totals. */
export class TunnelRecord {
  readonly totals: TunnelTotals;
  readonly #seen = new Map<string, Counters>();
  #runningSinceMs: number | null = null;
  /** Up to here the present run is in the totals. */
  #countedToMs = 0;
  #lostBy: Cause | null = null;
  #lastFailure: string | null = null;

  constructor(totals: TunnelTotals) {
    this.totals = totals;
  }

  get isRunning(): boolean {
    return this.#runningSinceMs !== null;
  }

  /** Rows for a transition; `nowMs` is monotonic. */
  transition(from: TunnelState, to: TunnelState, cause: Cause | null, nowMs: number): Happening[] {
    const rows: Happening[] = [];
    if (from.kind === 'running' && to.kind !== 'running') {
      this.settle(nowMs);
      this.#runningSinceMs = null;
      // Without a cause it was let go on purpose: idle on demand, a restart, a stop.
      if (cause !== null) {
        this.#lostBy = cause;
        rows.push({ what: 'lost', cause });
      }
    }
    switch (to.kind) {
      case 'running': {
        const lostBy = this.#lostBy;
        if (lostBy !== null)
          this.totals.reconnectsByCause[lostBy.code] = (this.totals.reconnectsByCause[lostBy.code] ?? 0) + 1;
        rows.push({ what: lostBy === null ? 'up' : 'healed', cause: lostBy });
        this.#runningSinceMs = nowMs;
        this.#countedToMs = nowMs;
        this.#calm();
        break;
      }
      case 'starting':
        if (from.kind === 'stopped' || from.kind === 'dead' || (from.kind === 'running' && cause === null)) {
          this.#calm();
          rows.push({ what: 'started', cause: null });
        }
        break;
      case 'retrying':
        // Each new reason once: a server that is down for a night is one row and not a thousand.
        if (from.kind !== 'running' && cause !== null && this.#lastFailure !== cause.code)
          rows.push({ what: 'failed', cause });
        this.#lastFailure = cause?.code ?? null;
        break;
      case 'dead':
        this.#calm();
        rows.push({ what: 'dead', cause: to.cause });
        break;
      case 'stopped':
        this.#calm();
        rows.push({ what: 'stopped', cause: null });
        break;
      case 'listening':
      case 'interactive':
        break;
      default:
        to satisfies never;
    }
    return rows;
  }

  /** Adds what the forwards' counters have grown by; true if they have. */
  sample(status: TunnelStatus): boolean {
    let grown = false;
    for (const { spec, clients, bytesIn, bytesOut } of status.forwards) {
      const before = this.#seen.get(spec) ?? { clients: 0, bytesIn: 0, bytesOut: 0 };
      this.#seen.set(spec, { clients, bytesIn, bytesOut });
      const [received, sent] = [growth(before.bytesIn, bytesIn), growth(before.bytesOut, bytesOut)];
      const came = Math.max(0, clients - before.clients);
      this.totals.bytesIn += received;
      this.totals.bytesOut += sent;
      this.totals.connections += came;
      if (received + sent + came > 0) grown = true;
    }
    const present = new Set(status.forwards.map((forward) => forward.spec));
    for (const spec of this.#seen.keys()) if (!present.has(spec)) this.#seen.delete(spec);
    return grown;
  }

  /** Counts the uptime until now. */
  settle(nowMs: number): void {
    if (this.#runningSinceMs === null) return;
    this.totals.uptimeMs += nowMs - this.#countedToMs;
    this.#countedToMs = nowMs;
  }

  stats(name: string, source: FollowedTunnel | null, nowMs: number): TunnelStats {
    this.settle(nowMs);
    const { totals } = this;
    return {
      name,
      uptimeMs: this.#runningSinceMs === null ? 0 : Math.round(nowMs - this.#runningSinceMs),
      totalUptimeMs: Math.round(totals.uptimeMs),
      reconnects: Object.values(totals.reconnectsByCause).reduce((sum, count) => sum + count, 0),
      reconnectsByCause: { ...totals.reconnectsByCause },
      bytesIn: totals.bytesIn,
      bytesOut: totals.bytesOut,
      connections: source?.status().forwards.reduce((sum, forward) => sum + forward.clients, 0) ?? 0,
      totalConnections: totals.connections,
      probeMs: [...(source?.probeMs ?? [])],
    };
  }

  #calm(): void {
    this.#lostBy = null;
    this.#lastFailure = null;
  }
}

/** A counter that went back began anew. */
function growth(before: number, now: number): number {
  return now >= before ? now - before : now;
}
