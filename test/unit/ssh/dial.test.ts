import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ConnectSocket,
  type DialAddress,
  dialFirst,
  interleave,
  resolveAddresses,
} from '../../../src/main/engine/ssh/dial.ts';
import { ipv6Bytes } from '../../../src/main/engine/ssh/proxy-socks.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { hostFor } from '../../support/link-parts.ts';

const v6 = (n: number): DialAddress => ({ address: `2001:db8::${n}`, family: 6 });
const v4 = (n: number): DialAddress => ({ address: `192.0.2.${n}`, family: 4 });

/** A socket that connects when told. */
class FakeSocket extends EventEmitter {
  destroyed = false;
  keepAlive: number | null = null;
  pause(): this {
    return this;
  }
  setKeepAlive(_on: boolean, delayMs: number): this {
    this.keepAlive = delayMs;
    return this;
  }
  destroy(): this {
    this.destroyed = true;
    return this;
  }
}

function dialer(addresses: readonly DialAddress[], overrides = {}) {
  const clock = new FakeClock();
  const tries: { at: number; address: string; from: string | null; socket: FakeSocket }[] = [];
  const connect: ConnectSocket = (to, _port, from) => {
    const socket = new FakeSocket();
    tries.push({ at: clock.now(), address: to.address, from, socket });
    return socket as unknown as Socket;
  };
  const controller = new AbortController();
  const dialled = dialFirst(
    hostFor(22, overrides),
    { name: 'server', port: 22 },
    addresses,
    clock,
    controller.signal,
    connect,
  );
  dialled.catch(() => {});
  return { clock, tries, dialled, controller };
}

function refuse(socket: FakeSocket | undefined, code = 'ECONNREFUSED'): void {
  socket?.emit('error', Object.assign(new Error(code), { code }));
}

