import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { connect, type Socket } from 'node:net';
import ssh2, { type Connection } from 'ssh2';
import type { ControlClient } from '../../src/main/engine/control/control-client.ts';
import { serveTcp } from '../support/echo-servers.ts';
import { serveBytes, serveMute } from '../support/hostile-servers.ts';
import { hostileServers } from '../support/hostile-ssh-servers.ts';
import { hostileKeyLine } from '../support/hostile-wire.ts';

/** What an attack may use of the engine under attack. */
export interface AttackContext {
  /** A shell of the engine that is not attacked itself. */
  readonly client: ControlClient;
  /** The path of its control socket. */
  readonly controlSocket: string;
  /** Ports on 127.0.0.1 that it listens at for its good tunnel: a local forward, a dynamic one, and a remote one on the server's side. */
  readonly ports: { readonly local: number; readonly dynamic: number; readonly remote: number };
  /** Makes a host and a tunnel to a server of the attack, and puts it up; `knownHosts`: lines that trust it; `settings`: more lines of the host. */
  tunnelTo(name: string, port: number, knownHosts?: readonly string[], settings?: readonly string[]): Promise<void>;
}

/** `start` begins and returns at once; what it gives ends it, with everything that it opened. */
export interface Attack {
  readonly name: string;
  start(context: AttackContext): Promise<Stop>;
}

type Stop = () => Promise<void> | void;

/** All of them, at once, in rounds. Add here what a test found: it then runs for as long as anybody likes, beside all the others. */
export const attacks: readonly Attack[] = [
  ...Object.entries({
    garbage: () => serveBytes([Buffer.alloc(65_536, 0xff)], { repeat: true }),
    web: () => serveBytes(['HTTP/1.1 400 Bad Request\r\n\r\n']),
    mute: () => serveMute(),
    drips: () => serveBytes(['S'], { gapMs: 50, repeat: true }),
    lines: () => serveBytes(['hello there\r\n'], { repeat: true }),
    line: () => serveBytes(['x'.repeat(4096)], { repeat: true }),
    old: () => serveBytes(['SSH-1.5-old\r\n']),
    packet: () =>
      serveBytes(['SSH-2.0-evil\r\n', Buffer.concat([Buffer.from([0x7f, 0xff, 0xff, 0xff]), Buffer.alloc(200)])], {
        gapMs: 5,
      }),
    kexinit: () =>
      serveBytes(['SSH-2.0-evil\r\n', Buffer.concat([Buffer.from([0, 0, 0, 28, 10]), Buffer.alloc(200, 20)])], {
        gapMs: 5,
      }),
    hangup: () => serveTcp((socket) => socket.end()),
    resets: () => serveTcp((socket) => socket.resetAndDestroy()),
    escapes: () => serveBytes(['220 \u001b]0;owned\u0007\u001b[2J\u009b31m\u202egnp.exe\u200b\r\n']),
  }).map(([name, serve]) => ({
    name: `a server: ${name}`,
    async start(context: AttackContext): Promise<Stop> {
      const server = await serve();
      await context.tunnelTo(name, server.port);
      return () => server.dispose();
    },
  })),
  ...hostileServers.map((hostile, index) => ({
    name: `a server: ${hostile.name}`,
    async start(context: AttackContext): Promise<Stop> {
      const server = await hostile.start();
      const key = `[127.0.0.1]:${server.port} ${hostileKeyLine}`;
      const { legacyAlgorithms = [], compression = false } = hostile.host;
      const settings = [`legacy-algorithms = ${JSON.stringify(legacyAlgorithms)}`, `compression = ${compression}`];
      await context.tunnelTo(`hostile-${index}`, server.port, [key], settings);
      return () => server.stop();
    },
  })),
  asks('500 things at once', 500),
  asks('one question after the other', 1),
  asks('one empty round after the other', 0),
  resets('a local forward', ({ ports }) => ({ port: ports.local }), [Buffer.alloc(0), Buffer.alloc(100_000, 1)]),
  resets('a dynamic forward', ({ ports }) => ({ port: ports.dynamic }), [
    Buffer.alloc(0),
    Buffer.from([5]),
    Buffer.from([5, 1, 0, 5, 1, 0]),
    Buffer.from([4, 1, 0, 9]),
    Buffer.from('CONNECT 127.0.0.1:9 HTTP/1.1\r\n'),
  ]),
  resets('a remote forward', ({ ports }) => ({ port: ports.remote }), [Buffer.alloc(0), Buffer.alloc(100_000, 1)]),
  resets('the control socket', ({ controlSocket }) => ({ path: controlSocket }), [
    Buffer.alloc(0),
    Buffer.from('{'),
    Buffer.from('{"id":1,"call":"status","input":{}}\n'),
  ]),
  {
    name: 'malformed control frames',
    start: ({ controlSocket }) =>
      again(() =>
        sayTo({ path: controlSocket }, [
          '\0'.repeat(1000),
          'null\n[]\n{}\n"x"\n',
          '{"id":"__proto__","call":"constructor","input":null}\n',
          `${'['.repeat(100_000)}\n`,
          `{"id":1,"call":"hello","input":{"client":"${'x'.repeat(300_000)}"}}\n`,
          Buffer.alloc(5000, 0xff),
        ]),
      ),
  },
  {
    name: 'panel upgrades that are reset',
    async start({ client }) {
      const { port } = new URL((await client.call('panel.link', { port: null })).url);
      const upgrade =
        'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';
      const texts = ['GET /ws HTTP/1.1\r\n', `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${upgrade}`, 'GET / HT'];
      const own = `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: http://127.0.0.1:${port}\r\n${upgrade}`;
      // A message in parts of a byte that does not end, and pongs that nobody asked for.
      const parts = Buffer.alloc(70_000, Buffer.from([0x00, 0x81, 0, 0, 0, 0, 0x78, 0x8a, 0x80, 0, 0, 0, 0]));
      return resetting({ port: Number(port) }, [
        ...texts.map((text) => Buffer.from(text)),
        Buffer.concat([Buffer.from(own), Buffer.from([0x01, 0x80, 0, 0, 0, 0]), parts]),
      ]);
    },
  },
];

