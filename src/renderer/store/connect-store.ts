import type { EngineEvent } from '../../shared/contract/events.ts';
import type { ShellBridge } from '../../shared/contract/shell-bridge.ts';
import type { TunnelStatus } from '../../shared/model/tunnel.ts';
import type { PageStore } from './page-store.ts';
import { addSample, nextPoll, type Polls, type Throughput } from './throughput.ts';

/** How often byte counters are read while the page is visible. */
const pollMs = 1000;

/**
 * Fills a page's store from the bridge: a snapshot first, then events by revision; a gap, a changed configuration or a new link take a fresh
 * snapshot. Returns the way to stop.
 */
export function connectStore(store: PageStore, bridge: ShellBridge): () => void {
  /** Events that came while a snapshot was on its way; null: none is. */
  let held: EngineEvent[] | null = null;
  let again = false;
  let stopped = false;

  async function takeSnapshot(): Promise<void> {
    if (held !== null) {
      again = true;
      return;
    }
    held = [];
    const result = await bridge.call('snapshot', {});
    const missed = held;
    held = null;
    if (stopped) return;
    if (result.ok) {
      const { revision, tunnels, prompts, configProblem } = result.output;
      const known = store.getState().tunnels;
      store.setState({
        connection: 'connected',
        problem: null,
        revision,
        order: tunnels.map((tunnel) => tunnel.name),
        tunnels: new Map(tunnels.map((tunnel) => [tunnel.name, keepEqual(known.get(tunnel.name), tunnel)])),
        prompts,
        configProblem,
        asked: new Map(),
      });
      for (const event of missed) take(event);
    } else store.setState({ problem: result.error });
    if (again) {
      again = false;
      await takeSnapshot();
    }
  }

  function take(event: EngineEvent): void {
    if (held !== null) {
      held.push(event);
      return;
    }
    const state = store.getState();
    switch (event.kind) {
      case 'tunnels': {
        if (event.revision <= state.revision) return;
        if (event.revision !== state.revision + 1) {
          void takeSnapshot();
          return;
        }
        store.setState(withRows(state, event));
        return;
      }
      case 'prompt-opened': {
        const others = state.prompts.filter((prompt) => prompt.id !== event.prompt.id);
        store.setState({ prompts: [...others, event.prompt] });
        return;
      }
      case 'prompt-closed':
        store.setState({ prompts: state.prompts.filter((prompt) => prompt.id !== event.id) });
        return;
      case 'config':
        store.setState({ configProblem: event.problem });
        // The order of the rows is the configuration's.
        void takeSnapshot();
        return;
      case 'log':
        return;
    }
  }

  let polling = false;
  async function poll(): Promise<void> {
    if (polling || document.visibilityState === 'hidden' || store.getState().connection !== 'connected') return;
    polling = true;
    const result = await bridge.call('status', { names: [] });
    polling = false;
    if (stopped || !result.ok) return;
    const state = store.getState();
    const polls = nextPoll(state.polls, Date.now());
    store.setState({ ...withCounters(state, result.output, polls), polls });
  }

  const stops = [
    bridge.onEvent(take),
    bridge.onConnection((connection) => {
      if (connection === 'connected') void takeSnapshot();
      else if (connection === 'lost') store.setState({ connection });
      // What the page knew is not shown any more, and no question is open.
      else
        store.setState({ connection, prompts: [], order: [], tunnels: new Map(), configProblem: null, problem: null });
    }),
  ];
  const timer = setInterval(() => void poll(), pollMs);
  void takeSnapshot();
  return () => {
    stopped = true;
    clearInterval(timer);
    for (const stop of stops) stop();
  };
}

type State = ReturnType<PageStore['getState']>;

function withRows(state: State, event: Extract<EngineEvent, { kind: 'tunnels' }>): Partial<State> {
  const tunnels = new Map(state.tunnels);
  const asked = new Map(state.asked);
  for (const name of event.removed) {
    tunnels.delete(name);
    asked.delete(name);
  }
  for (const row of event.changed) {
    tunnels.set(row.name, row);
    if (asked.get(row.name) === row.wanted) asked.delete(row.name);
  }
  const sameNames = event.removed.length === 0 && event.changed.every((row) => state.tunnels.has(row.name));
  const order = sameNames
    ? state.order
    : [
        ...state.order.filter((name) => tunnels.has(name)),
        ...event.changed.map((row) => row.name).filter((name) => !state.tunnels.has(name)),
      ];
  return { revision: event.revision, tunnels, order, asked: asked.size === state.asked.size ? state.asked : asked };
}

/**
 * Takes counters from the poll `now`; states come by events alone, which know their order. Rows and maps that did not change stay the same objects.
 */
export function withCounters(state: State, rows: readonly TunnelStatus[], now: Polls): Partial<State> {
  let tunnels: Map<string, TunnelStatus> | undefined;
  let throughput: Map<string, Throughput> | undefined;
  for (const row of rows) {
    const known = state.tunnels.get(row.name);
    if (known === undefined) continue;
    const counted = keepEqual(known, { ...known, forwards: row.forwards, parked: row.parked });
    if (counted !== known) tunnels = (tunnels ?? new Map(state.tunnels)).set(row.name, counted);
    const before = state.throughput.get(row.name);
    const after = addSample(before, row, state.polls, now);
    if (after !== before) throughput = (throughput ?? new Map(state.throughput)).set(row.name, after);
  }
  return { ...(tunnels === undefined ? {} : { tunnels }), ...(throughput === undefined ? {} : { throughput }) };
}

/** The known object if the new one says the same: rows are small, so their text is compared. */
function keepEqual(known: TunnelStatus | undefined, row: TunnelStatus): TunnelStatus {
  return known !== undefined && JSON.stringify(known) === JSON.stringify(row) ? known : row;
}
