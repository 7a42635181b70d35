import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { lstatSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createForwardRunner } from '../../src/main/engine/forward/create-forward-runner.ts';
import type { ForwardRunner } from '../../src/main/engine/forward/forward-runner.ts';
import { PortRegistry } from '../../src/main/engine/forward/port-registry.ts';
import { systemClock } from '../../src/main/engine/lifecycle/clock.ts';
import { silentLog } from '../../src/main/engine/log/log.ts';
import type { SshLink } from '../../src/main/engine/ssh/link.ts';
import type { Endpoint, ForwardSpec, ListenEndpoint } from '../../src/shared/model/forward-spec.ts';
import { serveCount, serveEcho, serveTcp, type TestServer } from '../support/echo-servers.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { endOf, readAll } from '../support/forward-fakes.ts';
import { checkLeaks } from '../support/leak-check.ts';
import { hostFor, linkSetup, oneKeyAuthenticator, OneKeyTrust } from '../support/link-parts.ts';
import { freePort } from '../support/processes.ts';
import { startSshd, type SshdOptions, type TestSshd } from '../support/sshd.ts';
import { until } from '../support/until.ts';

let sshd: TestSshd;
let folder: string;
beforeAll(async () => {
  sshd = await startSshd();
  folder = mkdtempSync(join(tmpdir(), 'hf-forward-'));
});
afterAll(async () => {
  await sshd.stop();
  rmSync(folder, { recursive: true, force: true });
});

const owned: { dispose(): void }[] = [];
checkLeaks();
afterEach(() => {
  for (const item of owned.splice(0).reverse()) item.dispose();
});
function use<T extends { dispose(): void }>(item: T): T {
  owned.push(item);
  return item;
}

async function linkTo(server: TestSshd = sshd, port = server.port): Promise<SshLink> {
  const setup = linkSetup(new OneKeyTrust(Object.values(server.hostKeys)), oneKeyAuthenticator(server.clientKey));
  return use(await setup.connect(hostFor(port, { user: server.user, maxChannels: 500 })));
}

async function linkToOwn(options: SshdOptions): Promise<{ link: SshLink; server: TestSshd }> {
  const server = await startSshd(options);
  stops.push(server);
  return { link: await linkTo(server), server };
}
const stops: TestSshd[] = [];
afterEach(async () => {
  for (const server of stops.splice(0)) await server.stop();
});

const anyPort: ListenEndpoint = { kind: 'tcp', host: '127.0.0.1', port: 0, lastPort: 0 };
const at = (port: number): Endpoint => ({ kind: 'tcp', host: '127.0.0.1', port });
const base = { spec: 'the forward', name: null, enabled: true, maxConnections: 0, unlink: false };

function runner(spec: ForwardSpec, parkMs = 20_000): ForwardRunner {
  const options = {
    clock: systemClock,
    log: silentLog,
    tunnel: 'db',
    parkMs,
    registry: new PortRegistry(),
    host: 'testhost',
  };
  return use(createForwardRunner(spec, options));
}
const local = (target: Endpoint, listen: ListenEndpoint = anyPort): ForwardRunner =>
  runner({ ...base, kind: 'local', listen, target });
const remote = (target: Endpoint, listen: ListenEndpoint = { ...anyPort, host: null }): ForwardRunner =>
  runner({ ...base, kind: 'remote', listen, target });
const dynamic = (): ForwardRunner => runner({ ...base, kind: 'dynamic', listen: anyPort });

const portOf = (forward: ForwardRunner): number => Number(forward.status().listen?.split(':').at(-1));

function client(place: ForwardRunner | string): Socket {
  const to = typeof place === 'string' ? { path: place } : { port: portOf(place), host: '127.0.0.1' };
  const socket = connect({ ...to, allowHalfOpen: true });
  socket.on('error', () => {});
  use({ dispose: () => socket.destroy() });
  return socket;
}

