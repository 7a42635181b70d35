import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { contractVersion } from '../../src/shared/contract/calls.ts';
import { maxRequestBytes, requestReadTimeoutMs } from '../../src/shared/contract/frames.ts';
import type { Profile } from '../../src/main/engine/config/paths.ts';
import { ControlClient } from '../../src/main/engine/control/control-client.ts';
import { ControlServer } from '../../src/main/engine/control/control-server.ts';
import { systemClock } from '../../src/main/engine/lifecycle/clock.ts';
import { once } from '../../src/main/engine/lifecycle/emitter.ts';
import { silentLog } from '../../src/main/engine/log/log.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeEngine } from '../support/fake-engine.ts';
import { checkLeaks } from '../support/leak-check.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

/** The control socket, with real sockets and a fake engine behind it. */

checkLeaks();

const cleanUps: (() => void)[] = [];
// Registered after the leak check, so that it runs before it.
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) cleanUp();
});
function atEnd(cleanUp: () => void): void {
  cleanUps.push(cleanUp);
}

function profileIn(folder: string, more: Partial<Profile> = {}): Profile {
  return {
    configFile: `${folder}/config.toml`,
    id: 'x',
    stateFolder: `${folder}/state`,
    logFolder: `${folder}/state/logs`,
    lockFile: `${folder}/state/engine.lock`,
    socketPath: `${folder}/run/control.sock`,
    socketChosen: false,
    ...more,
  };
}

function makeServer(profile: Profile, engine = new FakeEngine(), clock: FakeClock | typeof systemClock = systemClock) {
  const server = new ControlServer({ api: engine.api, events: engine.events.event, profile, log: silentLog, clock });
  atEnd(() => server.dispose());
  return server;
}

async function serving(engine = new FakeEngine(), clock: FakeClock | typeof systemClock = systemClock) {
  const profile = profileIn(tempFolder().path);
  const server = makeServer(profile, engine, clock);
  await server.start();
  return { profile, server, engine };
}

async function client(profile: Profile): Promise<ControlClient> {
  const connected = await ControlClient.connect(profile);
  atEnd(() => connected.dispose());
  return connected;
}

/** A raw connection: what it got so far, and its end. */
class Raw {
  text = '';
  closed = false;
  readonly socket: Socket;

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk;
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
    });
    atEnd(() => void this.socket.destroy());
  }

  send(value: unknown): void {
    this.socket.write(`${JSON.stringify(value)}\n`);
  }

  get frames(): { id?: number | null; ok?: boolean; output?: unknown; error?: { code: string; message: string } }[] {
    return this.text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Raw['frames'][number]);
  }

  async frame(index: number): Promise<Raw['frames'][number]> {
    return until(() => (this.text.split('\n').length > index + 1 ? this.frames[index] : null), {
      what: `frame ${index}`,
      seen: () => this.text,
    });
  }

  async ended(): Promise<void> {
    await until(() => this.closed, { what: 'the connection to be closed', seen: () => this.text });
  }
}

const hello = { id: 1, call: 'hello', input: { client: 'test', contract: contractVersion } };

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
      { id: 1, ok: false, error: { code: 'protocol', message: expect.stringMatching(/contract 99.*contract 1/) } },
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
    expect(slow.closed).toBe(false);
    await clock.advance(1);
    await slow.ended();
    expect(slow.frames[0]).toMatchObject({ id: null, error: { code: 'timeout' } });
    expect(idle.closed).toBe(false);
    idle.send(hello);
    expect(await idle.frame(0)).toMatchObject({ ok: true });
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

