import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { pump, type PumpEnd, type PumpedConnection } from '../../../src/main/engine/forward/pump.ts';
import { systemClock } from '../../../src/main/engine/lifecycle/clock.ts';
import { Emitter } from '../../../src/main/engine/lifecycle/emitter.ts';
import type { SshChannel } from '../../../src/main/engine/ssh/link.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { endOf, readAll, SocketChannel, socketPair, until } from '../../support/forward-fakes.ts';
import { checkLeaks } from '../../support/leak-check.ts';

checkLeaks();

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

interface Rig {
  /** The program on this machine. */
  client: Socket;
  /** The program behind the channel. */
  server: Socket;
  local: Socket;
  channel: SocketChannel;
  pumped: PumpedConnection;
  ended: Promise<PumpEnd>;
}

async function rig(lingerMs = 50): Promise<Rig> {
  const [local, client] = await socketPair();
  const [inner, server] = await socketPair();
  open.push(local, client, inner, server);
  const channel = new SocketChannel(inner);
  const pumped = pump(local, channel, { clock: systemClock, lingerMs });
  const ended = new Promise<PumpEnd>((resolve) => pumped.onDidEnd(resolve));
  return { client, server, local, channel, pumped, ended };
}

function listenerCounts(rigged: Rig): number {
  const names = ['data', 'end', 'finish', 'close', 'drain'];
  return names.reduce(
    (sum, name) => sum + rigged.local.listenerCount(name) + rigged.channel.stream.listenerCount(name),
    0,
  );
}

describe('pump', () => {
  it('carries 5 MiB both ways at once and ends cleanly with the right counts', async () => {
    const r = await rig();
    const up = randomBytes(5 * 1024 * 1024);
    const down = randomBytes(5 * 1024 * 1024 + 7);
    r.client.end(up);
    r.server.end(down);
    const [atServer, atClient] = await Promise.all([readAll(r.server), readAll(r.client)]);
    expect(atServer.equals(up)).toBe(true);
    expect(atClient.equals(down)).toBe(true);
    expect(await r.ended).toBe('clean');
    expect([r.pumped.bytesOut, r.pumped.bytesIn]).toEqual([up.length, down.length]);
  });

  it('keeps the way back open after the client has ended', async () => {
    const r = await rig();
    r.client.end('question');
    expect((await readAll(r.server)).toString()).toBe('question');
    r.server.end('answer after the end');
    expect((await readAll(r.client)).toString()).toBe('answer after the end');
    expect(await r.ended).toBe('clean');
  });

  it('keeps the way out open after the server has ended', async () => {
    const r = await rig();
    r.server.end('hello');
    expect((await readAll(r.client)).toString()).toBe('hello');
    const late = randomBytes(500_000);
    r.client.end(late);
    expect((await readAll(r.server)).equals(late)).toBe(true);
    expect(await r.ended).toBe('clean');
  });

  it('leaves no listener behind', async () => {
    const r = await rig();
    const before = { local: r.local.listenerCount('close'), channel: r.channel.stream.listenerCount('close') };
    r.client.end();
    r.server.end();
    r.client.resume();
    r.server.resume();
    await r.ended;
    await settle();
    expect(r.local.listenerCount('close')).toBe(before.local - 1);
    expect(r.channel.stream.listenerCount('close')).toBe(before.channel - 1);
    expect(r.local.listenerCount('data') + r.channel.stream.listenerCount('data')).toBe(0);
    expect(listenerCounts(r)).toBeLessThan(8);
  });

  it('resets the client when the channel is lost, though the stream ends as if cleanly', async () => {
    const r = await rig();
    r.server.write('half of it');
    const [first] = (await once(r.client, 'data')) as [Buffer];
    expect(first.toString()).toBe('half of it');
    const end = endOf(r.client);
    r.channel.lose();
    expect(await r.ended).toBe('lost');
    expect(await end).toBe('ECONNRESET');
  });

  it('resets the client when the far socket was reset', async () => {
    const r = await rig();
    const end = endOf(r.client);
    r.server.resetAndDestroy();
    expect(await r.ended).toBe('lost');
    expect(await end).toBe('ECONNRESET');
  });

  it('closes the channel when the client resets', async () => {
    const r = await rig();
    const farEnd = readAll(r.server);
    r.client.resetAndDestroy();
    expect(await r.ended).toBe('local-reset');
    expect(r.channel.isClosed).toBe(true);
    await farEnd;
  });

  it('closes the channel when the client stops reading early and leaves', async () => {
    const r = await rig();
    const chunk = randomBytes(64 * 1024);
    const feed = (): void => {
      while (!r.server.destroyed && r.server.write(chunk));
    };
    r.server.on('drain', feed);
    feed();
    await once(r.client, 'data');
    r.client.destroy();
    expect(await r.ended).toBe('local-reset');
    expect(r.channel.isClosed).toBe(true);
  });

  it('disposing resets the client and closes the channel', async () => {
    const r = await rig();
    const end = endOf(r.client);
    r.pumped.dispose();
    expect(await r.ended).toBe('disposed');
    expect(r.channel.isClosed).toBe(true);
    expect(await end).toBe('ECONNRESET');
  });

  it('holds only a bounded amount for a client that does not read, and delivers all of it later', async () => {
    const r = await rig();
    r.client.pause();
    const total = 64 * 1024 * 1024;
    const payload = randomBytes(1024 * 1024);
    let sent = 0;
    const feed = (): void => {
      while (sent < total) {
        sent += payload.length;
        if (!r.server.write(payload)) return;
      }
      r.server.end();
    };
    r.server.on('drain', feed);
    feed();
    // The kernel's buffers fill, then the pump stops: what it has taken no longer grows.
    let last = -1;
    let still = 0;
    await until(
      () => {
        still = r.pumped.bytesIn === last ? still + 1 : 0;
        last = r.pumped.bytesIn;
        return last > 0 && still > 2000;
      },
      'the pump to stop',
      10_000,
    );
    expect(r.local.writableLength).toBeLessThan(1024 * 1024);
    expect(last).toBeLessThan(total);
    let got = 0;
    r.client.on('data', (chunk: Buffer) => {
      got += chunk.length;
    });
    r.client.resume();
    await once(r.client, 'end');
    expect(got).toBe(sent);
    r.client.end();
    r.server.resume();
    expect(await r.ended).toBe('clean');
  });
});

