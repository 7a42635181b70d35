import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as netConnect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { IncomingChannel, SshChannel, SshLink } from '../../src/main/engine/ssh/link.ts';
import type { HostConfig } from '../../src/shared/model/config.ts';
import { startDropbear } from '../support/dropbear.ts';
import { serveCount, serveEcho, serveTcp } from '../support/echo-servers.ts';
import { serveRelay } from '../support/hostile-servers.ts';
import { checkLeaks } from '../support/leak-check.ts';
import { hostFor, linkSetup, oneKeyAuthenticator, OneKeyTrust } from '../support/link-parts.ts';
import { freePort } from '../support/processes.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';
import { tempFolder } from '../support/temp.ts';
import type { TestServer } from '../support/test-server.ts';
import { until } from '../support/until.ts';

let sshd: TestSshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.stop());

const disposables: { dispose(): void }[] = [];
function use<T extends { dispose(): void }>(item: T): T {
  disposables.push(item);
  return item;
}
function disposeUsed(): void {
  afterEach(() => {
    for (const item of disposables.splice(0).reverse()) item.dispose();
  });
}

async function connect(
  overrides: Partial<HostConfig> = {},
  server: TestServer = sshd,
  trust = new OneKeyTrust(Object.values(server.hostKeys)),
): Promise<SshLink> {
  const setup = linkSetup(trust, oneKeyAuthenticator(server.clientKey));
  return use(await setup.connect(hostFor(server.port, { user: server.user, ...overrides })));
}

function openTo(link: SshLink, port: number): Promise<SshChannel> {
  return link.open({ kind: 'tcp', host: '127.0.0.1', port });
}

