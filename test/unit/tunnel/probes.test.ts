import { Buffer } from 'node:buffer';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { ProbeConfig } from '../../../src/shared/model/config.ts';
import { Emitter } from '../../../src/main/engine/lifecycle/emitter.ts';
import type { IncomingChannel, SshChannel } from '../../../src/main/engine/ssh/link.ts';
import { probeTimeoutMs } from '../../../src/main/engine/tunnel/probe-loop.ts';
import { runProbe } from '../../../src/main/engine/tunnel/probes.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { FakeLink, failure } from '../pool/fakes.ts';
import { localForward } from './fakes.ts';

/** A channel in memory; `answer` gets what is written and says what comes back. */
class FakeChannel implements SshChannel {
  readonly stream: Duplex;
  readonly #close = new Emitter<{ readonly lost: boolean }>();
  readonly onDidClose = this.#close.event;
  isClosed = false;

  constructor(answer: (chunk: Buffer, channel: FakeChannel) => void) {
    this.stream = new Duplex({
      read() {},
      write: (chunk: Buffer, _encoding, done) => {
        answer(chunk, this);
        done();
      },
    });
  }

  come(bytes: Buffer): void {
    this.stream.push(bytes);
  }

  dispose(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.stream.destroy();
    this.#close.fire({ lost: false });
  }
}

const clock = new FakeClock();

function probe(
  link: FakeLink,
  config: ProbeConfig,
  timeoutMs = 1000,
  signal = new AbortController().signal,
): Promise<number | null> {
  return runProbe({ link, probe: config, forwards: [localForward(5432)], timeoutMs, clock, signal });
}

