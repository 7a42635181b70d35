import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contractVersion } from '../../src/shared/contract/calls.ts';
import { panelLink } from '../support/panel-page.ts';
import { freePort } from '../support/processes.ts';
import { clientFrame, resetAt, type ResetPoint } from '../support/reset-clients.ts';
import {
  allRun,
  echo,
  EchoClient,
  endSceneAfterEach,
  hostTable,
  listenOf,
  sshd,
  trusting,
  tunnelTable,
} from './scene.ts';

/**
 * Whoever can connect to this machine can hang up at any moment. None of it may be a fault of the engine: 21 in 10 s would end it with all tunnels.
 */

endSceneAfterEach();

const resetsInAll = 10_000;
const atOnce = 24;

const hello = `${JSON.stringify({ id: 1, call: 'hello', input: { client: 'reset', contract: contractVersion } })}\n`;
const call = (name: string, input: object = {}): string => `${JSON.stringify({ id: 2, call: name, input })}\n`;

const controlPoints: readonly ResetPoint[] = [
  { name: 'at once', says: [] },
  { name: 'within a line', says: ['{"id":1,"ca'] },
  { name: 'after the greeting', says: [hello], awaitsAnswer: true },
  { name: 'with answers unread', says: [hello + call('snapshot').repeat(40)] },
  {
    name: 'subscribed',
    says: [hello + call('subscribe', { tunnels: true, prompts: true, log: true, logTunnel: null })],
  },
  { name: 'after nonsense', says: ['nonsense\n'] },
];

const bytePoints: readonly ResetPoint[] = [
  { name: 'at once', says: [] },
  { name: 'with bytes under way', says: ['x'.repeat(100_000)] },
  { name: 'with an answer unread', says: ['hello\n'], awaitsAnswer: true },
  { name: 'half-closed', says: ['hello\n'], halfCloses: true },
];

/** Parked clients, of which nobody reads anything. */
const parkedPoints = bytePoints.filter(({ awaitsAnswer }) => awaitsAnswer !== true);

function proxyPoints(open: number, closed: number): readonly ResetPoint[] {
  const socks5 = (port: number): Buffer => Buffer.from([5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 0xff]);
  const greeting = Buffer.from([5, 1, 0]);
  return [
    { name: 'at once', says: [] },
    { name: 'SOCKS5, one byte', says: [greeting.subarray(0, 1)] },
    { name: 'SOCKS5, greeted', says: [greeting], awaitsAnswer: true },
    { name: 'SOCKS5, within the request', says: [greeting, socks5(open).subarray(0, 6)] },
    { name: 'SOCKS5, asked', says: [greeting, socks5(open)] },
    { name: 'SOCKS5, a closed port', says: [greeting, socks5(closed)], awaitsAnswer: true },
    { name: 'SOCKS5, bytes behind the request', says: [greeting, socks5(open), 'x'.repeat(50_000)] },
    { name: 'SOCKS4, within the request', says: [Buffer.from([4, 1, open >> 8])] },
    { name: 'SOCKS4, asked', says: [Buffer.from([4, 1, open >> 8, open & 0xff, 127, 0, 0, 1, 0])], awaitsAnswer: true },
    { name: 'HTTP, within the request', says: ['CONNECT 127.0.0.1'] },
    { name: 'HTTP, asked', says: [`CONNECT 127.0.0.1:${open} HTTP/1.1\r\n\r\n`] },
    { name: 'HTTP, a bad request', says: ['CONNECT \r\n\r\n'] },
    { name: 'nonsense', says: ['\u0001\u0002'] },
  ];
}

