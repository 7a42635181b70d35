import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createForwardRunner } from '../../../src/main/engine/forward/create-forward-runner.ts';
import type { ForwardRunner } from '../../../src/main/engine/forward/forward-runner.ts';
import { PortRegistry } from '../../../src/main/engine/forward/port-registry.ts';
import { silentLog } from '../../../src/main/engine/log/log.ts';
import type { Endpoint, ForwardSpec, ListenEndpoint } from '../../../src/shared/model/forward-spec.ts';
import { serveEcho, type TestServer } from '../../support/echo-servers.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { FakeLink, readAll, SocketChannel, socketPair } from '../../support/forward-fakes.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { freePort } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

checkLeaks();

let clock: FakeClock;
let link: FakeLink;
let echo: TestServer;
let folder: string;
const owned: { dispose(): void }[] = [];

beforeEach(async () => {
  clock = new FakeClock();
  link = new FakeLink();
  echo = await serveEcho();
  folder = mkdtempSync(join(tmpdir(), 'hf-remote-'));
});

afterEach(() => {
  for (const item of owned.splice(0).reverse()) item.dispose();
  link.dispose();
  echo.dispose();
  rmSync(folder, { recursive: true, force: true });
  expect(clock.pending, 'timers left').toBe(0);
});

const tcp = (host: string | null, port: number, lastPort = port): ListenEndpoint => ({
  kind: 'tcp',
  host,
  port,
  lastPort,
});

function runner(
  over: { listen?: ListenEndpoint; target?: Endpoint | null; maxConnections?: number; registry?: PortRegistry } = {},
): ForwardRunner {
  const common = { spec: 'remote', name: null, enabled: true, maxConnections: over.maxConnections ?? 0, unlink: false };
  const listen = over.listen ?? tcp(null, 9000);
  const target =
    over.target === undefined ? ({ kind: 'tcp', host: '127.0.0.1', port: echo.port } as const) : over.target;
  const spec: ForwardSpec =
    target === null ? { ...common, kind: 'remote-dynamic', listen } : { ...common, kind: 'remote', listen, target };
  const made = createForwardRunner(spec, {
    clock,
    log: silentLog,
    tunnel: 't',
    parkMs: 20_000,
    registry: over.registry ?? new PortRegistry(),
    host: 'bastion',
  });
  owned.push(made);
  return made;
}

/** A client at the server's listener: the far socket, and what became of the channel. */
async function knock(): Promise<{
  far: Socket;
  fate: () => 'waiting' | 'accepted' | 'rejected';
  channel: SocketChannel;
}> {
  const [near, far] = await socketPair();
  owned.push({ dispose: () => void (near.destroy(), far.destroy()) });
  const channel = new SocketChannel(near);
  let fate: 'waiting' | 'accepted' | 'rejected' = 'waiting';
  link.remote.at(-1)?.onDidConnect.fire({
    originHost: '10.0.0.1',
    originPort: 1234,
    accept: () => {
      fate = 'accepted';
      return channel;
    },
    reject: () => {
      fate = 'rejected';
      channel.dispose();
    },
  });
  return { far, fate: () => fate, channel };
}

