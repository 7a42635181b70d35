import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect as netConnect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ConnectRequest, SshLink } from '../../src/main/engine/ssh/link.ts';
import { Secret } from '../../src/main/engine/secrets/secret.ts';
import type { HostConfig } from '../../src/shared/model/config.ts';
import { HoldfastError } from '../../src/shared/model/failure.ts';
import { serveEcho, serveTcp } from '../support/echo-servers.ts';
import { serveBytes, serveLate, serveMute, serveRelay } from '../support/hostile-servers.ts';
import { checkLeaks } from '../support/leak-check.ts';
import { hostFor, type LinkSetup, linkSetup, oneKeyAuthenticator, OneKeyTrust } from '../support/link-parts.ts';
import { findProgram, freePort } from '../support/processes.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';
import { until } from '../support/until.ts';

let sshd: TestSshd;
let second: TestSshd;
beforeAll(async () => {
  sshd = await startSshd();
  second = await startSshd({ freshHostKeys: true });
});
afterAll(async () => {
  await sshd.stop();
  await second.stop();
});

const disposables: { dispose(): void }[] = [];
/** Call after `checkLeaks`, so that it runs before the check. */
function disposeUsed(): void {
  afterEach(() => {
    for (const item of disposables.splice(0).reverse()) item.dispose();
  });
}
function use<T extends { dispose(): void }>(item: T): T {
  disposables.push(item);
  return item;
}

function setup(server: TestSshd = sshd): LinkSetup {
  return linkSetup(new OneKeyTrust(Object.values(server.hostKeys)), oneKeyAuthenticator(server.clientKey));
}

function hostAt(port: number, overrides: Partial<HostConfig> = {}): HostConfig {
  return hostFor(port, { user: sshd.user, ...overrides });
}

async function failureOf(
  host: HostConfig,
  options: Partial<ConnectRequest> = {},
  using: LinkSetup = setup(),
): Promise<HoldfastError> {
  const result: unknown = await using.connect(host, options).then(
    (link) => link.dispose(),
    (error: unknown) => error,
  );
  if (!(result instanceof HoldfastError)) throw new Error(`no failure but ${String(result)}`);
  expect(result.hop).toBe(host.name);
  expect(result.phase).toBeDefined();
  expect(result.message).not.toMatch(/\bError\b|failed to|please|!/i);
  expect(result.next).not.toBe('');
  return result;
}

async function echoes(link: SshLink, text = 'through the tunnel'): Promise<string> {
  const echo = await serveEcho();
  const channel = await link.open({ kind: 'tcp', host: '127.0.0.1', port: echo.port });
  const chunks: Buffer[] = [];
  channel.stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => channel.stream.once('end', () => resolve()));
  channel.stream.end(text);
  await ended;
  echo.dispose();
  return Buffer.concat(chunks).toString();
}

