import { useEffect, useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import { useBridge } from '../../bridge.ts';
import { usePage } from '../../store/page-store.ts';
import { clientRates } from './usage.ts';

/** What the engine says of a tunnel, and what two readings of it tell. */
export type Detail = CallOutput<'tunnel.detail'> & {
  /** Bytes a second by `clientKey`; null until the second reading. */
  readonly rates: ReadonlyMap<string, number> | null;
  /** Wall clock of the reading: times left run on from there. */
  readonly readAtMs: number;
};

/** Readings that lie closer together tell no rate. */
const leastRateMs = 1000;

interface Reading {
  readonly detail: Detail;
  /** Where the next rate starts from. `rateAtMs`: the rate of the whole that stood then. */
  readonly basis: { readonly atMs: number; readonly rateAtMs: number; readonly clients: Detail['clients'] };
}

/**
 * Path, clients and login of a tunnel; read again when its state changes, and whenever the rate of the tunnel as a whole is told anew, so that those
 * of its programs are of the same span. Null until the first answer.
 */
export function useDetail(tunnel: TunnelStatus): Detail | null {
  const bridge = useBridge();
  const { name, state } = tunnel;
  const connected = usePage((page) => page.connection === 'connected');
  const rateAtMs = usePage((page) => page.polls.rateAtMs);
  const [reading, setReading] = useState<Reading | null>(null);
  const on = tunnel.forwards.map((forward) => `${forward.state}${forward.clients}`).join();
  useEffect(() => {
    if (!connected) return undefined;
    let stopped = false;
    const read = async () => {
      if (document.visibilityState === 'hidden') return;
      // The clients are counted when it is asked; to find their programs takes a while.
      const at = { atMs: performance.now(), rateAtMs };
      const result = await bridge.call('tunnel.detail', { name });
      if (!stopped && result.ok) setReading((before) => nextReading(before, result.output, at));
    };
    void read();
    return () => {
      stopped = true;
    };
  }, [bridge, name, state, on, connected, rateAtMs]);
  return reading?.detail.name === name ? reading.detail : null;
}

function nextReading(
  before: Reading | null,
  output: CallOutput<'tunnel.detail'>,
  at: Omit<Reading['basis'], 'clients'>,
): Reading {
  const read = { ...output, readAtMs: Date.now() };
  const basis = { ...at, clients: output.clients };
  if (before?.detail.name !== output.name) return { detail: { ...read, rates: null }, basis };
  const { rates } = before.detail;
  if (at.rateAtMs === before.basis.rateAtMs) return { detail: { ...read, rates }, basis: before.basis };
  const passedMs = at.atMs - before.basis.atMs;
  if (passedMs < leastRateMs) return { detail: { ...read, rates }, basis };
  return { detail: { ...read, rates: clientRates(before.basis.clients, output.clients, passedMs) }, basis };
}
