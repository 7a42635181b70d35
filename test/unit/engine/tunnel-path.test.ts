import { describe, expect, test } from 'vitest';
import { type PathParts, tunnelPath } from '../../../src/main/engine/tunnel-path.ts';
import type { Cause, FailureCode } from '../../../src/shared/model/failure.ts';
import type { TunnelState, TunnelStatus } from '../../../src/shared/model/tunnel.ts';
import { forward, tunnel } from '../../support/renderer/fixture-data.ts';
import { hostNamed } from '../pool/fakes.ts';
import { localForward, remoteForward, tunnelConfig } from '../tunnel/fakes.ts';

const cause = (code: FailureCode, where: string): Cause => ({ code, where, message: `${code} there`, next: '' });
const running: TunnelState = { kind: 'running', sinceMs: 0, degraded: null };

function parts(state: TunnelState, over: Partial<PathParts> = {}, status: Partial<TunnelStatus> = {}): PathParts {
  return {
    config: tunnelConfig({ forwards: [localForward(5432)] }),
    chain: [hostNamed('bastion'), hostNamed('db')],
    status: tunnel('t', state, status),
    askingHop: null,
    roundTripMs: [18, 20.5],
    targetMs: null,
    lastCause: null,
    ...over,
  };
}

/** `state` of here, bastion, db, target. */
const states = (given: PathParts) => tunnelPath(given).map((station) => station.state);

describe('a path', () => {
  test('that is up has the time that each leg adds, to the target only if a check goes there', () => {
    const legs = (over: Partial<PathParts>) => tunnelPath(parts(running, over)).map((station) => station.legMs);
    expect(legs({})).toEqual([null, 18, 2.5, null]);
    expect(legs({ targetMs: 22 })).toEqual([null, 18, 2.5, 1.5]);
    expect(legs({ roundTripMs: [18, 17], targetMs: 3 })).toEqual([null, 18, 0, 0]);
    expect(legs({ roundTripMs: [null, 17] })).toEqual([null, null, null, null]);
    expect(states(parts(running))).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  test('that is being made says how far it is', () => {
    const at = (phase: 'auth' | 'dial' | 'forwards', hop: string | null) =>
      states(parts({ kind: 'starting', phase, hop }));
    expect(at('dial', null)).toEqual(['ok', 'working', 'later', 'later']);
    expect(at('auth', 'db')).toEqual(['ok', 'ok', 'working', 'later']);
    expect(at('forwards', 'db')).toEqual(['ok', 'ok', 'ok', 'working']);
    const asked = parts({ kind: 'interactive', promptId: 'p' }, { askingHop: 'db' });
    expect(states(asked)).toEqual(['ok', 'ok', 'working', 'later']);
    expect(tunnelPath(asked)[1]?.legMs).toBe(18);
  });

  test('has a fault where it is: here, at the hop that is named, behind the last', () => {
    const at = (code: FailureCode, where: string) =>
      states(parts({ kind: 'retrying', cause: cause(code, where), nextTryAtMs: 0 }));
    expect(at('port-in-use', 'local 5432 -> db:5432')).toEqual(['broken', 'later', 'later', 'later']);
    expect(at('timeout', 'bastion')).toEqual(['ok', 'broken', 'later', 'later']);
    expect(at('auth-failed', 'db')).toEqual(['ok', 'ok', 'broken', 'later']);
    expect(at('target-refused', 'db:5432')).toEqual(['ok', 'ok', 'ok', 'broken']);
    const dead = tunnelPath(parts({ kind: 'dead', cause: cause('host-key-changed', 'db') }));
    expect(dead.map((station) => station.cause?.message ?? null)).toEqual([null, null, 'host-key-changed there', null]);
  });

  test('is that of the first forward: another one’s fault is not on it', () => {
    const inPart = (first: Cause | null, degraded: Cause) =>
      states(
        parts(
          { kind: 'running', sinceMs: 0, degraded },
          {},
          { forwards: [forward('local 5432 -> db:5432', { cause: first })] },
        ),
      );
    const refused = cause('target-refused', 'x:1');
    expect(inPart(null, refused)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(inPart(refused, refused)).toEqual(['ok', 'ok', 'ok', 'broken']);
    expect(inPart(cause('port-in-use', 's'), refused)).toEqual(['broken', 'later', 'later', 'later']);
    expect(inPart(null, cause('probe-failed', 'probe'))).toEqual(['ok', 'ok', 'ok', 'broken']);
  });

  test('at rest is grey, and a remote forward begins with its target', () => {
    expect(states(parts({ kind: 'stopped' }))).toEqual(['idle', 'idle', 'idle', 'idle']);
    const remote = parts(running, { config: tunnelConfig({ forwards: [remoteForward(9000)] }) });
    expect(tunnelPath(remote).map((station) => station.kind)).toEqual(['target', 'here', 'hop', 'hop']);
  });
});