/** Streams need real turns of the event loop. */
async function turns(): Promise<void> {
  for (let i = 0; i < 5; i += 1) {
    await settle();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A link whose remote listener is wired to its channels, as through a real server. */
function looped(link: FakeLink, alter: (bytes: Buffer) => Buffer | null = (bytes) => bytes): FakeChannel[] {
  const channels: FakeChannel[] = [];
  const connects = new Emitter<IncomingChannel>();
  link.onListenRemote = async () => ({ port: 4711, onDidConnect: connects.event, dispose: () => connects.dispose() });
  link.onOpen = async () => {
    const far = new FakeChannel((bytes) => {
      near.come(bytes);
    });
    const near = new FakeChannel((bytes) => {
      const altered = alter(bytes);
      if (altered) far.come(altered);
    });
    channels.push(near, far);
    connects.fire({ originHost: '127.0.0.1', originPort: 1, accept: () => far, reject: () => {} });
    return near;
  };
  return channels;
}

describe('loop', () => {
  it('sends a message both ways and closes everything', async () => {
    const link = new FakeLink();
    const channels = looped(link);
    expect(await probe(link, { kind: 'loop' })).toBe(0);
    expect(channels.map(({ isClosed }) => isClosed)).toEqual([true, true]);
    expect(clock.pending).toBe(0);
  });

  it('fails when nothing comes through, at the time limit', async () => {
    const link = new FakeLink();
    const channels = looped(link, () => null);
    const result = expect(probe(link, { kind: 'loop' })).rejects.toMatchObject({ code: 'probe-failed' });
    await turns();
    await clock.advance(1000);
    await result;
    expect(channels.map(({ isClosed }) => isClosed)).toEqual([true, true]);
  });

  it('fails with what the server said when it does not listen', async () => {
    await expect(probe(new FakeLink(), { kind: 'loop' })).rejects.toMatchObject({ code: 'remote-port-refused' });
  });

  it('is not fooled by a stranger at its port', async () => {
    const link = new FakeLink();
    const stranger = new FakeChannel(() => {});
    const channels = looped(link);
    const { onListenRemote } = link;
    link.onListenRemote = async () => {
      const listener = await onListenRemote();
      const onDidConnect: typeof listener.onDidConnect = (connected) => {
        connected({ originHost: '10.0.0.1', originPort: 2, accept: () => stranger, reject: () => {} });
        stranger.come(Buffer.from('GET / HTTP/1.1\r\n'));
        return listener.onDidConnect(connected);
      };
      return { ...listener, onDidConnect };
    };
    expect(await probe(link, { kind: 'loop' })).toBe(0);
    expect([stranger, ...channels].map(({ isClosed }) => isClosed)).toEqual([true, true, true]);
  });
});

describe('echo', () => {
  const config = { kind: 'echo', host: 'localhost', port: 7 } as const;

  it('takes the same bytes for good, also in pieces', async () => {
    const link = new FakeLink();
    const channel = new FakeChannel((bytes, self) => {
      for (const byte of bytes) self.come(Buffer.of(byte));
    });
    link.onOpen = async () => channel;
    expect(await probe(link, config)).toBe(0);
    expect(channel.isClosed).toBe(true);
  });

  it('refuses other bytes at once', async () => {
    const link = new FakeLink();
    link.onOpen = async () => new FakeChannel((_bytes, self) => self.come(Buffer.from('hello')));
    await expect(probe(link, config)).rejects.toMatchObject({ code: 'probe-failed' });
    expect(clock.pending).toBe(0);
  });

  it('fails when the channel ends first', async () => {
    const link = new FakeLink();
    link.onOpen = async () => new FakeChannel((_bytes, self) => self.dispose());
    await expect(probe(link, config)).rejects.toMatchObject({ code: 'probe-failed' });
  });

  it('closes a channel that opens after the time limit', async () => {
    const link = new FakeLink();
    const channel = new FakeChannel(() => {});
    let open: (channel: SshChannel) => void = () => {};
    link.onOpen = () => new Promise((resolve) => (open = resolve));
    const result = expect(probe(link, config)).rejects.toMatchObject({ code: 'probe-failed' });
    await clock.advance(1000);
    await result;
    open(channel);
    await turns();
    expect(channel.isClosed).toBe(true);
  });
});

describe('target', () => {
  it('opens a channel to the first local target and closes it', async () => {
    const link = new FakeLink();
    const channel = new FakeChannel(() => {});
    link.onOpen = async () => channel;
    expect(await probe(link, { kind: 'target', host: null, port: null })).toBe(0);
    expect(channel.isClosed).toBe(true);
  });

  it('fails as the server says', async () => {
    await expect(probe(new FakeLink(), { kind: 'target', host: 'db', port: 1 })).rejects.toMatchObject({
      code: 'target-refused',
    });
  });

  it('pings where no forward has a target', async () => {
    const link = new FakeLink();
    const context = { link, forwards: [], timeoutMs: 1000, clock, signal: new AbortController().signal };
    expect(await runProbe({ ...context, probe: { kind: 'target', host: null, port: null } })).toBe(12);
  });
});

describe('exec', () => {
  it.each([
    [0, null, true],
    [1, null, false],
    [null, 'KILL', false],
  ])('exit status %s, signal %s: healthy is %s', async (exitCode, signal, healthy) => {
    const link = new FakeLink();
    link.onExec = async () => ({ exitCode, signal, stdout: '', stderr: '' });
    const result = probe(link, { kind: 'exec', command: 'true' });
    if (healthy) await expect(result).resolves.toBe(0);
    else await expect(result).rejects.toMatchObject({ code: 'probe-failed' });
  });
});

describe('keepalive', () => {
  it('is the round trip of a ping', async () => {
    expect(await probe(new FakeLink(), { kind: 'keepalive' })).toBe(12);
  });

  it('fails with what the link says, unless bytes came meanwhile', async () => {
    const link = new FakeLink();
    link.onPing = () => Promise.reject(failure('timeout'));
    await expect(probe(link, { kind: 'keepalive' })).rejects.toMatchObject({ code: 'timeout' });
    link.onPing = () => {
      link.bytesIn += 1;
      return Promise.reject(failure('timeout'));
    };
    expect(await probe(link, { kind: 'keepalive' })).toBe(0);
  });
});

it('a probe that is called off ends at once', async () => {
  const link = new FakeLink();
  link.onOpen = () => new Promise(() => {});
  const abort = new AbortController();
  const result = expect(
    probe(link, { kind: 'echo', host: 'localhost', port: 7 }, 1000, abort.signal),
  ).rejects.toThrow();
  abort.abort();
  await result;
  expect(clock.pending).toBe(0);
});

it("a short poll time halves autossh's time limit", () => {
  const backoff = { kind: 'autossh' } as const;
  expect(probeTimeoutMs({ probeTimeoutMs: 15_000, pollMs: 600_000, backoff })).toBe(15_000);
  expect(probeTimeoutMs({ probeTimeoutMs: 15_000, pollMs: 10_000, backoff })).toBe(5000);
  const own = { kind: 'exponential', firstMs: 1000, capMs: 60_000 } as const;
  expect(probeTimeoutMs({ probeTimeoutMs: 15_000, pollMs: 10_000, backoff: own })).toBe(15_000);
});
