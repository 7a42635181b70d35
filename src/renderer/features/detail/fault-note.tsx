import { useEffect, useState, type ReactNode } from 'react';
import { assertNever, type Cause } from '../../../shared/model/failure.ts';
import { shownState, type ShownState } from '../../../shared/model/shown-state.ts';
import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import { useBridge } from '../../bridge.ts';
import { forwardText } from '../../forward-text.ts';
import { act, tryNow } from '../../store/acts.ts';
import { useActs } from '../../store/use-act.ts';
import { useTexts } from '../../texts.ts';
import { Button } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { Glyph } from '../../ui/glyph.tsx';
import { Countdown } from '../tunnels/countdown.tsx';
import { doRowAct } from '../tunnels/do-row-act.ts';
import { deadAct } from '../tunnels/row-view.ts';
import { useRowView } from '../tunnels/use-row-view.ts';
import styles from './fault-note.module.css';

/** What is wrong, said in full, with one next step; null when nothing is. */
export function FaultNote({ tunnel }: { tunnel: TunnelStatus }) {
  const texts = useTexts();
  const page = useActs();
  const view = useRowView(tunnel);
  const { state, name } = tunnel;
  switch (state.kind) {
    case 'interactive': {
      const { act: ask } = view;
      return (
        <Note state="interactive" title={view.line} text={texts.fault.needsYou}>
          {ask === null ? null : (
            <Button kind="primary" onClick={() => void doRowAct(page, name, ask)}>
              {ask.label}
            </Button>
          )}
        </Note>
      );
    }
    case 'retrying':
      return (
        <CauseNote tunnel={tunnel} cause={state.cause}>
          <Button kind="primary" onClick={() => void tryNow(page, name)}>
            {texts.fault.tryNow}
          </Button>
          <OtherPort tunnel={tunnel} cause={state.cause} />
          <span>
            <Countdown toMs={state.nextTryAtMs} say={texts.fault.nextTry} over={texts.fault.tryingNow} />
          </span>
        </CauseNote>
      );
    case 'dead': {
      const step = deadAct(state.cause.code, texts);
      return (
        <CauseNote tunnel={tunnel} cause={state.cause}>
          <Button kind="primary" onClick={() => void doRowAct(page, name, step)}>
            {step.kind === 'start' ? texts.fault.tryAgain : step.label}
          </Button>
          <OtherPort tunnel={tunnel} cause={state.cause} />
          <span>{texts.fault.stopped}</span>
        </CauseNote>
      );
    }
    case 'running':
      return state.degraded === null ? null : (
        <CauseNote tunnel={tunnel} cause={state.degraded}>
          <OtherPort tunnel={tunnel} cause={state.degraded} />
        </CauseNote>
      );
    case 'stopped':
    case 'listening':
    case 'starting':
      return null;
    default:
      return assertNever(state);
  }
}

function CauseNote({ tunnel, cause, children }: { tunnel: TunnelStatus; cause: Cause; children: ReactNode }) {
  const texts = useTexts();
  return (
    <Note
      state={shownState(tunnel.state)}
      title={cause.message}
      text={cause.next}
      raw={texts.fault.raw(cause.code, cause.where, tunnel.attempt)}
    >
      {children}
    </Note>
  );
}

interface NoteProps {
  readonly state: ShownState;
  readonly title: string;
  readonly text: string;
  readonly raw?: string;
  readonly children: ReactNode;
}

function Note({ state, title, text, raw, children }: NoteProps) {
  return (
    <div className={cx(styles['note'], styles[state])}>
      <Glyph state={state} className={styles['shape']} />
      <div>
        <h3 className={styles['title']}>{title}</h3>
        <p className={styles['text']}>{text}</p>
        {raw === undefined ? null : <p className={cx(styles['raw'], 'mono')}>{raw}</p>}
      </div>
      <div className={styles['acts']}>{children}</div>
    </div>
  );
}

/** For a port that is taken: a free one beside it, if the engine knows one; taking it changes the configuration. */
function OtherPort({ tunnel, cause }: { tunnel: TunnelStatus; cause: Cause }) {
  const texts = useTexts();
  const page = useActs();
  const bridge = useBridge();
  const spec = cause.code === 'port-in-use' ? cause.where : null;
  const forward = tunnel.forwards.find((candidate) => candidate.spec === spec);
  const listen = forward === undefined ? null : (/^\S+\s+(.*?)(?:\s+->|$)/.exec(forward.spec)?.[1] ?? null);
  const here = forward !== undefined && forwardText(forward, tunnel.host, texts).here;
  const [other, setOther] = useState<number | null>(null);
  useEffect(() => {
    setOther(null);
    if (listen === null || !here) return undefined;
    let stopped = false;
    void bridge.call('port.check', { listen }).then((result) => {
      if (!stopped && result.ok) setOther(result.output.other);
    });
    return () => {
      stopped = true;
    };
  }, [bridge, listen, here]);
  if (other === null || forward === undefined || listen === null) return null;
  const use = () => {
    const fresh = forward.spec.replace(listen, listen.replace(/\d+$/, String(other)));
    const edit = { op: 'replace-forward', tunnel: tunnel.name, spec: forward.spec, forward: fresh } as const;
    void act(page, 'config.edit', { edits: [edit], dryRun: false });
  };
  return <Button onClick={use}>{texts.fault.usePort(other)}</Button>;
}