describe('a remote forward', () => {
  it.each([
    [tcp(null, 9000), { kind: 'tcp', host: 'localhost', port: 9000 }, '127.0.0.1:9000'],
    [tcp(null, 0), { kind: 'tcp', host: 'localhost', port: 0 }, '127.0.0.1:40000'],
    [tcp('*', 9000), { kind: 'tcp', host: '', port: 9000 }, '0.0.0.0:9000'],
    [tcp('::1', 9000), { kind: 'tcp', host: '::1', port: 9000 }, '[::1]:9000'],
    [tcp('10.1.1.1', 9000), { kind: 'tcp', host: '10.1.1.1', port: 9000 }, '10.1.1.1:9000'],
    [{ kind: 'unix', path: '/run/x.sock' } as const, { kind: 'unix', path: '/run/x.sock' }, '/run/x.sock'],
  ])('asks for and shows %j', async (listen, at, shown) => {
    const forward = runner({ listen });
    expect(forward.status()).toMatchObject({ state: 'waiting', listen: null });
    await forward.open();
    expect(link.remote).toEqual([]);
    await forward.attach(link);
    expect(link.remote[0]?.at).toEqual(at);
    expect(forward.status()).toMatchObject({ state: 'up', listen: shown });
    forward.detach();
    expect(link.remote[0]?.disposed).toBe(true);
    expect(forward.status()).toMatchObject({ state: 'waiting', listen: null });
  });

  it('takes the first port of a range that the server gives, and asks anew each time', async () => {
    const forward = runner({ listen: tcp(null, 9000, 9003) });
    link.busyPorts.add(9000).add(9001);
    await forward.attach(link);
    expect(forward.status().listen).toBe('127.0.0.1:9002');
    forward.detach();
    link.busyPorts.clear();
    await forward.attach(link);
    expect(forward.status().listen).toBe('127.0.0.1:9000');
  });

  it('waits with the cause when the server refuses, and is up on the next try', async () => {
    const forward = runner();
    link.busyPorts.add(9000);
    await expect(forward.attach(link)).rejects.toMatchObject({ code: 'remote-port-refused' });
    expect(forward.status()).toMatchObject({ state: 'waiting', listen: null, cause: { code: 'remote-port-refused' } });
    link.busyPorts.clear();
    await forward.attach(link);
    expect(forward.status()).toMatchObject({ state: 'up', cause: null });
  });

  it('connects a client to the target and counts', async () => {
    const forward = runner();
    await forward.attach(link);
    const { far, fate } = await knock();
    far.end('over there');
    expect((await readAll(far)).toString()).toBe('over there');
    expect(fate()).toBe('accepted');
    await until(() => forward.clients === 0, { what: 'the end' });
    expect(forward.status()).toMatchObject({ bytesIn: 10, bytesOut: 10, cause: null });
  });

  it('reaches a unix socket as target', async () => {
    const path = join(folder, 'echo.sock');
    owned.push(await serveEcho(path));
    await runner({ target: { kind: 'unix', path } }).attach(link);
    const { far } = await knock();
    far.end('by path');
    expect((await readAll(far)).toString()).toBe('by path');
  });

  it.each([
    ['a closed port', async (): Promise<Endpoint> => ({ kind: 'tcp', host: '127.0.0.1', port: await freePort() })],
    ['a missing socket', async (): Promise<Endpoint> => Promise.resolve({ kind: 'unix', path: join(folder, 'none') })],
  ])('rejects the channel for %s and stays up with the cause', async (_name, target) => {
    const forward = runner({ target: await target() });
    await forward.attach(link);
    const { fate } = await knock();
    await until(() => fate() === 'rejected', { what: 'the rejection' });
    expect(forward.status()).toMatchObject({ state: 'up', cause: { code: 'target-refused' } });
  });

  it('rejects above maxConnections and resets all on detach', async () => {
    const forward = runner({ maxConnections: 1 });
    await forward.attach(link);
    const first = await knock();
    first.far.write('x');
    await once(first.far, 'data');
    expect((await knock()).fate()).toBe('rejected');
    forward.detach();
    expect(forward.clients).toBe(0);
    expect(first.channel.isClosed).toBe(true);
  });
});

