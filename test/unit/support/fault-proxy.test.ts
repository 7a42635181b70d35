import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveEcho, type TestServer } from '../../support/echo-servers.ts';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';
import { endOf, readAll } from '../../support/forward-fakes.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { until } from '../../support/until.ts';

checkLeaks();

let echo: TestServer;
let proxy: FaultProxy;
const sockets: Socket[] = [];

beforeEach(async () => {
  echo = await serveEcho();
  proxy = await startFaultProxy(echo.port);
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  proxy.dispose();
  echo.dispose();
});

function client(): Socket {
  const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  sockets.push(socket);
  return socket;
}

describe('the fault proxy', () => {
  it('passes bytes and half-close, and counts', async () => {
    const socket = client();
    const bytes = Buffer.alloc(3_000_000, 'abc');
    socket.end(bytes);
    expect((await readAll(socket)).equals(bytes)).toBe(true);
    expect([proxy.accepted, proxy.bytesUp, proxy.bytesDown]).toEqual([1, bytes.length, bytes.length]);
    await until(() => proxy.live === 0, { what: 'the connection to be gone' });
  });

  it('swallows in a hole and carries again after', async () => {
    const socket = client();
    socket.write('a');
    await once(socket, 'data');
    proxy.hole();
    socket.write('lost');
    await until(() => socket.bytesWritten === 5, { what: 'the write' });
    // Another connection through the hole is taken as well, and stays silent.
    await once(client(), 'connect');
    await new Promise((resolve) => setImmediate(resolve));
    proxy.pass();
    await until(
      () => {
        socket.write('.');
        return socket.readableLength > 0 || socket.bytesRead > 1;
      },
      { what: 'bytes after the hole' },
    );
    expect(proxy.live).toBe(2);
  });

  it('flips one bit', async () => {
    proxy.flip('down', 3);
    const socket = client();
    socket.end('aaaaaa');
    expect((await readAll(socket)).toString()).toBe('aaa`aa');
  });

  it('delays', async () => {
    proxy.delay(30);
    const socket = client();
    const startedAt = performance.now();
    socket.end('x');
    await readAll(socket);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(59);
  });

  it('limits the rate', async () => {
    proxy.rate(100_000);
    const socket = client();
    const startedAt = performance.now();
    socket.end(Buffer.alloc(10_000));
    expect((await readAll(socket)).length).toBe(10_000);
    expect(performance.now() - startedAt).toBeGreaterThan(80);
  });

  it('cuts with an end of file, and resets', async () => {
    const one = client();
    one.write('x');
    await once(one, 'data');
    proxy.cut();
    await once(one, 'end');
    const two = client();
    two.write('x');
    await once(two, 'data');
    const end = endOf(two);
    proxy.reset();
    expect(await end).toBe('ECONNRESET');
    expect(proxy.live).toBe(0);
  });

  it('refuses and reopens on the same port, keeping what is open', async () => {
    const live = client();
    live.write('x');
    await once(live, 'data');
    const { port } = proxy;
    await proxy.refuse();
    expect(await endOf(client())).toBe('ECONNREFUSED');
    live.write('y');
    await once(live, 'data');
    await proxy.reopen();
    expect(proxy.port).toBe(port);
    const socket = client();
    socket.end('again');
    expect((await readAll(socket)).toString()).toBe('again');
  });
});
