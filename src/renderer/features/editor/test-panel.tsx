import { useState } from 'react';
import type { CallOutput } from '../../../shared/contract/calls.ts';
import type { ConfigEdit } from '../../../shared/contract/editing-calls.ts';
import { useBridge } from '../../bridge.ts';
import { useTexts } from '../../texts.ts';
import { Button } from '../../ui/button.tsx';
import { Glyph } from '../../ui/glyph.tsx';
import styles from './form.module.css';
import { useEditorTexts } from './texts.ts';

type Steps = CallOutput<'tunnel.test'>['steps'];
type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly steps: Steps }
  | { readonly kind: 'failed'; readonly problem: string };

interface TestPanelProps {
  readonly tunnel: string;
  /** Those that saving would make. */
  readonly edits: readonly ConfigEdit[];
  /** Asks, where to try would run a command that nobody has agreed to. */
  readonly mayRun: () => Promise<boolean>;
  readonly isOff: boolean;
}

/** Tries what the form says before it is saved. */
export function TestPanel({ tunnel, edits, mayRun, isOff }: TestPanelProps) {
  const texts = useEditorTexts().test;
  const { errorText } = useTexts();
  const bridge = useBridge();
  const [state, setState] = useState<State>({ kind: 'idle' });
  const run = async (): Promise<void> => {
    if (!(await mayRun())) return;
    setState({ kind: 'running' });
    const result = await bridge.call('tunnel.test', { tunnel, edits: [...edits] });
    setState(
      result.ok ? { kind: 'done', steps: result.output.steps } : { kind: 'failed', problem: errorText(result.error) },
    );
  };
  const isGood = state.kind === 'done' && state.steps.every(({ ok }) => ok);
  return (
    <div>
      <Button onClick={() => void run()} disabled={isOff || state.kind === 'running'}>
        {state.kind === 'done' || state.kind === 'failed' ? texts.again : texts.button}
      </Button>
      <div role="status">
        {state.kind === 'running' ? <p className={styles['hint']}>{texts.running}</p> : null}
        {state.kind === 'failed' ? <p className={styles['problem']}>{state.problem}</p> : null}
        {state.kind === 'done' ? <p className={styles['hint']}>{isGood ? texts.good : texts.bad}</p> : null}
      </div>
      {state.kind === 'done' ? (
        <ol className={styles['steps']}>
          {state.steps.map((step, index) => (
            // Steps come once, in their order.
            <li key={index}>
              <Glyph state={step.ok ? 'running' : 'dead'} className={styles['glyph']} />
              <div>
                <span>{step.what}</span> <span className="vh">{step.ok ? texts.ok : texts.notOk}</span>
                {step.cause === null ? null : <p className={styles['cause']}>{errorText(step.cause)}</p>}
              </div>
              <span className={styles['ms']}>{texts.ms(step.ms)}</span>
            </li>
          ))}
        </ol>
      ) : null}
    </div>
  );
}