async function echoes(place: ForwardRunner | string, bytes = randomBytes(1000)): Promise<boolean> {
  const socket = client(place);
  socket.end(bytes);
  return (await readAll(socket)).equals(bytes);
}

const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('local forwards over sshd', () => {
  test('half-close: the target answers after the end of the client', async () => {
    const forward = local(at(use(await serveCount()).port));
    await forward.attach(await linkTo());
    const socket = client(forward);
    socket.end(Buffer.alloc(1_000_000));
    expect((await readAll(socket)).toString()).toBe('GOT1000000END');
    await until(() => forward.clients === 0, { what: 'the client to be gone' });
  });

  test('half-close: the client sends 500,000 bytes after the end of the target', async () => {
    const got: Promise<Buffer>[] = [];
    const target = use(
      await serveTcp((socket) => {
        got.push(readAll(socket));
        socket.end('bye');
      }),
    );
    const forward = local(at(target.port));
    const link = await linkTo();
    await forward.attach(link);
    const socket = client(forward);
    expect((await readAll(socket)).toString()).toBe('bye');
    const late = randomBytes(500_000);
    socket.end(late);
    expect((await got[0])?.equals(late)).toBe(true);
    await until(() => link.channels === 0 && forward.clients === 0, { what: 'the channel to be closed' });
  });

  test('32 MiB each way at once are equal while the server rekeys every MiB', async () => {
    const { link } = await linkToOwn({ rekeyLimit: '1M' });
    const forward = local(at(use(await serveEcho()).port));
    await forward.attach(link);
    const bytes = randomBytes(32 * 1024 * 1024);
    const socket = client(forward);
    socket.end(bytes);
    expect(hash(await readAll(socket))).toBe(hash(bytes));
    expect(forward.status()).toMatchObject({ bytesIn: bytes.length, bytesOut: bytes.length });
  });

  test('a slow reader gets all of a target that has closed long ago', async () => {
    const bytes = randomBytes(8 * 1024 * 1024);
    const target = use(await serveTcp((socket) => socket.end(bytes)));
    const forward = local(at(target.port));
    const link = await linkTo();
    await forward.attach(link);
    const socket = client(forward);
    socket.pause();
    await once(socket, 'connect');
    await until(() => forward.status().bytesIn > 0, { what: 'the first bytes' });
    expect(hash(await readAll(socket))).toBe(hash(bytes));
    socket.end();
    await until(() => link.channels === 0 && forward.clients === 0, { what: 'the channel to be closed' });
  });

  test.each<[string, () => Promise<Endpoint>, string]>([
    ['a closed port', async () => at(await freePort()), 'target-refused'],
    [
      'a name without address',
      async () => Promise.resolve({ kind: 'tcp', host: 'nowhere.invalid', port: 80 } as const),
      'target-refused',
    ],
    [
      'a missing socket',
      async () => Promise.resolve({ kind: 'unix', path: join(folder, 'none') } as const),
      'target-refused',
    ],
  ])('%s: a clean end without bytes, and the cause', async (_name, target, code) => {
    const forward = local(await target());
    const link = await linkTo();
    await forward.attach(link);
    const socket = client(forward);
    expect((await readAll(socket)).length).toBe(0);
    await until(() => forward.status().cause?.code === code, { what: code, seen: () => forward.status() });
    expect(forward.status().state).toBe('up');
    expect(link.isClosed).toBe(false);
    socket.end();
  });

  test('a target that resets: the client ends without bytes, the link stays', async () => {
    const target = use(await serveTcp((socket) => socket.resetAndDestroy()));
    const forward = local(at(target.port));
    const link = await linkTo();
    await forward.attach(link);
    const end = endOf(client(forward));
    await until(() => forward.clients === 0 && link.channels === 0, { what: 'the channel to be closed' });
    expect(link.isClosed).toBe(false);
    forward.dispose();
    await end;
  });

  test('what sshd forbids is forward-denied', async () => {
    const { link } = await linkToOwn({ allowTcpForwarding: 'no' });
    const forward = local(at(use(await serveEcho()).port));
    await forward.attach(link);
    expect((await readAll(client(forward))).length).toBe(0);
    expect(forward.status()).toMatchObject({ state: 'up', cause: { code: 'forward-denied' } });
  });

  test('a client that leaves early, or resets, closes the channel and the target', async () => {
    const chunk = randomBytes(64 * 1024);
    const target: TestServer = use(
      await serveTcp((socket) => {
        const feed = (): void => {
          while (!socket.destroyed && socket.write(chunk));
        };
        socket.on('drain', feed);
        feed();
      }),
    );
    const forward = local(at(target.port));
    const link = await linkTo();
    await forward.attach(link);
    for (const leave of [(s: Socket) => s.destroy(), (s: Socket) => s.resetAndDestroy()]) {
      const socket = client(forward);
      await once(socket, 'data');
      leave(socket);
      await until(() => link.channels === 0 && target.sockets.size === 0, { what: 'target and channel to be closed' });
    }
  });

  test('unix sockets at both ends', async () => {
    const targetPath = join(folder, 'target.sock');
    use(await serveEcho(targetPath));
    const listenPath = join(folder, 'listen.sock');
    const forward = local({ kind: 'unix', path: targetPath }, { kind: 'unix', path: listenPath });
    await forward.attach(await linkTo());
    expect(forward.status().listen).toBe(listenPath);
    expect(lstatSync(listenPath).mode & 0o777).toBe(0o600);
    expect(await echoes(listenPath)).toBe(true);
  });

  test('nine forwards, local and remote in turn, one into the next', async () => {
    const link = await linkTo();
    let port = use(await serveEcho()).port;
    for (let i = 0; i < 9; i += 1) {
      const forward = i % 2 === 0 ? local(at(port)) : remote(at(port));
      await forward.attach(link);
      port = portOf(forward);
    }
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const bytes = randomBytes(3_000_000);
    socket.end(bytes);
    expect(hash(await readAll(socket))).toBe(hash(bytes));
  });

  test('256 connections at once, each with its own bytes', async () => {
    const forward = local(at(use(await serveEcho()).port));
    const link = await linkTo();
    await forward.attach(link);
    const results = await Promise.all(Array.from({ length: 256 }, () => echoes(forward, randomBytes(20_000))));
    expect(results.every(Boolean)).toBe(true);
    await until(() => forward.clients === 0 && link.channels === 0, { what: 'all channels to be closed' });
  });
});

