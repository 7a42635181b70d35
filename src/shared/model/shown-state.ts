import type { TunnelState, TunnelStateKind } from './tunnel.ts';

/** The eight states as people see them: those of the machine, and `degraded` for a tunnel that runs in part. */
export type ShownState = TunnelStateKind | 'degraded';

/** Every shown state, in the order of the status line: good first, then what wants attention, then off. */
export const shownStates = [
  'running',
  'listening',
  'degraded',
  'starting',
  'interactive',
  'retrying',
  'dead',
  'stopped',
] as const satisfies readonly ShownState[];

export function shownState(state: TunnelState): ShownState {
  return state.kind === 'running' && state.degraded !== null ? 'degraded' : state.kind;
}

/** Whether a tunnel counts as up: bytes get through, at least in part, or it listens and connects on use. */
export function isUp(state: TunnelState): boolean {
  return state.kind === 'running' || state.kind === 'listening';
}