/** A channel in memory with ssh2's habits: no callback for a write after its end, `close` from within `end`. */
class OddChannel implements SshChannel {
  readonly #onDidClose = new Emitter<{ readonly lost: boolean }>();
  readonly onDidClose = this.#onDidClose.event;
  readonly written: Buffer[] = [];
  readonly stream: Duplex;
  isClosed = false;
  disposals = 0;
  stalled = false;
  #resumeWrite: (() => void) | null = null;

  constructor() {
    const written = this.written;
    this.stream = new Duplex({
      emitClose: false,
      allowHalfOpen: true,
      highWaterMark: 2 * 1024 * 1024,
      read() {},
      write: (chunk: Buffer, _encoding, done) => {
        if (this.isClosed) return;
        written.push(chunk);
        if (this.stalled) this.#resumeWrite = done;
        else done();
      },
    });
  }

  give(bytes: Buffer | string): void {
    this.stream.push(bytes);
  }

  adjust(): void {
    this.stalled = false;
    this.#resumeWrite?.();
  }

  /** As ssh2 treats CHANNEL_CLOSE: the readable side ends, the word of the close comes at once. */
  closeFromServer(lost = false): void {
    this.isClosed = true;
    this.stream.push(null);
    this.stream.once('end', () => this.stream.emit('close'));
    this.#onDidClose.fire({ lost });
  }

  dispose(): void {
    this.disposals += 1;
    this.isClosed = true;
  }
}

