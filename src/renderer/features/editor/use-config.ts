import { useCallback, useEffect, useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import type { ConfigEdit } from '../../../shared/contract/editing-calls.ts';
import { useBridge } from '../../bridge.ts';
import { useTexts } from '../../texts.ts';
import type { Problem } from './field-problems.ts';

export type ConfigView = CallOutput<'config.view'>;

export interface Config {
  /** Null until it is known. */
  readonly view: ConfigView | null;
  /** Why it could not be read. */
  readonly problem: string | null;
  readonly reload: () => Promise<void>;
}

/** The configuration, read again whenever the engine says it changed. */
export function useConfig(): Config {
  const bridge = useBridge();
  const { errorText, engineSays } = useTexts();
  const [view, setView] = useState<ConfigView | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const reload = useCallback(async () => {
    const result = await bridge.call('config.view', {});
    if (result.ok) {
      const { problem: wrong, readOnlyReason } = result.output;
      const say = (text: string | null): string | null => (text === null ? null : engineSays(text));
      setView({ ...result.output, problem: say(wrong), readOnlyReason: say(readOnlyReason) });
    }
    setProblem(result.ok ? null : errorText(result.error));
  }, [bridge, errorText, engineSays]);
  useEffect(() => {
    void reload();
    const stops = [
      bridge.onEvent((event) => {
        if (event.kind === 'config') void reload();
      }),
      bridge.onConnection((state) => {
        if (state === 'connected') void reload();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [bridge, reload]);
  return { view, problem, reload };
}

export type EditCheck = CallOutput<'config.edit'>;

export type EditOutcome =
  | { readonly kind: 'saved'; readonly check: EditCheck }
  | { readonly kind: 'refused'; readonly check: EditCheck }
  /** The call itself did not go through. */
  | { readonly kind: 'failed'; readonly problem: string };

/** Writes edits, all or none. */
export function useSave(): (edits: readonly ConfigEdit[]) => Promise<EditOutcome> {
  const bridge = useBridge();
  const { errorText, engineSays } = useTexts();
  return useCallback(
    async (edits) => {
      const result = await bridge.call('config.edit', { edits: [...edits], dryRun: false });
      if (!result.ok) return { kind: 'failed', problem: errorText(result.error) };
      return { kind: result.output.saved ? 'saved' : 'refused', check: inWords(result.output, engineSays) };
    },
    [bridge, errorText, engineSays],
  );
}

/** What a check found, in the language of the window. */
function inWords(check: EditCheck, engineSays: (sentence: string) => string): EditCheck {
  const say = (problem: Problem): Problem => ({ ...problem, message: engineSays(problem.message) });
  return { ...check, problems: check.problems.map(say), warnings: check.warnings.map(say) };
}

const checkDelayMs = 250;

/** What saving would say, checked by the engine while one types. Null: no edits, or not known yet. The last answer stays until the next comes. */
export function useDryRun(edits: readonly ConfigEdit[]): {
  readonly check: EditCheck | null;
  readonly problem: string | null;
} {
  const bridge = useBridge();
  const { errorText, engineSays } = useTexts();
  const [state, setState] = useState<{ check: EditCheck | null; problem: string | null }>({
    check: null,
    problem: null,
  });
  const key = JSON.stringify(edits);
  useEffect(() => {
    if (key === '[]') {
      setState({ check: null, problem: null });
      return undefined;
    }
    let alive = true;
    const timer = setTimeout(() => {
      void bridge.call('config.edit', { edits: JSON.parse(key) as ConfigEdit[], dryRun: true }).then((result) => {
        if (!alive) return;
        setState(
          result.ok
            ? { check: inWords(result.output, engineSays), problem: null }
            : { check: null, problem: errorText(result.error) },
        );
      });
    }, checkDelayMs);
    return () => {
      alive = false;
      clearTimeout(timer);
    };
  }, [bridge, key, errorText, engineSays]);
  return state;
}
