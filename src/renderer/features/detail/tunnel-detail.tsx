import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import { shownState } from '../../../shared/model/shown-state.ts';
import { useBridge } from '../../bridge.ts';
import { browserAddress, forwardText } from '../../forward-text.ts';
import { markProduction, openAddress, restartTunnel, startRename, switchTunnels } from '../../store/acts.ts';
import { useCopy } from '../../store/copy.ts';
import { useNow } from '../../store/now.ts';
import { usePage } from '../../store/page-store.ts';
import { go, showTunnel, type DetailTab } from '../../store/route.ts';
import { useActs } from '../../store/use-act.ts';
import { useHistory } from '../../store/use-history.ts';
import { useTexts } from '../../texts.ts';
import { Button, LinkButton } from '../../ui/button.tsx';
import { Glyph, Icon } from '../../ui/glyph.tsx';
import { MenuButton, type MenuItem } from '../../ui/menu.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { ProductionTag } from '../tunnels/production-tag.tsx';
import { DayStrip } from './day-strip.tsx';
import styles from './detail.module.css';
import { FaultNote } from './fault-note.tsx';
import { ForwardsTable } from './forwards-table.tsx';
import { LogTab } from './log-tab.tsx';
import { PathLine, ProbeLine } from './path-line.tsx';
import { Section } from './section.tsx';
import { detailSentence } from './sentence.ts';
import { SettingsTab } from './settings-tab.tsx';
import { UsageTables } from './usage-tables.tsx';
import { useDetail, type Detail } from './use-detail.ts';

/** Enough of a busy tunnel's history for a day. */
const historyLimit = 2000;

/** Everything about one tunnel. */
export function TunnelDetail({ tunnel, tab }: { tunnel: TunnelStatus; tab: DetailTab }) {
  const texts = useTexts();
  const detail = useDetail(tunnel);
  const history = useHistory(tunnel.name, historyLimit) ?? [];
  const { name } = tunnel;
  return (
    <section className={styles['detail']} aria-label={texts.rows.details} data-detail="">
      <div className={styles['head']}>
        <div className={styles['top']}>
          <button type="button" className={styles['back']} aria-label={texts.bar.back} onClick={() => showTunnel(null)}>
            <Icon name="back" />
          </button>
          <Glyph state={shownState(tunnel.state)} />
          <div className={styles['name']}>
            <h2 className={styles['title']}>{name}</h2>
            {tunnel.production ? <ProductionTag /> : null}
          </div>
          <Acts tunnel={tunnel} />
        </div>
        <Sentence tunnel={tunnel} detail={detail} history={history} />
        <Tabs
          label={texts.detail.tabs}
          className={styles['tabs']}
          controls="detail-panel"
          selected={tab}
          onSelect={(next) => showTunnel(name, next, true)}
          items={[
            { id: 'overview', label: texts.detail.overview },
            { id: 'log', label: texts.detail.log },
            { id: 'settings', label: texts.detail.settings },
          ]}
        />
      </div>
      <div className={styles['body']} id="detail-panel" role="tabpanel" tabIndex={-1} aria-label={texts.detail[tab]}>
        {tab === 'log' ? <LogTab key={name} tunnel={name} /> : null}
        {tab === 'settings' ? <SettingsTab key={name} tunnel={tunnel} /> : null}
        {tab === 'overview' ? (
          <div className={styles['overview']}>
            <Section title={texts.path.title}>
              {detail === null ? null : <PathLine path={detail.path} state={tunnel.state} />}
              <FaultNote tunnel={tunnel} login={detail?.login ?? ''} />
              {tunnel.state.kind === 'running' && detail?.lastProbe ? <ProbeLine probe={detail.lastProbe} /> : null}
            </Section>
            {tunnel.state.kind === 'running' || detail === null ? null : (
              <UsageTables tunnel={tunnel} detail={detail} />
            )}
            <Section
              title={texts.forwards.title}
              aside={<LinkButton onClick={() => go({ page: 'edit', name })}>{texts.forwards.add}</LinkButton>}
            >
              <ForwardsTable tunnel={tunnel} detail={detail} />
            </Section>
            {tunnel.state.kind === 'running' && detail !== null ? (
              <UsageTables tunnel={tunnel} detail={detail} />
            ) : null}
            <DayStrip tunnel={tunnel} history={history} />
          </div>
        ) : null}
      </div>
    </section>
  );
}

interface SentenceProps {
  readonly tunnel: TunnelStatus;
  readonly detail: Detail | null;
  readonly history: Parameters<typeof detailSentence>[0]['history'];
}

function Sentence({ tunnel, detail, history }: SentenceProps) {
  const texts = useTexts();
  const { language } = useBridge();
  const nowMs = useNow();
  const promptId = tunnel.state.kind === 'interactive' ? tunnel.state.promptId : null;
  const prompt = usePage((page) => page.prompts.find((candidate) => candidate.id === promptId));
  return (
    <p className={styles['sentence']}>{detailSentence({ tunnel, detail, history, prompt, nowMs, language }, texts)}</p>
  );
}

function Acts({ tunnel }: { tunnel: TunnelStatus }) {
  const texts = useTexts();
  const page = useActs();
  const copy = useCopy();
  const { name } = tunnel;
  const wanted = usePage((state) => state.asked.get(name)) ?? tunnel.wanted;
  const forwards = tunnel.forwards.map((forward) => forwardText(forward, tunnel.host, texts));
  const addresses: MenuItem[] = forwards
    .filter((forward) => forward.here)
    .slice(0, 12)
    .flatMap((forward) => {
      const url = browserAddress(forward);
      return [
        {
          id: `copy ${forward.listen}`,
          label: texts.detail.copyAddressOf(forward.listen),
          act: () => void copy(forward.listen),
        },
        ...(url === null
          ? []
          : [
              {
                id: `open ${forward.listen}`,
                label: texts.detail.openOf(forward.listen),
                act: () => void openAddress(page, url),
              },
            ]),
      ];
    });
  const items: MenuItem[] = [
    ...addresses,
    ...(addresses.length === 0 ? [] : [{ id: 'line', separator: true as const }]),
    { id: 'rename', label: texts.detail.rename, act: () => startRename(page.store, name) },
    {
      id: 'production',
      label: tunnel.production ? texts.detail.notProduction : texts.detail.markProduction,
      act: () => void markProduction(page, name, !tunnel.production),
    },
  ];
  return (
    <div className={styles['acts']}>
      <Button onClick={() => void switchTunnels(page, [name], !wanted)}>
        {wanted ? texts.detail.stop : texts.detail.start}
      </Button>
      {tunnel.state.kind === 'running' ? (
        <Button onClick={() => void restartTunnel(page, name)}>{texts.detail.restart}</Button>
      ) : null}
      <Button onClick={() => go({ page: 'edit', name })}>{texts.detail.edit}</Button>
      <MenuButton label={texts.detail.more} items={items}>
        <Icon name="more" />
      </MenuButton>
    </div>
  );
}
