import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createForwardRunner } from '../../../src/main/engine/forward/create-forward-runner.ts';
import type { ForwardRunner } from '../../../src/main/engine/forward/forward-runner.ts';
import { PortRegistry } from '../../../src/main/engine/forward/port-registry.ts';
import { silentLog } from '../../../src/main/engine/log/log.ts';
import { type FailureCode, HoldfastError } from '../../../src/shared/model/failure.ts';
import { serveEcho, type TestServer } from '../../support/echo-servers.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeLink, readAll } from '../../support/forward-fakes.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { until } from '../../support/until.ts';

checkLeaks();

let clock: FakeClock;
let link: FakeLink;
let echo: TestServer;
let forward: ForwardRunner;
const sockets: Socket[] = [];

beforeEach(async () => {
  clock = new FakeClock();
  link = new FakeLink();
  echo = await serveEcho();
  forward = createForwardRunner(
    {
      kind: 'dynamic',
      spec: 'dynamic 0',
      name: null,
      enabled: true,
      maxConnections: 0,
      unlink: false,
      listen: { kind: 'tcp', host: null, port: 0, lastPort: 0 },
    },
    { clock, log: silentLog, tunnel: 'proxy', parkMs: 20_000, registry: new PortRegistry(), host: 'bastion' },
  );
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  forward.dispose();
  link.dispose();
  echo.dispose();
  expect(clock.pending, 'timers left').toBe(0);
});

async function client(): Promise<Socket> {
  const socket = connect({
    host: '127.0.0.1',
    port: Number(forward.status().listen?.split(':').at(-1)),
    allowHalfOpen: true,
  });
  socket.on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

const toEcho = (): number[] => [127, 0, 0, 1, echo.port >> 8, echo.port & 255];
const socks5 = (): Buffer => Buffer.from([5, 1, 0, 5, 1, 0, 1, ...toEcho()]);
const reply5 = (code: number): Buffer => Buffer.from([5, 0, 5, code, 0, 1, 0, 0, 0, 0, 0, 0]);

async function exchange(bytes: Buffer): Promise<Buffer> {
  const socket = await client();
  socket.end(bytes);
  return readAll(socket);
}

describe('a dynamic forward', () => {
  it.each([
    ['SOCKS5', () => socks5(), () => reply5(0)],
    [
      'SOCKS4',
      () => Buffer.from([4, 1, echo.port >> 8, echo.port & 255, 127, 0, 0, 1, 0]),
      () => Buffer.from([0, 0x5a, 0, 0, 0, 0, 0, 0]),
    ],
    [
      'CONNECT',
      () => Buffer.from(`CONNECT 127.0.0.1:${echo.port} HTTP/1.1\r\n\r\n`),
      () => Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n'),
    ],
  ])('%s, with bytes and the end right behind the request', async (_name, request, reply) => {
    await forward.attach(link);
    const got = await exchange(Buffer.concat([request(), Buffer.from('payload')]));
    expect(got.equals(Buffer.concat([reply(), Buffer.from('payload')]))).toBe(true);
  });

  it.each([
    ['target-refused', null, 5],
    ['target-refused', 'Name or service not known', 4],
    ['target-refused', 'No route to host', 4],
    ['forward-denied', null, 2],
    ['internal', null, 1],
  ] as const)('tells %s (%s) as SOCKS5 %i, never a success before', async (code: FailureCode, words, reply) => {
    await forward.attach(link);
    const cause = words === null ? undefined : new Error(words);
    link.refusal = new HoldfastError({ code, where: 'x', message: 'no.', next: 'none', cause });
    expect((await exchange(socks5())).equals(reply5(reply))).toBe(true);
    expect(forward.status()).toMatchObject({ state: 'up', cause: { code } });
  });

  it('does not answer the request before the channel is open', async () => {
    await forward.attach(link);
    let openGate = (): void => {};
    link.gate = new Promise((resolve) => (openGate = resolve));
    const socket = await client();
    socket.write(socks5());
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect([...first]).toEqual([5, 0]);
    openGate();
    const [second] = (await once(socket, 'data')) as [Buffer];
    expect(second[1]).toBe(0);
  });

  it('refuses and closes on anything else', async () => {
    await forward.attach(link);
    expect([...(await exchange(Buffer.from([5, 1, 2])))]).toEqual([5, 0xff]);
    expect((await exchange(Buffer.from('\x16\x03\x01'))).length).toBe(0);
    expect((await exchange(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toString()).toMatch(/^HTTP\/1\.1 405 /);
    expect(link.opened).toEqual([]);
    expect(forward.status().cause).toBe(null);
  });

  it('gives a silent client 10 s', async () => {
    await forward.attach(link);
    const socket = await client();
    socket.write(Buffer.from([5]));
    const end = readAll(socket);
    await until(() => clock.pending === 1, { what: 'the time limit' });
    await clock.advance(9_999);
    expect(socket.readableEnded).toBe(false);
    await clock.advance(1);
    expect((await end).length).toBe(0);
    socket.end();
    await until(() => clock.pending === 0, { what: 'the client to be gone' });
  });

  it('knocks only when a request is complete, and serves it once there is a link', async () => {
    let knocks = 0;
    forward.onDidKnock(() => (knocks += 1));
    await forward.open();
    const socket = await client();
    socket.write(Buffer.from([5, 1, 0]));
    await once(socket, 'data');
    expect([knocks, forward.parked]).toEqual([0, 0]);
    socket.write(Buffer.from([5, 1, 0, 1, ...toEcho()]));
    socket.end('early payload');
    await until(() => forward.parked === 1, { what: 'parking' });
    expect(knocks).toBe(1);
    await forward.attach(link);
    const got = await readAll(socket);
    expect(got.subarray(10).toString()).toBe('early payload');
  });

  it('lets go of a client in the middle of its handshake on dispose', async () => {
    await forward.attach(link);
    const socket = await client();
    socket.write(Buffer.from([5]));
    await until(() => clock.pending === 1, { what: 'the handshake' });
    forward.dispose();
    await until(() => clock.pending === 0, { what: 'the time limit to be gone' });
  });
});
