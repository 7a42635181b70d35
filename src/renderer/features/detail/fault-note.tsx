import type { ReactNode } from 'react';
import { assertNever, type Cause } from '../../../shared/model/failure.ts';
import { shownState, type ShownState } from '../../../shared/model/shown-state.ts';
import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import { usePage } from '../../store/page-store.ts';
import { useActs } from '../../store/use-act.ts';
import { useTexts } from '../../texts.ts';
import { Button } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { Glyph } from '../../ui/glyph.tsx';
import { Countdown } from '../tunnels/countdown.tsx';
import { doRowAct } from '../tunnels/do-row-act.ts';
import { useRowView } from '../tunnels/use-row-view.ts';
import { FaultSteps } from './fault-steps.tsx';
import styles from './fault-note.module.css';
import { faultSteps, faultWords } from './fault-view.ts';

/** What is wrong, said in full, with the steps that help; null when nothing is. `login`: `user@host`, empty if not known. */
export function FaultNote({ tunnel, login }: { tunnel: TunnelStatus; login: string }) {
  const texts = useTexts();
  const { state } = tunnel;
  switch (state.kind) {
    case 'interactive':
      return <AskNote tunnel={tunnel} />;
    case 'retrying':
      return (
        <CauseNote tunnel={tunnel} cause={state.cause} login={login}>
          <Countdown toMs={state.nextTryAtMs} say={texts.fault.nextTry} over={texts.fault.tryingNow} />
        </CauseNote>
      );
    case 'dead':
      return (
        <CauseNote tunnel={tunnel} cause={state.cause} login={login}>
          {texts.fault.stopped}
        </CauseNote>
      );
    case 'running':
      return state.degraded === null ? null : (
        <CauseNote tunnel={tunnel} cause={state.degraded} login={login}>
          {otherForwardsUp(tunnel) > 0 ? texts.fault.othersUp(otherForwardsUp(tunnel)) : null}
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

function otherForwardsUp({ forwards }: TunnelStatus): number {
  return forwards.filter((forward) => forward.state === 'up' && forward.cause === null).length;
}

function AskNote({ tunnel }: { tunnel: TunnelStatus }) {
  const texts = useTexts();
  const page = useActs();
  const { line, act: ask } = useRowView(tunnel);
  const promptId = tunnel.state.kind === 'interactive' ? tunnel.state.promptId : null;
  const isElsewhere = usePage((state) =>
    state.prompts.some(({ id, elsewhere }) => id === promptId && elsewhere !== null),
  );
  return (
    <Note state="interactive" title={line} text={isElsewhere ? texts.fault.finishElsewhere : texts.fault.needsYou}>
      {ask === null ? null : (
        <Button kind="primary" onClick={() => void doRowAct(page, tunnel.name, ask)}>
          {ask.label}
        </Button>
      )}
    </Note>
  );
}

interface CauseNoteProps {
  readonly tunnel: TunnelStatus;
  readonly cause: Cause;
  readonly login: string;
  /** What happens without the person. */
  readonly children: ReactNode;
}

function CauseNote({ tunnel, cause, login, children }: CauseNoteProps) {
  const texts = useTexts();
  const waiting = usePage((page) => (cause.code === 'offline' ? countOffline(page.tunnels) : 0));
  const steps = faultSteps(tunnel, cause, login);
  const allows = steps[0]?.kind === 'allow-legacy';
  const { title, body } = faultWords(
    texts.causeSays(cause),
    allows ? texts.fault.allowText : cause.code === 'offline' ? texts.fault.offline(waiting) : texts.stepSays(cause),
  );
  return (
    <Note
      state={shownState(tunnel.state)}
      title={title}
      text={body}
      raw={texts.fault.raw(cause.code, cause.where, tunnel.attempt)}
    >
      <FaultSteps tunnel={tunnel} steps={steps} />
      {children === null ? null : <span>{children}</span>}
    </Note>
  );
}

function countOffline(tunnels: ReadonlyMap<string, TunnelStatus>): number {
  return [...tunnels.values()].filter(({ state }) => state.kind === 'retrying' && state.cause.code === 'offline')
    .length;
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
        <h4 className={styles['title']}>{title}</h4>
        <p className={styles['text']}>{text}</p>
        {raw === undefined ? null : <p className={cx(styles['raw'], 'mono')}>{raw}</p>}
      </div>
      <div className={styles['acts']}>{children}</div>
    </div>
  );
}
