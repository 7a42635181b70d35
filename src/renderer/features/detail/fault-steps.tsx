import { useEffect, useState } from 'react';
import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import { useBridge } from '../../bridge.ts';
import { act, setWanted, tryNow } from '../../store/acts.ts';
import { useCopy } from '../../store/copy.ts';
import { go } from '../../store/route.ts';
import { useActs } from '../../store/use-act.ts';
import { useTexts } from '../../texts.ts';
import { Button } from '../../ui/button.tsx';
import { focusSoon, labelled } from '../../ui/focus-soon.ts';
import { useEditorTexts } from '../editor/texts.ts';
import { openPrompts } from '../prompts/open-prompts.ts';
import { AllowLegacy } from './allow-legacy.tsx';
import type { FaultStep } from './fault-view.ts';

/** The buttons of a fault: the best step is the primary one. */
export function FaultSteps({ tunnel, steps }: { tunnel: TunnelStatus; steps: readonly FaultStep[] }) {
  const port = useOtherPort(steps);
  // A free port that nobody knows of is no step.
  const shown = steps.filter((step) => step.kind !== 'use-port' || port !== null).slice(0, 2);
  return (
    <>
      {shown.map((step, index) => (
        <StepButton
          key={step.kind === 'edit-host' ? `${step.kind} ${step.key}` : step.kind}
          tunnel={tunnel}
          step={step}
          kind={index === 0 ? 'primary' : 'plain'}
          port={port}
        />
      ))}
    </>
  );
}

interface StepButtonProps {
  readonly tunnel: TunnelStatus;
  readonly step: FaultStep;
  readonly kind: 'primary' | 'plain';
  readonly port: FreePort | null;
}

function StepButton({ tunnel, step, kind, port }: StepButtonProps) {
  const texts = useTexts();
  const fields = useEditorTexts().hostKeys;
  const page = useActs();
  const copy = useCopy();
  const [allowing, setAllowing] = useState(false);
  const { name } = tunnel;
  const button = (label: string, onClick: () => void) => (
    <Button kind={kind} onClick={onClick}>
      {label}
    </Button>
  );
  switch (step.kind) {
    case 'try':
      return tunnel.state.kind === 'dead'
        ? button(texts.fault.tryAgain, () => void setWanted(page, [name], true))
        : button(texts.fault.tryNow, () => void tryNow(page, name));
    case 'review-key':
      return button(texts.rows.review, () => openPrompts(page.bridge, { kind: 'changed-key', tunnel: name }));
    case 'edit-tunnel':
      return button(texts.detail.edit, () => go({ page: 'edit', name }));
    case 'edit-host':
      return button(step.key === 'agent' ? texts.fault.pickAgent : texts.fault.chooseKey, () => {
        go({ page: 'edit', name: `host:${step.host}` });
        focusSoon(() => labelled(fields[step.key]?.label ?? step.key));
      });
    case 'use-port':
      return port === null
        ? null
        : button(texts.fault.usePort(port.other), () => {
            const fresh = step.forward.spec.replace(port.listen, port.listen.replace(/\d+$/, String(port.other)));
            const edit = { op: 'replace-forward', tunnel: name, spec: step.forward.spec, forward: fresh } as const;
            void act(page, 'config.edit', { edits: [edit], dryRun: false });
          });
    case 'copy-admin':
      return button(texts.fault.copyAdmin, () => void copy(step.text));
    case 'allow-legacy':
      return (
        <>
          {button(texts.fault.allow(step.host), () => setAllowing(true))}
          {allowing ? <AllowLegacy step={step} onDone={() => setAllowing(false)} /> : null}
        </>
      );
    default:
      return step satisfies never;
  }
}

interface FreePort {
  /** The forward's own listen part. */
  readonly listen: string;
  readonly other: number;
}

/** For a port that is taken: a free one beside it, if the engine knows one. */
function useOtherPort(steps: readonly FaultStep[]): FreePort | null {
  const bridge = useBridge();
  const step = steps.find((candidate) => candidate.kind === 'use-port');
  const listen = step === undefined ? null : listenPart(step.forward.spec);
  const [port, setPort] = useState<FreePort | null>(null);
  useEffect(() => {
    setPort(null);
    if (listen === null) return undefined;
    let stopped = false;
    void bridge.call('port.check', { listen }).then((result) => {
      const other = result.ok ? result.output.other : null;
      if (!stopped && other !== null) setPort({ listen, other });
    });
    return () => {
      stopped = true;
    };
  }, [bridge, listen]);
  return port;
}

/** Where a forward listens on this computer; null for the server's side, for sockets and for ports that the system chooses. */
function listenPart(spec: string): string | null {
  const [, kind, listen] = /^(\S+)\s+(.*?)(?:\s+->|$)/.exec(spec) ?? [];
  return (kind === 'local' || kind === 'dynamic') && listen !== undefined && /(^|:)\d+$/.test(listen) ? listen : null;
}
