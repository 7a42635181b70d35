import type { Cause } from '../../../../src/shared/model/failure.ts';
import type { Prompt } from '../../../../src/shared/model/prompt.ts';
import type { ForwardStatus, TunnelState, TunnelStatus } from '../../../../src/shared/model/tunnel.ts';

/** Rows and questions for the tests of the desktop shell's decisions. */

export const cause: Cause = {
  code: 'timeout',
  where: 'bastion',
  message: 'bastion does not answer.',
  next: 'Check the VPN.',
};

export const running: TunnelState = { kind: 'running', sinceMs: 0, degraded: null };
export const stopped: TunnelState = { kind: 'stopped' };
export const retrying: TunnelState = { kind: 'retrying', cause, nextTryAtMs: 0 };
export const dead: TunnelState = { kind: 'dead', cause };
export const starting: TunnelState = { kind: 'starting', phase: 'auth', hop: null };

export function row(name: string, state: TunnelState, extra: Partial<TunnelStatus> = {}): TunnelStatus {
  return {
    name,
    host: 'bastion',
    group: null,
    production: false,
    state,
    wanted: state.kind !== 'stopped',
    attempt: 0,
    reconnects: 0,
    forwards: [],
    parked: 0,
    ...extra,
  };
}

export function forward(spec: string, extra: Partial<ForwardStatus> = {}): ForwardStatus {
  return { spec, state: 'up', listen: null, cause: null, clients: 0, bytesIn: 0, bytesOut: 0, ...extra };
}

export function prompt(id: string, extra: Partial<Prompt> = {}): Prompt {
  return {
    id,
    kind: 'otp',
    tunnels: ['db'],
    host: 'db',
    hop: 'bastion-eu',
    address: '203.0.113.7:22',
    user: 'dmitri',
    message: '',
    fields: [{ label: 'Code:', echo: false }],
    hostKey: null,
    round: 1,
    signIn: null,
    elsewhere: null,
    addresses: [],
    mayRemember: false,
    askedAtMs: 0,
    ...extra,
  };
}
