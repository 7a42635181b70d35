// @vitest-environment happy-dom
import { act, cleanup, render } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BridgeContext } from '../../../src/renderer/bridge.ts';
import { TunnelList } from '../../../src/renderer/features/tunnels/tunnel-list.tsx';
import { connectStore, withCounters } from '../../../src/renderer/store/connect-store.ts';
import { createPageStore, PageStoreContext, type PageStore } from '../../../src/renderer/store/page-store.ts';
import { nextPoll, noPolls } from '../../../src/renderer/store/throughput.ts';
import { TextsContext } from '../../../src/renderer/texts.ts';
import { windowEn } from '../../../src/shared/i18n/window-en.ts';
import { createFixtureBridge, type FixtureBridge } from '../../support/renderer/fixture-bridge.ts';
import { forward, tunnel } from '../../support/renderer/fixture-data.ts';
import { until } from '../../support/until.ts';

/** 500 tunnels: what is drawn when something changes is counted, not timed. */

const names = Array.from({ length: 500 }, (_, index) => `t-${index}`);
const rowOf = (name: string, bytesIn = 0, clients = 1) =>
  tunnel(
    name,
    { kind: 'running', sinceMs: 1, degraded: null },
    {
      group: `g${name.length}`,
      forwards: [forward('local 1 -> db:1', { clients, bytesIn })],
    },
  );

let bridge: FixtureBridge;
let store: PageStore;
let stop: () => void;
const labelOf = (name: string) => document.querySelector(`[data-row="${name}"]`)?.getAttribute('aria-label');

/** Names of the rows that were drawn: each asks for its accessible name once a drawing. */
let drawn: string[];

beforeEach(async () => {
  drawn = [];
  const row = vi.fn((name: string, state: string) => {
    drawn.push(name);
    return windowEn.rows.row(name, state);
  });
  bridge = createFixtureBridge({ tunnels: names.map((name) => rowOf(name)) });
  store = createPageStore();
  stop = connectStore(store, bridge);
  render(
    <BridgeContext value={bridge}>
      <TextsContext value={{ ...windowEn, rows: { ...windowEn.rows, row } }}>
        <PageStoreContext value={store}>
          <TunnelList selected="t-0" />
        </PageStoreContext>
      </TextsContext>
    </BridgeContext>,
  );
  // Not by role: that computes the name of each of 500 rows.
  await until(() => labelOf('t-499') === 't-499, Running', { what: 'the last row' });
  drawn = [];
});

afterEach(() => {
  stop();
  cleanup();
});

test('a change of one tunnel draws one row', () => {
  act(() => bridge.change([{ ...rowOf('t-7'), state: { kind: 'listening' } }]));
  expect(drawn).toEqual(['t-7']);
  expect(labelOf('t-7')).toBe('t-7, Listening');
});

test('changes of all come in one event and draw each row once', () => {
  act(() => bridge.change(names.map((name) => ({ ...rowOf(name), state: { kind: 'listening' } }))));
  expect(drawn.toSorted()).toEqual(names.toSorted());
});

test('bytes that flow draw figures and no rows; a client that comes draws its row', () => {
  // The test reads the counters in the engine's place.
  stop();
  store.setState({ throughput: new Map(), polls: noPolls });
  const poll = (rows: ReturnType<typeof rowOf>[], atMs: number) =>
    act(() => {
      const polls = nextPoll(store.getState().polls, atMs);
      store.setState({ ...withCounters(store.getState(), rows, polls), polls });
    });
  poll(
    names.map((name) => rowOf(name)),
    1000,
  );
  poll(
    names.map((name) => rowOf(name, 2_000_000)),
    2000,
  );
  expect(drawn).toEqual([]);
  const figures = [...document.querySelectorAll('li')].filter((row) => row.textContent?.includes('2.0 MB/s, 1 client'));
  expect(figures).toHaveLength(500);
  poll(
    names.map((name) => rowOf(name, 2_000_000, name === 't-3' ? 2 : 1)),
    3000,
  );
  expect(drawn).toEqual(['t-3']);
});

test('what happens elsewhere on the page draws no row', () => {
  act(() => store.setState({ refusal: { code: 'config', where: '', message: 'No.', next: '' } }));
  expect(drawn).toEqual([]);
});
