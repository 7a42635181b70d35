import type { CallOutput } from '../../shared/contract/calls.ts';
import type { HostConfig, TunnelConfig } from '../../shared/model/config.ts';
import { assertNever, type Cause, type FailureCode } from '../../shared/model/failure.ts';
import type { TunnelState, TunnelStatus } from '../../shared/model/tunnel.ts';
import { formatEndpoint, formatListen } from './config/forward-spec.ts';

type Station = CallOutput<'tunnel.detail'>['path'][number];

/** What a path is drawn from. */
export interface PathParts {
  readonly config: TunnelConfig;
  /** Jump hosts outermost first, the tunnel's host last. */
  readonly chain: readonly HostConfig[];
  readonly status: TunnelStatus;
  /** The hop whose question is open, if one is. */
  readonly askingHop: string | null;
  /** Round trips from here to each hop of the chain, null where none is known. */
  readonly roundTripMs: readonly (number | null)[];
  /** Round trip of the last check that opened the target; null if checks do not go so far. */
  readonly targetMs: number | null;
  /** The last failure, until it runs again. */
  readonly lastCause: Cause | null;
}

/** Where something goes wrong: on this computer, at hop `n`, or behind the last hop (`chain.length`). */
type Place = 'here' | number;

/** The stations from this computer to the first forward's target, each with how it stands and what the leg before it takes. */
export function tunnelPath(parts: PathParts): Station[] {
  const { config, chain, status } = parts;
  const [first] = config.forwards;
  const { at, how, cause } = progress(parts);
  const hereAt = at === 'here' ? -1 : at;
  const here: Station = {
    kind: 'here',
    name: '',
    address: first ? hereAddress(formatListen(first.listen), status.forwards[0]?.listen ?? null) : '',
    state: at === 'here' ? how : status.state.kind === 'stopped' ? 'idle' : 'ok',
    legMs: null,
    cause: at === 'here' ? cause : null,
  };
  const stateAt = (index: number): Station['state'] =>
    index < hereAt ? 'ok' : index === hereAt ? how : how === 'idle' ? 'idle' : 'later';
  const hops = chain.map(
    (host, index): Station => ({
      kind: 'hop',
      name: host.name,
      address: addressOf(host),
      state: stateAt(index),
      legMs: index < hereAt ? legMs(parts.roundTripMs, index) : null,
      cause: index === at ? cause : null,
    }),
  );
  if (!first || !('target' in first)) return [here, ...hops];
  const last = parts.roundTripMs.at(-1) ?? null;
  const isUp = status.state.kind === 'running' && at === chain.length && how === 'ok';
  const target: Station = {
    kind: 'target',
    name: first.target.kind === 'tcp' ? first.target.host : first.target.path,
    address: formatEndpoint(first.target),
    state: at === chain.length ? how : stateAt(chain.length),
    legMs: isUp && last !== null && parts.targetMs !== null ? Math.max(0, parts.targetMs - last) : null,
    cause: at === chain.length ? cause : null,
  };
  // A remote forward is entered at the far end: its target is on this side.
  return first.kind === 'remote' ? [target, here, ...hops] : [here, ...hops, target];
}

/** What one leg adds. Two round trips of different moments may cross; a leg never takes less than nothing. */
function legMs(roundTripMs: readonly (number | null)[], index: number): number | null {
  const whole = roundTripMs[index] ?? null;
  const before = index === 0 ? 0 : (roundTripMs[index - 1] ?? null);
  return whole === null || before === null ? null : Math.max(0, whole - before);
}

function addressOf({ address, port }: HostConfig): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** Of a port that the system chose, the one it chose. */
function hereAddress(configured: string, actual: string | null): string {
  return /(^|:)0$/.test(configured) ? (actual ?? configured) : configured;
}

/** How far all is well, and how it stands there. */
function progress(parts: PathParts): { at: Place; how: Station['state']; cause: Cause | null } {
  const { chain, askingHop, lastCause } = parts;
  const { state, forwards } = parts.status;
  const names = chain.map((host) => host.name);
  const end = names.length;
  switch (state.kind) {
    case 'running': {
      const fault = faultOfFirst(state, forwards[0]?.cause ?? null);
      if (fault === null) return { at: end, how: 'ok', cause: null };
      return { at: localCodes.has(fault.code) ? 'here' : end, how: 'broken', cause: fault };
    }
    case 'starting': {
      if (state.phase === 'forwards' || state.phase === 'probe') return { at: end, how: 'working', cause: null };
      return { at: Math.max(0, names.indexOf(state.hop ?? names[0] ?? '')), how: 'working', cause: null };
    }
    case 'interactive':
      return { at: Math.max(0, names.indexOf(askingHop ?? '')), how: 'working', cause: null };
    case 'retrying':
    case 'dead':
      return { at: placeOf(state.cause, names), how: 'broken', cause: state.cause };
    case 'stopped':
    case 'listening':
      return { at: 0, how: 'idle', cause: state.kind === 'listening' ? lastCause : null };
    default:
      return assertNever(state);
  }
}

/** The path is that of the first forward: another one's fault is not on it, one of the check is. */
function faultOfFirst(state: Extract<TunnelState, { kind: 'running' }>, own: Cause | null): Cause | null {
  if (own !== null) return own;
  return state.degraded?.code === 'probe-failed' ? state.degraded : null;
}

const localCodes: ReadonlySet<FailureCode> = new Set(['port-in-use', 'port-forbidden', 'bind-failed']);
const endCodes: ReadonlySet<FailureCode> = new Set([
  'target-refused',
  'forward-denied',
  'remote-port-refused',
  'probe-failed',
]);

/** The station that a cause is about: the hop that it names, else the first. */
function placeOf(cause: Cause, names: readonly string[]): Place {
  if (localCodes.has(cause.code)) return 'here';
  if (endCodes.has(cause.code)) return names.length;
  const named = names.findIndex((name) => cause.where === name || cause.where.split(/[\s:,]+/).includes(name));
  return Math.max(0, named);
}
