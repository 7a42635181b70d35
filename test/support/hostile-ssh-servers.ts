import { Buffer } from 'node:buffer';
import { deflateSync } from 'node:zlib';
import type { HostConfig } from '../../src/shared/model/config.ts';
import { WireWriter } from '../../src/main/engine/ssh/wire-format.ts';
import {
  hostileKeyLine,
  kexInit,
  kexReply,
  type LoggedIn,
  rsaBlob,
  type RunningServer,
  serveClear,
  serveLoggedIn,
  servePayloads,
} from './hostile-wire.ts';

/** A server that means us harm, by its name. */
export interface HostileServer {
  readonly name: string;
  /**
   * How far a client comes: `refused` before a key is accepted, `login` while it logs in, `open` when it is logged in. `carried`: the link is to stand
   * it and live on.
   */
  readonly ends: 'refused' | 'login' | 'open' | 'carried';
  /** What a host needs for it beside the address; the key is `hostileKeyLine`, no login is needed. */
  readonly host: Partial<HostConfig>;
  /** Words of the error that ends it. */
  readonly says: RegExp | null;
  start(): Promise<RunningServer>;
}

const groupExchange = 'diffie-hellman-group-exchange-sha256';
const hostKey = Buffer.from(hostileKeyLine.split(' ')[1] ?? '', 'base64');

/** 2^bits - 1; a prime for 521, 2,203, 9,689 and 21,701. */
export function mersenne(bits: number): Buffer {
  const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xff);
  bytes.writeUInt8(0xff >> ((8 - (bits % 8)) % 8), 0);
  return bytes;
}

function mpint(bytes: Buffer): Buffer {
  return new WireWriter().mpint(bytes).toBuffer().subarray(4);
}

function withGroup(name: string, prime: Buffer, generator: Buffer, value: Buffer, says: RegExp): HostileServer {
  return {
    name: `group exchange: ${name}`,
    ends: 'refused',
    host: { legacyAlgorithms: [groupExchange] },
    says,
    start: () =>
      servePayloads([
        kexInit(groupExchange, 'rsa-sha2-256'),
        new WireWriter().byte(31).mpint(prime).mpint(generator).toBuffer(),
        kexReply(33, hostKey, mpint(value)),
      ]),
  };
}

function withReply(
  name: string,
  kex: string,
  value: Buffer,
  says: RegExp,
  key: Buffer = hostKey,
  algorithm = 'rsa-sha2-256',
) {
  const server: HostileServer = {
    name,
    ends: 'refused',
    host: algorithm.startsWith('rsa') ? {} : { legacyAlgorithms: [algorithm] },
    says,
    start: () => servePayloads([kexInit(kex, algorithm), kexReply(31, key, value, algorithm), Buffer.of(21)]),
  };
  return server;
}

function once(
  name: string,
  ends: HostileServer['ends'],
  says: RegExp | null,
  act: (client: LoggedIn) => void,
): HostileServer {
  return {
    name,
    ends,
    host: {},
    says,
    start: () => serveLoggedIn((client) => client.connection.on('ready', () => act(client))),
  };
}

const two = Buffer.of(2);
const good = mersenne(2203);
const tooMany = /asks for answers that it does not read/;

