import type { TunnelStatus } from '../../shared/model/tunnel.ts';

/** How many seconds of samples a sparkline shows. */
export const sampleCount = 60;

/** Rates are averages over so many polls and stand until the next ones, of a tunnel as of each program that uses it: so the parts add up to the whole. */
const pollsPerRate = 2;

/** When the counters were read, wall clock; 0: never. */
export interface Polls {
  readonly count: number;
  /** The last poll. */
  readonly atMs: number;
  /** The last poll that rates were told from. */
  readonly rateAtMs: number;
}

export const noPolls: Polls = { count: 0, atMs: 0, rateAtMs: 0 };

/** One poll more. */
export function nextPoll({ count, rateAtMs }: Polls, atMs: number): Polls {
  const isForRates = (count + 1) % pollsPerRate === 0;
  return { count: count + 1, atMs, rateAtMs: isForRates ? atMs : rateAtMs };
}

interface Counters {
  readonly atMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Bytes through a tunnel, as seen by two polls or more. */
export interface Throughput {
  /** When something flowed last, or when it was first seen. */
  readonly last: Counters;
  /** Where the next rate starts from. */
  readonly basis: Counters;
  readonly inPerSecond: number;
  readonly outPerSecond: number;
  /** Sums of both directions, bytes a second, newest last. */
  readonly samples: readonly number[];
}

function countersOf(tunnel: TunnelStatus, atMs: number): Counters {
  let bytesIn = 0;
  let bytesOut = 0;
  for (const forward of tunnel.forwards) {
    bytesIn += forward.bytesIn;
    bytesOut += forward.bytesOut;
  }
  return { atMs, bytesIn, bytesOut };
}

/** Bytes a second from one reading to another. After a rest the earlier one is older than the poll before, `sinceMs`, which saw the same bytes. */
function between(before: Counters, now: Counters, sinceMs: number) {
  const seconds = Math.max(0.001, (now.atMs - Math.max(before.atMs, sinceMs)) / 1000);
  return {
    inPerSecond: Math.max(0, now.bytesIn - before.bytesIn) / seconds,
    outPerSecond: Math.max(0, now.bytesOut - before.bytesOut) / seconds,
  };
}

/**
 * Adds what the poll `now` measured; `past` is the poll before. The same object comes back while nothing flows, so that rows at rest are not drawn
 * again. Counters that fell (a new link) count as zero.
 */
export function addSample(before: Throughput | undefined, tunnel: TunnelStatus, past: Polls, now: Polls): Throughput {
  const counters = countersOf(tunnel, now.atMs);
  if (before === undefined) return { last: counters, basis: counters, inPerSecond: 0, outPerSecond: 0, samples: [] };
  const { last, basis } = before;
  const still = counters.bytesIn === last.bytesIn && counters.bytesOut === last.bytesOut;
  if (still && before.samples.every((sample) => sample === 0)) return before;
  const sample = between(last, counters, past.atMs);
  const samples = [...before.samples, sample.inPerSecond + sample.outPerSecond].slice(-sampleCount);
  if (now.rateAtMs === past.rateAtMs) return { ...before, last: counters, samples };
  return { last: counters, basis: counters, ...between(basis, counters, past.rateAtMs), samples };
}
