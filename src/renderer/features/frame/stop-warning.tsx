import { useEffect, useState } from 'react';
import type { WindowTexts } from '../../../shared/i18n/window-en.ts';
import { useBridge } from '../../bridge.ts';
import { confirmStop, liveProduction } from '../../store/acts.ts';
import { usePage, type Stopping } from '../../store/page-store.ts';
import { useActs } from '../../store/use-act.ts';
import { useTexts } from '../../texts.ts';
import { Button } from '../../ui/button.tsx';
import { ButtonRow, Dialog } from '../../ui/dialog.tsx';
import { clientCount } from '../tunnels/row-view.ts';

/** Says who is connected before a stop cuts them off. Keeping it up is the default. */
export function StopWarning() {
  const stopping = usePage((page) => page.stopping);
  return stopping === null ? null : <Warning stopping={stopping} />;
}

function Warning({ stopping }: { stopping: Stopping }) {
  const texts = useTexts();
  const page = useActs();
  const { platform } = useBridge();
  const tunnels = usePage((state) => state.tunnels);
  const used = stopping.names.filter((name) => clientsOf(tunnels.get(name), stopping.spec) > 0);
  const clients = used.reduce((sum, name) => sum + clientsOf(tunnels.get(name), stopping.spec), 0);
  const programs = usePrograms(used, stopping.spec);
  const keep = () => page.store.setState({ stopping: null });
  const production = stopping.spec === null ? liveProduction(tunnels, stopping.names) : [];
  const title = warningTitle(production, used, stopping, texts);
  return (
    <Dialog
      title={title}
      role="alertdialog"
      onCancel={keep}
      buttons={
        <ButtonRow
          platform={platform}
          other={
            <Button kind="danger" onClick={() => void confirmStop(page)}>
              {stopLabel(production, stopping, texts)}
            </Button>
          }
          primary={
            <Button kind="primary" data-autofocus="" onClick={keep}>
              {texts.stop.keep}
            </Button>
          }
        />
      }
    >
      {programs.length > 0 ? (
        programs.map(({ program, count }) => <p key={program}>{texts.stop.program(program, count)}</p>)
      ) : (
        <p>{clients === 0 ? texts.stop.nobody : texts.stop.clients(clients)}</p>
      )}
      {clients === 0 ? null : <p>{texts.stop.closes}</p>}
    </Dialog>
  );
}

/** Production is said before who is connected. */
function warningTitle(
  production: readonly string[],
  used: readonly string[],
  { spec }: Stopping,
  texts: WindowTexts,
): string {
  const [marked] = production;
  if (production.length > 1) return texts.stop.titleManyProduction(production.length);
  if (marked !== undefined) return texts.stop.titleProduction(marked);
  const [only] = used;
  return used.length === 1 && only !== undefined ? texts.stop.title(spec ?? only) : texts.stop.titleMany(used.length);
}

/** For production the button names what goes: nobody confirms it out of habit. */
function stopLabel(production: readonly string[], { names, aim }: Stopping, texts: WindowTexts): string {
  const [name] = names;
  if (production.length === 0 || name === undefined) return aim === 'restart' ? texts.detail.restart : texts.stop.stop;
  if (names.length > 1) return texts.stop.stopMany(names.length);
  return aim === 'restart' ? texts.stop.restartOf(name) : texts.stop.stopOf(name);
}

function clientsOf(tunnel: Parameters<typeof clientCount>[0] | undefined, spec: string | null): number {
  if (tunnel === undefined) return 0;
  if (spec === null) return clientCount(tunnel);
  return tunnel.forwards.find((forward) => forward.spec === spec)?.clients ?? 0;
}

/** Connected programs by name, if the system tells all of them. */
function usePrograms(names: readonly string[], spec: string | null): readonly { program: string; count: number }[] {
  const texts = useTexts();
  const bridge = useBridge();
  const [programs, setPrograms] = useState<readonly { program: string; count: number }[]>([]);
  const key = names.join('\n');
  useEffect(() => {
    let stopped = false;
    const read = async () => {
      const counts = new Map<string, number>();
      for (const name of key.split('\n').slice(0, 20)) {
        const result = await bridge.call('tunnel.detail', { name });
        for (const client of result.ok ? result.output.clients : []) {
          if (client.parkedLeftMs !== null || (spec !== null && client.spec !== spec)) continue;
          const program = client.program ?? texts.stop.unknownProgram;
          counts.set(program, (counts.get(program) ?? 0) + 1);
        }
      }
      if (!stopped) setPrograms([...counts].map(([program, count]) => ({ program, count })));
    };
    void read();
    return () => {
      stopped = true;
    };
  }, [bridge, key, spec, texts]);
  return programs;
}
