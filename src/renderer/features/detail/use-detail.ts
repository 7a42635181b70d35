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

/** How often path and clients of the shown tunnel are read while the page is visible. */
const pollMs = 2000;
/** Readings that lie closer together tell no rate. */
const leastRateMs = 1000;

interface Reading {
  readonly detail: Detail;
  /** Where the next rate starts from. */
  readonly basis: { readonly atMs: number; readonly clients: Detail['clients'] };
}

/** Path, clients and login of a tunnel; read again when its state changes. Null until the first answer. */
export function useDetail(tunnel: TunnelStatus): Detail | null {
  const bridge = useBridge();
  const { name, state } = tunnel;
  const connected = usePage((page) => page.connection === 'connected');
  const [reading, setReading] = useState<Reading | null>(null);
  const on = tunnel.forwards.map((forward) => `${forward.state}${forward.clients}`).join();
  useEffect(() => {
    if (!connected) return undefined;
    let stopped = false;
    const read = async () => {
      if (document.visibilityState === 'hidden') return;
      const result = await bridge.call('tunnel.detail', { name });
      if (!stopped && result.ok) setReading((before) => nextReading(before, result.output, performance.now()));
    };
    void read();
    const timer = setInterval(() => void read(), pollMs);
    return () => {
      stopped = true;
      clearInterval(timer);
    };
  }, [bridge, name, state, on, connected]);
  return reading?.detail.name === name ? reading.detail : null;
}

function nextReading(before: Reading | null, output: CallOutput<'tunnel.detail'>, atMs: number): Reading {
  const read = { ...output, readAtMs: Date.now() };
  const basis = { atMs, clients: output.clients };
  if (before?.detail.name !== output.name) return { detail: { ...read, rates: null }, basis };
  const passedMs = atMs - before.basis.atMs;
  if (passedMs < leastRateMs) return { detail: { ...read, rates: before.detail.rates }, basis: before.basis };
  return { detail: { ...read, rates: clientRates(before.basis.clients, output.clients, passedMs) }, basis };
}
