import { useEffect, useState } from 'react';
import type { LogLine } from '../../../shared/contract/calls.ts';
import { useBridge } from '../../bridge.ts';
import { usePage } from '../../store/page-store.ts';
import { keptLines } from './log-lines.ts';

/** A tunnel's log: its newest lines, then what comes. Null until the first answer. */
export function useLog(tunnel: string): readonly LogLine[] | null {
  const bridge = useBridge();
  const connected = usePage((page) => page.connection === 'connected');
  const [lines, setLines] = useState<readonly LogLine[] | null>(null);
  useEffect(() => {
    if (!connected) return undefined;
    let stopped = false;
    /** Lines that came before the answer with the older ones. */
    let early: LogLine[] | null = [];
    const unlisten = bridge.onEvent((event) => {
      if (event.kind !== 'log' || event.line.tunnel !== tunnel) return;
      if (early === null) setLines((known) => [...(known ?? []), event.line].slice(-keptLines));
      else early.push(event.line);
    });
    const follow = { tunnels: true, prompts: true, log: true, logTunnel: tunnel };
    const read = async () => {
      await bridge.call('subscribe', follow);
      const result = await bridge.call('logs', { tunnel, lines: 500 });
      if (stopped) return;
      const older = result.ok ? result.output : [];
      const lastMs = older.at(-1)?.atMs ?? 0;
      setLines([...older, ...(early ?? []).filter((line) => line.atMs > lastMs)]);
      early = null;
    };
    void read();
    return () => {
      stopped = true;
      unlisten();
      setLines(null);
      void bridge.call('subscribe', { ...follow, log: false, logTunnel: null });
    };
  }, [bridge, tunnel, connected]);
  return lines;
}