/** Servers that want us to calculate, before their key was looked at. */
export const calculatingServers: readonly HostileServer[] = [
  withGroup('a prime of 21,701 bits', mersenne(21_701), two, two, /has 21701 bits, not 2048 to 8192/),
  withGroup('a prime of 9,689 bits', mersenne(9689), two, two, /has 9689 bits, not 2048 to 8192/),
  withGroup('a prime of 521 bits', mersenne(521), two, two, /has 521 bits, not 2048 to 8192/),
  withGroup('no prime at all', Buffer.alloc(0), two, two, /has 0 bits/),
  withGroup('an even number', Buffer.concat([good.subarray(1), Buffer.of(2)]), two, two, /has no prime/),
  withGroup('a generator of 1', good, Buffer.of(1), two, /has no generator/),
  withGroup(
    'a generator of p - 1',
    good,
    Buffer.concat([good.subarray(0, -1), Buffer.of(0xfe)]),
    two,
    /has no generator/,
  ),
  withGroup('a public value of 0', good, two, Buffer.alloc(0), /public value .* out of range/),
  withGroup('a public value of 1', good, two, Buffer.of(1), /public value .* out of range/),
  withGroup(
    'a public value of p - 1',
    good,
    two,
    Buffer.concat([good.subarray(0, -1), Buffer.of(0xfe)]),
    /out of range/,
  ),
  withGroup('a public value beyond p', good, two, mersenne(30_000), /out of range/),
  withReply('fixed group: a public value of 1', 'diffie-hellman-group14-sha256', Buffer.of(1), /out of range/),
  withReply(
    'fixed group: a public value beyond p',
    'diffie-hellman-group14-sha256',
    mpint(mersenne(20_000)),
    /out of range/,
  ),
  withReply('curve: a point that is none', 'ecdh-sha2-nistp521', Buffer.alloc(133, 4), /protocol/),
  withReply('curve: a point of 30,000 bytes', 'ecdh-sha2-nistp521', Buffer.alloc(30_000, 4), /protocol/),
  withReply('curve25519: a point of 30,000 bytes', 'curve25519-sha256', Buffer.alloc(30_000, 9), /protocol/),
  withReply('curve25519: the point of order 1', 'curve25519-sha256', Buffer.alloc(32), /protocol/),
  withReply(
    'host key: RSA of 100,000 bits',
    'curve25519-sha256',
    Buffer.alloc(32, 9),
    /has 100000 bits/,
    rsaBlob(100_000),
  ),
  withReply('host key: RSA of 512 bits', 'curve25519-sha256', Buffer.alloc(32, 9), /has 512 bits/, rsaBlob(512)),
  withReply(
    'host key: RSA with an exponent as long as its modulus',
    'curve25519-sha256',
    Buffer.alloc(32, 9),
    /an exponent that nobody uses/,
    rsaBlob(16_384, mersenne(16_383)),
  ),
  withReply(
    'host key: DSA of 9,000 bits',
    'curve25519-sha256',
    Buffer.alloc(32, 9),
    /DSA host key has 9000 bits/,
    new WireWriter().string('ssh-dss').mpint(mersenne(9000)).mpint(mersenne(256)).mpint(two).mpint(two).toBuffer(),
    'ssh-dss',
  ),
  {
    name: 'name-lists that fill a packet',
    ends: 'refused',
    host: {},
    says: /offers no key exchange/,
    start: () => servePayloads([kexInit(Array.from({ length: 16_000 }, () => 'a').join(','), 'rsa-sha2-256')]),
  },
  {
    name: 'lines before the hello, without end',
    ends: 'refused',
    host: {},
    says: /says too much before its hello/,
    start: () =>
      serveClear((write, drained, isOpen) => {
        const line = Buffer.from(`${'x'.repeat(60)}\r\n`);
        const step = (): void => {
          if (!isOpen()) return;
          if (write(line)) setImmediate(step);
          else drained(step);
        };
        step();
      }),
  },
];

const globalRequest = (name: string, rest = Buffer.alloc(0)): Buffer =>
  new WireWriter().byte(80).string(name).boolean(true).raw(rest).toBuffer();

function channelOpen(type: string, sender: number, packetBytes = 32_768): WireWriter {
  return new WireWriter().byte(90).string(type).uint32(sender).uint32(0).uint32(packetBytes);
}

/** Asks and does not read the answers. */
function unread(name: string, payload: () => Buffer): HostileServer {
  return once(`answers unread: ${name}`, 'open', tooMany, (client) => {
    client.socket.pause();
    client.flood(payload());
  });
}

/** A notice of so many host keys. */
function notice(keys: readonly Buffer[]): Buffer {
  const writer = new WireWriter();
  for (const key of keys) writer.string(key);
  return new WireWriter().byte(80).string('hostkeys-00@openssh.com').boolean(false).raw(writer.toBuffer()).toBuffer();
}