describe('a server that is no good', () => {
  checkLeaks();
  disposeUsed();

  test.each([
    ['a name that does not exist', { address: 'nowhere.invalid' }, 'dns', 'resolve'],
    ['a closed port', {}, 'refused', 'dial'],
    ['a local address that is not ours', { bindAddress: '203.0.113.77' }, 'unreachable', 'dial'],
    ['an IPv4 address where only IPv6 is wanted', { addressFamily: 'inet6' as const }, 'dns', 'resolve'],
  ])('%s', async (_name, overrides, code, phase) => {
    const failure = await failureOf(hostAt(await freePort(), overrides));
    expect(failure).toMatchObject({ code, phase });
  });

  test('one that hangs up at once', async () => {
    const server = use(await serveTcp((socket) => socket.end()));
    const failure = await failureOf(hostAt(server.port));
    expect(failure).toMatchObject({ code: 'closed-early', message: 'testhost hung up before saying hello.' });
  });

  test('one that resets', async () => {
    const server = use(await serveTcp((socket) => socket.resetAndDestroy()));
    expect((await failureOf(hostAt(server.port))).code).toBe('reset');
  });

  test('one that says nothing', async () => {
    const server = use(await serveMute());
    const startedAt = performance.now();
    const failure = await failureOf(hostAt(server.port, { connectTimeoutMs: 300 }));
    expect(failure.code).toBe('timeout');
    expect(failure.message).toContain('did not say hello in 0.3 s');
    expect(performance.now() - startedAt).toBeLessThan(3000);
    await until(() => server.sockets.size === 0, { what: 'the socket to be closed' });
  });

  test('one that always says hello late is reached at a later try, and the setting is named', async () => {
    const server = use(await serveLate(sshd.port, 1100));
    const host = hostAt(server.port, { connectTimeoutMs: 500 });
    const patience = { handshakeMs: 0 };
    for (const [limit, next] of [
      ['0.5 s', '1 s'],
      ['1 s', '2 s'],
    ] as const) {
      const failure = await failureOf(host, { patience });
      expect(failure).toMatchObject({ code: 'timeout', phase: 'key-exchange' });
      expect(failure.message).toBe(`testhost took the connection but did not say hello in ${limit}.`);
      expect(failure.next).toContain(`The next try waits ${next}`);
      expect(failure.next).toContain('connect-timeout of testhost');
    }
    const link = use(await setup().connect(host, { patience }));
    expect(await echoes(link)).toBe('through the tunnel');
    // It is still known to be slow.
    expect(patience.handshakeMs).toBe(2000);
  });

  test('one that is quick again is not waited for any longer than others', async () => {
    const patience = { handshakeMs: 60_000 };
    use(await setup().connect(hostAt(sshd.port), { patience }));
    expect(patience.handshakeMs).toBe(0);
  });

  test('one that never says hello is waited for up to 60 s, or what the host allows, and dialling never takes longer', async () => {
    const server = use(await serveMute());
    const patience = { handshakeMs: 60_000 };
    const abort = new AbortController();
    const waiting = failureOf(hostAt(server.port, { connectTimeoutMs: 200 }), { patience, signal: abort.signal });
    await until(() => server.sockets.size === 1, { what: 'the connection' });
    const sinceMs = performance.now();
    await until(() => performance.now() - sinceMs > 600, { what: 'more than the time limit' });
    abort.abort();
    expect((await waiting).code).toBe('cancelled');

    const silent = use(await serveMute());
    const command = use(await serveBytes([Buffer.from([5, 0])]));
    // A SOCKS proxy that does not make the connection: the dial's own limit.
    const proxied = hostAt(silent.port, {
      connectTimeoutMs: 200,
      proxy: { kind: 'socks5', host: '127.0.0.1', port: command.port, user: null },
    });
    expect(await failureOf(proxied, { patience })).toMatchObject({ code: 'timeout', phase: 'dial' });
    expect(patience.handshakeMs).toBe(60_000);
  });

  test('one that drips: the limit is for the whole, not for each byte', async () => {
    const server = use(await serveBytes(['x'], { gapMs: 20, repeat: true }));
    const failure = await failureOf(hostAt(server.port, { connectTimeoutMs: 400 }));
    expect(failure.code).toBe('timeout');
  });

  test.each([
    ['endless lines', ['hello there\r\n']],
    ['an endless line', ['x'.repeat(4096)]],
    ['endless bytes without sense', [Buffer.alloc(65536, 0xff)]],
  ])('%s: one failure, and the socket is gone', async (_name, chunks) => {
    const server = use(await serveBytes(chunks, { repeat: true }));
    const failure = await failureOf(hostAt(server.port));
    expect(failure.code).toBe('protocol');
    await until(() => server.sockets.size === 0, { what: 'the socket to be closed' });
  });

  test.each([
    ['a web server', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'is not an SSH server'],
    ['SSH 1', 'SSH-1.5-old\r\n', 'speaks SSH 1'],
  ])('%s', async (_name, line, text) => {
    const server = use(await serveBytes([line]));
    const failure = await failureOf(hostAt(server.port));
    expect(failure.code).toBe('protocol');
    expect(failure.message).toContain(text);
  });

  test.each([
    ['garbage for a key exchange', Buffer.concat([Buffer.from([0, 0, 0, 28, 10]), Buffer.alloc(200, 20)])],
    ['a packet that is too long', Buffer.concat([Buffer.from([0x7f, 0xff, 0xff, 0xff]), Buffer.alloc(200)])],
    ['zero bytes', Buffer.alloc(4096)],
  ])('%s', async (_name, packet) => {
    const server = use(await serveBytes(['SSH-2.0-evil\r\n', packet], { gapMs: 5 }));
    const failure = await failureOf(hostAt(server.port));
    expect(failure).toMatchObject({ code: 'protocol', phase: 'key-exchange' });
    await until(() => server.sockets.size === 0, { what: 'the socket to be closed' });
  });

  test('one that hangs up in the key exchange', async () => {
    const server = use(await serveBytes(['SSH-2.0-gone\r\n'], { gapMs: 20, end: true }));
    const failure = await failureOf(hostAt(server.port));
    expect(failure).toMatchObject({ code: 'closed-early', message: 'testhost hung up during the key exchange.' });
  });

  test('one that offers only old algorithms is named with what it offers', async () => {
    const old = await startSshd({ config: ['KexAlgorithms diffie-hellman-group14-sha1'] });
    const failure = await failureOf(hostAt(old.port));
    expect(failure).toMatchObject({ code: 'no-common-algorithm', retry: 'person' });
    expect(failure.message).toContain('only diffie-hellman-group14-sha1');
    const allowed = await setup(old).connect(hostAt(old.port, { legacyAlgorithms: ['diffie-hellman-group14-sha1'] }));
    expect(allowed.info.kex).toBe('diffie-hellman-group14-sha1');
    allowed.dispose();
    await old.stop();
  });

  test('an unknown legacy algorithm is an error of the configuration', async () => {
    const failure = await failureOf(hostAt(sshd.port, { legacyAlgorithms: ['rot13'] }));
    expect(failure).toMatchObject({ code: 'config' });
  });

  test('one flipped bit in the key exchange', async () => {
    const relay = use(
      await serveRelay(sshd.port, (chunk, before) => {
        const at = 1500 - before;
        if (at >= 0 && at < chunk.length) chunk.writeUInt8(chunk.readUInt8(at) ^ 4, at);
        return chunk;
      }),
    );
    const failure = await failureOf(hostAt(relay.port));
    expect(['protocol', 'host-key-unknown']).toContain(failure.code);
    await until(() => relay.sockets.size === 0, { what: 'the socket to be closed' });
  });

  test('a key that is not trusted: no login is tried, nothing is committed', async () => {
    const trust = new OneKeyTrust([second.knownHostsLine().split(' ').slice(1).join(' ')]);
    const failure = await failureOf(hostAt(sshd.port), {}, linkSetup(trust, oneKeyAuthenticator(sshd.clientKey)));
    expect(failure).toMatchObject({ code: 'host-key-unknown', phase: 'host-key' });
    expect(trust.committed).toBe(0);
  });

  test('a login that is refused', async () => {
    const failure = await failureOf(hostAt(sshd.port, { user: 'nobody' }));
    expect(failure).toMatchObject({ code: 'auth-failed', phase: 'auth' });
  });

  test('a server that dies while a person looks at its key', async () => {
    const relay = use(await serveRelay(sshd.port));
    const trust = new OneKeyTrust(Object.values(sshd.hostKeys), async () => {
      for (const [client] of relay.pairs) client.destroy();
      await new Promise<never>(() => {});
    });
    const failure = await failureOf(hostAt(relay.port), {}, linkSetup(trust, oneKeyAuthenticator(sshd.clientKey)));
    expect(['closed-early', 'reset']).toContain(failure.code);
  });
});