type Where = { readonly port: number } | { readonly path: string };

function resets(name: string, where: (context: AttackContext) => Where, said: readonly Buffer[]): Attack {
  return { name: `resets at ${name}`, start: (context) => resetting(where(context), said) };
}

function resetting(where: Where, said: readonly Buffer[]): Promise<Stop> {
  return again(() => sayTo(where, said));
}

/** Opens a connection for each of `said`, says it, and resets the connection: some at once, some a moment later. */
async function sayTo(where: Where, said: readonly (Buffer | string)[]): Promise<void> {
  await Promise.all(
    said.flatMap((bytes) =>
      [0, 1, 30].map(
        (waitMs) =>
          new Promise<void>((resolve) => {
            const socket: Socket = 'path' in where ? connect(where.path) : connect(where.port, '127.0.0.1');
            socket.on('error', () => {});
            socket.once('close', () => resolve());
            socket.resume();
            const reset = (): void => void ('path' in where ? socket.destroy() : socket.resetAndDestroy());
            socket.setTimeout(2000, reset);
            socket.once('connect', () => {
              socket.write(bytes);
              if (waitMs === 0) reset();
              else setTimeout(reset, waitMs);
            });
          }),
      ),
    ),
  );
}

/** Does it over and over until it is stopped. */
async function again(work: () => Promise<void>): Promise<Stop> {
  const over = new AbortController();
  const done = (async () => {
    while (!over.signal.aborted) {
      await work();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })().catch(() => {
    // The engine is gone, which the soak sees by itself.
  });
  return async () => {
    over.abort();
    await done;
  };
}

/** A server that asks for `fields` things, round after round, whatever is answered; somebody answers. */
function asks(name: string, fields: number): Attack {
  return {
    name: `a server that asks: ${name}`,
    async start(context) {
      const { privateKey } = generateKeyPairSync('rsa', {
        modulusLength: 2048,
        privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
        publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
      });
      const clients = new Set<Connection>();
      const server = new ssh2.Server({ hostKeys: [privateKey] }, (client) => {
        clients.add(client);
        client.on('error', () => {});
        client.on('close', () => clients.delete(client));
        client.on('authentication', (login) => {
          if (login.method !== 'keyboard-interactive') return login.reject(['keyboard-interactive']);
          const ask = (): void =>
            login.prompt(
              Array.from({ length: fields }, (_, at) => ({ prompt: `${at}: `, echo: false })),
              ask,
            );
          ask();
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
      const { port } = server.address() as AddressInfo;
      const key = ssh2.utils.parseKey(privateKey);
      const one = Array.isArray(key) ? key[0] : key;
      if (!one || one instanceof Error) throw new Error('no host key');
      const tunnel = `asks-${fields}`;
      await context.tunnelTo(tunnel, port, [`[127.0.0.1]:${port} ssh-rsa ${one.getPublicSSH().toString('base64')}`]);
      const stopAnswers = await again(async () => {
        for (const prompt of await context.client.call('prompts', {}))
          if (prompt.tunnels.includes(tunnel))
            await context.client
              .call('answer', { id: prompt.id, answer: { kind: 'values', values: ['x'], remember: false } })
              .catch(() => {});
        await context.client.call('up', { names: [tunnel], all: false }).catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 300));
      });
      return async () => {
        await stopAnswers();
        for (const client of clients) client.end();
        await new Promise<void>((resolve) => server.close(() => resolve()));
      };
    },
  };
}