/** Servers that fill memory or time once somebody has logged in. */
export const fillingServers: readonly HostileServer[] = [
  unread('global requests', () => globalRequest('keepalive@openssh.com')),
  unread('channels that nobody asked for', () => channelOpen('x11', 7).string('a').uint32(1).toBuffer()),
  unread('forwards that nobody asked for', () =>
    channelOpen('forwarded-tcpip', 7).string('localhost').uint32(1).string('a').uint32(1).toBuffer(),
  ),
  once('key exchanges in a row', 'carried', null, ({ protocol, socket, connection }) => {
    connection.on('rekey', () => {
      if (!socket.destroyed) setImmediate(() => !socket.destroyed && protocol.rekey());
    });
    protocol.rekey();
  }),
  once('packets to be ignored', 'carried', null, (client) => {
    client.flood(new WireWriter().byte(2).string(Buffer.alloc(16)).toBuffer(), 100_000);
    client.flood(new WireWriter().byte(4).boolean(true).string('debug').string('').toBuffer(), 100_000);
    client.flood(Buffer.of(200), 100_000);
  }),
  once('answers to nothing', 'carried', null, (client) => {
    client.flood(Buffer.of(82), 100_000);
    client.flood(new WireWriter().byte(3).uint32(0).toBuffer(), 100_000);
  }),
  once('notices of host keys', 'carried', null, (client) => {
    client.flood(notice(Array.from({ length: 100 }, () => rsaBlob(2048, Buffer.of(3)))), 500);
    client.flood(notice([Buffer.alloc(34_000, 0x2d)]), 500);
  }),
  once('banners after the login', 'carried', null, (client) => {
    client.flood(new WireWriter().byte(53).string('').string('').toBuffer(), 69_000);
  }),
  {
    name: 'banners without end',
    ends: 'carried',
    host: {},
    says: null,
    start: () =>
      serveLoggedIn(
        (client) => {
          client.connection.on('authentication', (context) => {
            for (let i = 0; i < 69_000; i += 1)
              client.send(
                new WireWriter()
                  .byte(53)
                  .string(i % 2 === 0 ? '' : 'hello')
                  .string('')
                  .toBuffer(),
              );
            context.accept();
          });
        },
        { letIn: false },
      ),
  },
  {
    name: 'a packet that unpacks to 30 MB',
    ends: 'open',
    host: { compression: true },
    says: /packs too much into one packet/,
    start: () =>
      serveLoggedIn((client) => {
        client.connection.on('ready', () => {
          // The packet goes out as it is: ssh2's own writer would compress it again.
          const bomb = deflateSync(Buffer.alloc(30 * 1024 * 1024), { finishFlush: 1 });
          const packet = (client.protocol._cipher as unknown as { allocPacket(n: number): Buffer }).allocPacket(
            bomb.length,
          );
          packet.set(bomb, 5);
          client.protocol._cipher.encrypt(packet);
        });
      }),
  },
  {
    name: 'questions without waiting for answers',
    ends: 'login',
    host: {},
    says: /login request that was never made/,
    start: () =>
      serveLoggedIn(
        (client) => {
          client.connection.on('authentication', (context) => {
            if (context.method !== 'keyboard-interactive') {
              context.reject(['keyboard-interactive']);
              return;
            }
            const ask = new WireWriter()
              .byte(60)
              .string('n')
              .string('i')
              .string('')
              .uint32(1)
              .string('Code')
              .boolean(false);
            client.flood(ask.toBuffer(), 1000);
          });
        },
        { letIn: false },
      ),
  },
];

/** Says so much on stderr of each forward, as fast as its window lets it, and then `done`. */
export const stderrBytes = 4 * 1024 * 1024;

