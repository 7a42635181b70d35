import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { talkHttpConnect } from '../../../src/main/engine/ssh/proxy-http.ts';
import { serveTcp } from '../../support/echo-servers.ts';
import { checkLeaks } from '../../support/leak-check.ts';
import { hostFor } from '../../support/link-parts.ts';

checkLeaks();

/** What an HTTP proxy that answers `head` to the request makes of a login. */
async function answered(head: string): Promise<string> {
  const proxy = await serveTcp((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.write(head));
  });
  const socket = connect(proxy.port, '127.0.0.1');
  const closed = once(socket, 'close');
  try {
    await once(socket, 'connect');
    return await talkHttpConnect(
      socket,
      {
        host: hostFor(22),
        proxy: { kind: 'http', host: '127.0.0.1', port: proxy.port, user: null },
        askPassword: () => Promise.reject(new Error('nobody is asked')),
        signal: new AbortController().signal,
        redact: (text) => text,
      },
      null,
    );
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  } finally {
    socket.destroy();
    await closed;
    proxy.dispose();
  }
}

describe('the answer of an HTTP proxy', () => {
  test('is read up to the end of its head', async () => {
    expect(await answered('HTTP/1.1 200 OK\r\nA: b\r\n\r\n')).toBe('connected');
  });

  test('has a head of at most 64 KiB', async () => {
    expect(await answered(`HTTP/1.1 200 OK\r\nA: ${'b'.repeat(60_000)}\r\n\r\n`)).toBe('connected');
    expect(await answered(`HTTP/1.1 200 OK\r\nA: ${'b'.repeat(140_000)}`)).toMatch(/says too much/);
  });
});
