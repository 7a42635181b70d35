import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { HoldfastError } from '../../src/shared/model/failure.ts';
import type { Endpoint } from '../../src/shared/model/forward-spec.ts';
import { Emitter } from '../../src/main/engine/lifecycle/emitter.ts';
import type {
  ExecResult,
  IncomingChannel,
  LinkInfo,
  RemoteListener,
  SshChannel,
  SshLink,
} from '../../src/main/engine/ssh/link.ts';

/** Two connected TCP sockets on loopback, both half-open. The first was accepted, the second connected. */
export async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const near = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  const [[accepted]] = await Promise.all([once(server, 'connection') as Promise<[Socket]>, once(near, 'connect')]);
  server.close();
  accepted.on('error', () => {});
  near.on('error', () => {});
  return [accepted, near];
}

/** A socket that plays a channel: a reset at the far end is a lost channel. */
export class SocketChannel implements SshChannel {
  readonly stream: Socket;
  readonly #onDidClose = new Emitter<{ readonly lost: boolean }>();
  readonly onDidClose = this.#onDidClose.event;
  #closed = false;

  constructor(socket: Socket) {
    this.stream = socket;
    socket.on('error', () => {});
    socket.on('close', (hadError) => this.#close(hadError));
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** As when the link dies. */
  lose(): void {
    this.#close(true);
    this.stream.destroy();
  }

  dispose(): void {
    this.stream.destroy();
    this.#close(false);
  }

  #close(lost: boolean): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onDidClose.fire({ lost });
  }
}

/** A link that reaches its targets from this process. */
export class FakeLink implements SshLink {
  readonly #onDidClose = new Emitter<HoldfastError | null>();
  readonly onDidClose = this.#onDidClose.event;
  readonly opened: { readonly target: Endpoint; readonly channel: SocketChannel }[] = [];
  readonly remote: { readonly at: object; readonly onDidConnect: Emitter<IncomingChannel>; disposed: boolean }[] = [];
  /** While set, opens and remote listens fail with it. */
  refusal: HoldfastError | null = null;
  /** While set, opens wait for it. */
  gate: Promise<void> | null = null;
  /** Remote ports that are taken. */
  readonly busyPorts = new Set<number>();
  isClosed = false;

  get info(): LinkInfo {
    throw new Error('not asked for here');
  }

  get channels(): number {
    return this.opened.filter(({ channel }) => !channel.isClosed).length;
  }

  readonly bytesIn = 0;
  readonly bytesOut = 0;

  async open(target: Endpoint, _origin?: { host: string; port: number }, signal?: AbortSignal): Promise<SshChannel> {
    if (this.gate !== null) await this.gate;
    if (this.isClosed) throw linkLost();
    if (this.refusal !== null) throw this.refusal;
    if (signal?.aborted) throw signal.reason;
    const socket = connect(
      target.kind === 'unix' ? { path: target.path, allowHalfOpen: true } : { ...target, allowHalfOpen: true },
    );
    try {
      await once(socket, 'connect');
    } catch (cause) {
      throw new HoldfastError({ code: 'target-refused', where: 'fake', message: 'It refuses.', next: 'Wait.', cause });
    }
    const channel = new SocketChannel(socket);
    this.opened.push({ target, channel });
    return channel;
  }

  async listenRemote(
    at: { kind: 'tcp'; host: string; port: number } | { kind: 'unix'; path: string },
  ): Promise<RemoteListener> {
    if (this.refusal !== null) throw this.refusal;
    if (at.kind === 'tcp' && this.busyPorts.has(at.port)) {
      throw new HoldfastError({ code: 'remote-port-refused', where: 'fake', message: 'It is taken.', next: 'Wait.' });
    }
    const entry = { at, onDidConnect: new Emitter<IncomingChannel>(), disposed: false };
    this.remote.push(entry);
    const port = at.kind === 'unix' ? null : at.port === 0 ? 40_000 : at.port;
    return { port, onDidConnect: entry.onDidConnect.event, dispose: () => void (entry.disposed = true) };
  }

  exec(): Promise<ExecResult> {
    throw new Error('not asked for here');
  }

  async ping(): Promise<number> {
    return 1;
  }

  verifySoon(): void {}

  /** As when the network goes away. */
  die(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const { channel } of this.opened) channel.lose();
    this.#onDidClose.fire(linkLost());
  }

  dispose(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const { channel } of this.opened) channel.dispose();
    this.#onDidClose.fire(null);
  }
}

function linkLost(): HoldfastError {
  return new HoldfastError({ code: 'link-lost', where: 'fake', message: 'The link is gone.', next: 'Wait.' });
}

/** All bytes up to the end of file, leaving the other direction open; rejects if the stream breaks. */
export function readAll(socket: Duplex): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('end', () => resolve(Buffer.concat(chunks)));
    socket.once('error', reject);
    socket.resume();
  });
}

/** Awaits a condition, checked each turn of the event loop. */
export async function until(condition: () => boolean, what: string, limitMs = 5000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The code of the error that ends a socket (`ECONNRESET`), or `clean` if it closes without one. */
export function endOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let code = 'clean';
    socket.on('error', (error: NodeJS.ErrnoException) => {
      code = error.code ?? 'unknown';
    });
    socket.on('close', () => resolve(code));
    socket.resume();
  });
}