describe('time limits', () => {
  checkLeaks();
  disposeUsed();

  test('stand still while a person thinks about the host key', async () => {
    const trust = new OneKeyTrust(
      Object.values(sshd.hostKeys),
      () => new Promise((resolve) => setTimeout(resolve, 700)),
    );
    const link = await linkSetup(trust, oneKeyAuthenticator(sshd.clientKey)).connect(
      hostAt(sshd.port, { connectTimeoutMs: 500 }),
    );
    expect(await echoes(link)).toBe('through the tunnel');
    link.dispose();
  });

  test('of the login stand still while a person types, and count otherwise', async () => {
    const inner = oneKeyAuthenticator(sshd.clientKey);
    const using = linkSetup(new OneKeyTrust(Object.values(sshd.hostKeys)), {
      authenticate: async (wire, context) => {
        const answer = await context.ask({
          kind: 'password',
          message: 'from the server',
          fields: [{ label: 'Code', echo: false }],
          round: 1,
          mayRemember: false,
        });
        expect(answer.values[0]?.reveal()).toBe('1234');
        return inner.authenticate(wire, context);
      },
    });
    const waiting: (string | null)[] = [];
    const connecting = using.connect(hostAt(sshd.port, { authTimeoutMs: 400 }), {
      target: 'the-end',
      observer: { onPhase() {}, onWaiting: (id) => waiting.push(id) },
    });
    await until(() => using.prompts.list().length > 0, { what: 'the prompt' });
    const [prompt] = using.prompts.list();
    expect(prompt).toMatchObject({
      kind: 'password',
      host: 'the-end',
      hop: 'testhost',
      address: `127.0.0.1:${sshd.port}`,
      message: 'from the server',
    });
    await new Promise((resolve) => setTimeout(resolve, 700));
    using.prompts.answer(prompt?.id ?? '', { kind: 'values', values: [Secret.from('1234')], remember: false });
    const link = await connecting;
    expect(waiting).toEqual([prompt?.id, null]);
    link.dispose();
    const stuck = linkSetup(new OneKeyTrust(Object.values(sshd.hostKeys)), {
      authenticate: () => new Promise(() => {}),
    });
    const failure = await failureOf(hostAt(sshd.port, { authTimeoutMs: 300 }), {}, stuck);
    expect(failure).toMatchObject({ code: 'timeout', phase: 'auth' });
  });

  test('a cancelled prompt ends the attempt and closes the server side', async () => {
    const using = linkSetup(new OneKeyTrust(Object.values(sshd.hostKeys)), {
      authenticate: async (_wire, context) => {
        await context.ask({
          kind: 'otp',
          message: 'Code',
          fields: [{ label: 'Code', echo: true }],
          round: 1,
          mayRemember: false,
        });
        throw new Error('not reached');
      },
    });
    const failing = failureOf(hostAt(sshd.port), {}, using);
    await until(() => using.prompts.list().length > 0, { what: 'the prompt' });
    using.prompts.answer(using.prompts.list()[0]?.id ?? '', { kind: 'cancel' });
    expect(await failing).toMatchObject({ code: 'cancelled', retry: 'person' });
  });
});