describe('happy eyeballs', () => {
  test('the next address starts 250 ms after the one before; the winner ends the others', async () => {
    const { clock, tries, dialled } = dialer([v6(1), v4(1), v6(2)]);
    await clock.advance(249);
    expect(tries).toHaveLength(1);
    await clock.advance(1);
    await clock.advance(250);
    expect(tries.map(({ at, address }) => [at, address])).toEqual([
      [0, '2001:db8::1'],
      [250, '192.0.2.1'],
      [500, '2001:db8::2'],
    ]);
    tries[1]?.socket.emit('connect');
    expect(await dialled).toBe(tries[1]?.socket);
    expect(tries.map(({ socket }) => socket.destroyed)).toEqual([true, false, true]);
    expect(tries[1]?.socket.keepAlive).toBe(30_000);
    expect(clock.pending).toBe(0);
    refuse(tries[0]?.socket);
  });

  test('a failed one is followed at once', async () => {
    const { clock, tries, dialled } = dialer([v6(1), v4(1)]);
    await clock.advance(10);
    refuse(tries[0]?.socket);
    expect(tries.map(({ at }) => at)).toEqual([0, 10]);
    tries[1]?.socket.emit('connect');
    await dialled;
    expect(clock.pending).toBe(0);
  });

  test.each([
    [['ENETUNREACH', 'ECONNREFUSED'], 'refused'],
    [['EHOSTUNREACH', 'ENETUNREACH'], 'unreachable'],
    [['ETIMEDOUT'], 'timeout'],
    [['ENETUNREACH', 'ECONNRESET'], 'reset'],
    [['EACCES'], 'unreachable'],
  ])('all failed with %j: %s', async (codes, code) => {
    const { tries, dialled, clock } = dialer(codes.map((_, index) => v4(index + 1)));
    for (const [index, errorCode] of codes.entries()) refuse(tries[index]?.socket, errorCode);
    const failure: unknown = await dialled.catch((error: unknown) => error);
    expect(['offline', code]).toContain((failure as { code: string }).code);
    expect(clock.pending).toBe(0);
  });

  test('giving up destroys all sockets', async () => {
    const { clock, tries, dialled, controller } = dialer([v6(1), v4(1)]);
    await clock.advance(250);
    controller.abort(new Error('not wanted'));
    await expect(dialled).rejects.toThrow('not wanted');
    expect(tries.every(({ socket }) => socket.destroyed)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test('dials from the bind address', () => {
    const { tries } = dialer([v4(1)], { bindAddress: '192.0.2.99' });
    expect(tries[0]?.from).toBe('192.0.2.99');
  });

  test('interleave: a permutation that keeps the order within each family and alternates while it can', () => {
    const address = fc.record({ address: fc.string(), family: fc.constantFrom<4 | 6>(4, 6) });
    fc.assert(
      fc.property(fc.array(address), (addresses) => {
        const mixed = interleave(addresses);
        for (const family of [4, 6])
          expect(mixed.filter((a) => a.family === family)).toEqual(addresses.filter((a) => a.family === family));
        expect(mixed).toHaveLength(addresses.length);
        expect(mixed[0]).toBe(addresses[0]);
        const shorter = Math.min(...[4, 6].map((family) => addresses.filter((a) => a.family === family).length));
        for (let i = 1; i < shorter * 2; i += 1) expect(mixed[i]?.family).not.toBe(mixed[i - 1]?.family);
      }),
    );
  });
});

describe('resolving', () => {
  const signal = new AbortController().signal;

  test('literals need no name server; scopes and brackets are kept and taken off', async () => {
    const never = () => Promise.reject(new Error('not asked'));
    const clock = new FakeClock();
    for (const [name, address, family] of [
      ['192.0.2.1', '192.0.2.1', 4],
      ['::1', '::1', 6],
      ['[2001:db8::1]', '2001:db8::1', 6],
      ['fe80::1%eth0', 'fe80::1%eth0', 6],
    ] as const)
      expect(await resolveAddresses(hostFor(22), name, clock, signal, never)).toEqual([{ address, family }]);
  });

  test('only the wanted family', async () => {
    const both = () => Promise.resolve([v6(1), v4(1)]);
    const clock = new FakeClock();
    expect(await resolveAddresses(hostFor(22, { addressFamily: 'inet' }), 'x', clock, signal, both)).toEqual([v4(1)]);
    expect(await resolveAddresses(hostFor(22, { addressFamily: 'inet6' }), 'x', clock, signal, both)).toEqual([v6(1)]);
    expect(await resolveAddresses(hostFor(22, { bindAddress: '192.0.2.9' }), 'x', clock, signal, both)).toEqual([
      v4(1),
    ]);
  });

  test('a silent name server and a failing one', async () => {
    const clock = new FakeClock();
    const silent = resolveAddresses(hostFor(22), 'slow.example', clock, signal, () => new Promise(() => {}));
    silent.catch(() => {});
    await clock.advance(9999);
    await clock.advance(1);
    await expect(silent).rejects.toMatchObject({ code: 'timeout', phase: 'resolve' });
    const failing = resolveAddresses(hostFor(22), 'x', clock, signal, () =>
      Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
    );
    await expect(failing).rejects.toMatchObject({ phase: 'resolve', hop: 'testhost' });
    expect(clock.pending).toBe(0);
  });

  test('giving up', async () => {
    const controller = new AbortController();
    const clock = new FakeClock();
    const waiting = resolveAddresses(hostFor(22), 'x', clock, controller.signal, () => new Promise(() => {}));
    controller.abort(new Error('not wanted'));
    await expect(waiting).rejects.toThrow('not wanted');
    await settle();
    expect(clock.pending).toBe(0);
  });
});

test('IPv6 addresses as bytes', () => {
  expect(ipv6Bytes('::1').toString('hex')).toBe('00000000000000000000000000000001');
  expect(ipv6Bytes('2001:db8::ff00:42:8329').toString('hex')).toBe('20010db8000000000000ff0000428329');
  expect(ipv6Bytes('::ffff:192.0.2.1').toString('hex')).toBe('00000000000000000000ffffc0000201');
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      // The URL parser writes the canonical form.
      const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
      expect(ipv6Bytes(address).toString('hex')).toBe(ipv6Bytes(canonical).toString('hex'));
    }),
  );
});
