import type { CallOutput, HistoryEvent, LogLine } from '../../../src/shared/contract/calls.ts';
import type { Cause } from '../../../src/shared/model/failure.ts';
import type { Prompt } from '../../../src/shared/model/prompt.ts';
import {
  type ForwardStatus,
  thisMachine,
  type TunnelState,
  type TunnelStatus,
} from '../../../src/shared/model/tunnel.ts';

/** renderer: an engine made of data, for tests and pictures of the pages: ten tunnels, one in each state at least. */

const minute = 60_000;
const hour = 60 * minute;

export function forward(spec: string, over: Partial<ForwardStatus> = {}): ForwardStatus {
  return { spec, state: 'up', listen: null, cause: null, clients: 0, bytesIn: 0, bytesOut: 0, ...over };
}

export function tunnel(name: string, state: TunnelState, over: Partial<TunnelStatus> = {}): TunnelStatus {
  return {
    name,
    host: 'db-prod',
    group: null,
    production: false,
    state,
    wanted: state.kind !== 'stopped',
    attempt: 0,
    reconnects: 0,
    forwards: [forward('local 5432 -> db-01:5432', { listen: '127.0.0.1:5432' })],
    parked: 0,
    ...over,
  };
}

const timeout: Cause = {
  code: 'timeout',
  where: 'bastion-stg',
  message: 'No answer from bastion-stg within 15 s',
  next: 'Nothing came back from 198.51.100.20 port 22. Other hosts answer, so the fault is at bastion-stg or on the way to it. If it needs a VPN, check that.',
};
const refused: Cause = {
  code: 'target-refused',
  where: 'local 6379 -> cache-02:6379',
  message: 'cache-02:6379 refuses connections',
  next: 'The tunnel works as far as cache-prod. Start the service there or correct the target.',
};
const changed: Cause = {
  code: 'host-key-changed',
  where: 'nas.home',
  message: 'nas.home shows a different key',
  next: 'Nothing secret was sent to it. Compare the keys before you go on.',
};

export function fixtureTunnels(nowMs: number): readonly TunnelStatus[] {
  const running = (agoMs: number): TunnelState => ({ kind: 'running', sinceMs: nowMs - agoMs, degraded: null });
  return [
    tunnel('postgres-prod', running(102 * hour), {
      group: 'Production',
      production: true,
      forwards: [
        forward('local 5432 -> db-01:5432', { listen: '127.0.0.1:5432', clients: 3, bytesIn: 2.1e9, bytesOut: 84e6 }),
        forward('local 6432 -> db-02:5432', { listen: '127.0.0.1:6432', bytesIn: 310e3, bytesOut: 41e3 }),
        forward('remote 9187 -> localhost:9187', {
          listen: '127.0.0.1:9187',
          clients: 1,
          bytesIn: 12e6,
          bytesOut: 190e6,
        }),
      ],
    }),
    tunnel('grafana', running(9 * hour), {
      group: 'Production',
      forwards: [forward('local 3000 -> grafana:3000', { listen: '127.0.0.1:3000' })],
    }),
    tunnel(
      'redis-prod',
      { kind: 'running', sinceMs: nowMs - 3 * hour, degraded: refused },
      {
        group: 'Production',
        production: true,
        host: 'cache-prod',
        forwards: [
          forward('local 6379 -> cache-02:6379', {
            state: 'up',
            listen: '127.0.0.1:6379',
            cause: refused,
            clients: 1,
            bytesIn: 12e3,
          }),
        ],
      },
    ),
    tunnel(
      'analytics-eu',
      { kind: 'interactive', promptId: 'p1' },
      {
        group: 'Production',
        host: 'bastion-eu',
        forwards: [forward('local 8123 -> clickhouse:8123', { state: 'waiting' })],
      },
    ),
    tunnel(
      'staging-api',
      { kind: 'retrying', cause: timeout, nextTryAtMs: nowMs + 8400 },
      {
        group: 'Staging',
        host: 'app-stg',
        attempt: 6,
        parked: 2,
        forwards: [
          forward('local 8080 -> api:8080', {
            state: 'waiting',
            listen: '127.0.0.1:8080',
            bytesIn: 48e6,
            bytesOut: 6e6,
          }),
        ],
      },
    ),
    tunnel(
      'kafka-ui',
      { kind: 'starting', phase: 'key-exchange', hop: 'bastion-stg' },
      {
        group: 'Staging',
        host: 'kafka-stg',
        attempt: 2,
        forwards: [forward('local 9000 -> kafka-ui:9000', { state: 'waiting' })],
      },
    ),
    tunnel(
      'k8s-apiserver',
      { kind: 'listening' },
      {
        group: 'Staging',
        forwards: [forward('local 6443 -> 10.20.0.1:6443', { state: 'listening', listen: '127.0.0.1:6443' })],
      },
    ),
    tunnel('webhook-dev', running(26 * hour), {
      group: 'Home',
      host: 'vps',
      forwards: [
        forward('remote 8443 -> localhost:3000', { listen: '0.0.0.0:8443', clients: 1, bytesIn: 9e5, bytesOut: 4e5 }),
      ],
    }),
    tunnel(
      'nas-rsync',
      { kind: 'dead', cause: changed },
      {
        group: 'Home',
        host: 'nas',
        attempt: 1,
        forwards: [forward('local 8730 -> localhost:873', { state: 'off' })],
      },
    ),
    tunnel(
      'socks-home',
      { kind: 'stopped' },
      {
        group: 'Home',
        host: 'home',
        forwards: [forward('dynamic 1080', { state: 'off' })],
      },
    ),
  ];
}

