import { useTexts } from '../../texts.ts';
import { rateText } from '../../format.ts';
import { useBridge } from '../../bridge.ts';
import { sampleCount } from '../../store/throughput.ts';
import { usePage } from '../../store/page-store.ts';
import styles from './sparkline.module.css';

/** A line of fewer says nothing. */
const leastSamples = 6;

const sizes = {
  /** Beside the table of those who use it. */
  wide: { width: 120, height: 20, samples: sampleCount },
  /** In a row of the list. */
  small: { width: 44, height: 14, samples: 30 },
} as const;

/** The line through the samples, newest at the right, as points of an SVG; null while nothing flowed. */
export function sparkPoints(samples: readonly number[], size: (typeof sizes)[keyof typeof sizes]): string | null {
  const { width, height } = size;
  const shown = samples.slice(-size.samples);
  const peak = Math.max(...shown, 0);
  if (peak === 0 || shown.length < leastSamples) return null;
  const step = width / (size.samples - 1);
  const offset = size.samples - shown.length;
  return shown
    .map((sample, index) => {
      const y = height - 1 - (sample / peak) * (height - 3);
      return `${((index + offset) * step).toFixed(1)},${y.toFixed(1)}`;
    })
    .join(' ');
}

/** Bytes a second of the last minute, with the figure of now. */
export function Sparkline({ name }: { name: string }) {
  const texts = useTexts();
  const { language } = useBridge();
  const throughput = usePage((page) => page.throughput.get(name));
  const { width, height } = sizes.wide;
  const points = throughput === undefined ? null : sparkPoints(throughput.samples, sizes.wide);
  if (throughput === undefined || points === null) return null;
  return (
    <span className={styles['spark']} title={texts.usage.speed}>
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={texts.usage.speed}>
        <polyline points={points} />
      </svg>
      <span>{rateText(throughput.inPerSecond + throughput.outPerSecond, language)}</span>
    </span>
  );
}

/** The last half minute of a row; the figure below says the same in numbers. */
export function RowSparkline({ name }: { name: string }) {
  const throughput = usePage((page) => page.throughput.get(name));
  const { width, height } = sizes.small;
  const points = throughput === undefined ? null : sparkPoints(throughput.samples, sizes.small);
  if (points === null) return null;
  return (
    <svg
      className={styles['small']}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      aria-hidden="true"
    >
      <polyline points={points} />
    </svg>
  );
}