describe('giving up', () => {
  checkLeaks();
  disposeUsed();

  async function abortedAt(host: HostConfig, when: (abort: () => void) => Partial<ConnectRequest>, using = setup()) {
    const controller = new AbortController();
    let abortedAt = 0;
    const options = when(() => {
      if (abortedAt === 0) abortedAt = performance.now();
      controller.abort(new Error('no longer wanted'));
    });
    const failure = await failureOf(host, { ...options, signal: controller.signal }, using);
    expect(failure.code).toBe('cancelled');
    expect(performance.now() - abortedAt).toBeLessThan(1000);
    return failure;
  }

  test.each(['resolve', 'dial', 'key-exchange', 'host-key', 'auth'] as const)('at phase %s', async (phase) => {
    await abortedAt(hostAt(sshd.port, { address: 'localhost', addressFamily: 'inet' }), (abort) => ({
      observer: {
        onPhase: (now) => {
          if (now === phase) abort();
        },
        onWaiting() {},
      },
    }));
  });

  test('before it began', async () => {
    const controller = new AbortController();
    controller.abort(new Error('never wanted'));
    expect((await failureOf(hostAt(sshd.port), { signal: controller.signal })).code).toBe('cancelled');
  });

  test('while the server is mute', async () => {
    const server = use(await serveMute());
    await abortedAt(hostAt(server.port), (abort) => {
      void until(() => server.sockets.size > 0, { what: 'the connection' }).then(abort);
      return {};
    });
    await until(() => server.sockets.size === 0, { what: 'the socket to be closed' });
  });

  test('while a person is asked, which withdraws the question', async () => {
    const using = linkSetup(new OneKeyTrust(Object.values(sshd.hostKeys)), {
      authenticate: async (_wire, context) => {
        await context.ask({
          kind: 'otp',
          message: 'Code',
          fields: [{ label: 'Code', echo: true }],
          round: 1,
          mayRemember: false,
        });
        throw new Error('not reached');
      },
    });
    await abortedAt(
      hostAt(sshd.port),
      (abort) => {
        void until(() => using.prompts.list().length > 0, { what: 'the prompt' }).then(abort);
        return {};
      },
      using,
    );
    expect(using.prompts.list()).toEqual([]);
  });
});

