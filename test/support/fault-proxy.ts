import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { resetSocket } from '../../src/main/engine/forward/reset-socket.ts';
import type { Disposable } from '../../src/main/engine/lifecycle/disposable.ts';

/**
 * A TCP proxy on 127.0.0.1 that breaks on command. Switches act at once, on connections that are there and on those to come:
 *
 *     const proxy = await startFaultProxy(sshd.port);
 *     proxy.hole();                 // swallows both ways, connections stay
 *     proxy.pass();                 // carries again (what was swallowed is gone)
 *     proxy.delay(100);             // 100 ms each way
 *     proxy.rate(50_000);           // bytes a second, each connection and way
 *     proxy.flip('down', 10_000);   // one bit of the byte at this place of the next connection's (or a live one's) download
 *     proxy.cut(); proxy.reset();   // end of file, or RST, to both sides of all connections
 *     await proxy.refuse(); await proxy.reopen();
 */
export interface FaultProxy extends Disposable {
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Connections open now. */
  readonly live: number;
  /** Bytes delivered to the client, and to the server. */
  readonly bytesDown: number;
  readonly bytesUp: number;
  pass(): void;
  delay(delayMs: number): void;
  rate(bytesPerSecond: number): void;
  /** Swallows what comes from either side. */
  hole(): void;
  /** Sends an end of file to both sides of all connections, then closes them. */
  cut(): void;
  /** Resets both sides of all connections. */
  reset(): void;
  /** Flips one bit in the byte number `afterBytes` (from 0) of a connection's stream; the first connection that reaches it. */
  flip(way: 'up' | 'down', afterBytes: number): void;
  /** Closes the listener; connections stay. New clients get ECONNREFUSED. */
  refuse(): Promise<void>;
  /** Listens again on the same port. */
  reopen(): Promise<void>;
  /** Resets everything and closes the listener. */
  dispose(): void;
}

type Mode =
  | { readonly kind: 'pass' }
  | { readonly kind: 'hole' }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'rate'; readonly bytesPerSecond: number };

type Way = 'up' | 'down';

interface Flip {
  readonly way: Way;
  readonly at: number;
}

/** Queued bytes of one direction above which its source is paused. */
const queueLimitBytes = 1024 * 1024;
/** A slow link is fed in steps of this length. */
const rateStepMs = 10;

/** One direction of one connection: a queue with a time for each piece, because a delay must not reorder. */
class Lane {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #way: Way;
  readonly #owner: Proxy;
  readonly #queue: { readonly chunk: Buffer | null; readonly dueAtMs: number }[] = [];
  #queuedBytes = 0;
  #seen = 0;
  #timer: NodeJS.Timeout | null = null;
  #over = false;

  constructor(source: Socket, sink: Socket, way: Way, owner: Proxy) {
    this.#source = source;
    this.#sink = sink;
    this.#way = way;
    this.#owner = owner;
    source.on('data', (chunk: Buffer) => this.#take(chunk));
    source.on('end', () => this.#take(null));
    sink.on('drain', () => this.pump());
  }

  /** Takes and gives no more. */
  end(): void {
    this.#over = true;
    this.drop();
  }

  /** Forgets what is queued. */
  drop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#queue.length = 0;
    this.#queuedBytes = 0;
  }

  #take(chunk: Buffer | null): void {
    const { mode } = this.#owner;
    if (this.#over || mode.kind === 'hole') return;
    if (chunk !== null) {
      this.#owner.flipIn(this.#way, chunk, this.#seen);
      this.#seen += chunk.length;
      this.#queuedBytes += chunk.length;
    }
    this.#queue.push({ chunk, dueAtMs: performance.now() + (mode.kind === 'delay' ? mode.delayMs : 0) });
    if (this.#queuedBytes > queueLimitBytes) this.#source.pause();
    this.pump();
  }

  /** Delivers what is due. */
  pump(): void {
    if (this.#over || this.#timer !== null) return;
    const { mode } = this.#owner;
    let budget =
      mode.kind === 'rate'
        ? Math.max(1, Math.floor((mode.bytesPerSecond * rateStepMs) / 1000))
        : Number.POSITIVE_INFINITY;
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const waitMs = next.dueAtMs - performance.now();
      if (waitMs > 0) {
        this.#arm(waitMs);
        return;
      }
      if (this.#sink.destroyed) {
        this.drop();
        return;
      }
      if (this.#sink.writableNeedDrain) return;
      if (next.chunk === null) {
        this.#queue.shift();
        this.#sink.end();
        return;
      }
      const part = next.chunk.subarray(0, budget);
      if (part.length === next.chunk.length) this.#queue.shift();
      else this.#queue[0] = { chunk: next.chunk.subarray(part.length), dueAtMs: next.dueAtMs };
      this.#queuedBytes -= part.length;
      if (this.#queuedBytes <= queueLimitBytes / 2) this.#source.resume();
      this.#owner.count(this.#way, part.length);
      this.#sink.write(part);
      budget -= part.length;
      if (budget <= 0) {
        this.#arm(rateStepMs);
        return;
      }
    }
  }

  #arm(waitMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.pump();
    }, waitMs);
  }
}

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly lanes: readonly Lane[];
}