describe.skipIf(process.platform === 'win32')('the socket and its folder', () => {
  it('are 0600 in 0700, and go away with the engine', async () => {
    const { profile, server } = await serving();
    expect(statSync(profile.socketPath).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(profile.socketPath)).mode & 0o777).toBe(0o700);
    server.dispose();
    expect(existsSync(profile.socketPath)).toBe(false);
  });

  it('a stale socket is recovered, a live one is refused by file and pid', async () => {
    const { profile, server } = await serving();
    // Leaves a socket behind as kill -9 does.
    renameSync(profile.socketPath, `${profile.socketPath}.kept`);
    server.dispose();
    renameSync(`${profile.socketPath}.kept`, profile.socketPath);
    await expect(ControlClient.connect(profile)).rejects.toMatchObject({ code: 'no-engine' });

    const engine = new FakeEngine();
    await makeServer(profile, engine).start();
    await client(profile);
    await expect(makeServer(profile).start()).rejects.toMatchObject({
      code: 'already-running',
      where: profile.configFile,
      message: expect.stringContaining(`pid ${process.pid}`),
    });
    expect(await (await client(profile)).call('prompts', {})).toEqual([]);
  });

  it('two starters at once: one serves, the other is refused', async () => {
    const profile = profileIn(tempFolder().path);
    const results = await Promise.allSettled([makeServer(profile).start(), makeServer(profile).start()]);
    expect(results.map((each) => each.status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(results.find((each) => each.status === 'rejected')?.reason).toMatchObject({ code: 'already-running' });
    await client(profile);
  });

  it('what is no socket is left alone', async () => {
    const profile = profileIn(tempFolder().path);
    mkdirSync(dirname(profile.socketPath), { mode: 0o700 });
    writeFileSync(profile.socketPath, 'precious');
    await expect(makeServer(profile).start()).rejects.toMatchObject({ code: 'config' });
    expect(statSync(profile.socketPath).size).toBe(8);
    await expect(ControlClient.connect(profile)).rejects.toMatchObject({ code: 'no-engine' });
  });

  it.each([
    ['writable by the group', (folder: string) => chmodSync(folder, 0o770)],
    ['writable by all', (folder: string) => chmodSync(folder, 0o1777)],
  ])('a folder %s is refused', async (_, spoil) => {
    const profile = profileIn(tempFolder().path);
    mkdirSync(dirname(profile.socketPath));
    spoil(dirname(profile.socketPath));
    await expect(makeServer(profile).start()).rejects.toMatchObject({
      code: 'config',
      where: dirname(profile.socketPath),
    });
    expect(existsSync(profile.socketPath)).toBe(false);
  });

  it('a folder that others can only read is closed to them', async () => {
    const profile = profileIn(tempFolder().path);
    mkdirSync(dirname(profile.socketPath));
    chmodSync(dirname(profile.socketPath), 0o755);
    await makeServer(profile).start();
    expect(statSync(dirname(profile.socketPath)).mode & 0o777).toBe(0o700);
  });

  it('a symlinked folder is refused, and nothing is made behind the link', async () => {
    const folder = tempFolder().path;
    const profile = profileIn(folder);
    mkdirSync(`${folder}/elsewhere`, { mode: 0o700 });
    symlinkSync(`${folder}/elsewhere`, `${folder}/run`);
    await expect(makeServer(profile).start()).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('link'),
    });
    expect(existsSync(`${folder}/elsewhere/control.sock`)).toBe(false);
  });

  it('a folder below one that everybody may write is refused', async () => {
    const folder = tempFolder().path;
    const profile = profileIn(folder);
    chmodSync(folder, 0o777);
    await expect(makeServer(profile).start()).rejects.toMatchObject({ code: 'config', where: folder });
  });

  it('a chosen socket may lie in a sticky folder, and is 0600 there too', async () => {
    const folder = tempFolder().path;
    chmodSync(folder, 0o1777);
    const profile = profileIn(folder, { socketPath: `${folder}/my.sock`, socketChosen: true });
    await makeServer(profile).start();
    expect(statSync(profile.socketPath).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o7777).toBe(0o1777);
    await client(profile);
  });

  it('a path that no socket can have is refused in plain words', async () => {
    const folder = tempFolder().path;
    const profile = profileIn(folder, { socketPath: `${folder}/${'x'.repeat(120)}.sock`, socketChosen: true });
    await expect(makeServer(profile).start()).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('bytes'),
    });
  });

  it('the longest path that a socket can have works', async () => {
    const folder = tempFolder().path;
    const longest = process.platform === 'linux' ? 107 : 103;
    const path = `${folder}/${'x'.repeat(longest - folder.length - 1)}`;
    const profile = profileIn(folder, { socketPath: path, socketChosen: true });
    await makeServer(profile).start();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await client(profile);
  });

  it.runIf(process.getuid?.() === 0)('another user is kept out on both sides', async () => {
    const folder = tempFolder().path;
    chmodSync(folder, 0o755);
    const profile = profileIn(folder, { socketPath: `${folder}/my.sock`, socketChosen: true });
    await makeServer(profile).start();
    // 65534 is nobody: it may reach the socket's folder, but not open the socket.
    const tried = spawnSync(
      'setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', 'nc', '-U', '-w', '1', profile.socketPath],
      { input: `${JSON.stringify(hello)}\n`, encoding: 'utf8', timeout: 10_000 },
    );
    expect(tried.status).not.toBe(0);
    expect(tried.stderr).toMatch(/denied/i);
    expect(tried.stdout).toBe('');
  });

  it.runIf(process.getuid?.() === 0)('a client does not trust a socket of another user', async () => {
    const folder = tempFolder().path;
    const profile = profileIn(folder, { socketPath: `${folder}/my.sock`, socketChosen: true });
    let heard = 0;
    const trap = createServer(() => (heard += 1));
    atEnd(() => void trap.close());
    await new Promise<void>((resolve) => trap.listen(profile.socketPath, resolve));
    spawnSync('chown', ['65534', profile.socketPath]);
    await expect(ControlClient.connect(profile)).rejects.toMatchObject({
      code: 'no-engine',
      message: expect.stringContaining('65534'),
    });
    expect(heard).toBe(0);
    // Nor does a server remove it.
    await expect(makeServer(profile).start()).rejects.toMatchObject({ code: 'config' });
    expect(existsSync(profile.socketPath)).toBe(true);
  });

  it('a socket that accepts and says nothing is an error in time', async () => {
    const folder = tempFolder().path;
    const profile = profileIn(folder, { socketPath: `${folder}/mute.sock`, socketChosen: true });
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket));
    atEnd(() => {
      for (const socket of sockets) socket.destroy();
      mute.close();
    });
    await new Promise<void>((resolve) => mute.listen(profile.socketPath, resolve));
    await expect(ControlClient.connect(profile, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'timeout' });
  });
});