describe('dynamic forwards over sshd', () => {
  const toPort = (port: number): number[] => [port >> 8, port & 255];
  const socks5 = (host: string, port: number): Buffer =>
    Buffer.from([5, 1, 0, 5, 1, 0, 3, host.length, ...Buffer.from(host), ...toPort(port)]);

  async function code(forward: ForwardRunner, host: string, port: number): Promise<number | undefined> {
    const socket = client(forward);
    socket.end(socks5(host, port));
    return (await readAll(socket))[3];
  }

  test('200 parallel SOCKS connections', async () => {
    const echo = use(await serveEcho());
    const forward = dynamic();
    await forward.attach(await linkTo());
    const one = async (i: number): Promise<boolean> => {
      const host = ['127.0.0.1', 'localhost'][i % 2] ?? '';
      const payload = randomBytes(10_000);
      const socket = client(forward);
      socket.end(Buffer.concat([socks5(host, echo.port), payload]));
      return (await readAll(socket)).subarray(12).equals(payload);
    };
    const results = await Promise.all(Array.from({ length: 200 }, (_, i) => one(i)));
    expect(results.every(Boolean)).toBe(true);
  });

  test('real codes: refused 5, no such name 4, forbidden 2', async () => {
    const forward = dynamic();
    await forward.attach(await linkTo());
    expect(await code(forward, '127.0.0.1', await freePort())).toBe(5);
    expect(await code(forward, 'nowhere.invalid', 80)).toBe(4);
    const { link } = await linkToOwn({ permitOpen: ['127.0.0.1:1'] });
    const narrow = dynamic();
    await narrow.attach(link);
    expect(await code(narrow, '127.0.0.1', await freePort())).toBe(2);
  });
});

