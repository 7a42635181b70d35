import type { TunnelStatus } from '../../../shared/model/tunnel.ts';
import { useBridge } from '../../bridge.ts';
import { usePage } from '../../store/page-store.ts';
import { useTexts } from '../../texts.ts';
import { flowText } from './row-view.ts';

/** What flows through a running tunnel. Its own component: it changes every second, the row around it does not. */
export function RowFlow({ tunnel }: { tunnel: TunnelStatus }) {
  const texts = useTexts();
  const { language } = useBridge();
  const throughput = usePage((page) => page.throughput.get(tunnel.name));
  return flowText(tunnel, throughput, texts, language);
}
