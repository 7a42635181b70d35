import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createForwardRunner } from '../../../src/main/engine/forward/create-forward-runner.ts';
import type { ForwardRunner } from '../../../src/main/engine/forward/forward-runner.ts';
import { PortRegistry } from '../../../src/main/engine/forward/port-registry.ts';
import { type LogFields, silentLog } from '../../../src/main/engine/log/log.ts';
import { HoldfastError } from '../../../src/shared/model/failure.ts';
import type { ForwardSpec } from '../../../src/shared/model/forward-spec.ts';
import { serveCount, serveEcho, type TestServer } from '../../support/echo-servers.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { endOf, FakeLink, readAll, until } from '../../support/forward-fakes.ts';
import { checkLeaks } from '../../support/leak-check.ts';

checkLeaks();

let clock: FakeClock;
let link: FakeLink;
let echo: TestServer;
let warnings: { message: string; fields: LogFields }[];
const owned: { dispose(): void }[] = [];
const sockets: Socket[] = [];

beforeEach(async () => {
  clock = new FakeClock();
  link = new FakeLink();
  warnings = [];
  echo = await serveEcho();
  owned.push(link, echo);
});

afterEach(() => {
  for (const thing of owned.splice(0).reverse()) thing.dispose();
  for (const socket of sockets.splice(0)) socket.destroy();
  expect(clock.pending, 'timers left').toBe(0);
});

function localSpec(over: Partial<ForwardSpec> = {}): ForwardSpec {
  return {
    kind: 'local',
    spec: `local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`,
    name: null,
    enabled: true,
    maxConnections: 0,
    unlink: false,
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0, lastPort: 0 },
    target: { kind: 'tcp', host: '127.0.0.1', port: echo.port },
    ...over,
  };
}

function runner(spec = localSpec(), parkMs = 20_000): ForwardRunner {
  const log = {
    ...silentLog,
    warn: (message: string, fields: LogFields = {}) => void warnings.push({ message, fields }),
  };
  const made = createForwardRunner(spec, {
    clock,
    log,
    tunnel: 'db',
    parkMs,
    registry: new PortRegistry(),
    host: 'bastion',
  });
  owned.push(made);
  return made;
}

function dial(to: ForwardRunner): Socket {
  const port = Number(to.status().listen?.split(':').at(-1));
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  sockets.push(socket);
  socket.on('error', () => {});
  return socket;
}

async function client(of: ForwardRunner): Promise<Socket> {
  const socket = dial(of);
  await once(socket, 'connect');
  return socket;
}

async function answers(socket: Socket): Promise<boolean> {
  const bytes = randomBytes(64);
  socket.end(bytes);
  return (await readAll(socket)).equals(bytes);
}

