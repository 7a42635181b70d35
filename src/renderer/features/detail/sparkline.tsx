import { useTexts } from '../../texts.ts';
import { rateText } from '../../format.ts';
import { useBridge } from '../../bridge.ts';
import { sampleCount } from '../../store/throughput.ts';
import { usePage } from '../../store/page-store.ts';
import styles from './sparkline.module.css';

const width = 120;
const height = 20;

/** Bytes a second of the last minute, newest at the right; nothing while nothing flowed. */
export function Sparkline({ name }: { name: string }) {
  const texts = useTexts();
  const { language } = useBridge();
  const throughput = usePage((page) => page.throughput.get(name));
  const samples = throughput?.samples ?? [];
  const peak = Math.max(...samples, 0);
  if (throughput === undefined || peak === 0) return null;
  const step = width / (sampleCount - 1);
  const offset = sampleCount - samples.length;
  const points = samples.map((sample, index) => {
    const y = height - 1 - (sample / peak) * (height - 3);
    return `${((index + offset) * step).toFixed(1)},${y.toFixed(1)}`;
  });
  const now = rateText(throughput.inPerSecond + throughput.outPerSecond, language);
  return (
    <span className={styles['spark']} title={texts.usage.speed}>
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={texts.usage.speed}>
        <polyline points={points.join(' ')} />
      </svg>
      <span>{now}</span>
    </span>
  );
}
