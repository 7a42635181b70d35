import { useEffect, useState } from 'react';
import type { CallInput } from '../../../shared/contract/calls.ts';
import { useBridge } from '../../bridge.ts';
import { useTexts } from '../../texts.ts';

export type PromptAnswer = CallInput<'answer'>['answer'];

/** Answers one prompt once. `problem`: why the answer did not arrive; the prompt then takes another. */
export function useAnswer(id: string): {
  readonly answer: (answer: PromptAnswer) => void;
  readonly isSent: boolean;
  readonly problem: string | null;
} {
  const bridge = useBridge();
  const { errorText } = useTexts();
  const [sentId, setSentId] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => setProblem(null), [id]);
  const answer = async (value: PromptAnswer): Promise<void> => {
    if (sentId === id) return;
    setSentId(id);
    setProblem(null);
    const result = await bridge.call('answer', { id, answer: value });
    // Gone already: answered elsewhere, and the event that closes it is on its way.
    if (result.ok || result.error.code === 'not-found') return;
    setSentId(null);
    setProblem(errorText(result.error));
  };
  return { answer: (value) => void answer(value), isSent: sentId === id, problem };
}
