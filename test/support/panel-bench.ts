import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { PanelServer } from '../../src/main/engine/control/panel-server.ts';
import type { Clock } from '../../src/main/engine/lifecycle/clock.ts';
import { systemClock } from '../../src/main/engine/lifecycle/clock.ts';
import { atEnd } from './control-bench.ts';
import { FakeEngine } from './fake-engine.ts';
import { keepingLog, type Logged } from './kept-log.ts';
import { enter, type PanelWire, secretIn } from './panel-wire.ts';
import { clientFrame } from './reset-clients.ts';
import { until } from './until.ts';

/** A panel in this process with a fake engine behind it, pages without a browser, and strangers; all are gone when the test ends, before its leak check. */

export interface PanelBench {
  readonly server: PanelServer;
  readonly origin: string;
  readonly engine: FakeEngine;
  readonly logged: readonly Logged[];
}

/** A panel at a free port. `page`: the bytes of its one page. */
export async function servingPanel({
  engine = new FakeEngine(),
  clock = systemClock,
  page = Buffer.from('<title>Holdfast</title>'),
}: {
  engine?: FakeEngine;
  clock?: Clock;
  page?: Buffer;
} = {}): Promise<PanelBench> {
  const logged: Logged[] = [];
  const files = new Map([['/', { type: 'text/html; charset=utf-8', body: page }]]);
  const log = keepingLog(logged);
  const server = new PanelServer({ api: engine.api, events: engine.events.event, files, log, clock });
  atEnd(() => server.dispose());
  await server.start(0);
  return { server, origin: `http://127.0.0.1:${server.port}`, engine, logged };
}

/** The path of the page. */
export async function pagePath(server: PanelServer): Promise<string> {
  return new URL(await server.link()).pathname;
}

/** A page that has proved itself and greeted. */
export async function provenPage({ server, origin }: PanelBench): Promise<PanelWire> {
  const page = await enter(origin, secretIn(await server.link()));
  if (page === null) throw new Error('the page was not let in');
  atEnd(() => page.wire.socket.terminate());
  return page.wire;
}

/** A connection that says what it likes, and reads only if told to. */
export class RawPanel {
  text = '';
  closed = false;
  readonly socket: Socket;
  readonly #origin: string;

  constructor(origin: string, { reads = true } = {}) {
    this.#origin = origin;
    this.socket = connect({ host: '127.0.0.1', port: Number(new URL(origin).port), allowHalfOpen: true });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
    });
    if (reads) this.read();
    atEnd(() => void this.socket.destroy());
  }

  /** From here on it reads. */
  read(): void {
    this.socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
    });
    this.socket.on('end', () => this.socket.end());
  }

  async connected(): Promise<this> {
    if (this.socket.connecting) await once(this.socket, 'connect');
    return this;
  }

  /** A request with our own address as its host. */
  get(path: string, ...headers: string[]): void {
    const lines = [`GET ${path} HTTP/1.1`, `Host: ${new URL(this.#origin).host}`, ...headers];
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  }

  upgrade(origin = this.#origin): void {
    this.get(
      '/ws',
      `Origin: ${origin}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    );
  }

  /** Is a WebSocket from here on. */
  async upgraded(): Promise<this> {
    this.upgrade();
    await until(() => this.text.includes('\r\n\r\n'), { what: 'the answer to the upgrade', seen: () => this.text });
    if (!this.text.startsWith('HTTP/1.1 101')) throw new Error(`no WebSocket: ${this.text}`);
    return this;
  }

  async ended(): Promise<void> {
    await until(() => this.closed, { what: 'the connection to be ended', seen: () => this.text });
  }
}

/** Frames of RFC 6455 section 5.2, masked by zeros. */
export const frames = {
  text: clientFrame,
  /** The first or a further part of a text that does not end with it. */
  part: (isFirst: boolean, body = 'x'): Buffer => withOpcode(isFirst ? 0x01 : 0x00, body),
  last: (body: string): Buffer => withOpcode(0x80, body),
  ping: (body = ''): Buffer => withOpcode(0x89, body),
  pong: (body = ''): Buffer => withOpcode(0x8a, body),
} as const;

function withOpcode(first: number, body: string): Buffer {
  const frame = clientFrame(body);
  frame[0] = first;
  return frame;
}
