import { HoldfastError } from '../../../shared/model/failure.ts';
import type { TunnelConfig } from '../../../shared/model/config.ts';
import type { ForwardSpec } from '../../../shared/model/forward-spec.ts';
import type { ForwardStatus } from '../../../shared/model/tunnel.ts';
import type { ForwardRunner } from '../forward/forward-runner.ts';
import { DisposableStore, MutableDisposable } from '../lifecycle/disposable.ts';

/** One forward of a tunnel with its own work and retries. */
export interface Slot {
  spec: ForwardSpec;
  enabled: boolean;
  runner: ForwardRunner | null;
  /** The runner and what listens to it. */
  store: DisposableStore;
  readonly retry: MutableDisposable;
  /** Time limit of the attach under way. */
  readonly limit: MutableDisposable;
  /** Failures in a row, for its own back-off. */
  failures: number;
  up: boolean;
  failure: HoldfastError | null;
  /** Grows with every new piece of work, so that late results of older ones are dropped. */
  work: number;
  /** Settings changed while clients were connected: made anew when they are gone. */
  stale: boolean;
  /** Bytes of runners that are closed. */
  bytesIn: number;
  bytesOut: number;
}

/** A forward that nothing was done for yet. */
export function newSlot(spec: ForwardSpec): Slot {
  return {
    spec,
    enabled: spec.enabled,
    runner: null,
    store: new DisposableStore(),
    retry: new MutableDisposable(),
    limit: new MutableDisposable(),
    failures: 0,
    up: false,
    failure: null,
    work: 0,
    stale: false,
    bytesIn: 0,
    bytesOut: 0,
  };
}

/** Nothing is pending and nothing is up. */
export function settleSlot(slot: Slot): void {
  slot.retry.clear();
  slot.limit.clear();
  slot.work += 1;
  slot.up = false;
  slot.failure = null;
}

/** Equal but for the name that people see. */
export function sameForward(a: ForwardSpec, b: ForwardSpec): boolean {
  return JSON.stringify({ ...a, name: null }) === JSON.stringify({ ...b, name: null });
}

/** `closed`: the tunnel is not up, nothing is meant to work. */
export function statusOf(slot: Slot, closed: boolean): ForwardStatus {
  const { spec } = slot.spec;
  const { bytesIn, bytesOut } = slot;
  if (!slot.runner) {
    const state = slot.enabled && !closed ? 'waiting' : 'off';
    return { spec, state, listen: null, cause: null, clients: 0, bytesIn, bytesOut };
  }
  const status = slot.runner.status();
  return {
    ...status,
    spec,
    cause: status.cause ?? slot.failure?.toCause() ?? null,
    bytesIn: bytesIn + status.bytesIn,
    bytesOut: bytesOut + status.bytesOut,
  };
}

/** The server has not answered a request for a listener. */
export function tooSlow(spec: string, timeoutMs: number): HoldfastError {
  return new HoldfastError({
    code: 'timeout',
    where: spec,
    phase: 'forwards',
    message: `The server did not answer within ${Math.round(timeoutMs / 1000)} s whether it opens this forward.`,
    next: 'Holdfast goes on waiting and tries again with the next connection.',
  });
}

/** A live forward ended by itself. */
export function stoppedListening(spec: string): HoldfastError {
  return new HoldfastError({
    code: 'bind-failed',
    where: spec,
    phase: 'forwards',
    message: 'The forward stopped listening.',
    next: 'Holdfast opens it again by itself.',
  });
}

/** With parking off a client that comes on demand still has to wait for the link that it asked for. */
const knockWaitMs = 20_000;

/** How long a client of this tunnel waits for the link; 0: its ports close while there is none. On demand they never do. */
export function clientWaitMs(tunnel: Pick<TunnelConfig, 'start' | 'parkMs'>): number {
  return tunnel.start === 'demand' && tunnel.parkMs === 0 ? knockWaitMs : tunnel.parkMs;
}
