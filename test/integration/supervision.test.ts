import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createForwardRunner } from '../../src/main/engine/forward/create-forward-runner.ts';
import { PortRegistry } from '../../src/main/engine/forward/port-registry.ts';
import { systemClock } from '../../src/main/engine/lifecycle/clock.ts';
import { DisposableStore } from '../../src/main/engine/lifecycle/disposable.ts';
import { silentLog } from '../../src/main/engine/log/log.ts';
import { createConnectionPool } from '../../src/main/engine/pool/connection-pool.ts';
import type { ConnectionPool } from '../../src/main/engine/pool/pool.ts';
import { TunnelSupervisor } from '../../src/main/engine/tunnel/supervisor.ts';
import type { HostConfig, TunnelConfig } from '../../src/shared/model/config.ts';
import type { ForwardSpec } from '../../src/shared/model/forward-spec.ts';
import type { TunnelStateKind } from '../../src/shared/model/tunnel.ts';
import { serveEcho } from '../support/echo-servers.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { checkLeaks } from '../support/leak-check.ts';
import { sendAndRead } from '../support/lines-server.ts';
import { hostFor, linkSetup, oneKeyAuthenticator, OneKeyTrust } from '../support/link-parts.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';
import { until } from '../support/until.ts';

// Supervisors, pool, connector and forwards together, against a real sshd.

let sshd: TestSshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.stop());

let store: DisposableStore;
let pool: ConnectionPool;
let registry: PortRegistry;

interface Watched {
  readonly supervisor: TunnelSupervisor;
  readonly states: TunnelStateKind[];
  reach(kind: TunnelStateKind): Promise<void>;
  /** Where the first forward listens. */
  listen(): string;
}

function tunnel(
  name: string,
  chain: readonly HostConfig[],
  forwards: readonly ForwardSpec[],
  changes: Partial<TunnelConfig> = {},
): Watched {
  const config: TunnelConfig = {
    name,
    host: chain.at(-1)?.name ?? '',
    start: 'manual',
    group: null,
    description: null,
    production: false,
    interactive: false,
    parkMs: 20_000,
    idleMs: 60_000,
    forwards,
    probe: { kind: 'keepalive' },
    probeTimeoutMs: 5000,
    backoff: { kind: 'exponential', firstMs: 200, capMs: 1000 },
    gateTimeMs: 0,
    pollMs: 60_000,
    firstPollMs: 60_000,
    maxStarts: -1,
    maxLifetimeMs: 0,
    stableMs: 60_000,
    ...changes,
  };
  const supervisor = store.add(
    new TunnelSupervisor({
      config,
      chain,
      pool,
      clock: systemClock,
      log: silentLog,
      random: Math.random,
      createRunner: (spec, of) =>
        createForwardRunner(spec, {
          clock: systemClock,
          log: silentLog,
          tunnel: of.name,
          parkMs: of.parkMs,
          registry,
          host: of.host,
        }),
    }),
  );
  const states: TunnelStateKind[] = [];
  store.add(supervisor.onDidTransition(({ to }) => states.push(to.kind)));
  return {
    supervisor,
    states,
    reach: async (kind) => {
      await until(() => supervisor.status().state.kind === kind, {
        what: `${name} to be ${kind}`,
        seen: () => supervisor.status(),
      });
    },
    listen: () => supervisor.status().forwards[0]?.listen ?? '',
  };
}

function local(targetPort: number, number = 1): ForwardSpec {
  return {
    spec: `local 127.0.0.1:0 -> 127.0.0.1:${targetPort} #${number}`,
    name: null,
    enabled: true,
    maxConnections: 0,
    unlink: false,
    kind: 'local',
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0, lastPort: 0 },
    target: { kind: 'tcp', host: '127.0.0.1', port: targetPort },
  };
}

function remote(port: number, targetPort: number): ForwardSpec {
  return {
    spec: `remote 127.0.0.1:${port} -> 127.0.0.1:${targetPort}`,
    name: null,
    enabled: true,
    maxConnections: 0,
    unlink: false,
    kind: 'remote',
    listen: { kind: 'tcp', host: '127.0.0.1', port, lastPort: port },
    target: { kind: 'tcp', host: '127.0.0.1', port: targetPort },
  };
}

function host(changes: Partial<HostConfig> = {}): HostConfig {
  return hostFor(sshd.port, { name: 'server', user: sshd.user, ...changes });
}

