import { useEffect, useState } from 'react';
import type { HistoryEvent } from '../../shared/contract/calls.ts';
import { useBridge } from '../bridge.ts';
import { usePage } from './page-store.ts';

/** Rest between a change of any tunnel and the next reading. */
const restMs = 700;

/** The history of one tunnel (`null`: of all), oldest first; read again when something changed. Null until the first answer. */
export function useHistory(name: string | null, limit: number): readonly HistoryEvent[] | null {
  const bridge = useBridge();
  const revision = usePage((page) => (name === null ? page.revision : page.tunnels.get(name)?.state));
  const connected = usePage((page) => page.connection === 'connected');
  const [read, setRead] = useState<{ name: string | null; events: readonly HistoryEvent[] } | null>(null);
  const known = read !== null && read.name === name;
  useEffect(() => {
    if (!connected) return undefined;
    let stopped = false;
    const timer = setTimeout(
      () =>
        void bridge.call('history', { names: name === null ? [] : [name], limit }).then((result) => {
          if (!stopped && result.ok)
            setRead({ name, events: [...result.output].sort((one, other) => one.atMs - other.atMs) });
        }),
      known ? restMs : 0,
    );
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [bridge, name, limit, revision, connected, known]);
  return known ? read.events : null;
}