class Proxy implements FaultProxy {
  mode: Mode = { kind: 'pass' };
  accepted = 0;
  bytesDown = 0;
  bytesUp = 0;
  readonly #targetPort: number;
  readonly #pairs = new Set<Pair>();
  #flips: Flip[] = [];
  #server: Server | null = null;
  #port = 0;

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
  }

  get port(): number {
    return this.#port;
  }

  get live(): number {
    return this.#pairs.size;
  }

  async reopen(): Promise<void> {
    if (this.#server !== null) return;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    server?.close();
    // The port is closed now; the `close` event would wait for the connections.
    await new Promise((resolve) => setImmediate(resolve));
  }

  pass(): void {
    this.#switch({ kind: 'pass' });
  }

  delay(delayMs: number): void {
    this.#switch({ kind: 'delay', delayMs });
  }

  rate(bytesPerSecond: number): void {
    this.#switch({ kind: 'rate', bytesPerSecond });
  }

  hole(): void {
    this.#switch({ kind: 'hole' });
    for (const pair of this.#pairs) for (const lane of pair.lanes) lane.drop();
  }

  flip(way: Way, afterBytes: number): void {
    this.#flips.push({ way, at: afterBytes });
  }

  cut(): void {
    for (const pair of [...this.#pairs]) {
      this.#forget(pair);
      for (const socket of [pair.client, pair.upstream]) {
        socket.resume();
        socket.end();
        socket.destroySoon();
      }
    }
  }

  reset(): void {
    for (const pair of [...this.#pairs]) {
      this.#forget(pair);
      for (const socket of [pair.client, pair.upstream]) resetSocket(socket);
    }
  }

  dispose(): void {
    this.reset();
    this.#server?.close();
    this.#server = null;
  }

  /** Changes the bit that is asked for, if this piece of a stream holds it. */
  flipIn(way: Way, chunk: Buffer, start: number): void {
    this.#flips = this.#flips.filter((flip) => {
      const at = flip.at - start;
      const byte = chunk[at];
      if (flip.way !== way || at < 0 || byte === undefined) return true;
      chunk[at] = byte ^ 1;
      return false;
    });
  }

  count(way: Way, bytes: number): void {
    if (way === 'up') this.bytesUp += bytes;
    else this.bytesDown += bytes;
  }

  #switch(mode: Mode): void {
    this.mode = mode;
    for (const pair of this.#pairs) for (const lane of pair.lanes) lane.pump();
  }

  #accept(client: Socket): void {
    this.accepted += 1;
    const upstream = connect({ port: this.#targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const lanes = [new Lane(client, upstream, 'up', this), new Lane(upstream, client, 'down', this)];
    const pair: Pair = { client, upstream, lanes };
    this.#pairs.add(pair);
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on('error', () => {
        // A reset of one side is passed on as one; in a hole nothing is.
        if (this.mode.kind !== 'hole' && this.#pairs.has(pair)) resetSocket(other);
      });
      socket.on('close', () => {
        if (client.destroyed && upstream.destroyed) this.#forget(pair);
      });
    }
  }

  #forget(pair: Pair): void {
    this.#pairs.delete(pair);
    for (const lane of pair.lanes) lane.end();
  }
}

/** Starts a proxy in front of `127.0.0.1:targetPort`. */
export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const proxy = new Proxy(targetPort);
  await proxy.reopen();
  return proxy;
}
