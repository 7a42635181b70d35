import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createHttpServer, createSocketServer, ignoreError } from '../../../src/main/engine/lifecycle/socket-server.ts';
import { checkLeaks } from '../../support/leak-check.ts';

checkLeaks();

const source = fileURLToPath(new URL('../../../src/', import.meta.url));

/** Listens, and gives the first socket that `event` hands over to a client that says `text`. */
async function handedOver(server: Server, event: 'connection' | 'upgrade', text: string): Promise<Socket> {
  const got = new Promise<Socket>((resolve) => {
    if (event === 'connection') server.on('connection', resolve);
    else server.on('upgrade', (_request: unknown, socket: Socket) => resolve(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', ignoreError);
  client.write(text);
  const socket = await got;
  client.destroy();
  server.close();
  return socket;
}

describe('a socket that a server hands over', () => {
  it('has an error listener before whoever asked first for connections', async () => {
    const server = createSocketServer({}, () => undefined);
    let listeners = 0;
    server.on('connection', (socket) => {
      listeners = socket.listenerCount('error');
    });
    const socket = await handedOver(server, 'connection', 'x');
    expect(listeners).toBe(1);
    expect(() => socket.emit('error', new Error('reset'))).not.toThrow();
    socket.destroy();
  });

  it('keeps it when it was upgraded', async () => {
    const server = createHttpServer(
      {},
      (_request, response) => response.end(),
      () => undefined,
    );
    const upgrade = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const socket = await handedOver(server, 'upgrade', upgrade);
    expect(socket.listeners('error')).toContain(ignoreError);
    socket.destroy();
  });
});

describe('a server', () => {
  it('that cannot accept tells of it and goes on; that it cannot listen is told once', async () => {
    const faults: Error[] = [];
    const server = createSocketServer({}, (error) => faults.push(error));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    // As Node tells of an accept that failed.
    server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
    expect(faults.map(({ message }) => message)).toEqual(['accept EMFILE']);
    const second = createSocketServer({}, (error) => faults.push(error));
    const failed = once(second, 'listening').catch((error: NodeJS.ErrnoException) => error.code);
    second.listen((server.address() as AddressInfo).port, '127.0.0.1');
    expect(await failed).toBe('EADDRINUSE');
    expect(faults).toHaveLength(1);
    server.close();
  });

  it('of sockets is made nowhere else', () => {
    const makers = readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .filter((name) =>
        /import[^;]*\bcreateServer\b[^;]*from 'node:(?:net|https?|tls|http2)'|new (?:net|http)\.Server\(/.test(
          readFileSync(join(source, name), 'utf8'),
        ),
      );
    expect(makers.map((name) => name.replaceAll('\\', '/'))).toEqual(['main/engine/lifecycle/socket-server.ts']);
  });
});
