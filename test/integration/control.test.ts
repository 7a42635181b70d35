import { connect } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contractVersion } from '../../src/shared/contract/calls.ts';
import { maxRequestBytes, requestReadTimeoutMs } from '../../src/shared/contract/frames.ts';
import { once } from '../../src/main/engine/lifecycle/emitter.ts';
import { systemClock } from '../../src/main/engine/lifecycle/clock.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeEngine } from '../support/fake-engine.ts';
import {
  atEnd,
  checkedForLeaks,
  client,
  hello,
  makeServer,
  profileIn,
  Raw,
  serving,
} from '../support/control-bench.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

/** Shells on the control socket, with real sockets and a fake engine behind it. */

checkedForLeaks();

describe('a shell and the engine', () => {
  it('makes calls, gets typed errors and events', async () => {
    const { profile, engine, server } = await serving();
    engine.addTunnel('db', { group: 'work' });
    const shell = await client(profile);
    expect(shell.engine).toMatchObject({ pid: process.pid, contract: contractVersion });
    expect(await shell.call('status', { names: ['work'] })).toMatchObject([{ name: 'db', state: { kind: 'stopped' } }]);
    await expect(shell.call('status', { names: ['nope'] })).rejects.toMatchObject({ code: 'not-found' });
    await expect(shell.call('logs', { tunnel: null, lines: -1 })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('lines'),
    });
    await shell.call('subscribe', { tunnels: true, prompts: false, log: false, logTunnel: null });
    const event = once(shell.onDidEvent);
    engine.change('db', { kind: 'running', sinceMs: 1, degraded: null });
    expect(await event).toMatchObject({ kind: 'tunnels', changed: [{ name: 'db' }] });
    expect(server.clientCount).toBe(1);
    const closed = once(shell.onDidClose);
    server.dispose();
    expect(await closed).toMatchObject({ code: 'no-engine' });
    await expect(shell.call('prompts', {})).rejects.toMatchObject({ code: 'no-engine' });
  });

  it('sends each shell the events it asked for', async () => {
    const { profile, engine } = await serving();
    engine.addTunnel('db');
    const [all, oneLog] = [await client(profile), await client(profile)];
    const got: string[] = [];
    all.onDidEvent((event) => got.push(`all ${event.kind}`));
    oneLog.onDidEvent((event) => got.push(`log ${event.kind}`));
    await all.call('subscribe', { tunnels: true, prompts: true, log: true, logTunnel: null });
    await oneLog.call('subscribe', { tunnels: false, prompts: false, log: true, logTunnel: 'db' });
    const line = { atMs: 0, level: 'info', message: 'm', fields: {} };
    engine.change('db', { kind: 'listening' });
    engine.events.fire({ kind: 'log', line: { ...line, tunnel: 'web' } });
    engine.events.fire({ kind: 'log', line: { ...line, tunnel: 'db' } });
    engine.events.fire({ kind: 'config', problem: null });
    // What the contract does not allow is not sent at all.
    engine.events.fire({ kind: 'config', problem: 5 } as never);
    await Promise.all([all.call('prompts', {}), oneLog.call('prompts', {})]);
    expect(got.toSorted()).toEqual(['all config', 'all log', 'all log', 'all tunnels', 'log log']);
  });

  it('checks what the engine answers, and sends nothing that the contract does not name', async () => {
    const engine = new FakeEngine();
    const api = {
      ...engine.api,
      reload: () => Promise.resolve({ problem: null, password: 'hunter2' }),
      connections: () => Promise.resolve([{ id: 1 }] as never),
      prompts: () => Promise.reject(new TypeError('cannot read x of undefined')),
    };
    const { profile } = await serving(Object.assign(engine, { api }));
    const shell = await client(profile);
    expect(await shell.call('reload', {})).toEqual({ problem: null });
    await expect(shell.call('connections', {})).rejects.toMatchObject({ code: 'internal' });
    await expect(shell.call('prompts', {})).rejects.toMatchObject({ code: 'internal' });
    const raw = new Raw(profile.socketPath);
    raw.send(hello);
    raw.send({ id: 2, call: 'reload', input: {} });
    expect((await raw.frame(1)).output).toEqual({ problem: null });
    expect(raw.text).not.toContain('hunter2');
  });

  it('answers many requests sent at once, also when the shell has closed its side', async () => {
    const { profile } = await serving();
    const raw = new Raw(profile.socketPath);
    raw.send(hello);
    for (let id = 2; id < 300; id += 1) raw.send({ id, call: 'prompts', input: {} });
    raw.socket.end();
    await raw.ended();
    expect(raw.frames.map((frame) => frame.id)).toEqual(Array.from({ length: 299 }, (_, index) => index + 1));
    expect(raw.frames.every((frame) => frame.ok)).toBe(true);
  });
});