export function fixturePrompt(nowMs: number): Prompt {
  return {
    id: 'p1',
    kind: 'otp',
    tunnels: ['analytics-eu'],
    host: 'bastion-eu',
    hop: 'bastion-eu',
    address: 'bastion-eu.example.org:22',
    user: 'dmitri',
    message: 'Duo two-factor login for dmitri',
    fields: [{ label: 'Passcode or option (1-2):', echo: true }],
    hostKey: null,
    round: 1,
    signIn: null,
    elsewhere: null,
    addresses: [],
    mayRemember: false,
    askedAtMs: nowMs - 18_000,
  };
}

type Detail = CallOutput<'tunnel.detail'>;

export function fixtureDetail(status: TunnelStatus, nowMs: number, startedMs = nowMs): Detail {
  const none = { clients: [], sharedWith: [], lastProbe: null, cause: null };
  const station = (
    kind: Detail['path'][number]['kind'],
    name: string,
    address: string,
    state: Detail['path'][number]['state'],
    legMs: number | null = null,
    reason: string | null = null,
  ) => ({
    kind,
    name,
    address,
    state,
    legMs,
    cause: reason === null ? null : { code: 'timeout' as const, where: name, message: reason, next: '' },
  });
  /** `perSecond`: what flows, so that two readings give a rate. */
  const client = (
    spec: string,
    program: string | null,
    agoMs: number,
    perSecond: number,
    peer: number,
    parkedLeftMs: number | null = null,
  ) => ({
    spec,
    program,
    pid: program === null ? null : 4000 + program.length,
    peer: `127.0.0.1:${peer}`,
    sinceMs: startedMs - agoMs,
    bytesIn: Math.round((perSecond * (nowMs - startedMs + agoMs)) / 1000),
    bytesOut: 1000,
    parkedLeftMs,
  });
  if (status.name === 'staging-api')
    return {
      ...none,
      name: status.name,
      login: '',
      path: [
        station('here', 'this computer', 'localhost:8080', 'ok'),
        station('hop', 'bastion-stg', '198.51.100.20:22', 'broken', null, 'no answer, 15 s'),
        station('hop', 'app-stg', '10.20.0.9:22', 'later'),
        station('target', 'api', 'api:8080', 'later'),
      ],
      clients: [
        client('local 8080 -> api:8080', 'curl', 8000, 0, 50_001, 12_000),
        client('local 8080 -> api:8080', 'Postman', 3000, 0, 50_002, 17_000),
      ],
    };
  if (status.name === 'kafka-ui')
    return {
      ...none,
      name: status.name,
      login: 'dmitri@kafka-stg',
      path: [
        station('here', 'this computer', 'localhost:9000', 'ok'),
        station('hop', 'bastion-stg', '198.51.100.20:22', 'working'),
        station('hop', 'kafka-stg', '10.20.0.12:22', 'later'),
        station('target', 'kafka-ui', 'kafka-ui:9000', 'later'),
      ],
    };
  if (status.name === 'redis-prod')
    return {
      ...none,
      name: status.name,
      login: 'dmitri@cache-prod',
      path: [
        station('here', 'this computer', 'localhost:6379', 'ok'),
        station('hop', 'bastion', '203.0.113.7:22', 'ok', 18),
        station('hop', 'cache-prod', '10.0.0.9:22', 'ok', 3),
        station('target', 'cache-02', 'cache-02:6379', 'broken', null, 'cache-02:6379 refuses connections'),
      ],
      clients: [client('local 6379 -> cache-02:6379', 'redis-cli', hour, 0, 52_011)],
    };
  if (status.name === 'nas-rsync')
    return {
      ...none,
      name: status.name,
      login: 'dmitri@nas',
      path: [
        station('here', 'this computer', 'localhost:8730', 'ok'),
        station('hop', 'nas', 'nas.home:22', 'broken', null, changed.message),
        station('target', 'localhost', 'localhost:873', 'later'),
      ],
    };
  const up = status.state.kind === 'running';
  const state = up ? 'ok' : 'idle';
  return {
    ...none,
    name: status.name,
    login: up ? 'dmitri@db-prod' : '',
    sharedWith: status.name === 'postgres-prod' ? ['redis-prod', 'grafana'] : [],
    path: [
      station('here', 'this computer', 'localhost:5432', up ? 'ok' : 'idle'),
      station('hop', 'bastion', '203.0.113.7:22', state, up ? 18 : null),
      station('hop', 'db-prod', '10.0.0.4:22', state, up ? 2 : null),
      station('target', 'db-01', '10.0.3.7:5432', state, up ? 1 : null),
    ],
    clients:
      status.name === 'postgres-prod'
        ? [
            client('local 5432 -> db-01:5432', 'DBeaver', 6 * hour, 1.1e6, 51_231),
            client('local 5432 -> db-01:5432', 'DBeaver', 6 * hour, 1e5, 51_240),
            client('local 5432 -> db-01:5432', 'billing-worker', 7 * hour, 3000, 48_112),
            client('remote 9187 -> localhost:9187', null, 50 * hour, 400, 60_020),
          ]
        : [],
    lastProbe: up ? { ms: 24, atMs: nowMs - 12_000 } : null,
  };
}

