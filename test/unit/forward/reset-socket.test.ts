import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { resetSocket } from '../../../src/main/engine/forward/reset-socket.ts';
import { until } from '../../support/forward-fakes.ts';
import { checkLeaks } from '../../support/leak-check.ts';

checkLeaks();

// Node's own client hides a reset behind data (libuv takes it for an end of file): a plain recv loop tells the truth.
const reader = `
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
sys.stdin.readline()
n = 0
try:
    while True:
        d = s.recv(65536)
        if not d:
            print('eof'); break
        n += len(d)
except ConnectionResetError:
    print('reset')
`;

async function seenByReader(act: (socket: Socket) => void): Promise<string> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const child = spawn('python3', ['-c', reader, String((server.address() as AddressInfo).port)]);
  let seen = '';
  child.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
  });
  const [socket] = (await once(server, 'connection')) as [Socket];
  server.close();
  act(socket);
  if (!socket.closed) await until(() => socket.closed, 'the close of the socket');
  child.stdin.end('go\n');
  await once(child, 'close');
  return seen.trim();
}

describe('resetSocket', () => {
  it('lets a reader see a reset behind bytes it got', async () => {
    expect(
      await seenByReader((socket) => {
        socket.write('part of it');
        resetSocket(socket);
      }),
    ).toBe('reset');
  });

  it('does not wait for a reader with bytes outstanding', async () => {
    expect(
      await seenByReader((socket) => {
        socket.write(Buffer.alloc(20_000_000));
        resetSocket(socket);
      }),
    ).toBe('reset');
  });

  it('resets an ended socket whose bytes are still outstanding', async () => {
    expect(
      await seenByReader((socket) => {
        socket.end(Buffer.alloc(20_000_000));
        resetSocket(socket);
      }),
    ).toBe('reset');
  });

  it('closes a socket that is just being shut down', async () => {
    await seenByReader((socket) => {
      socket.end('all of it');
      resetSocket(socket);
    });
  });
});
