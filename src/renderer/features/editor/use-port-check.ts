import { useEffect, useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import { useBridge } from '../../bridge.ts';

export type PortCheck = CallOutput<'port.check'>;

const delayMs = 300;

/** Whether a place to listen is free now, asked while one types. `listen` null: nothing to ask. */
export function usePortCheck(listen: string | null): PortCheck | null {
  const bridge = useBridge();
  const [answer, setAnswer] = useState<{ readonly listen: string; readonly check: PortCheck } | null>(null);
  useEffect(() => {
    if (listen === null) return undefined;
    let alive = true;
    const timer = setTimeout(() => {
      void bridge.call('port.check', { listen }).then((result) => {
        if (alive && result.ok) setAnswer({ listen, check: result.output });
      });
    }, delayMs);
    return () => {
      alive = false;
      clearTimeout(timer);
    };
  }, [bridge, listen]);
  return answer !== null && answer.listen === listen ? answer.check : null;
}
