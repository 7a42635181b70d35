import { useEffect, useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import { useBridge } from '../../bridge.ts';
import { usePage } from '../../store/page-store.ts';

export type Detail = CallOutput<'tunnel.detail'>;

/** How often path and clients of the shown tunnel are read while the page is visible. */
const pollMs = 2000;

/** Path, clients and login of a tunnel; read again when its state changes. Null until the first answer. */
export function useDetail(tunnel: TunnelStatus): Detail | null {
  const bridge = useBridge();
  const { name, state } = tunnel;
  const connected = usePage((page) => page.connection === 'connected');
  const [detail, setDetail] = useState<Detail | null>(null);
  const on = tunnel.forwards.map((forward) => `${forward.state}${forward.clients}`).join();
  useEffect(() => {
    if (!connected) return undefined;
    let stopped = false;
    const read = async () => {
      if (document.visibilityState === 'hidden') return;
      const result = await bridge.call('tunnel.detail', { name });
      if (!stopped && result.ok) setDetail(result.output);
    };
    void read();
    const timer = setInterval(() => void read(), pollMs);
    return () => {
      stopped = true;
      clearInterval(timer);
    };
  }, [bridge, name, state, on, connected]);
  return detail?.name === name ? detail : null;
}