/** How many logins sshd has let in. */
function logins(): number {
  return sshd.log().split('Accepted publickey').length - 1;
}

function open(): void {
  const setup = linkSetup(new OneKeyTrust(Object.values(sshd.hostKeys)), oneKeyAuthenticator(sshd.clientKey));
  store = new DisposableStore();
  registry = new PortRegistry();
  pool = createConnectionPool({
    connector: setup.connector,
    clock: systemClock,
    log: silentLog,
    random: Math.random,
    idleMs: 5000,
    maxLifetimeMs: 0,
  });
  store.add(pool);
}

describe('tunnels over a real server', () => {
  checkLeaks();
  afterEach(() => store.dispose());

  test('up, bytes, lost, healed, down; a client that comes meanwhile waits and goes through', async () => {
    open();
    const echo = store.add(await serveEcho());
    const proxy = store.add(await startFaultProxy(sshd.port));
    const db = tunnel('db', [host({ port: proxy.port })], [local(echo.port)]);
    db.supervisor.up('person');
    await db.reach('running');
    const address = db.listen();
    expect(await sendAndRead(address, 'hello')).toBe('hello');

    await proxy.refuse();
    proxy.reset();
    await db.reach('retrying');
    const waiting = sendAndRead(address, 'patient');
    await until(() => db.supervisor.status().parked === 1, { what: 'a parked client' });
    await proxy.reopen();
    expect(await waiting).toBe('patient');
    expect(db.supervisor.status()).toMatchObject({ state: { kind: 'running' }, attempt: 0, reconnects: 1 });
    expect(db.listen()).toBe(address);
    expect(db.states.filter((kind) => kind === 'running')).toHaveLength(2);
    expect(db.states.slice(0, 3)).toEqual(['starting', 'running', 'retrying']);

    db.supervisor.down();
    expect(db.supervisor.status()).toMatchObject({
      state: { kind: 'stopped' },
      forwards: [{ state: 'off', listen: null }],
    });
    const [where, port] = address.split(':');
    await expect(
      new Promise((resolve, reject) => connect(Number(port), where).on('connect', resolve).on('error', reject)),
    ).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('ten tunnels make one login, lose it with one transition each, and make one more', async () => {
    open();
    const echo = store.add(await serveEcho());
    const before = logins();
    const tunnels = Array.from({ length: 10 }, (_, index) => tunnel(`t${index}`, [host()], [local(echo.port)]));
    for (const one of tunnels) one.supervisor.up('person');
    await Promise.all(tunnels.map((one) => one.reach('running')));
    expect(logins() - before).toBe(1);
    sshd.killSessions();
    await until(() => tunnels.every(({ supervisor }) => supervisor.status().reconnects === 1), {
      what: 'all to come back',
    });
    expect(logins() - before).toBe(2);
    for (const one of tunnels) {
      expect(one.states).toEqual(['starting', 'running', 'retrying', 'starting', 'running']);
      expect(await sendAndRead(one.listen(), 'again')).toBe('again');
    }
  });

  test('a jump chain shares the bastion; its loss is named, and everything behind it comes back', async () => {
    open();
    const echo = store.add(await serveEcho());
    const proxy = store.add(await startFaultProxy(sshd.port));
    const bastion = host({ name: 'bastion', port: proxy.port });
    const before = logins();
    const [a, b] = [
      tunnel('a', [bastion, host({ name: 'inner-a' })], [local(echo.port)]),
      tunnel('b', [bastion, host({ name: 'inner-b' })], [local(echo.port)]),
    ];
    for (const { supervisor } of [a, b]) supervisor.up('person');
    await Promise.all([a.reach('running'), b.reach('running')]);
    expect(logins() - before).toBe(3);
    expect(await sendAndRead(a.listen(), 'through')).toBe('through');
    const causes: (string | undefined)[] = [];
    store.add(a.supervisor.onDidTransition(({ cause }) => cause && causes.push(cause.where)));
    proxy.reset();
    await until(() => [a, b].every(({ supervisor }) => supervisor.status().reconnects === 1), {
      what: 'both to come back',
      seen: () => [a.supervisor.status(), b.supervisor.status()],
    });
    expect(causes[0]).toBe('bastion');
    expect(logins() - before).toBe(6);
    expect(await sendAndRead(b.listen(), 'through')).toBe('through');
  });

  test('on demand it connects at the first client and goes when nobody is left', async () => {
    open();
    const echo = store.add(await serveEcho());
    const before = logins();
    const db = tunnel('db', [host()], [local(echo.port)], { start: 'demand', idleMs: 300 });
    db.supervisor.up('person');
    await db.reach('listening');
    expect(logins() - before).toBe(0);
    expect(await sendAndRead(db.listen(), 'knock')).toBe('knock');
    await db.reach('listening');
    expect(db.states).toEqual(['starting', 'listening', 'starting', 'running', 'listening']);
    expect(await sendAndRead(db.listen(), 'knock')).toBe('knock');
    // Within the pool's idle time the link is still there.
    expect(logins() - before).toBe(1);
  });

  test.each([
    { kind: 'keepalive' },
    { kind: 'loop' },
    { kind: 'target', host: null, port: null },
    { kind: 'exec', command: 'true' },
  ] as const)('the $kind check passes through a healthy server, again and again', async (probe) => {
    open();
    const echo = store.add(await serveEcho());
    const db = tunnel('db', [host()], [local(echo.port)], { probe, pollMs: 200, firstPollMs: 200 });
    db.supervisor.up('person');
    await until(() => db.supervisor.probeMs.length >= 4, { what: 'four checks', seen: () => db.supervisor.status() });
    expect(db.supervisor.status().state).toMatchObject({ kind: 'running', degraded: null });
    expect(db.states).toEqual(['starting', 'running']);
  });

  test('a frozen server is found by the loop check, and replaced when it thaws', async () => {
    open();
    const echo = store.add(await serveEcho());
    const proxy = store.add(await startFaultProxy(sshd.port));
    const db = tunnel('db', [host({ port: proxy.port, connectTimeoutMs: 1000 })], [local(echo.port)], {
      probe: { kind: 'loop' },
      probeTimeoutMs: 500,
      pollMs: 1000,
      firstPollMs: 1000,
    });
    db.supervisor.up('person');
    await db.reach('running');
    proxy.hole();
    await db.reach('retrying');
    expect(db.supervisor.status().state).toMatchObject({ kind: 'retrying', cause: { code: 'probe-failed' } });
    proxy.pass();
    await until(() => db.supervisor.status().reconnects === 1, {
      what: 'it to come back',
      seen: () => db.supervisor.status(),
    });
  });

  test('a remote port that is taken leaves the tunnel degraded, or retrying if it is the only one, until it is free', async () => {
    open();
    const echo = store.add(await serveEcho());
    // One for each: with one for both, either of them may be the first to get it.
    const [mixedBlocker, onlyBlocker] = [store.add(await serveEcho()), store.add(await serveEcho())];
    const mixed = tunnel('mixed', [host()], [local(echo.port), remote(mixedBlocker.port, echo.port)]);
    const only = tunnel('only', [host()], [remote(onlyBlocker.port, echo.port)]);
    for (const { supervisor } of [mixed, only]) supervisor.up('person');
    await mixed.reach('running');
    await only.reach('retrying');
    expect(mixed.supervisor.status().state).toMatchObject({ degraded: { code: 'remote-port-refused' } });
    expect(only.supervisor.status().state).toMatchObject({ cause: { code: 'remote-port-refused' } });
    onlyBlocker.dispose();
    await only.reach('running');
    expect(await sendAndRead(`127.0.0.1:${onlyBlocker.port}`, 'back')).toBe('back');
    mixedBlocker.dispose();
    await until(
      () => {
        const { state } = mixed.supervisor.status();
        return state.kind === 'running' && state.degraded === null;
      },
      { what: 'the other to get its port', timeoutMs: 30_000, seen: () => mixed.supervisor.status() },
    );
    expect(mixed.states).toEqual(['starting', 'running']);
  });

  test('restart makes a new login, and down in the middle of it leaves nothing', async () => {
    open();
    const echo = store.add(await serveEcho());
    const before = logins();
    const db = tunnel('db', [host()], [local(echo.port)]);
    db.supervisor.up('person');
    await db.reach('running');
    db.supervisor.restart();
    await db.reach('running');
    expect(logins() - before).toBe(2);
    db.supervisor.restart();
    db.supervisor.down();
    expect(db.supervisor.status().state.kind).toBe('stopped');
    expect(pool.connections()).toEqual([]);
  });
});