/** Servers that misuse the channels that we open, or let them open. */
export const channelServers = {
  stderr: {
    name: 'stderr on forwards',
    ends: 'carried',
    host: {},
    says: null,
    start: () =>
      serveLoggedIn(({ connection }) => {
        connection.on('tcpip', (accept) => {
          const channel = accept();
          channel.stderr.write(Buffer.alloc(stderrBytes), () => channel.write('done'));
        });
      }),
  },
  tinyPackets: {
    name: 'channels that take packets of no bytes',
    ends: 'open',
    host: {},
    says: /takes 0 bytes a packet in a channel, fewer than 256/,
    start: () =>
      serveLoggedIn(({ protocol, send }) => {
        protocol._handlers['CHANNEL_OPEN'] = (_protocol: never, info: { readonly sender: number }) =>
          send(
            new WireWriter()
              .byte(91)
              .uint32(info.sender)
              .uint32(0)
              .uint32(1 << 20)
              .uint32(0)
              .toBuffer(),
          );
      }),
  },
  remoteClients: {
    name: 'clients of a remote forward without end',
    ends: 'carried',
    host: {},
    says: null,
    start: () =>
      serveLoggedIn(({ connection, flood }) => {
        connection.on('request', (accept, _reject, name, info) => {
          if (name !== 'tcpip-forward') return;
          accept?.();
          const { bindAddr, bindPort } = info;
          const open = channelOpen('forwarded-tcpip', 7)
            .string(bindAddr)
            .uint32(bindPort)
            .string('203.0.113.5')
            .uint32(4000);
          flood(open.toBuffer(), 20_000);
        });
      }),
  },
  output: {
    name: 'a command with output without end',
    ends: 'carried',
    host: {},
    says: null,
    start: () =>
      serveLoggedIn(({ connection }) => {
        connection.on('session', (accept) => {
          accept().on('exec', (acceptExec) => {
            const channel = acceptExec();
            const chunk = Buffer.alloc(64 * 1024, 0x61);
            let left = 1024;
            const step = (): void => {
              while (left > 0) {
                left -= 1;
                channel.stderr.write(chunk);
                if (!channel.write(chunk)) {
                  channel.once('drain', step);
                  return;
                }
              }
              channel.exit(0);
              channel.end();
            };
            step();
          });
        });
      }),
  },
} as const satisfies Record<string, HostileServer>;

/** All of them. */
export const hostileServers: readonly HostileServer[] = [
  ...calculatingServers,
  ...fillingServers,
  ...Object.values(channelServers),
];

/**
 * What a server does with keepalives and opens: says that it knows neither; ignores the one and refuses the other; answers nothing but sends bytes each
 * 100 ms; answers nothing at all. All grant a remote forward at port 4711.
 */
export type KeepaliveHabit = 'unimplemented' | 'ignored' | 'mute' | 'silent';

/** A server with this habit, which lets everybody in. */
export function serveWithHabit(habit: KeepaliveHabit): Promise<RunningServer> {
  return serveLoggedIn(({ connection, protocol, send }) => {
    const unimplemented = (): void => {
      // The number of the packet that is being handled.
      const { inSeqno } = (protocol as unknown as { _decipher: { inSeqno: number } })._decipher;
      send(
        new WireWriter()
          .byte(3)
          .uint32((inSeqno - 1) >>> 0)
          .toBuffer(),
      );
    };
    protocol._handlers['GLOBAL_REQUEST'] = (_protocol: never, name: string) => {
      if (name === 'tcpip-forward') send(new WireWriter().byte(81).uint32(4711).toBuffer());
      else if (habit === 'unimplemented') unimplemented();
    };
    protocol._handlers['CHANNEL_OPEN'] = (_protocol: never, info: { readonly sender: number }) => {
      if (habit === 'unimplemented') unimplemented();
      else if (habit === 'ignored')
        send(new WireWriter().byte(92).uint32(info.sender).uint32(3).string('').string('').toBuffer());
    };
    if (habit !== 'mute') return;
    connection.on('ready', () => {
      const timer = setInterval(() => send(new WireWriter().byte(2).string('').toBuffer()), 100);
      connection.on('close', () => clearInterval(timer));
    });
  });
}