describe('pump over a channel with the habits of ssh2', () => {
  async function oddRig(clock = new FakeClock()) {
    const [local, client] = await socketPair();
    open.push(local, client);
    const channel = new OddChannel();
    const pumped = pump(local, channel, { clock, highWaterBytes: 64 * 1024 });
    const ended = new Promise<PumpEnd>((resolve) => pumped.onDidEnd(resolve));
    return { clock, local, client, channel, pumped, ended };
  }

  it('delivers 16 MiB that were buffered when the channel closed, to a client that read nothing so far', async () => {
    const r = await oddRig();
    const bytes = randomBytes(16 * 1024 * 1024);
    for (let at = 0; at < bytes.length; at += 32_768) r.channel.give(bytes.subarray(at, at + 32_768));
    r.channel.closeFromServer();
    const got = readAll(r.client);
    expect((await got).equals(bytes)).toBe(true);
    r.client.end();
    expect(await r.ended).toBe('clean');
    expect(r.clock.pending).toBe(0);
  });

  it('delivers buffered bytes when it is attached to a channel that is closed already', async () => {
    const [local, client] = await socketPair();
    open.push(local, client);
    const channel = new OddChannel();
    channel.give('late bytes');
    channel.closeFromServer();
    const pumped = pump(local, channel, { clock: new FakeClock() });
    const ended = new Promise<PumpEnd>((resolve) => pumped.onDidEnd(resolve));
    expect((await readAll(client)).toString()).toBe('late bytes');
    client.end();
    expect(await ended).toBe('clean');
  });

  it('gives a client that does not close after the channel did 2 s, dropping what it sends', async () => {
    const r = await oddRig();
    r.channel.closeFromServer();
    await readAll(r.client);
    await until(() => r.clock.pending === 1, 'the linger timer');
    r.client.write(randomBytes(300_000));
    await r.clock.advance(1999);
    expect(r.local.destroyed).toBe(false);
    await r.clock.advance(1);
    expect(await r.ended).toBe('clean');
    expect(r.channel.written).toEqual([]);
    expect(r.clock.pending).toBe(0);
  });

  it('stops reading the client while the channel has no window, and goes on after', async () => {
    const r = await oddRig();
    r.channel.stalled = true;
    const bytes = randomBytes(4 * 1024 * 1024);
    r.client.end(bytes);
    await until(() => r.local.isPaused(), 'the pause');
    expect(r.channel.stream.writableLength).toBeLessThan(64 * 1024 + 128 * 1024);
    r.channel.adjust();
    await once(r.channel.stream, 'finish');
    expect(Buffer.concat(r.channel.written).equals(bytes)).toBe(true);
    r.channel.give(null as unknown as string);
    await readAll(r.client);
    expect(await r.ended).toBe('clean');
  });

  it('ends the last upload bytes before it closes a channel whose client and server have both ended', async () => {
    const r = await oddRig();
    r.channel.stalled = true;
    r.client.end('last words');
    await until(() => r.channel.written.length === 1, 'the write');
    r.channel.stream.push(null);
    await readAll(r.client);
    await once(r.local, 'close');
    expect(r.channel.disposals).toBe(0);
    r.channel.adjust();
    expect(await r.ended).toBe('clean');
    expect(r.channel.stream.writableFinished).toBe(true);
    expect(r.channel.disposals).toBe(1);
  });

  it('treats the end of a dying link as a loss even if the end comes first', async () => {
    const r = await oddRig();
    const end = endOf(r.client);
    r.channel.stream.push(null);
    r.channel.stream.once('end', () => r.channel.closeFromServer(true));
    expect(await r.ended).toBe('lost');
    expect(await end).toBe('ECONNRESET');
  });

  it('does not hang on a client that is stalled for window when the server closes', async () => {
    const r = await oddRig();
    r.channel.stalled = true;
    r.client.write(randomBytes(1024 * 1024));
    await until(() => r.local.isPaused(), 'the pause');
    r.channel.closeFromServer();
    await readAll(r.client);
    r.client.end();
    expect(await r.ended).toBe('clean');
  });
});
