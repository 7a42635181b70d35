import { contractVersion } from '../../../src/shared/contract/calls.ts';
import type { CallInput, CallName, CallOutput } from '../../../src/shared/contract/calls.ts';
import type { EngineEvent } from '../../../src/shared/contract/events.ts';
import type { CallResult, ConnectionState, ShellBridge } from '../../../src/shared/contract/shell-bridge.ts';
import type { Prompt } from '../../../src/shared/model/prompt.ts';
import { thisMachine, type TunnelStatus } from '../../../src/shared/model/tunnel.ts';
import {
  fixtureDetail,
  fixtureHistory,
  fixtureLog,
  fixtureLogins,
  fixturePrompt,
  fixtureTunnels,
} from './fixture-data.ts';

/** A bridge to no engine: it answers from data, writes down what it was asked, and tells what a test wants told. */
export interface FixtureBridge extends ShellBridge {
  readonly asked: readonly { readonly call: string; readonly input: unknown }[];
  /** The next revision of the tunnels. */
  change(changed: readonly TunnelStatus[], removed?: readonly string[]): void;
  emit(event: EngineEvent): void;
  setConnection(state: ConnectionState): void;
  navigate(page: string): void;
  /** Rows as the engine now has them. */
  rows: TunnelStatus[];
  prompts: Prompt[];
  revision: number;
}

export interface FixtureOptions {
  readonly language?: string;
  readonly platform?: ShellBridge['platform'];
  readonly tunnels?: readonly TunnelStatus[];
  /** Answers in place of the usual ones. */
  readonly answers?: Partial<Record<CallName, (input: never) => CallResult<unknown>>>;
}

export function createFixtureBridge(options: FixtureOptions = {}): FixtureBridge {
  const startedMs = Date.now();
  const asked: { call: string; input: unknown }[] = [];
  const events = new Set<(event: EngineEvent) => void>();
  const connections = new Set<(state: ConnectionState) => void>();
  const navigations = new Set<(page: string) => void>();

  const usual: Partial<Record<CallName, (input: never) => unknown>> = {
    snapshot: () => ({ revision: bridge.revision, tunnels: bridge.rows, prompts: bridge.prompts, configProblem: null }),
    status: () => bridge.rows,
    up: () => ({ names: [] }),
    down: () => ({ names: [] }),
    restart: () => ({ names: [] }),
    now: () => ({ names: [] }),
    forward: () => ({}),
    subscribe: () => ({}),
    'connection.close': () => ({}),
    usage: () => ({ clients: 6, programs: 5, logins: 3 }),
    connections: () => fixtureLogins(startedMs),
    history: (input: CallInput<'history'>) =>
      fixtureHistory(startedMs).filter(
        (event) => input.names.length === 0 || [...input.names, thisMachine].includes(event.tunnel),
      ),
    logs: () => fixtureLog(startedMs),
    hello: () => ({
      version: '0.1.0',
      contract: contractVersion,
      pid: 1,
      startedAtMs: startedMs,
      configFile: '/etc/x',
      logFolder: '/tmp',
    }),
    'tunnel.detail': ({ name }: CallInput<'tunnel.detail'>) => {
      const row = bridge.rows.find((candidate) => candidate.name === name);
      return row === undefined ? undefined : fixtureDetail(row, Date.now(), startedMs);
    },
    'ssh-config.list': () => ({ file: '~/.ssh/config', runsCommands: false, hosts: sshHosts }),
    'port.check': () => ({ free: false, holder: 'postgres', other: 5433, problem: null }),
    'config.view': (): CallOutput<'config.view'> => ({
      file: '/home/you/.config/holdfast/config.toml',
      readOnlyReason: null,
      problem: null,
      hosts: [],
      settings: { values: {}, effective: {} },
      tunnels: bridge.rows.map((row) => ({
        name: row.name,
        host: row.host,
        group: row.group,
        values: { host: row.host, forwards: row.forwards.map((forward) => forward.spec) },
        effective: { host: row.host, start: 'login', park: '20s', probe: 'keepalive', backoff: 'exponential' },
        forwards: [],
      })),
    }),
  };

  const bridge: FixtureBridge = {
    shell: 'panel',
    platform: options.platform ?? 'linux',
    language: options.language ?? 'en',
    desktop: null,
    asked,
    rows: [...(options.tunnels ?? fixtureTunnels(startedMs))],
    prompts: options.tunnels === undefined ? [fixturePrompt(startedMs)] : [],
    revision: 7,
    async call<N extends CallName>(call: N, input: CallInput<N>): Promise<CallResult<CallOutput<N>>> {
      asked.push({ call, input });
      await Promise.resolve();
      const own = options.answers?.[call];
      if (own !== undefined) return own(input as never) as CallResult<CallOutput<N>>;
      const output = usual[call]?.(input as never);
      if (output !== undefined) return { ok: true, output: output as CallOutput<N> };
      return { ok: false, error: { code: 'not-found', where: call, message: `Nothing answers ${call}.`, next: '' } };
    },
    onEvent: (listener) => listen(events, listener),
    onConnection: (listener) => listen(connections, listener),
    onNavigate: (listener) => listen(navigations, listener),
    emit: (event) => {
      for (const listener of events) listener(event);
    },
    change: (changed, removed = []) => {
      for (const row of changed) {
        const at = bridge.rows.findIndex((known) => known.name === row.name);
        if (at < 0) bridge.rows.push(row);
        else bridge.rows[at] = row;
      }
      bridge.rows = bridge.rows.filter((row) => !removed.includes(row.name));
      bridge.revision += 1;
      bridge.emit({ kind: 'tunnels', revision: bridge.revision, changed, removed });
    },
    setConnection: (state) => {
      for (const listener of connections) listener(state);
    },
    navigate: (page) => {
      for (const listener of navigations) listener(page);
    },
  };
  return bridge;
}

const sshHosts = Array.from({ length: 14 }, (_, index) => ({ alias: `host-${index}`, known: false }));

function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
