import { useMemo } from 'react';
import { useBridge } from '../bridge.ts';
import type { Page } from './acts.ts';
import { usePageStore } from './page-store.ts';

/** The page for handing to the acts. */
export function useActs(): Page {
  const store = usePageStore();
  const bridge = useBridge();
  return useMemo(() => ({ store, bridge }), [store, bridge]);
}