describe('remote forwards over sshd', () => {
  test('port 0: the port that the server gave is shown and works; detach frees it', async () => {
    const forward = remote(at(use(await serveEcho()).port));
    const link = await linkTo();
    await forward.attach(link);
    expect(portOf(forward)).toBeGreaterThan(1023);
    expect(await echoes(forward)).toBe(true);
    const port = portOf(forward);
    forward.detach();
    await until(
      async () => {
        const socket = connect(port, '127.0.0.1');
        const [error] = await Promise.race([once(socket, 'connect').then(() => [null]), once(socket, 'error')]);
        socket.destroy();
        return error !== null;
      },
      { what: 'the port to be closed' },
    );
  });

  test('half-close both ways', async () => {
    const forward = remote(at(use(await serveCount()).port));
    await forward.attach(await linkTo());
    const socket = client(forward);
    socket.end(Buffer.alloc(300_000));
    expect((await readAll(socket)).toString()).toBe('GOT300000END');
  });

  test('a target that refuses: the client is closed, the forward stays', async () => {
    const forward = remote(at(await freePort()));
    await forward.attach(await linkTo());
    const socket = client(forward);
    expect((await readAll(socket).catch(() => Buffer.alloc(0))).length).toBe(0);
    await until(() => forward.status().cause?.code === 'target-refused', { what: 'the cause' });
    expect(forward.status().state).toBe('up');
  });

  test('a unix socket on the server to a unix socket here', async () => {
    const targetPath = join(folder, 'here.sock');
    use(await serveEcho(targetPath));
    const listenPath = join(folder, 'there.sock');
    const forward = remote({ kind: 'unix', path: targetPath }, { kind: 'unix', path: listenPath });
    await forward.attach(await linkTo());
    expect(await echoes(listenPath)).toBe(true);
  });

  test('a port held by another session is refused, and taken once that is gone', async () => {
    const port = await freePort();
    const listen: ListenEndpoint = { kind: 'tcp', host: null, port, lastPort: port };
    const echo = use(await serveEcho());
    const dead = await linkTo();
    await remote(at(echo.port), listen).attach(dead);
    const forward = remote(at(echo.port), listen);
    const link = await linkTo();
    await expect(forward.attach(link)).rejects.toMatchObject({ code: 'remote-port-refused' });
    expect(forward.status()).toMatchObject({ state: 'waiting', cause: { code: 'remote-port-refused' } });
    dead.dispose();
    await until(() => forward.attach(link).then(() => true), { what: 'the port to be free' });
    expect(forward.status()).toMatchObject({ state: 'up', listen: `127.0.0.1:${port}` });
    expect(await echoes(forward)).toBe(true);
  });

  test('remote dynamic: a SOCKS client on the server reaches what is here', async () => {
    const forward = runner({ ...base, kind: 'remote-dynamic', listen: { ...anyPort, host: null } });
    await forward.attach(await linkTo());
    const echo = use(await serveEcho());
    const socket = client(forward);
    socket.end(
      Buffer.concat([
        Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, echo.port >> 8, echo.port & 255]),
        Buffer.from('hello'),
      ]),
    );
    expect((await readAll(socket)).subarray(12).toString()).toBe('hello');
    const refused = client(forward);
    const closed = await freePort();
    refused.write(Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, closed >> 8, closed & 255]));
    expect((await readAll(refused))[3]).toBe(5);
  });
});

