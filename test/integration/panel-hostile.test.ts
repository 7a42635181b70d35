import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { checkedForLeaks } from '../support/control-bench.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { FakeEngine } from '../support/fake-engine.ts';
import { frames, pagePath, provenPage, RawPanel, servingPanel } from '../support/panel-bench.ts';
import { until } from '../support/until.ts';

/** What strangers and pages can make the panel hold: sockets by hand. The clock stands still, so that no time limit does what a limit of bytes should. */

checkedForLeaks();

/** The socket below a page's WebSocket, for bytes that no honest WebSocket sends. */
function rawOf(socket: object): Writable {
  const raw = (socket as { readonly _socket?: unknown })._socket;
  if (!(raw instanceof Writable)) throw new Error('this WebSocket has no socket');
  return raw;
}

const pongs = (count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => frames.pong('y'.repeat(125))));

describe('a stranger at the WebSocket', () => {
  it('ends within 4 KiB, however it takes its message apart', async () => {
    const { origin } = await servingPanel({ clock: new FakeClock() });
    const raw = await new RawPanel(origin).upgraded();
    const part = frames.part(false);
    raw.socket.write(Buffer.concat([frames.part(true), ...Array.from({ length: 4096 / part.length }, () => part)]));
    await raw.ended();
  });

  it('ends within 4 KiB of one frame that it drips', async () => {
    const { origin } = await servingPanel({ clock: new FakeClock() });
    const raw = await new RawPanel(origin).upgraded();
    raw.socket.write(frames.text('x'.repeat(60_000)).subarray(0, 4096));
    await raw.ended();
  });

  it.each([
    ['a ping', frames.ping()],
    ['a pong', frames.pong()],
  ])('ends at %s', async (_, frame) => {
    const { origin } = await servingPanel({ clock: new FakeClock() });
    const raw = await new RawPanel(origin).upgraded();
    raw.socket.write(frame);
    await raw.ended();
  });

  it('ends at what came together with its request', async () => {
    const { origin } = await servingPanel({ clock: new FakeClock() });
    const raw = new RawPanel(origin);
    raw.socket.cork();
    raw.upgrade();
    raw.socket.write(Buffer.concat([frames.part(true), ...Array.from({ length: 600 }, () => frames.part(false))]));
    raw.socket.uncork();
    await raw.ended();
  });
});

describe('a proven page', () => {
  it('ends at a message in more parts than any browser makes', async () => {
    const wire = await provenPage(await servingPanel({ clock: new FakeClock() }));
    const parts = Array.from({ length: 64 }, () => frames.part(false));
    rawOf(wire.socket).write(Buffer.concat([frames.part(true), ...parts]));
    expect(await wire.closed).toBe(1008);
  });

  it('ends when more comes than a message is long, whatever is between its parts', async () => {
    const wire = await provenPage(await servingPanel({ clock: new FakeClock() }));
    rawOf(wire.socket).write(Buffer.concat([frames.part(true), pongs(3000)]));
    expect(await wire.closed).toBe(1006);
  });

  it('that does not read its answers is read no further', async () => {
    const engine = new FakeEngine();
    engine.addTunnel('db', { group: 'x'.repeat(300_000) });
    const bench = await servingPanel({ engine, clock: new FakeClock() });
    const wire = await provenPage(bench);
    const witness = await provenPage(bench);
    wire.socket.pause();
    for (let id = 1; id <= 100; id += 1) {
      wire.send({ id, call: 'snapshot', input: {} });
      // Long enough for an answer: another page gets one.
      await witness.call(id, 'prompts', {});
    }
    // What the system holds for it, and a MiB here.
    const answered = engine.inputsOf('snapshot').length;
    expect(answered).toBeGreaterThan(2);
    expect(answered).toBeLessThan(50);
  });

  it('whose answers pile up all at once is dropped', async () => {
    const clock = new FakeClock();
    const engine = new FakeEngine();
    engine.addTunnel('db', { group: 'x'.repeat(300_000) });
    engine.holdSnapshots(60);
    const bench = await servingPanel({ engine, clock });
    const wire = await provenPage(bench);
    wire.socket.pause();
    for (let id = 1; id <= 60; id += 1) wire.send({ id, call: 'snapshot', input: {} });
    await until(() => bench.logged.some(({ message }) => message.includes('does not read its answers')), {
      what: 'the page to be dropped',
    });
    await clock.advance(2000);
    wire.socket.resume();
    await wire.closed;
  });

  it('that reads slowly is answered in full', async () => {
    const engine = new FakeEngine();
    engine.addTunnel('db', { group: 'x'.repeat(300_000) });
    const wire = await provenPage(await servingPanel({ engine, clock: new FakeClock() }));
    for (let round = 0; round < 4; round += 1) {
      wire.socket.pause();
      for (let at = 1; at <= 20; at += 1) wire.send({ id: round * 20 + at, call: 'snapshot', input: {} });
      wire.socket.resume();
      for (let at = 1; at <= 20; at += 1) expect(await wire.next()).toMatchObject({ id: round * 20 + at, ok: true });
    }
  });

  it('may take long messages apart, and send many of them', async () => {
    const wire = await provenPage(await servingPanel({ clock: new FakeClock() }));
    const padding = 'x'.repeat(240_000);
    for (let id = 1; id < 6; id += 1) {
      const text = JSON.stringify({ id, call: 'prompts', input: {}, padding });
      for (let at = 0; at < text.length; at += 20_000)
        wire.socket.send(text.slice(at, at + 20_000), { fin: at + 20_000 >= text.length });
      expect(await wire.next()).toMatchObject({ id, ok: true });
    }
  });
});