describe('calls of a shell', () => {
  /** An engine whose `prompts` stays under way until the test answers it. */
  async function underWay() {
    const calls: { readonly signal: AbortSignal; answer(): void }[] = [];
    const engine = new FakeEngine();
    const prompts = (_input: unknown, signal: AbortSignal) =>
      new Promise<[]>((resolve) => calls.push({ signal, answer: () => resolve([]) }));
    const { profile, server } = await serving(Object.assign(engine, { api: { ...engine.api, prompts } }));
    const raw = new Raw(profile.socketPath);
    raw.send(hello);
    raw.send({ id: 2, call: 'prompts', input: {} });
    const call = await until(() => calls[0], { what: 'the call to be made' });
    return { raw, call, server };
  }

  it.each([
    ['is ended', (raw: Raw) => raw.socket.destroy()],
    ['closes its side and is ended a moment later', (raw: Raw) => raw.socket.end(() => raw.socket.destroy())],
    ['is sent away', (raw: Raw) => raw.socket.write('nonsense\n')],
  ])('hear that it left when it %s', async (_name, leave) => {
    const { raw, call, server } = await underWay();
    expect(call.signal.aborted).toBe(false);
    leave(raw);
    await until(() => call.signal.aborted, { what: 'the call to hear of it' });
    expect(call.signal.reason).toMatchObject({ code: 'cancelled' });
    raw.socket.destroy();
    await until(() => server.clientCount === 0, { what: 'the shell to be forgotten' });
    call.answer();
  });

  it('hear nothing when it only closes its side, and are answered', async () => {
    const { raw, call } = await underWay();
    raw.socket.end();
    // The look whether it is still there.
    await until(() => raw.text.endsWith(' '), { what: 'the engine to look after it' });
    expect(call.signal.aborted).toBe(false);
    call.answer();
    await raw.ended();
    expect(raw.frames.at(-1)).toMatchObject({ id: 2, ok: true });
    expect(call.signal.aborted).toBe(false);
  });

  it('hear that the engine ends', async () => {
    const { call, server } = await underWay();
    server.dispose();
    expect(call.signal.aborted).toBe(true);
    call.answer();
  });
});

describe('greeting', () => {
  it('must come first', async () => {
    const { profile } = await serving();
    const raw = new Raw(profile.socketPath);
    raw.send({ id: 7, call: 'status', input: { names: [] } });
    expect(await raw.frame(0)).toMatchObject({ id: 7, ok: false, error: { code: 'usage' } });
    raw.send(hello);
    expect(await raw.frame(1)).toMatchObject({ id: 1, ok: true });
  });

  it('refuses another version in plain words and closes', async () => {
    const { profile } = await serving();
    const raw = new Raw(profile.socketPath);
    raw.send({ ...hello, input: { client: 'old', contract: 99 } });
    await raw.ended();
    expect(raw.frames).toMatchObject([
      {
        id: 1,
        ok: false,
        error: {
          code: 'protocol',
          message: expect.stringMatching(new RegExp(`contract 99.*contract ${contractVersion}`)),
        },
      },
    ]);
  });
});

