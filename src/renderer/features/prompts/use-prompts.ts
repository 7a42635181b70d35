import { useEffect, useRef, useState } from 'react';
import type { Prompt } from '../../../shared/model/prompt.ts';
import { useBridge } from '../../bridge.ts';
import { usePage } from '../../store/page-store.ts';
import { nextPrompt } from './prompt-queue.ts';
import type { HostOfWay } from './way.ts';

interface Questions {
  /** False until the engine has told the open questions. */
  readonly isKnown: boolean;
  readonly prompts: readonly Prompt[];
  readonly shown: Prompt | null;
}

/** The open questions and the one whose turn it is. `wishedId`: the one that a person picked goes first. */
export function usePrompts(wishedId: string | null = null): Questions {
  const prompts = usePage((state) => state.prompts);
  const isKnown = usePage((state) => state.connection === 'connected');
  const last = useRef<{ readonly id: string; readonly hop: string } | null>(null);
  const wished = wishedId === null ? undefined : prompts.find(({ id }) => id === wishedId);
  const shown = wished ?? nextPrompt(prompts, last.current?.id ?? null, last.current?.hop ?? null);
  if (shown !== null) last.current = { id: shown.id, hop: shown.hop };
  return { isKnown, prompts, shown };
}

/** The hosts of the configuration, for the way to a hop; empty until they are known. Read again when a question comes. */
export function useHosts(promptId: string | null): readonly HostOfWay[] {
  const bridge = useBridge();
  const [hosts, setHosts] = useState<readonly HostOfWay[]>([]);
  useEffect(() => {
    if (promptId === null) return undefined;
    let alive = true;
    void bridge.call('config.view', {}).then((result) => {
      if (alive && result.ok) setHosts(result.output.hosts);
    });
    return () => {
      alive = false;
    };
  }, [bridge, promptId]);
  return hosts;
}
