import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnyProxyHandshake, proxyReply } from '../../../src/main/engine/forward/proxy-dialects.ts';
import type { HandshakeEvent } from '../../../src/main/engine/forward/proxy-request.ts';

/** What a client sees and what comes out, whatever the portions were. */
interface Outcome {
  readonly sent: string;
  readonly end: 'open' | 'connect' | 'refuse';
  readonly target: string;
  readonly rest: string;
}

function feed(portions: readonly Buffer[]): Outcome {
  const parser = new AnyProxyHandshake();
  let sent = Buffer.alloc(0);
  for (const [i, portion] of portions.entries()) {
    for (const event of parser.push(portion) as readonly HandshakeEvent[]) {
      switch (event.kind) {
        case 'send':
          sent = Buffer.concat([sent, event.bytes]);
          break;
        case 'refuse':
          sent = Buffer.concat([sent, event.reply]);
          return { sent: sent.toString('latin1'), end: 'refuse', target: '', rest: '' };
        case 'connect': {
          const rest = Buffer.concat([event.rest, ...portions.slice(i + 1)]);
          const { dialect, host, port } = event.request;
          return {
            sent: sent.toString('latin1'),
            end: 'connect',
            target: `${dialect} ${host} ${port}`,
            rest: rest.toString('latin1'),
          };
        }
      }
    }
  }
  return { sent: sent.toString('latin1'), end: 'open', target: '', rest: '' };
}

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const portions: Buffer[] = [];
  let from = 0;
  for (const place of [...places, bytes.length]) {
    portions.push(bytes.subarray(from, place));
    from = place;
  }
  return portions;
}

function oneByOne(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (byte) => Buffer.from([byte]));
}

const socks5 = (tail: readonly number[], methods: readonly number[] = [0]): Buffer =>
  Buffer.from([5, methods.length, ...methods, 5, 1, 0, ...tail]);
const name = (text: string): number[] => [text.length, ...Buffer.from(text, 'latin1')];

const good: readonly (readonly [string, Buffer, string])[] = [
  ['SOCKS5, IPv4', socks5([1, 127, 0, 0, 1, 0, 80]), 'socks5 127.0.0.1 80'],
  ['SOCKS5, a name', socks5([3, ...name('db.internal'), 0x15, 0x38]), 'socks5 db.internal 5432'],
  ['SOCKS5, IPv6', socks5([4, ...Array.from({ length: 15 }, () => 0), 1, 1, 187]), 'socks5 0:0:0:0:0:0:0:1 443'],
  ['SOCKS5, several methods', socks5([1, 10, 0, 0, 1, 0, 22], [2, 1, 0]), 'socks5 10.0.0.1 22'],
  ['SOCKS4', Buffer.from([4, 1, 0, 80, 127, 0, 0, 1, 109, 101, 0]), 'socks4 127.0.0.1 80'],
  ['SOCKS4a', Buffer.from([4, 1, 0, 80, 0, 0, 0, 1, 0, ...Buffer.from('db'), 0]), 'socks4 db 80'],
  ['CONNECT', Buffer.from('CONNECT db.internal:5432 HTTP/1.1\r\nHost: x\r\n\r\n'), 'http db.internal 5432'],
  ['CONNECT, IPv6', Buffer.from('CONNECT [::1]:443 HTTP/1.0\r\n\r\n'), 'http ::1 443'],
  ['CONNECT, bare line feeds', Buffer.from('CONNECT a:1 HTTP/1.1\nX: y\n\n'), 'http a 1'],
];

