import type { TunnelStatus } from '../../shared/model/tunnel.ts';

/** How many seconds of samples a sparkline shows. */
export const sampleCount = 60;

/** Bytes through a tunnel, as seen by two polls or more. */
export interface Throughput {
  /** When something flowed last, or when it was first seen. */
  readonly atMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly inPerSecond: number;
  readonly outPerSecond: number;
  /** Sums of both directions, bytes a second, newest last. */
  readonly samples: readonly number[];
}

function totals(tunnel: TunnelStatus): { bytesIn: number; bytesOut: number } {
  let bytesIn = 0;
  let bytesOut = 0;
  for (const forward of tunnel.forwards) {
    bytesIn += forward.bytesIn;
    bytesOut += forward.bytesOut;
  }
  return { bytesIn, bytesOut };
}

/**
 * Adds a measurement. The same object comes back while nothing flows, so that rows at rest are not drawn again.
 * Counters that fell (a new link) count as zero. `lastMs`: the measurement before, which says since when bytes can have come after a rest.
 */
export function addSample(
  before: Throughput | undefined,
  tunnel: TunnelStatus,
  atMs: number,
  lastMs: number,
): Throughput {
  const { bytesIn, bytesOut } = totals(tunnel);
  if (before === undefined) return { atMs, bytesIn, bytesOut, inPerSecond: 0, outPerSecond: 0, samples: [] };
  const still = bytesIn === before.bytesIn && bytesOut === before.bytesOut;
  if (still && before.samples.every((sample) => sample === 0)) return before;
  const seconds = Math.max(0.001, (atMs - Math.max(before.atMs, lastMs)) / 1000);
  const inPerSecond = Math.max(0, bytesIn - before.bytesIn) / seconds;
  const outPerSecond = Math.max(0, bytesOut - before.bytesOut) / seconds;
  const samples = [...before.samples, inPerSecond + outPerSecond].slice(-sampleCount);
  return { atMs, bytesIn, bytesOut, inPerSecond, outPerSecond, samples };
}
