import { App } from '../../../src/renderer/app.tsx';
import { startPage } from '../../../src/renderer/page.tsx';
import type { ShellBridge } from '../../../src/shared/contract/shell-bridge.ts';
import { createFixtureBridge, type FixtureBridge } from './fixture-bridge.ts';
import { forward, tunnel } from './fixture-data.ts';

declare global {
  interface Window {
    windowFixture?: FixtureBridge;
  }
}

/** The window over data, for pictures: `?tunnels=500`, `?tunnels=0`, `?lang=de`. */
const query = new URLSearchParams(location.search);
const count = query.get('tunnels');
const bridge = createFixtureBridge({
  language: query.get('lang') ?? 'en',
  ...(count === null ? {} : { tunnels: many(Number(count)) }),
});
// Something flows, so that figures and lines move.
setInterval(() => {
  bridge.rows = bridge.rows.map((row) =>
    row.state.kind !== 'running'
      ? row
      : {
          ...row,
          forwards: row.forwards.map((one) => ({
            ...one,
            bytesIn: one.bytesIn + (one.clients > 0 ? 400_000 * one.clients * (0.5 + Math.random()) : 0),
          })),
        },
  );
}, 1000);
window.windowFixture = bridge;
const host: { holdfast?: ShellBridge } = window;
host.holdfast = bridge;
startPage('main', <App />);

function many(n: number) {
  return Array.from({ length: n }, (_, index) =>
    tunnel(
      `tunnel-${String(index).padStart(3, '0')}`,
      index % 7 === 0 ? { kind: 'stopped' } : { kind: 'running', sinceMs: Date.now() - index * 60_000, degraded: null },
      {
        group: `Group ${Math.floor(index / 25)}`,
        forwards: [
          forward(`local ${10_000 + index} -> db-${index}:5432`, {
            listen: `127.0.0.1:${10_000 + index}`,
            clients: index % 3,
          }),
        ],
      },
    ),
  );
}
