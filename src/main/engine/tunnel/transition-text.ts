import { assertNever, type Cause } from '../../../shared/model/failure.ts';
import type { TunnelState } from '../../../shared/model/tunnel.ts';
import type { MachineInput } from './machine-types.ts';

/** Why a tunnel is in this state, where something failed. `failure`: what just failed, if that was the event. */
export function causeOf(to: TunnelState, failure: Cause | null): Cause | null {
  if (to.kind === 'dead' || to.kind === 'retrying') return to.cause;
  if (to.kind === 'running') return to.degraded;
  return failure;
}

/** Why a transition came, in words for the log, where no failure says it. */
export function reasonOf(input: MachineInput): string {
  switch (input.kind) {
    case 'up':
      return input.by === 'person' ? 'somebody asked for it' : 'it starts with the engine';
    case 'down':
      return 'somebody took it down';
    case 'restart':
      return 'somebody asked for a restart';
    case 'hurry':
      return input.by === 'person'
        ? 'somebody asked for the next try now'
        : 'the machine woke up or the network changed';
    case 'attempt-shared':
      return 'another tunnel tries the same connection';
    case 'link-available':
      return 'another tunnel made the connection';
    case 'knock':
      return 'a client came';
    case 'retry-due':
      return 'the wait is over';
    case 'idle':
      return 'nobody used it for the idle time';
    case 'lifetime-over':
      return 'its lifetime is over';
    case 'opened':
      return 'the ports are open';
    case 'phase':
    case 'waiting':
      return input.kind === 'waiting' && input.promptId !== null ? 'it waits for a person' : 'it goes on';
    case 'succeeded':
      return 'the forwards are up';
    case 'degraded':
      return 'a forward changed';
    case 'failed':
      return input.failure.cause.message;
    case 'reconfigured':
      return 'the configuration changed';
    default:
      return assertNever(input);
  }
}