function panelPoints(origin: string, folder: string): readonly ResetPoint[] {
  const host = new URL(origin).host;
  const get = (path: string, ...headers: string[]): string =>
    `${[`GET ${path} HTTP/1.1`, `Host: ${host}`, ...headers].join('\r\n')}\r\n\r\n`;
  const upgrade = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  const webSocket = get('/ws', `Origin: ${origin}`, ...upgrade);
  const prove = clientFrame(JSON.stringify({ prove: { id: 'a'.repeat(64), nonce: 'b'.repeat(64) } }));
  return [
    { name: 'at once', says: [] },
    { name: 'within the request', says: ['GET / HT'] },
    { name: 'with a page unread', says: [get(folder)] },
    { name: 'with many pages unread', says: [get(folder).repeat(30)] },
    { name: 'within a body', says: [`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100\r\n\r\nx`] },
    { name: 'after what is no HTTP', says: ['nonsense\r\n\r\n'] },
    { name: 'with a refused upgrade', says: [get('/ws', ...upgrade)] },
    { name: 'after a refused upgrade', says: [get('/ws', ...upgrade)], awaitsAnswer: true },
    { name: 'with an upgrade that ws refuses', says: [get('/ws', `Origin: ${origin}`, ...upgrade.slice(0, 2))] },
    { name: 'with an upgrade', says: [webSocket] },
    { name: 'after the upgrade', says: [webSocket], awaitsAnswer: true },
    { name: 'within a frame', says: [webSocket, prove.subarray(0, 20)] },
    { name: 'with a proof', says: [webSocket, prove] },
    { name: 'with a frame that is none', says: [webSocket, Buffer.from([0xff, 0xff, 0, 0])] },
  ];
}

describe('connections that are reset', () => {
  it(`at every point of every listener, ${resetsInAll} in all, are no fault`, { timeout: 300_000 }, async () => {
    const [server, target, closed, away] = await Promise.all([sshd({}), echo(), freePort(), freePort()]);
    const hf = await trusting(
      server,
      hostTable('away', server, 'connect-timeout = "1s"\n', away) +
        tunnelTable('local', 'box', 'login', `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`) +
        tunnelTable('refused', 'box', 'login', `local 127.0.0.1:0 -> 127.0.0.1:${closed}`) +
        tunnelTable('unix', 'box', 'login', `local ~/forward.sock -> 127.0.0.1:${target.port}`) +
        tunnelTable('socks', 'box', 'login', 'dynamic 127.0.0.1:0') +
        tunnelTable('back', 'box', 'login', `remote 127.0.0.1:0 -> 127.0.0.1:${target.port}`) +
        tunnelTable('backsocks', 'box', 'login', 'remote-dynamic 127.0.0.1:0') +
        tunnelTable('parked', 'away', 'demand', `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`),
    );
    await hf.serve(['--panel']);
    const { origin, pathname } = new URL(await panelLink(hf));
    const running = ['local', 'refused', 'unix', 'socks', 'back', 'backsocks'];
    await allRun(hf, running);
    const run = join(hf.home, 'run', 'holdfast');
    const control = join(run, readdirSync(run).find((name) => name.endsWith('.sock')) ?? '');
    const at = (name: string): Promise<string> => listenOf(hf, name);
    const proxy = proxyPoints(target.port, closed);
    const listeners: readonly (readonly [string, string, readonly ResetPoint[]])[] = [
      ['panel', new URL(origin).host, panelPoints(origin, pathname)],
      ['control', control, controlPoints],
      ['local', await at('local'), bytePoints],
      ['refused', await at('refused'), parkedPoints],
      ['unix', await at('unix'), bytePoints],
      ['parked', await at('parked'), parkedPoints],
      ['socks', await at('socks'), proxy],
      ['back', await at('back'), bytePoints],
      ['backsocks', await at('backsocks'), proxy],
    ];
    const client = await EchoClient.open(await at('local'));
    const points = listeners.flatMap(([name, address, list]) => list.map((point) => ({ name, address, point })));
    let done = 0;
    const worker = async (): Promise<void> => {
      while (done < resetsInAll) {
        const { name, address, point } = points[done++ % points.length] ??
          points[0] ?? { name: '', address: '', point: { name: '', says: [] } };
        await resetAt(address, point).catch((error: unknown) => {
          throw new Error(`${name}, ${point.name}, number ${done}: ${String(error)}`);
        });
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));

    // A client that was there all the time has lost nothing, all listeners answer, and nothing was thrown past everybody.
    await client.exchange('still here\n');
    await allRun(hf, running);
    for (const name of ['local', 'back', 'unix']) await (await EchoClient.open(await at(name))).exchange('hello\n');
    expect((await fetch(`${origin}${pathname}`)).status).toBe(200);
    expect(faultsIn(hf.home) + hf.errors).toBe('');
  });
});

/** What the engine's logs say of internal faults. */
function faultsIn(home: string): string {
  return readdirSync(join(home, 'state'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath.includes('logs'))
    .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n'))
    .filter((line) => line.includes('internal fault'))
    .slice(0, 3)
    .join('\n');
}