async function collect(channel: SshChannel): Promise<Buffer> {
  const chunks: Buffer[] = [];
  channel.stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(channel.stream, 'end');
  return Buffer.concat(chunks);
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** What happened to a channel, in order. */
function watch(channel: SshChannel): string[] {
  const events: string[] = [];
  channel.stream.on('end', () => events.push('end'));
  channel.onDidClose(({ lost }) => events.push(lost ? 'lost' : 'closed'));
  return events;
}

describe('a link to sshd', () => {
  checkLeaks();
  disposeUsed();

  test('logs in with a key and carries bytes both ways', async () => {
    const echo = use(await serveEcho());
    const trust = new OneKeyTrust(Object.values(sshd.hostKeys));
    const link = await connect({}, sshd, trust);
    expect(trust.committed).toBe(1);
    expect(link.info).toMatchObject({
      authenticatedBy: 'publickey',
      strictKex: true,
      cipher: 'aes128-gcm@openssh.com',
      mac: 'implicit',
      hostKeyFingerprint: sshd.fingerprint('ed25519'),
      remoteAddress: '127.0.0.1',
    });
    expect(link.info.serverVersion).toContain('OpenSSH');
    const channel = await openTo(link, echo.port);
    const events = watch(channel);
    expect(link.channels).toBe(1);
    const got = collect(channel);
    channel.stream.write('hello ');
    channel.stream.end('world');
    expect((await got).toString()).toBe('hello world');
    await until(() => events.length === 2, { what: 'the channel to close' });
    expect(events).toEqual(['end', 'closed']);
    await until(() => link.channels === 0, { what: 'the channel to be gone' });
    expect(link.bytesIn).toBeGreaterThan(1000);
    expect(link.bytesOut).toBeGreaterThan(1000);
    const closed: unknown[] = [];
    link.onDidClose((error) => closed.push(error));
    link.dispose();
    link.dispose();
    expect(closed).toEqual([null]);
    await sshd.logged(/Received disconnect from 127\.0\.0\.1 port \d+:11/);
  });

  test('half-close: the reply to an upload comes after our end of file', async () => {
    const count = use(await serveCount());
    const link = await connect();
    const channel = await openTo(link, count.port);
    const got = collect(channel);
    channel.stream.end(Buffer.alloc(300_000));
    expect((await got).toString()).toBe('GOT300000END');
  });

  test('a download that is cut with the link is lost, not ended', async () => {
    const server = use(await serveTcp((socket) => socket.write(Buffer.alloc(100_000))));
    const link = await connect();
    const channel = await openTo(link, server.port);
    const events = watch(channel);
    let bytes = 0;
    channel.stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await until(() => bytes === 100_000, { what: 'the bytes' });
    const ends: (string | undefined)[] = [];
    link.onDidClose((error) => ends.push(error?.code));
    sshd.killSessions();
    await until(() => link.isClosed && events.length > 0, { what: 'the link to end' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ends).toHaveLength(1);
    expect(ends[0]).toMatch(/^(link-lost|server-closed)$/);
    expect(events).toEqual(['lost']);
    expect(channel.isClosed).toBe(true);
    await expect(openTo(link, 1)).rejects.toMatchObject({ code: 'link-lost' });
    const late: unknown[] = [];
    link.onDidClose((error) => late.push(error?.code));
    await until(() => late.length === 1, { what: 'a late listener to be told' });
  });

  test('bytes that nobody has read yet outlive a clean close and the link', async () => {
    const server = use(await serveTcp((socket) => socket.end(Buffer.alloc(50_000, 1))));
    const link = await connect();
    const channel = await openTo(link, server.port);
    channel.stream.pause();
    const events = watch(channel);
    channel.stream.end();
    await until(() => link.channels === 0, { what: 'the server to close the channel' });
    link.dispose();
    const reading = collect(channel);
    channel.stream.resume();
    const got = await reading;
    expect(got.length).toBe(50_000);
    expect(events).toEqual(['end', 'closed']);
  });

  test('a channel that is disposed of closes at the server and frees its place', async () => {
    const server = use(await serveTcp((socket) => socket.resume()));
    const link = await connect();
    const channel = await openTo(link, server.port);
    const events = watch(channel);
    channel.dispose();
    channel.dispose();
    expect(events).toEqual(['closed']);
    await until(() => link.channels === 0, { what: 'the place to be free' });
    await until(() => [...server.sockets].every((socket) => socket.readableEnded), { what: 'the far end to close' });
    for (const socket of server.sockets) socket.destroy();
  });

  test('refusals are told apart', async () => {
    const closedPort = await freePort();
    const limited = await startSshd({ permitOpen: ['127.0.0.1:1'] });
    const link = await connect();
    await expect(openTo(link, closedPort)).rejects.toMatchObject({
      code: 'target-refused',
      where: `127.0.0.1:${closedPort}`,
    });
    const strict = await connect({}, limited);
    await expect(openTo(strict, closedPort)).rejects.toMatchObject({ code: 'forward-denied' });
    expect(link.isClosed).toBe(false);
    strict.dispose();
    await limited.stop();
  });

  test('unix sockets at the far end', async () => {
    const path = tempFolder().file('echo.sock');
    use(await serveEcho(path));
    const link = await connect();
    const channel = await link.open({ kind: 'unix', path });
    const got = collect(channel);
    channel.stream.end('by path');
    expect((await got).toString()).toBe('by path');
    await expect(link.open({ kind: 'unix', path: join(path, 'none') })).rejects.toMatchObject({
      code: 'target-refused',
    });
  });

  test('waits for a free channel, and says so when none comes', async () => {
    const echo = use(await serveEcho());
    const link = await connect({ maxChannels: 2 });
    const [first, second] = [await openTo(link, echo.port), await openTo(link, echo.port)];
    const third = openTo(link, echo.port);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(link.channels).toBe(2);
    first.dispose();
    const channel = await third;
    const got = collect(channel);
    channel.stream.end('third');
    expect((await got).toString()).toBe('third');
    await until(() => link.channels === 1, { what: 'the third to end' });
    const fourth = await openTo(link, echo.port);
    const giveUp = new AbortController();
    const fifth = link.open({ kind: 'tcp', host: '127.0.0.1', port: echo.port }, undefined, giveUp.signal);
    giveUp.abort(new Error('no longer wanted'));
    await expect(fifth).rejects.toThrow('no longer wanted');
    await expect(openTo(link, echo.port)).rejects.toMatchObject({
      code: 'forward-denied',
      message: 'All 2 channels of the link to testhost are in use.',
    });
    second.dispose();
    fourth.dispose();
  });

  test('an open that is given up leaves no channel behind', async () => {
    const echo = use(await serveEcho());
    const link = await connect();
    const giveUp = new AbortController();
    const opening = link.open({ kind: 'tcp', host: '127.0.0.1', port: echo.port }, undefined, giveUp.signal);
    giveUp.abort(new Error('changed my mind'));
    await expect(opening).rejects.toMatchObject({ code: 'cancelled' });
    await until(() => echo.sockets.size === 0 && link.channels === 0, { what: 'the late channel to be closed' });
    expect(await link.ping(5000)).toBeGreaterThan(0);
  });

  test('runs commands: output, exit code, signal, time limit', async () => {
    const link = await connect();
    expect(await link.exec('echo out; echo err >&2; exit 3', 5000)).toEqual({
      exitCode: 3,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect((await link.exec('kill -TERM $$', 5000)).signal).toBe('SIGTERM');
    expect((await link.exec('head -c 200000 /dev/zero', 5000)).stdout.length).toBe(64 * 1024);
    await expect(link.exec('sleep 1', 100)).rejects.toMatchObject({ code: 'timeout' });
    await until(() => link.channels === 0, { what: 'the channels to end' });
  });

  test('compression', async () => {
    const echo = use(await serveEcho());
    const link = await connect({ compression: true, rekeyBytes: 100_000 });
    const data = randomBytes(50_000);
    const text = Buffer.concat([data, Buffer.alloc(400_000, 'a'), data]);
    const channel = await openTo(link, echo.port);
    const got = collect(channel);
    channel.stream.end(text);
    expect(sha256(await got)).toBe(sha256(text));
  });

  test('the keys that the server proves are handed on, with all that it named', async () => {
    const trust = new OneKeyTrust(Object.values(sshd.hostKeys));
    await connect({ updateHostKeys: true }, sshd, trust);
    await until(() => trust.updates.length > 0, { what: 'the proofs' });
    const blobs = Object.values(sshd.hostKeys).map((line) => line.split(' ')[1] ?? '');
    const [update] = trust.updates;
    expect(update?.proven.map((key) => key.toString('base64')).sort()).toEqual([...blobs].sort());
    expect(update?.advertised?.map((key) => key.toString('base64')).sort()).toEqual([...blobs].sort());
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(trust.updates).toHaveLength(1);
  });
});

describe('rekeying', () => {
  checkLeaks();
  disposeUsed();

  test.each([
    ['started by us after so many bytes', { rekeyBytes: 200_000 }, {}],
    ['started by us after so long', { rekeyIntervalMs: 20 }, {}],
    ['started by the server', {}, { rekeyLimit: '128K' }],
    [
      'started by both, over ctr with a MAC',
      { rekeyBytes: 150_000 },
      { rekeyLimit: '200K', config: ['Ciphers aes256-ctr'] },
    ],
  ])('%s: the data stays whole both ways', async (_name, overrides, options) => {
    const server = await startSshd(options);
    const echo = use(await serveEcho());
    const trust = new OneKeyTrust(Object.values(server.hostKeys));
    const link = await connect(overrides, server, trust);
    const sizes = [3_000_000, 1_000_000, 500_000];
    const results = await Promise.all(
      sizes.map(async (size) => {
        const data = randomBytes(size);
        const channel = await openTo(link, echo.port);
        const got = collect(channel);
        for (let at = 0; at < size; at += 60_000) {
          if (!channel.stream.write(data.subarray(at, at + 60_000))) await once(channel.stream, 'drain');
        }
        channel.stream.end();
        return sha256(await got) === sha256(data);
      }),
    );
    expect(results).toEqual([true, true, true]);
    // The key is decided once; later exchanges are compared with it.
    expect(trust.decided).toHaveLength(1);
    link.dispose();
    await server.logged(/Received disconnect/);
    await server.stop();
  });

  test('really happens', async () => {
    const server = await startSshd({ logLevel: 'DEBUG' });
    const link = await connect({ rekeyIntervalMs: 30 }, server);
    await until(() => (server.log().match(/rekeying in progress|SSH2_MSG_NEWKEYS received/g) ?? []).length >= 6, {
      what: 'several key exchanges',
    });
    expect(await link.ping(5000)).toBeGreaterThan(0);
    link.dispose();
    await server.stop();
  });
});

describe('remote forwards', () => {
  checkLeaks();
  disposeUsed();

  async function answered(socket: Socket, text: string): Promise<string> {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.end(text);
    await once(socket, 'end');
    return Buffer.concat(chunks).toString();
  }

  function echoAll(incoming: IncomingChannel): void {
    const channel = incoming.accept();
    channel.stream.pipe(channel.stream);
  }

  test('port 0 gives the port, clients come in, and disposing cancels', async () => {
    const link = await connect();
    const listener = await link.listenRemote({ kind: 'tcp', host: '127.0.0.1', port: 0 });
    expect(listener.port).toBeGreaterThan(0);
    const seen: string[] = [];
    listener.onDidConnect((incoming) => {
      seen.push(incoming.originHost);
      echoAll(incoming);
    });
    const port = listener.port ?? 0;
    expect(await answered(netConnect(port, '127.0.0.1'), 'from afar')).toBe('from afar');
    expect(seen).toEqual(['127.0.0.1']);
    listener.dispose();
    await until(
      async () => {
        const socket = netConnect(port, '127.0.0.1');
        const [error] = (await once(socket, 'connect').then(
          () => [null],
          (thrown: unknown) => [thrown],
        )) as [Error | null];
        socket.destroy();
        return error !== null;
      },
      { what: 'the remote port to be closed' },
    );
    const again = await link.listenRemote({ kind: 'tcp', host: '127.0.0.1', port });
    expect(again.port).toBe(port);
  });

  test.each(['localhost', '', '*', '0.0.0.0'])(
    'the address %j is routed however the server spells it',
    async (host) => {
      const link = await connect();
      const listener = await link.listenRemote({ kind: 'tcp', host, port: 0 });
      listener.onDidConnect(echoAll);
      expect(await answered(netConnect(listener.port ?? 0, '127.0.0.1'), 'hello')).toBe('hello');
    },
  );

  test('a client that comes before anybody listens waits', async () => {
    const link = await connect();
    const listener = await link.listenRemote({ kind: 'tcp', host: '127.0.0.1', port: 0 });
    const answer = answered(netConnect(listener.port ?? 0, '127.0.0.1'), 'early');
    await link.ping(5000);
    listener.onDidConnect(echoAll);
    expect(await answer).toBe('early');
  });

  test('unix sockets on the server', async () => {
    const path = tempFolder().file('remote.sock');
    const link = await connect();
    const listener = await link.listenRemote({ kind: 'unix', path });
    expect(listener.port).toBeNull();
    listener.onDidConnect(echoAll);
    expect(await answered(netConnect(path), 'by path')).toBe('by path');
  });

  test('a taken port and a forbidden one are refused', async () => {
    const server = use(await serveEcho());
    const forbidding = await startSshd({ allowTcpForwarding: 'local' });
    const link = await connect();
    await expect(link.listenRemote({ kind: 'tcp', host: '127.0.0.1', port: server.port })).rejects.toMatchObject({
      code: 'remote-port-refused',
      where: `127.0.0.1:${server.port}`,
    });
    const other = await connect({}, forbidding);
    await expect(other.listenRemote({ kind: 'tcp', host: '127.0.0.1', port: 0 })).rejects.toMatchObject({
      code: 'remote-port-refused',
    });
    other.dispose();
    await forbidding.stop();
  });

  test('a rejected client is closed; a client at a link that went is not served', async () => {
    const link = await connect();
    const listener = await link.listenRemote({ kind: 'tcp', host: '127.0.0.1', port: 0 });
    listener.onDidConnect((incoming) => incoming.reject());
    const socket = netConnect(listener.port ?? 0, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    await once(socket, 'close');
    link.dispose();
    await expect(link.listenRemote({ kind: 'tcp', host: '127.0.0.1', port: 0 })).rejects.toMatchObject({
      code: 'link-lost',
    });
  });
});

describe('liveness', () => {
  checkLeaks();
  disposeUsed();

  test('a silent peer is dead after interval × (max + 1)', async () => {
    const server = await startSshd();
    const link = await connect({ aliveIntervalMs: 100, aliveCountMax: 2 }, server);
    const ends: (string | undefined)[] = [];
    link.onDidClose((error) => ends.push(error?.code));
    await link.ping(5000);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(ends).toEqual([]);
    const startedAt = performance.now();
    server.freeze();
    await until(() => link.isClosed, { what: 'the link to be dead', timeoutMs: 5000 });
    expect(ends).toEqual(['link-dead']);
    expect(performance.now() - startedAt).toBeGreaterThan(190);
    server.thaw();
    await server.stop();
  });

  test('verifySoon: an answering peer stays, a silent one dies in time', async () => {
    const server = await startSshd();
    const link = await connect({}, server);
    const ends: (string | undefined)[] = [];
    link.onDidClose((error) => ends.push(error?.code));
    link.verifySoon(2000);
    await link.ping(5000);
    server.freeze();
    link.verifySoon(200);
    await until(() => link.isClosed, { what: 'the link to be dead', timeoutMs: 3000 });
    expect(ends).toEqual(['link-dead']);
    await server.stop();
  });

  test('a full uplink is not dead while the server still takes bytes', async () => {
    // Passes what we send slowly, what comes back at once.
    const slow = use(
      await serveTcp((client) => {
        const upstream = netConnect(sshd.port, '127.0.0.1');
        upstream.on('error', () => client.destroy());
        upstream.on('close', () => client.destroy());
        client.on('close', () => upstream.destroy());
        upstream.pipe(client);
        let isOpen = false;
        const pump = (): void => {
          const chunk = (client.read(Math.min(client.readableLength, isOpen ? 12_000 : 65_536)) ??
            null) as Buffer | null;
          if (chunk) upstream.write(chunk);
          if (!client.destroyed) setTimeout(pump, isOpen ? 20 : 1);
        };
        pump();
        setTimeout(() => {
          isOpen = true;
        }, 600);
      }),
    );
    const sink = use(await serveTcp((socket) => socket.resume()));
    const link = await connect({ port: slow.port, aliveIntervalMs: 150, aliveCountMax: 3 });
    const channel = await openTo(link, sink.port);
    const startedAt = performance.now();
    while (performance.now() - startedAt < 3000 && !link.isClosed) {
      if (!channel.stream.writableNeedDrain) channel.stream.write(Buffer.alloc(32_768));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(link.isClosed).toBe(false);
    link.dispose();
  });

  test('a flipped bit ends the link once, with what it was', async () => {
    let isArmed = false;
    const relay = use(
      await serveRelay(sshd.port, (chunk) => {
        if (isArmed) {
          isArmed = false;
          chunk.writeUInt8(chunk.readUInt8(chunk.length - 3) ^ 1, chunk.length - 3);
        }
        return chunk;
      }),
    );
    const echo = use(await serveEcho());
    const link = await connect({ port: relay.port });
    const ends: (string | undefined)[] = [];
    link.onDidClose((error) => ends.push(error?.code));
    const channel = await openTo(link, echo.port);
    const events = watch(channel);
    channel.stream.resume();
    isArmed = true;
    channel.stream.write(Buffer.alloc(20_000));
    await until(() => link.isClosed, { what: 'the link to end' });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(ends).toEqual(['protocol']);
    expect(events).toEqual(['lost']);
    await until(() => relay.sockets.size === 0, { what: 'the sockets to be closed' });
  });

  test('a stalled uplink bounds what waits in memory', async () => {
    let isStalled = false;
    const relay = use(
      await serveTcp((client) => {
        const upstream = netConnect(sshd.port, '127.0.0.1');
        upstream.on('error', () => client.destroy());
        upstream.on('close', () => client.destroy());
        client.on('close', () => upstream.destroy());
        upstream.pipe(client);
        client.on('data', (chunk: Buffer) => {
          upstream.write(chunk);
          if (isStalled) client.pause();
        });
      }),
    );
    const sink = use(await serveTcp((socket) => socket.resume()));
    const link = await connect({ port: relay.port });
    const channels = await Promise.all(Array.from({ length: 20 }, () => openTo(link, sink.port)));
    isStalled = true;
    let accepted = 0;
    for (const channel of channels) {
      while (channel.stream.write(Buffer.alloc(65_536))) accepted += 65_536;
      accepted += 65_536;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const channel of channels)
      while (!channel.stream.writableNeedDrain) channel.stream.write(Buffer.alloc(65_536));
    const waiting = channels.reduce((sum, channel) => sum + channel.stream.writableLength, 0);
    // 20 channels with a quarter of a megabyte each, and one more write; ssh2 alone would take 4 MiB each.
    expect(waiting).toBeLessThan(20 * (256 + 128) * 1024);
    expect(accepted).toBeGreaterThan(0);
    link.dispose();
    await until(() => link.isClosed, { what: 'the link to close' });
  });
});

describe('dropbear', () => {
  checkLeaks();
  disposeUsed();

  test('login, channels, remote forward, our rekeying', async () => {
    const server = await startDropbear();
    const echo = use(await serveEcho());
    const link = await connect({ rekeyBytes: 300_000 }, server);
    const data = randomBytes(2_000_000);
    const channel = await openTo(link, echo.port);
    const got = collect(channel);
    channel.stream.end(data);
    expect(sha256(await got)).toBe(sha256(data));
    const listener = await link.listenRemote({ kind: 'tcp', host: '127.0.0.1', port: await freePort() });
    listener.onDidConnect((incoming) => {
      const accepted = incoming.accept();
      accepted.stream.pipe(accepted.stream);
    });
    const socket = netConnect(listener.port ?? 0, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.end('to dropbear');
    await once(socket, 'end');
    expect(Buffer.concat(chunks).toString()).toBe('to dropbear');
    link.dispose();
    await server.stop();
  });
});