describe('ways to the server', () => {
  checkLeaks();
  disposeUsed();

  test('a jump host: each hop with its own host key, and the end is lost with the jump host', async () => {
    const first = await setup().connect(hostAt(sshd.port, { name: 'edge' }));
    const target = hostAt(second.port, { name: 'inner' });
    await expect(setup(sshd).connect(target, { via: first })).rejects.toMatchObject({
      code: 'host-key-unknown',
      hop: 'inner',
    });
    const using = linkSetup(new OneKeyTrust(Object.values(second.hostKeys)), oneKeyAuthenticator(second.clientKey));
    const inner = await using.connect(target, { via: first });
    expect(await echoes(inner)).toBe('through the tunnel');
    const deeper = await using.connect(hostAt(second.port, { name: 'deeper' }), { via: inner });
    expect(await echoes(deeper, 'three deep')).toBe('three deep');
    deeper.dispose();
    await until(() => inner.channels === 0, { what: 'the channel of the inner link to go' });
    const ends: (string | undefined)[] = [];
    inner.onDidClose((error) => ends.push(error?.code));
    first.dispose();
    await until(() => inner.isClosed, { what: 'the inner link to end' });
    expect(ends).toHaveLength(1);
    expect(ends[0]).toMatch(/link-lost|server-closed/);
  });

  test('a jump host that cannot reach the next one', async () => {
    const first = await setup().connect(hostAt(sshd.port, { name: 'edge' }));
    const failure = await failureOf(hostAt(await freePort(), { name: 'inner' }), { via: first });
    expect(failure).toMatchObject({ code: 'jump-refused', phase: 'dial' });
    first.dispose();
    await until(() => first.isClosed, { what: 'the link to close' });
  });

  test('a proxy command, killed with the link', async () => {
    const nc = findProgram('nc');
    if (nc === null) throw new Error('nc is not installed; on Debian: apt-get install netcat-openbsd');
    const link = await setup().connect(hostAt(sshd.port, { proxy: { kind: 'command', command: `${nc} %h %p` } }));
    expect(await echoes(link)).toBe('through the tunnel');
    const ends: unknown[] = [];
    link.onDidClose((error) => ends.push(error));
    link.dispose();
    expect(ends).toEqual([null]);
  });

  test('a proxy command that fails is quoted', async () => {
    const failure = await failureOf(
      hostAt(22, { proxy: { kind: 'command', command: 'sh -c "echo no way to %h:%p >&2; exit 3"' } }),
    );
    expect(failure.code).toBe('proxy-command-failed');
    expect(failure.message).toContain('no way to 127.0.0.1:22');
  });

  test('a proxy command that does not exist, and one that says nothing', async () => {
    const missing = await failureOf(hostAt(22, { proxy: { kind: 'command', command: '/no/such/program %h' } }));
    expect(missing.code).toBe('proxy-command-failed');
    const mute = await failureOf(
      hostAt(22, { connectTimeoutMs: 300, proxy: { kind: 'command', command: 'sleep 60' } }),
    );
    expect(mute.code).toBe('timeout');
  });

  test('SOCKS 5, without and with a login', async () => {
    const proxy = use(await serveSocks({ user: null, password: null }));
    const link = await setup().connect(
      hostAt(sshd.port, { proxy: { kind: 'socks5', host: '127.0.0.1', port: proxy.port, user: null } }),
    );
    expect(await echoes(link)).toBe('through the tunnel');
    link.dispose();
    const locked = use(await serveSocks({ user: 'me', password: 'pw' }));
    const plain = await failureOf(
      hostAt(sshd.port, { proxy: { kind: 'socks5', host: '127.0.0.1', port: locked.port, user: null } }),
    );
    expect(plain).toMatchObject({ code: 'proxy-failed' });
    for (const [password, works] of [
      ['pw', true],
      ['wrong', false],
    ] as const) {
      const using = setup();
      const connecting = using.connect(
        hostAt(sshd.port, { proxy: { kind: 'socks5', host: '127.0.0.1', port: locked.port, user: 'me' } }),
      );
      connecting.catch(() => {});
      await until(() => using.prompts.list().length > 0, { what: 'the prompt' });
      expect(using.prompts.list()[0]?.message).toContain('at the proxy');
      using.prompts.answer('1', { kind: 'values', values: [Secret.from(password)], remember: false });
      if (works) (await connecting).dispose();
      else await expect(connecting).rejects.toMatchObject({ code: 'proxy-failed' });
    }
  });

  test('a proxy that is not there, or not known', async () => {
    for (const proxy of [
      { kind: 'socks5', host: '127.0.0.1', port: await freePort(), user: null },
      { kind: 'http', host: 'nowhere.invalid', port: 3128, user: null },
    ] as const) {
      const failure = await failureOf(hostAt(sshd.port, { proxy }));
      expect(failure).toMatchObject({ code: 'proxy-failed', where: `proxy ${proxy.host}:${proxy.port}` });
    }
  });

  test('HTTP CONNECT, with a login, and refused', async () => {
    const proxy = use(await serveHttpProxy('me:pw'));
    const using = setup();
    const connecting = using.connect(
      hostAt(sshd.port, { proxy: { kind: 'http', host: '127.0.0.1', port: proxy.port, user: 'me' } }),
    );
    await until(() => using.prompts.list().length > 0, { what: 'the prompt' });
    using.prompts.answer('1', { kind: 'values', values: [Secret.from('pw')], remember: false });
    const link = await connecting;
    expect(await echoes(link)).toBe('through the tunnel');
    link.dispose();
    const refused = await failureOf(
      hostAt(sshd.port, { proxy: { kind: 'http', host: '127.0.0.1', port: proxy.port, user: null } }),
    );
    expect(refused).toMatchObject({ code: 'proxy-failed' });
    const echo = use(await serveEcho());
    const notHttp = await failureOf(
      hostAt(sshd.port, {
        connectTimeoutMs: 1000,
        proxy: { kind: 'http', host: '127.0.0.1', port: echo.port, user: null },
      }),
    );
    expect(notHttp.code).toBe('proxy-failed');
  });
});