describe('connections that never read', () => {
  /** More than the system holds on its way. */
  const page = Buffer.alloc(16 * 1024 * 1024, 'x');
  const unread = async (origin: string, path: string): Promise<RawPanel> => {
    const raw = await new RawPanel(origin, { reads: false }).connected();
    raw.get(path);
    return raw;
  };

  it('keep nobody out, however many they are', async () => {
    const bench = await servingPanel({ clock: new FakeClock(), page });
    const path = await pagePath(bench.server);
    for (let n = 0; n < 520; n += 1) await unread(bench.origin, path);
    const wire = await provenPage(bench);
    // A page that has proved itself makes room for nobody.
    for (let n = 0; n < 520; n += 1) await unread(bench.origin, path);
    expect(await wire.call(1, 'prompts', {})).toMatchObject({ id: 1, ok: true });
  });

  it('end after two minutes, which a page does not', async () => {
    const clock = new FakeClock();
    const bench = await servingPanel({ clock, page });
    const wire = await provenPage(bench);
    const raw = await unread(bench.origin, await pagePath(bench.server));
    await wire.call(1, 'prompts', {});
    await clock.advance(120_000);
    raw.read();
    await raw.ended();
    expect(raw.text.length).toBeLessThan(page.length);
    expect(await wire.call(2, 'prompts', {})).toMatchObject({ id: 2, ok: true });
  });

  it.each([
    ['by us', 'http://evil.example', undefined],
    ['by ws', undefined, 'Sec-WebSocket-Version: 99'],
  ])('end soon after an upgrade that is refused %s', async (_, origin, header) => {
    const clock = new FakeClock();
    const bench = await servingPanel({ clock, page });
    const wire = await provenPage(bench);
    const raw = await new RawPanel(bench.origin, { reads: false }).connected();
    raw.socket.cork();
    raw.get(await pagePath(bench.server));
    if (header === undefined) raw.upgrade(origin);
    else raw.get('/ws', `Origin: ${bench.origin}`, 'Connection: Upgrade', 'Upgrade: websocket', header);
    raw.socket.uncork();
    for (let id = 1; id <= 20; id += 1) await wire.call(id, 'prompts', {});
    await clock.advance(2000);
    raw.read();
    await raw.ended();
    expect(raw.text.length).toBeLessThan(page.length);
  });
});

describe('the log', () => {
  it('has one line in a minute of pages that were not let in, with their count', async () => {
    const clock = new FakeClock();
    const { origin, logged } = await servingPanel({ clock });
    const refused = () => logged.filter(({ message }) => message.includes('not let in'));
    const knock = async (times: number): Promise<void> => {
      for (let time = 0; time < times; time += 1) {
        const raw = await new RawPanel(origin).upgraded();
        raw.socket.write(frames.text('{"prove":{}}'));
        await until(() => raw.text.includes('ended'), { what: 'the refusal' });
        raw.socket.destroy();
      }
    };
    await knock(30);
    expect(refused().map(({ fields }) => fields['skipped'])).toEqual([0]);
    await clock.advance(60_000);
    await knock(1);
    expect(refused().map(({ fields }) => fields['skipped'])).toEqual([0, 29]);
  });
});

it('the head of a request is short', async () => {
  const { origin } = await servingPanel({ clock: new FakeClock() });
  const raw = new RawPanel(origin);
  raw.get('/', `X: ${'x'.repeat(17_000)}`);
  await raw.ended();
  expect(raw.text).toMatch(/^HTTP\/1\.1 431 /);
});