describe('forwards over a bad network', () => {
  async function throughProxy(): Promise<{ proxy: FaultProxy; link: SshLink }> {
    const proxy = use(await startFaultProxy(sshd.port));
    return { proxy, link: await linkTo(sshd, proxy.port) };
  }

  // A plain recv loop: Node's client takes a reset behind data for an end of file.
  const reader = `
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
n = 0
try:
    while True:
        d = s.recv(65536)
        if not d:
            print('eof', n, flush=True); break
        if n == 0: print('first', flush=True)
        n += len(d)
except ConnectionResetError:
    print('reset', n, flush=True)
`;

  test.each(['cut', 'reset'] as const)('a link that is %s in a download resets the client', async (how) => {
    const { proxy, link } = await throughProxy();
    const target = use(await serveTcp((socket) => socket.end(Buffer.alloc(64 * 1024 * 1024))));
    const forward = local(at(target.port));
    await forward.attach(link);
    const closes: unknown[] = [];
    link.onDidClose((error) => {
      closes.push(error);
      forward.detach();
    });
    proxy.rate(2_000_000);
    const child = spawn('python3', ['-c', reader, String(portOf(forward))]);
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until(() => said.includes('first'), { what: 'the first bytes' });
    proxy[how]();
    await once(child, 'close');
    expect(said).toMatch(/^first\nreset \d+\n$/);
    expect(closes.length).toBe(1);
    expect(forward.status()).toMatchObject({ state: 'listening', clients: 0 });
  });

  test('a flipped bit ends the link once and delivers no wrong byte', async () => {
    const { proxy, link } = await throughProxy();
    const echo = use(await serveEcho());
    const forward = local(at(echo.port));
    await forward.attach(link);
    expect(await echoes(forward)).toBe(true);
    const closes: unknown[] = [];
    link.onDidClose((error) => closes.push(error));
    proxy.flip('down', proxy.bytesDown + 500_000);
    const bytes = randomBytes(2_000_000);
    const socket = client(forward);
    let got = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
    });
    socket.end(bytes);
    await until(() => closes.length > 0 && forward.clients === 0, { what: 'the link to end' });
    expect(closes.length).toBe(1);
    expect(got.length).toBeLessThan(bytes.length);
    expect(got.equals(bytes.subarray(0, got.length))).toBe(true);
  });

  test('parked clients go through the next link', async () => {
    const { proxy, link } = await throughProxy();
    const forward = local(at(use(await serveEcho()).port));
    await forward.attach(link);
    link.onDidClose(() => forward.detach());
    proxy.reset();
    await until(() => forward.status().state === 'listening', { what: 'the loss' });
    const waiting = [echoes(forward), echoes(forward), echoes(forward)];
    await until(() => forward.parked === 3, { what: 'parking' });
    await forward.attach(await linkTo(sshd, proxy.port));
    expect(await Promise.all(waiting)).toEqual([true, true, true]);
  });

  test('20 clients that read nothing cost less than 120 MiB', async () => {
    const chunk = Buffer.alloc(256 * 1024);
    const target = use(
      await serveTcp((socket) => {
        let left = 64;
        const feed = (): void => {
          while (left > 0 && !socket.destroyed) {
            left -= 1;
            if (!socket.write(chunk)) return;
          }
        };
        socket.on('drain', feed);
        feed();
      }),
    );
    const forward = local(at(target.port));
    await forward.attach(await linkTo());
    const before = process.memoryUsage().rss;
    const stalled = Array.from({ length: 20 }, () => client(forward).pause());
    await Promise.all(stalled.map((socket) => once(socket, 'connect')));
    let last = -1;
    let still = 0;
    await until(
      () => {
        const now = forward.status().bytesIn;
        still = now === last ? still + 1 : 0;
        last = now;
        return forward.clients === 20 && now > 0 && still > 30;
      },
      { what: 'all to be stalled', timeoutMs: 30_000 },
    );
    expect((process.memoryUsage().rss - before) / 1024 / 1024).toBeLessThan(120);
    // The link is not blocked by them.
    expect(await echoes(await attached())).toBe(true);
    async function attached(): Promise<ForwardRunner> {
      const other = local(at(use(await serveEcho()).port));
      await other.attach(await linkTo());
      return other;
    }
  });
});