/** SOCKS 5 for IPv4 and names, just enough for the test. */
function serveSocks({ user, password }: { user: string | null; password: string | null }) {
  return serveTcp((client) => {
    let buffer = Buffer.alloc(0);
    let stage: 'hello' | 'login' | 'request' = 'hello';
    const onData = (chunk: Buffer): void => {
      buffer = Buffer.concat([buffer, chunk]);
      if (stage === 'hello' && buffer.length >= 2 + (buffer[1] ?? 0)) {
        const methods = [...buffer.subarray(2, 2 + (buffer[1] ?? 0))];
        buffer = buffer.subarray(2 + methods.length);
        const method = user === null ? 0 : 2;
        client.write(Buffer.from([5, methods.includes(method) ? method : 0xff]));
        stage = user === null ? 'request' : 'login';
      }
      if (stage === 'login' && buffer.length > 2) {
        const name = buffer.subarray(2, 2 + (buffer[1] ?? 0)).toString();
        const rest = buffer.subarray(2 + name.length);
        if (rest.length < 1 + (rest[0] ?? 0)) return;
        const isRight = name === user && rest.subarray(1, 1 + (rest[0] ?? 0)).toString() === password;
        buffer = Buffer.alloc(0);
        client.write(Buffer.from([1, isRight ? 0 : 1]));
        stage = 'request';
      }
      if (stage === 'request' && buffer.length >= 10 && buffer[3] === 1) {
        const port = buffer.readUInt16BE(8);
        client.off('data', onData);
        const upstream = netConnect({ host: '127.0.0.1', port });
        upstream.on('error', () => client.destroy());
        upstream.once('connect', () => {
          client.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
          join(client, upstream);
        });
      }
    };
    client.on('data', onData);
  });
}

async function serveHttpProxy(credentials: string) {
  const sockets = new Set<Socket>();
  const server = createHttpServer();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.on('connect', (request, client: Socket) => {
    client.on('error', () => {});
    if (request.headers['proxy-authorization'] !== `Basic ${Buffer.from(credentials).toString('base64')}`) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n');
      return;
    }
    const upstream = netConnect({ host: '127.0.0.1', port: Number(request.url?.split(':')[1]) });
    upstream.on('error', () => client.destroy());
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      join(client, upstream);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    dispose() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function join(client: Socket, upstream: Socket): void {
  client.pipe(upstream).pipe(client);
  client.on('close', () => upstream.destroy());
  upstream.on('close', () => client.destroy());
}
