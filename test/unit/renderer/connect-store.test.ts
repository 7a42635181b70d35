// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectStore, withCounters } from '../../../src/renderer/store/connect-store.ts';
import { createPageStore, type PageStore } from '../../../src/renderer/store/page-store.ts';
import { nextPoll, noPolls } from '../../../src/renderer/store/throughput.ts';
import { createFixtureBridge, type FixtureBridge } from '../../support/renderer/fixture-bridge.ts';
import { fixturePrompt, forward, tunnel } from '../../support/renderer/fixture-data.ts';

let store: PageStore;
let bridge: FixtureBridge;
let stop: () => void;

const settled = () => vi.advanceTimersByTimeAsync(0);
const snapshots = () => bridge.asked.filter(({ call }) => call === 'snapshot').length;

beforeEach(async () => {
  vi.useFakeTimers();
  store = createPageStore();
  bridge = createFixtureBridge({ tunnels: [tunnel('a', { kind: 'stopped' }), tunnel('b', { kind: 'listening' })] });
  stop = connectStore(store, bridge);
  await settled();
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

test('the first snapshot fills the page in the order of the configuration', () => {
  expect(store.getState()).toMatchObject({ connection: 'connected', order: ['a', 'b'], revision: 7 });
});

test('the next revision replaces single rows and leaves the others the same objects', () => {
  const before = store.getState().tunnels.get('b');
  bridge.change([tunnel('a', { kind: 'listening' })]);
  const { tunnels, revision, order } = store.getState();
  expect(tunnels.get('a')?.state.kind).toBe('listening');
  expect(tunnels.get('b')).toBe(before);
  expect({ revision, order }).toEqual({ revision: 8, order: ['a', 'b'] });
  expect(snapshots()).toBe(1);
});

test('an old revision changes nothing', () => {
  bridge.emit({ kind: 'tunnels', revision: 7, changed: [tunnel('a', { kind: 'listening' })], removed: [] });
  expect(store.getState().tunnels.get('a')?.state.kind).toBe('stopped');
});

test('a gap in the revisions takes a fresh snapshot', async () => {
  bridge.revision = 11;
  bridge.rows = [tunnel('a', { kind: 'listening' })];
  bridge.emit({ kind: 'tunnels', revision: 10, changed: [tunnel('b', { kind: 'stopped' })], removed: [] });
  await settled();
  expect(snapshots()).toBe(2);
  expect(store.getState()).toMatchObject({ revision: 11, order: ['a'] });
});

test('events that come while a snapshot is on its way are applied after it', async () => {
  bridge.setConnection('connected');
  bridge.emit({ kind: 'tunnels', revision: 8, changed: [tunnel('c', { kind: 'stopped' })], removed: ['a'] });
  expect(store.getState().order).toEqual(['a', 'b']);
  await settled();
  expect(store.getState().order).toEqual(['b', 'c']);
});

test('a lost link keeps what was known and says so; a new one reads afresh', async () => {
  bridge.setConnection('lost');
  expect(store.getState()).toMatchObject({ connection: 'lost', order: ['a', 'b'] });
  bridge.rows = [tunnel('z', { kind: 'stopped' })];
  bridge.setConnection('connected');
  await settled();
  expect(store.getState()).toMatchObject({ connection: 'connected', order: ['z'] });
});

test('questions come and go', () => {
  const prompt = fixturePrompt(0);
  bridge.emit({ kind: 'prompt-opened', prompt });
  bridge.emit({ kind: 'prompt-opened', prompt });
  expect(store.getState().prompts).toEqual([prompt]);
  bridge.emit({ kind: 'prompt-closed', id: prompt.id, end: 'answered' });
  expect(store.getState().prompts).toEqual([]);
});

test('counters are read every second and become throughput', async () => {
  const row = (bytesIn: number) =>
    tunnel(
      'a',
      { kind: 'running', sinceMs: 0, degraded: null },
      { forwards: [forward('local 1 -> x:1', { bytesIn })] },
    );
  bridge.change([row(0)]);
  await vi.advanceTimersByTimeAsync(1000);
  bridge.rows = [row(50_000)];
  await vi.advanceTimersByTimeAsync(1000);
  expect(store.getState().throughput.get('a')).toMatchObject({ inPerSecond: 50_000, outPerSecond: 0 });
  expect(store.getState().throughput.get('a')?.samples).toEqual([50_000]);
  bridge.rows = [row(10)];
  // A rate stands for two polls, a sample for one.
  await vi.advanceTimersByTimeAsync(1000);
  expect(store.getState().throughput.get('a')).toMatchObject({ inPerSecond: 50_000, samples: [50_000, 0] });
  await vi.advanceTimersByTimeAsync(1000);
  expect(store.getState().throughput.get('a')?.inPerSecond).toBe(0);
});

test('what flows after a rest counts over the time since the last poll, not over the whole rest', async () => {
  const row = (bytesIn: number) =>
    tunnel(
      'a',
      { kind: 'running', sinceMs: 0, degraded: null },
      { forwards: [forward('local 1 -> x:1', { bytesIn })] },
    );
  bridge.change([row(0)]);
  await vi.advanceTimersByTimeAsync(60_000);
  bridge.rows = [row(50_000)];
  await vi.advanceTimersByTimeAsync(2000);
  expect(store.getState().throughput.get('a')).toMatchObject({ inPerSecond: 25_000, samples: [50_000, 0] });
});

test('a poll never changes a state, and a poll without news changes no object', () => {
  const state = store.getState();
  const [first, second] = [nextPoll(noPolls, 5), nextPoll(nextPoll(noPolls, 5), 6)];
  expect(withCounters(state, [tunnel('a', { kind: 'listening' })], first).tunnels).toBeUndefined();
  const measured = { ...state, ...withCounters(state, [...state.tunnels.values()], first), polls: first };
  expect(withCounters(measured, [...state.tunnels.values()], second)).toEqual({});
});

test('nothing is polled while nobody looks', async () => {
  const hidden = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  const before = bridge.asked.length;
  await vi.advanceTimersByTimeAsync(5000);
  expect(bridge.asked.length).toBe(before);
  hidden.mockRestore();
});
