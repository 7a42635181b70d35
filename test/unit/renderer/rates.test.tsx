// @vitest-environment happy-dom
import { act, cleanup, render } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BridgeContext } from '../../../src/renderer/bridge.ts';
import { usageRows } from '../../../src/renderer/features/detail/usage.ts';
import { useDetail } from '../../../src/renderer/features/detail/use-detail.ts';
import { connectStore } from '../../../src/renderer/store/connect-store.ts';
import { createPageStore, PageStoreContext, usePage } from '../../../src/renderer/store/page-store.ts';
import { createFixtureBridge } from '../../support/renderer/fixture-bridge.ts';
import { fixtureDetail, forward, tunnel } from '../../support/renderer/fixture-data.ts';

/** What the window says of a tunnel as a whole and of each program that uses it. */

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const spec = 'local 1 -> x:1';

test('the rates of the programs add up to the rate of the tunnel, however unevenly it flows', async () => {
  const startedMs = Date.now();
  // Each second another number of bytes, of each program.
  const flowed = (program: number): number => {
    const second = Math.floor((Date.now() - startedMs) / 1000);
    return Array.from({ length: second }, (_, index) => ((index * 7 + program * 3) % 11) * 10_000).reduce(
      (sum, bytes) => sum + bytes,
      0,
    );
  };
  const row = () =>
    tunnel(
      'a',
      { kind: 'running', sinceMs: 0, degraded: null },
      { forwards: [forward(spec, { clients: 2, bytesIn: flowed(1), bytesOut: flowed(2) })] },
    );
  const client = (program: string, peer: string, bytesIn: number, bytesOut: number) => ({
    spec,
    program,
    pid: 1,
    peer,
    sinceMs: startedMs,
    bytesIn,
    bytesOut,
    parkedLeftMs: null,
  });
  const bridge = createFixtureBridge({
    tunnels: [row()],
    answers: {
      status: () => ({ ok: true, output: [row()] }),
      'tunnel.detail': () => {
        const clients = [client('curl', 'c', flowed(1), 0), client('psql', 'p', 0, flowed(2))];
        return { ok: true, output: { ...fixtureDetail(row(), Date.now()), name: 'a', clients } };
      },
    },
  });
  const store = createPageStore();
  const stop = connectStore(store, bridge);
  await vi.advanceTimersByTimeAsync(300);
  let shown = { whole: 0, parts: [] as (number | null)[] };
  const first = row();
  function Probe() {
    const detail = useDetail(first);
    const whole = usePage((page) => page.throughput.get('a'));
    shown = {
      whole: (whole?.inPerSecond ?? 0) + (whole?.outPerSecond ?? 0),
      parts: detail === null ? [] : usageRows(detail.clients, detail.rates).map(({ rate }) => rate),
    };
    return null;
  }
  render(
    <BridgeContext value={bridge}>
      <PageStoreContext value={store}>
        <Probe />
      </PageStoreContext>
    </BridgeContext>,
  );
  const seen = new Set<number>();
  await act(() => vi.advanceTimersByTimeAsync(4000));
  for (let second = 0; second < 12; second += 1) {
    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(shown.parts).toHaveLength(2);
    expect(shown.parts[0] ?? 0).toBeGreaterThan(0);
    expect(shown.parts.reduce<number>((sum, part) => sum + (part ?? 0), 0)).toBeCloseTo(shown.whole, 3);
    seen.add(shown.whole);
  }
  expect(seen.size).toBeGreaterThan(3);
  stop();
});