describe('bad shells', () => {
  it('random bytes get an answer that is a frame, and never harm the others', async () => {
    const { profile, server } = await serving();
    const witness = await client(profile);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
          fc.json().map((text) => Buffer.from(text)),
          fc
            .record({
              id: fc.anything(),
              call: fc.oneof(fc.string(), fc.constantFrom('hello', '__proto__', 'toString')),
              input: fc.anything(),
            })
            .map((frame) =>
              Buffer.from(JSON.stringify(frame, (_, value: unknown) => (typeof value === 'bigint' ? 1 : value))),
            ),
        ),
        async (bytes) => {
          const raw = new Raw(profile.socketPath);
          raw.socket.end(Buffer.concat([bytes, Buffer.from('\n')]));
          await raw.ended();
          expect(raw.frames.length).toBeGreaterThan(0);
          for (const frame of raw.frames)
            if (frame.ok !== true) expect(frame.error?.code).toMatch(/usage|protocol|not-found/);
        },
      ),
      { numRuns: 300 },
    );
    expect(await witness.call('prompts', {})).toEqual([]);
    await until(() => server.clientCount === 1, { what: 'the bad ones to be forgotten' });
  });

  it('a request over the limit is answered with an error and closed; one within it is served', async () => {
    const { profile } = await serving();
    const raw = new Raw(profile.socketPath);
    raw.send(hello);
    const head = '{"id":2,"call":"prompts","input":{"x":"';
    const tail = '"}}';
    raw.socket.write(`${head}${'y'.repeat(maxRequestBytes - head.length - tail.length)}${tail}\n`);
    expect(await raw.frame(1)).toMatchObject({ id: 2, ok: true });
    raw.socket.write('z'.repeat(maxRequestBytes + 1));
    await raw.ended();
    expect(raw.frames[2]).toMatchObject({ id: null, ok: false, error: { code: 'usage', message: /262144/ } });
  });

  it('a request that is begun and never completed is cut off after its time; idle connections are not', async () => {
    const clock = new FakeClock();
    const { profile, server } = await serving(new FakeEngine(), clock);
    const [idle, slow] = [new Raw(profile.socketPath), new Raw(profile.socketPath)];
    await until(() => server.clientCount === 2, { what: 'both to be connected' });
    slow.socket.write('{"id":1,');
    await until(() => clock.pending === 1, { what: 'the first bytes to arrive' });
    await clock.advance(requestReadTimeoutMs - 1);
    // Dripping does not prolong it.
    slow.socket.write('"call":');
    // An answer on another connection: what was written before has arrived.
    const other = new Raw(profile.socketPath);
    other.send(hello);
    await other.frame(0);
    expect(slow.closed).toBe(false);
    await clock.advance(1);
    await slow.ended();
    expect(slow.frames[0]).toMatchObject({ id: null, error: { code: 'timeout' } });
    expect(idle.closed).toBe(false);
    idle.send(hello);
    expect(await idle.frame(0)).toMatchObject({ ok: true });
  });

  it('shells beyond the limit are turned away, and come in when another has gone', async () => {
    const profile = profileIn(tempFolder().path);
    const server = makeServer(profile, new FakeEngine(), systemClock, { maxClients: 2 });
    await server.start();
    const [first, second] = [new Raw(profile.socketPath), new Raw(profile.socketPath)];
    for (const raw of [first, second]) {
      raw.send(hello);
      await raw.frame(0);
    }
    const third = new Raw(profile.socketPath);
    await third.ended();
    expect(third.text).toBe('');
    first.socket.destroy();
    await until(() => server.clientCount === 1, { what: 'the first to be gone' });
    const fourth = new Raw(profile.socketPath);
    fourth.send(hello);
    expect(await fourth.frame(0)).toMatchObject({ ok: true });
  });

  it('a shell has 32 calls at once; the next wait for an answer', async () => {
    const engine = new FakeEngine();
    const waiting: (() => void)[] = [];
    const api = { ...engine.api, prompts: () => new Promise<[]>((resolve) => waiting.push(() => resolve([]))) };
    const profile = profileIn(tempFolder().path);
    const server = makeServer(profile, engine, systemClock, { api });
    await server.start();
    const raw = new Raw(profile.socketPath);
    raw.send(hello);
    await raw.frame(0);
    for (let id = 2; id < 102; id += 1) raw.send({ id, call: 'prompts', input: {} });
    await until(() => waiting.length === 32, { what: '32 calls', seen: () => waiting.length });
    waiting.shift()?.();
    await raw.frame(1);
    await until(() => waiting.length === 32, { what: 'the next call', seen: () => waiting.length });
    for (let answered = 0; answered < 99; answered += 1) {
      await until(() => waiting.length > 0, { what: 'a call' });
      expect(waiting.length).toBeLessThanOrEqual(32);
      waiting.shift()?.();
    }
    await raw.frame(100);
  });

  it('a thousand idle connections do not block a call', async () => {
    const { profile, server } = await serving();
    const idle = Array.from({ length: 1000 }, () => connect(profile.socketPath));
    atEnd(() => {
      for (const socket of idle) socket.destroy();
    });
    await until(() => server.clientCount === 1000, { what: 'a thousand connections', seen: () => server.clientCount });
    const shell = await client(profile);
    expect(await shell.call('prompts', {})).toEqual([]);
  });

  it('a shell whose answers pile up all at once is dropped', async () => {
    const engine = new FakeEngine();
    engine.addTunnel('db', { group: 'x'.repeat(600_000) });
    engine.holdSnapshots(32);
    const { profile } = await serving(engine);
    const slow = new Raw(profile.socketPath);
    slow.send(hello);
    await slow.frame(0);
    slow.socket.pause();
    for (let id = 2; id < 34; id += 1) slow.send({ id, call: 'snapshot', input: {} });
    const witness = await client(profile);
    await until(() => engine.inputsOf('snapshot').length === 32, { what: 'all calls to be made' });
    await witness.call('prompts', {});
    slow.socket.resume();
    await slow.ended();
    expect(slow.frames.at(-1)).toMatchObject({ id: null, ok: false, error: { code: 'timeout' } });
    expect(slow.frames.length).toBeLessThan(32);
  });

  it.each(['reads again', 'never reads again'])('a subscriber that does not read is dropped; it %s', async (what) => {
    const clock = new FakeClock();
    const { profile, engine, server } = await serving(new FakeEngine(), clock);
    const good = await client(profile);
    await good.call('subscribe', { tunnels: false, prompts: false, log: true, logTunnel: null });
    let received = 0;
    good.onDidEvent(() => (received += 1));
    const slow = new Raw(profile.socketPath);
    slow.send(hello);
    slow.send({ id: 2, call: 'subscribe', input: { tunnels: false, prompts: false, log: true, logTunnel: null } });
    await slow.frame(1);
    slow.socket.pause();
    const line = { atMs: 0, level: 'info', tunnel: null, message: 'm'.repeat(60_000), fields: {} };
    for (let sent = 0; sent < 400; sent += 20) {
      for (let each = 0; each < 20; each += 1) engine.events.fire({ kind: 'log', line });
      await until(() => received === sent + 20, { what: 'the reader to get its events' });
    }
    expect(clock.pending).toBe(1);
    if (what === 'reads again') {
      slow.socket.resume();
      await slow.ended();
      expect(slow.frames.at(-1)).toMatchObject({ id: null, ok: false, error: { code: 'timeout' } });
    } else {
      await clock.advance(2000);
    }
    await until(() => server.clientCount === 1, { what: 'the slow one to be gone' });
  });

  it('a shell that never reads its answers is not read further, and holds bounded memory', async () => {
    const { profile, engine } = await serving();
    for (let index = 0; index < 200; index += 1) engine.addTunnel(`tunnel-${index}`);
    const raw = new Raw(profile.socketPath);
    raw.send(hello);
    await raw.frame(0);
    raw.socket.pause();
    const request = `${JSON.stringify({ id: 2, call: 'status', input: { names: [] } })}\n`;
    let written = 0;
    // Until the kernel's buffers are full on both ways, which must come soon.
    while (written < 100_000 && raw.socket.write(request)) written += 1;
    await until(() => engine.inputsOf('status').length > 0, { what: 'requests to be read' });
    let last = -1;
    await until(
      () => {
        const now = engine.inputsOf('status').length;
        const same = now === last;
        last = now;
        return same;
      },
      { what: 'the server to stop reading' },
    );
    expect(last * 200).toBeLessThan(2_000_000);
    const shell = await client(profile);
    expect(await shell.call('prompts', {})).toEqual([]);
  });
});
