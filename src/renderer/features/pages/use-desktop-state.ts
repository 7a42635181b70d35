import { useCallback, useEffect, useState } from 'react';
import type { DesktopCallName, DesktopInput, DesktopOutput } from '../../../shared/contract/shell-bridge.ts';
import { useBridge } from '../../bridge.ts';
import { useTexts } from '../../texts.ts';

type DesktopState = DesktopOutput<'desktop.state'>;

interface Desktop {
  /** Null in the panel, and until it is known. */
  readonly state: DesktopState | null;
  readonly problem: string | null;
  /** Makes a call that changes it, and reads it again: what is shown is what is true. */
  readonly change: <N extends DesktopCallName>(name: N, input: DesktopInput<N>) => void;
}

/** What the desktop app keeps and knows by itself. */
export function useDesktopState(): Desktop {
  const { desktop } = useBridge();
  const { errorText } = useTexts();
  const [state, setState] = useState<DesktopState | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const reload = useCallback(async () => {
    if (desktop === null) return;
    const result = await desktop('desktop.state', {});
    if (result.ok) setState(result.output);
    else setProblem(errorText(result.error));
  }, [desktop, errorText]);
  useEffect(() => {
    void reload();
    // The system's own settings may have been changed meanwhile.
    const onFocus = (): void => void reload();
    window.addEventListener('focus', onFocus);
    return () => window.removeEventListener('focus', onFocus);
  }, [reload]);
  const change = useCallback(
    <N extends DesktopCallName>(name: N, input: DesktopInput<N>) => {
      const run = async (): Promise<void> => {
        const result = await desktop?.(name, input);
        setProblem(result === undefined || result.ok ? null : errorText(result.error));
        await reload();
      };
      void run();
    },
    [desktop, reload, errorText],
  );
  return { state, problem, change };
}