describe('a local forward', () => {
  it('carries bytes once attached, and counts them', async () => {
    const forward = runner();
    expect(forward.status()).toMatchObject({ state: 'waiting', listen: null });
    await forward.attach(link);
    expect(forward.status()).toMatchObject({ state: 'up', cause: null });
    expect(forward.status().listen).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(await answers(await client(forward))).toBe(true);
    await until(() => forward.clients === 0, 'the client to be gone');
    expect(forward.status()).toMatchObject({ bytesIn: 64, bytesOut: 64 });
  });

  it('keeps half-close: the target answers after the end of 1,000,000 bytes', async () => {
    const count = await serveCount();
    owned.push(count);
    const forward = runner(localSpec({ target: { kind: 'tcp', host: '127.0.0.1', port: count.port } }));
    await forward.attach(link);
    const socket = await client(forward);
    socket.end(Buffer.alloc(1_000_000));
    expect((await readAll(socket)).toString()).toBe('GOT1000000END');
  });

  it('parks clients in order while there is no link, and lets them through with what they sent', async () => {
    const forward = runner();
    let knocks = 0;
    forward.onDidKnock(() => (knocks += 1));
    await forward.open();
    expect(forward.status().state).toBe('listening');
    const first = await client(forward);
    first.write('one');
    await until(() => forward.parked === 1, 'the first');
    const second = await client(forward);
    await until(() => forward.parked === 2, 'the second');
    expect(knocks).toBe(2);
    expect(forward.clients).toBe(0);
    await clock.advance(19_999);
    await forward.attach(link);
    const [echoed] = (await once(first, 'data')) as [Buffer];
    expect(echoed.toString()).toBe('one');
    first.end();
    await readAll(first);
    expect(await answers(second)).toBe(true);
    expect(forward.parked).toBe(0);
  });

  it('resets a parked client after the time, not while a person is asked', async () => {
    const forward = runner();
    await forward.open();
    const socket = await client(forward);
    await until(() => forward.parked === 1, 'parking');
    await clock.advance(15_000);
    forward.holdParked(true);
    await client(forward);
    await until(() => forward.parked === 2, 'parking while held');
    await clock.advance(3_600_000);
    expect(forward.parked).toBe(2);
    forward.holdParked(false);
    await clock.advance(4_999);
    expect(forward.parked).toBe(2);
    const end = endOf(socket);
    await clock.advance(1);
    expect(forward.parked).toBe(1);
    expect(await end).toBe('ECONNRESET');
    await clock.advance(14_999);
    expect(forward.parked).toBe(1);
    await clock.advance(1);
    expect(forward.parked).toBe(0);
  });

  it('forgets a parked client that goes away', async () => {
    const forward = runner();
    await forward.open();
    const [resetting, closing, asking] = [await client(forward), await client(forward), await client(forward)];
    asking.end('I have asked and wait for the answer');
    await until(() => forward.parked === 3, 'parking');
    resetting.resetAndDestroy();
    closing.destroy();
    await until(() => forward.parked === 1, 'the two to leave');
    await forward.attach(link);
    expect((await readAll(asking)).toString()).toBe('I have asked and wait for the answer');
    expect(link.opened.length).toBe(1);
  });

  it('turns away the 257th parked client', async () => {
    const forward = runner();
    await forward.open();
    for (let i = 0; i < 256; i += 1) await client(forward);
    await until(() => forward.parked === 256, 'parking');
    expect(await endOf(dial(forward))).toBe('ECONNRESET');
    expect(forward.parked).toBe(256);
    const ends = Promise.all(sockets.slice(0, 256).map(endOf));
    forward.releaseParked();
    expect(new Set(await ends)).toEqual(new Set(['ECONNRESET']));
  });

  it('resets live clients when the link is gone, parks new ones and heals', async () => {
    const forward = runner();
    await forward.attach(link);
    const { listen } = forward.status();
    const live = await client(forward);
    live.write('hello');
    await once(live, 'data');
    expect(forward.clients).toBe(1);
    const end = endOf(live);
    link.die();
    forward.detach();
    expect(await end).toBe('ECONNRESET');
    expect(forward.status()).toMatchObject({ state: 'listening', listen });
    const waiting = await client(forward);
    await until(() => forward.parked === 1, 'parking');
    const second = new FakeLink();
    owned.push(second);
    await forward.attach(second);
    expect(forward.status()).toMatchObject({ state: 'up', listen });
    expect(await answers(waiting)).toBe(true);
  });

  it('parks a client that comes between the death of the link and the word of it', async () => {
    const forward = runner();
    await forward.attach(link);
    link.die();
    const waiting = await client(forward);
    await until(() => forward.parked === 1, 'parking');
    let knocked = false;
    forward.onDidKnock(() => (knocked = true));
    forward.detach();
    expect(knocked).toBe(true);
    const second = new FakeLink();
    owned.push(second);
    await forward.attach(second);
    expect(await answers(waiting)).toBe(true);
  });

  it('takes a client whose channel was being opened over to the next link', async () => {
    const forward = runner();
    await forward.attach(link);
    let openGate = (): void => {};
    link.gate = new Promise((resolve) => (openGate = resolve));
    const waiting = await client(forward);
    await until(() => forward.status().state === 'up' && sockets.length === 1, 'the client');
    link.die();
    forward.detach();
    openGate();
    await until(() => forward.parked === 1, 'parking');
    const second = new FakeLink();
    owned.push(second);
    await forward.attach(second);
    expect(await answers(waiting)).toBe(true);
  });

  it('without parking closes the port on detach and reopens the same one on attach', async () => {
    const port = (await freePort()).port;
    const forward = runner(localSpec({ listen: { kind: 'tcp', host: '127.0.0.1', port, lastPort: port } }), 0);
    await forward.attach(link);
    const { listen } = forward.status();
    forward.detach();
    expect(forward.status()).toMatchObject({ state: 'waiting', listen: null });
    const refused = connect(port, '127.0.0.1');
    await expect(once(refused, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const second = new FakeLink();
    owned.push(second);
    await forward.attach(second);
    expect(forward.status()).toMatchObject({ state: 'up', listen });
    expect(await answers(await client(forward))).toBe(true);
  });

  it('gives a client of a refusing target a clean end, shows why, and logs once in 10 s', async () => {
    const forward = runner();
    await forward.attach(link);
    link.refusal = new HoldfastError({
      code: 'target-refused',
      where: 'db',
      message: 'db refuses.',
      next: 'Start it.',
    });
    for (let i = 0; i < 20; i += 1) expect((await readAll(await client(forward))).length).toBe(0);
    expect(forward.status()).toMatchObject({ state: 'up', cause: { code: 'target-refused', message: 'db refuses.' } });
    expect(warnings.map((w) => w.message)).toEqual(['db refuses.']);
    await clock.advance(10_000);
    await readAll(await client(forward));
    expect(warnings.map((w) => w.fields['skipped'])).toEqual([0, 19]);
    link.refusal = null;
    expect(await answers(await client(forward))).toBe(true);
    expect(forward.status().cause).toBe(null);
    await clock.advance(2000);
  });

  it('turns clients away above maxConnections', async () => {
    const forward = runner(localSpec({ maxConnections: 2 }));
    await forward.attach(link);
    const [one, two] = [await client(forward), await client(forward)];
    one.write('1');
    two.write('2');
    await Promise.all([once(one, 'data'), once(two, 'data')]);
    expect(await endOf(dial(forward))).toBe('ECONNRESET');
    one.end();
    await readAll(one);
    await until(() => forward.clients === 1, 'a place');
    expect(await answers(await client(forward))).toBe(true);
  });

  it('has closed its port when dispose returns, and resets everyone', async () => {
    const forward = runner();
    await forward.attach(link);
    const port = Number(forward.status().listen?.split(':').at(-1));
    const live = await client(forward);
    live.write('x');
    await once(live, 'data');
    const end = endOf(live);
    forward.dispose();
    const refused = connect(port, '127.0.0.1');
    await expect(once(refused, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await end).toBe('ECONNRESET');
    expect(forward.status().state).toBe('off');
    expect(forward.clients).toBe(0);
  });

  it('without parking a client on demand waits all the same for the link that it asked for', async () => {
    const forward = runner(localSpec(), 0);
    let knocks = 0;
    forward.onDidKnock(() => (knocks += 1));
    await forward.open();
    const socket = await client(forward);
    await until(() => forward.parked === 1, 'parking');
    expect(knocks).toBe(1);
    await forward.attach(link);
    expect(await answers(socket)).toBe(true);
  });

  it('without parking a detach in the middle of a bind leaves nothing open', async () => {
    const port = (await freePort()).port;
    const forward = runner(localSpec({ listen: { kind: 'tcp', host: '127.0.0.1', port, lastPort: port } }), 0);
    const attaching = forward.attach(link);
    forward.detach();
    await expect(attaching).rejects.toMatchObject({ code: 'link-lost' });
    expect(forward.status()).toMatchObject({ state: 'waiting', listen: null, cause: null });
    await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('makes a socket file anew that somebody removed', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'hf-local-')), 'x.sock');
    owned.push({ dispose: () => rmSync(dirname(path), { recursive: true, force: true }) });
    const forward = runner(localSpec({ listen: { kind: 'unix', path } }));
    await forward.attach(link);
    forward.detach();
    rmSync(path);
    await forward.attach(link);
    const socket = connect({ path, allowHalfOpen: true });
    sockets.push(socket);
    expect(await answers(socket)).toBe(true);
    const live = connect({ path, allowHalfOpen: true });
    sockets.push(live);
    live.write('x');
    await once(live, 'data');
    // Unix sockets have no reset; the client must be let go of all the same.
    const end = readAll(live).catch(() => null);
    forward.detach();
    await end;
    expect(forward.clients).toBe(0);
  });

  it('a stale attach changes nothing after detach', async () => {
    const forward = runner();
    const attaching = forward.attach(link);
    forward.detach();
    await expect(attaching).rejects.toMatchObject({ code: 'link-lost' });
    expect(forward.status().state).not.toBe('up');
  });
});

async function freePort(): Promise<{ port: number }> {
  const server = await serveEcho();
  const { port } = server;
  server.dispose();
  return { port };
}