const bad: readonly (readonly [string, Buffer, RegExp])[] = [
  ['no method without login', Buffer.from([5, 2, 1, 2]), /^\x05\xff$/],
  ['no method at all', Buffer.from([5, 0]), /^\x05\xff$/],
  ['BIND', Buffer.from([5, 1, 0, 5, 2, 0, 1]), /^\x05\x00\x05\x07/],
  ['UDP ASSOCIATE', Buffer.from([5, 1, 0, 5, 3, 0, 1]), /^\x05\x00\x05\x07/],
  ['address type 9', socks5([9, 0]), /^\x05\x00\x05\x08/],
  ['port 0', socks5([1, 1, 2, 3, 4, 0, 0]), /^\x05\x00\x05\x01/],
  ['an empty name', socks5([3, 0, 0, 80]), /^\x05\x00\x05\x01/],
  ['a name with a zero', socks5([3, ...name('a\0b'), 0, 80]), /^\x05\x00\x05\x01/],
  ['a second greeting', Buffer.from([5, 1, 0, 4, 1]), /^\x05\x00\x05\x01/],
  ['SOCKS4 BIND', Buffer.from([4, 2, 0, 80, 1, 2, 3, 4, 0]), /^\x00\x5b/],
  ['a SOCKS4 user of 1025 bytes', Buffer.from([4, 1, 0, 80, 1, 2, 3, 4, ...Buffer.alloc(1025, 'a')]), /^\x00\x5b/],
  [
    'a SOCKS4a name of 1025 bytes',
    Buffer.from([4, 1, 0, 80, 0, 0, 0, 9, 0, ...Buffer.alloc(1025, 'a'), 0]),
    /^\x00\x5b/,
  ],
  ['GET', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), /^HTTP\/1\.1 405 [^]*SOCKS[^]*CONNECT/],
  ['HTTP/2', Buffer.from('PRI * HTTP/2.0\r\n\r\n'), /^HTTP\/1\.1 400 /],
  ['CONNECT without a port', Buffer.from('CONNECT db HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 400 /],
  ['CONNECT to port 70000', Buffer.from('CONNECT db:70000 HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 400 /],
  ['a head without end', Buffer.from(`CONNECT a:1 HTTP/1.1\r\n${'x: y\r\n'.repeat(2000)}`), /^HTTP\/1\.1 431 /],
  [
    'a head that is too long',
    Buffer.from(`CONNECT a:1 HTTP/1.1\r\n${'x: y\r\n'.repeat(2000)}\r\n`),
    /^HTTP\/1\.1 431 /,
  ],
  ['TLS', Buffer.from([0x16, 3, 1]), /^$/],
  ['SSH', Buffer.from('ssh-'), /^$/],
];

describe('proxy requests', () => {
  it.each(good)('%s', (_name, bytes, target) => {
    const tail = Buffer.from('and more\0\xff', 'latin1');
    const whole = feed([Buffer.concat([bytes, tail])]);
    expect(whole).toMatchObject({ end: 'connect', target, rest: tail.toString('latin1') });
    expect(feed(oneByOne(Buffer.concat([bytes, tail])))).toEqual(whole);
    for (let length = 0; length < bytes.length; length += 1) expect(feed([bytes.subarray(0, length)]).end).toBe('open');
  });

  it.each(bad)('refuses %s', (_name, bytes, sent) => {
    const whole = feed([bytes]);
    expect(whole.end).toBe('refuse');
    expect(whole.sent).toMatch(sent);
    expect(feed(oneByOne(bytes))).toEqual(whole);
  });

  it('takes names and user ids of 1024 and 255 bytes', () => {
    const long = 'a'.repeat(255);
    expect(feed([socks5([3, ...name(long), 0, 80])]).target).toBe(`socks5 ${long} 80`);
    const user = Buffer.alloc(1024, 'u');
    expect(feed([Buffer.from([4, 1, 0, 80, 1, 2, 3, 4, ...user, 0])]).target).toBe('socks4 1.2.3.4 80');
  });

  it('gives the same result for any portions of mutated requests', () => {
    const seeds = [...good, ...bad].map(([, bytes]) => bytes);
    const mutated = fc
      .tuple(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
        fc.uint8Array({ maxLength: 40 }),
      )
      .map(([seed, changes, tail]) => {
        const bytes = Buffer.concat([seed, tail]);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return bytes;
      });
    fc.assert(
      fc.property(mutated, fc.array(fc.nat(), { maxLength: 12 }), (bytes, cuts) => {
        expect(feed(split(bytes, cuts))).toEqual(feed([bytes]));
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws and never connects to nothing, whatever the bytes', () => {
    const start = fc.constantFrom(4, 5, 0x43, 0x47, 0);
    fc.assert(
      fc.property(start, fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (first, portions) => {
        const outcome = feed([Buffer.from([first]), ...portions.map((portion) => Buffer.from(portion))]);
        if (outcome.end === 'connect') expect(outcome.target).toMatch(/^\w+ [^\s\0-\x20\x7f]+ [1-9]\d*$/);
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps a connect that a random port, name and rest were put into', () => {
    const host = fc.stringMatching(/^[a-z0-9.-]{1,60}$/);
    fc.assert(
      fc.property(
        host,
        fc.integer({ min: 1, max: 65_535 }),
        fc.uint8Array({ maxLength: 50 }),
        fc.array(fc.nat()),
        (text, port, rest, cuts) => {
          const portBytes = [port >> 8, port & 255];
          const requests: [string, Buffer][] = [
            ['socks5', socks5([3, ...name(text), ...portBytes])],
            ['socks4', Buffer.from([4, 1, ...portBytes, 0, 0, 0, 1, 0, ...Buffer.from(text), 0])],
            ['http', Buffer.from(`CONNECT ${text}:${port} HTTP/1.1\r\n\r\n`)],
          ];
          for (const [dialect, bytes] of requests) {
            const outcome = feed(split(Buffer.concat([bytes, rest]), cuts));
            expect(outcome).toMatchObject({
              end: 'connect',
              target: `${dialect} ${text} ${port}`,
              rest: Buffer.from(rest).toString('latin1'),
            });
          }
        },
      ),
    );
  });

  it('answers with real codes', () => {
    const second = (dialect: 'socks4' | 'socks5', outcome: Parameters<typeof proxyReply>[1]): number | undefined =>
      proxyReply(dialect, outcome)[1];
    expect(
      (['connected', 'failed', 'denied', 'unreachable', 'timeout', 'refused'] as const).map((o) => second('socks5', o)),
    ).toEqual([0, 1, 2, 4, 4, 5]);
    expect((['connected', 'refused'] as const).map((o) => second('socks4', o))).toEqual([0x5a, 0x5b]);
    const status = (['connected', 'denied', 'timeout', 'refused', 'unreachable'] as const).map((o) =>
      proxyReply('http', o).toString().slice(9, 12),
    );
    expect(status).toEqual(['200', '403', '504', '502', '502']);
  });
});