describe('a remote dynamic forward', () => {
  const request = (port: number): Buffer => Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 255]);

  it('speaks SOCKS on the channel and dials from here', async () => {
    const forward = runner({ target: null });
    await forward.attach(link);
    const { far } = await knock();
    far.end(Buffer.concat([request(echo.port), Buffer.from('hi')]));
    const got = await readAll(far);
    expect([...got.subarray(0, 4)]).toEqual([5, 0, 5, 0]);
    expect(got.subarray(12).toString()).toBe('hi');
    await until(() => forward.clients === 0, { what: 'the end' });
  });

  it('tells a refusal, then closes the channel', async () => {
    const forward = runner({ target: null });
    await forward.attach(link);
    const { far, channel } = await knock();
    far.write(request(await freePort()));
    expect([...(await readAll(far))].slice(2, 4)).toEqual([5, 5]);
    await until(() => channel.isClosed, { what: 'the close' });
    expect(forward.status().cause).toMatchObject({ code: 'target-refused' });
    await until(() => clock.pending === 0, { what: 'the time limit to be gone' });
  });

  it('closes garbage, and everything half done on detach', async () => {
    const forward = runner({ target: null });
    await forward.attach(link);
    const garbage = await knock();
    garbage.far.write('\0\0');
    await readAll(garbage.far);
    await until(() => garbage.channel.isClosed, { what: 'the close' });
    const half = await knock();
    half.far.write(Buffer.from([5]));
    await until(() => clock.pending === 1, { what: 'the handshake' });
    forward.detach();
    await settle();
    expect(half.channel.isClosed).toBe(true);
    expect(clock.pending).toBe(0);
  });
});

describe("Holdfast's own places", () => {
  /** A server of ours that is reserved, at both loopback addresses and a path, and what came to it. */
  async function ownServer(): Promise<{ registry: PortRegistry; port: number; path: string; met: () => number }> {
    let met = 0;
    const path = join(folder, 'own.sock');
    const port = await freePort();
    const registry = new PortRegistry();
    for (const at of [{ host: '::', port }, { path }]) {
      const server = createServer((socket) => {
        met += 1;
        socket.on('error', () => undefined);
        socket.end('secret');
      });
      await once(server.listen(at), 'listening');
      owned.push({ dispose: () => void server.close() });
    }
    owned.push(registry.reserve({ kind: 'tcp', address: '127.0.0.1', port }), registry.reserve({ kind: 'unix', path }));
    return { registry, port, path, met: () => met };
  }

  it.each([
    '127.0.0.1',
    'localhost',
    '::1',
    '::ffff:127.0.0.1',
    '0.0.0.0',
    '::',
    '127.0.0.2',
    '127.1',
    '0x7f000001',
    '2130706433',
    '',
  ])('are no target as %s', async (host) => {
    const { registry, port, met } = await ownServer();
    const forward = runner({ registry, target: { kind: 'tcp', host, port } });
    await forward.attach(link);
    const { fate } = await knock();
    await until(() => fate() === 'rejected', { what: 'the refusal' });
    expect(forward.status().cause).toMatchObject({ code: 'forward-denied', next: expect.stringContaining('another') });
    expect(met()).toBe(0);
    // What is not reserved is reached as ever.
    const other = runner({ registry });
    await other.attach(link);
    const client = await knock();
    await until(() => client.fate() === 'accepted', { what: 'the other target' });
  });

  it.skipIf(process.platform === 'win32')('are no target through a link to their socket', async () => {
    const { registry, path, met } = await ownServer();
    symlinkSync(path, join(folder, 'link'));
    const forward = runner({ registry, target: { kind: 'unix', path: join(folder, 'link') } });
    await forward.attach(link);
    const { fate } = await knock();
    await until(() => fate() === 'rejected', { what: 'the refusal' });
    expect(forward.status().cause).toMatchObject({ code: 'forward-denied' });
    expect(met()).toBe(0);
  });

  it('are refused to a client of SOCKS by its own answer', async () => {
    const { registry, port, met } = await ownServer();
    const forward = runner({ registry, target: null });
    await forward.attach(link);
    for (const name of ['localhost', '127.0.0.1', '::ffff:127.0.0.1']) {
      const { far } = await knock();
      const host = Buffer.from(name);
      far.end(
        Buffer.concat([Buffer.from([5, 1, 0, 5, 1, 0, 3, host.length]), host, Buffer.from([port >> 8, port & 0xff])]),
      );
      // RFC 1928 section 6: 2 is "connection not allowed by ruleset".
      expect([...(await readAll(far))].slice(0, 4)).toEqual([5, 0, 5, 2]);
    }
    expect(met()).toBe(0);
  });
});