export function fixtureHistory(nowMs: number): readonly HistoryEvent[] {
  const at = (agoMs: number, tunnelName: string, what: string, cause: Cause | null = null): HistoryEvent => ({
    atMs: nowMs - agoMs,
    tunnel: tunnelName,
    what,
    cause,
  });
  const closed: Cause = {
    code: 'server-closed',
    where: 'bastion',
    message: 'bastion closed the link (server restart)',
    next: 'Holdfast connects again by itself.',
  };
  const silent: Cause = { code: 'link-dead', where: 'bastion', message: 'bastion has been silent for 5 s.', next: '' };
  return [
    at(102 * hour, 'postgres-prod', 'started'),
    at(102 * hour - 4000, 'postgres-prod', 'up'),
    at(16.8 * hour, thisMachine, 'asleep'),
    at(16.2 * hour + 5000, thisMachine, 'awake'),
    at(16.2 * hour, 'postgres-prod', 'lost', silent),
    at(16.2 * hour - 3000, 'postgres-prod', 'healed'),
    at(6.8 * hour, 'postgres-prod', 'lost', closed),
    at(6.8 * hour - 38_000, 'postgres-prod', 'healed'),
    at(5 * hour, 'staging-api', 'up'),
    at(28 * minute, 'staging-api', 'lost', timeout),
    at(20 * minute, 'nas-rsync', 'dead', changed),
  ];
}

export function fixtureLog(nowMs: number): readonly LogLine[] {
  const line = (agoMs: number, level: string, message: string, fields: Record<string, unknown> = {}): LogLine => ({
    atMs: nowMs - agoMs,
    level,
    tunnel: 'postgres-prod',
    message,
    fields,
  });
  return [
    line(90_000, 'info', 'dialling', { host: 'bastion', address: '203.0.113.7:22' }),
    line(89_000, 'debug', 'key exchange', { kex: 'curve25519-sha256', cipher: 'chacha20-poly1305@openssh.com' }),
    line(88_000, 'info', 'logged in', { user: 'dmitri', by: 'publickey' }),
    line(87_000, 'info', 'forward is up', { spec: 'local 5432 -> db-01:5432' }),
    line(30_000, 'warn', 'keepalive unanswered', { count: 1 }),
    line(20_000, 'error', 'the target refuses', { target: 'db-02:5432' }),
  ];
}

export function fixtureLogins(nowMs: number): CallOutput<'connections'> {
  const login = (
    id: string,
    host: string,
    jump: readonly string[],
    tunnels: readonly string[],
    by: string,
    programs: readonly string[] = [],
  ) => ({
    id,
    host,
    user: 'dmitri',
    address: `${host}.example.org:22`,
    jump,
    leases: tunnels.length,
    channels: tunnels.length * 2,
    sinceMs: nowMs - Math.max(1, tunnels.length) * 7 * hour,
    endsAtMs: tunnels.length === 0 ? nowMs + 48_000 : null,
    tunnels,
    programs,
    authenticatedBy: by,
    cipher: 'aes128-gcm@openssh.com',
    bytesIn: tunnels.length * 3e8,
    bytesOut: tunnels.length * 2e7,
  });
  return [
    login('c1', 'bastion', [], ['postgres-prod', 'grafana', 'redis-prod', 'k8s-apiserver'], 'publickey', [
      'DBeaver',
      'billing-worker',
    ]),
    login('c2', 'db-prod', ['bastion'], ['postgres-prod', 'grafana', 'redis-prod'], 'publickey', [
      'DBeaver',
      'billing-worker',
    ]),
    login('c3', 'vps', [], ['webhook-dev'], 'keyboard-interactive'),
    login('c4', 'edge', [], [], 'publickey'),
  ];
}
