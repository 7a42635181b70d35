import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { serveTcp } from '../support/echo-servers.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import type { TestSshd } from '../support/sshd.ts';
import { clientOf, endOwned, exchange, hostTable, own, tunnelTable, TunnelRig } from '../support/tunnel-rig.ts';
import { until } from '../support/until.ts';
import { descriptors, firstWaitMs, happenings, into, logLines, named, sshd, toEcho, transfer } from './fault-scene.ts';

/** A network that breaks under whole tunnels, as a person sees it: status, events, log, and what programs at the ports get. */

endOwned();

const shortWaits = '[settings]\nbackoff-first = "10ms"\nbackoff-cap = "20ms"\n';
const hello = Buffer.from('through the tunnel');

interface Scene {
  readonly server: TestSshd;
  readonly proxy: FaultProxy;
  readonly rig: TunnelRig;
  /** Where the tunnel's first forward, to an echo, listens. */
  readonly address: string;
}

/** The tunnel `db` over a host behind a fault proxy, running. `forwards` come behind the one to an echo. */
async function running(
  lines: readonly string[] = [],
  { settings = '', forwards = [] as readonly string[] } = {},
): Promise<Scene> {
  const server = await sshd();
  const proxy = own(await startFaultProxy(server.port));
  const config =
    settings +
    hostTable('box', server, { port: proxy.port, lines }) +
    tunnelTable('db', 'box', [await toEcho(), ...forwards]);
  const rig = await TunnelRig.start(config, [server.knownHostsLine('ed25519', `[127.0.0.1]:${proxy.port}`)]);
  const [address = ''] = await rig.upWhole('db');
  expect(await exchange(address, hello)).toEqual(hello);
  return { server, proxy, rig, address };
}

function healed(rig: TunnelRig, reconnects = 1): Promise<unknown> {
  return rig.reach('db', (row) => row.state.kind === 'running' && row.reconnects === reconnects, 'to be healed');
}

describe('a loss', () => {
  it.each(['reset', 'cut'] as const)(
    'by %s: told once, retried within 1 s; in-flight clients are reset, those that come wait and go through',
    async (how) => {
      const { proxy, rig, address } = await running();
      const inFlight = clientOf(address);
      inFlight.write('x');
      await once(inFlight, 'data');
      const end = once(inFlight, 'error') as Promise<[NodeJS.ErrnoException]>;
      await proxy.refuse();
      proxy[how]();
      expect((await end)[0].code).toBe('ECONNRESET');
      const lost = await rig.reach('db', (row) => row.state.kind === 'retrying', 'to be lost');
      expect(lost.state).toMatchObject({ cause: { where: 'box', next: expect.stringMatching(/./) as string } });
      expect(lost.forwards[0]).toMatchObject({ state: 'listening', listen: address });
      const waiting = [exchange(address, hello), exchange(address, hello)];
      await rig.reach('db', (row) => row.parked === 2, 'to park both');
      await proxy.reopen();
      expect(await Promise.all(waiting)).toEqual([hello, hello]);
      await healed(rig);
      const rows = await happenings(rig, 'db');
      expect(named(rows, 'lost').map((row) => row.cause?.code)).toEqual([
        how === 'reset' ? 'link-lost' : 'server-closed',
      ]);
      expect(named(rows, 'healed').length).toBe(1);
      const lines = await logLines(rig, 'db');
      expect(lines.filter((line) => line.fields['from'] === 'running').length).toBe(1);
      // Back-off 1 s with full jitter, and generously the time of a loaded machine.
      expect(into(lines, 'retrying')[0]?.fields['waitMs']).toBeLessThanOrEqual(1000);
      expect(firstWaitMs(lines)).toBeLessThan(2000);
    },
  );

  it('by a flipped bit, whichever way: told once; no wrong byte arrives, and what is cut never looks complete', async () => {
    const bytes = randomBytes(3_000_000);
    const source = own(await serveTcp((socket) => socket.end(bytes)));
    const {
      proxy,
      rig,
      address: echo,
    } = await running([], {
      settings: shortWaits,
      forwards: [`local 127.0.0.1:0 -> 127.0.0.1:${source.port}`],
    });
    const address = (await rig.status('db')).forwards[1]?.listen ?? '';
    let losses = 0;
    // Places in the stream of each new connection, behind its login.
    for (const place of [20_000, 1_234_567]) {
      proxy.flip('down', place);
      const got = await transfer(address);
      losses += 1;
      // Whose first bytes were hit has got nothing yet, waits, and gets it all over the next link.
      expect(got.end).toBe(got.bytes === bytes.length ? 'eof' : 'reset');
      if (place > 1_000_000) expect(got.end).toBe('reset');
      expect(got.sha256).toBe(createHash('sha256').update(bytes.subarray(0, got.bytes)).digest('hex'));
      await healed(rig, losses);
      proxy.flip('up', place);
      const echoed = await transfer(echo, bytes.length);
      losses += 1;
      expect(echoed).toMatchObject({ end: 'reset', isEcho: true });
      await healed(rig, losses);
    }
    const rows = await happenings(rig, 'db');
    expect(named(rows, 'lost').length).toBe(losses);
    expect(named(rows, 'lost')[0]?.cause).toMatchObject({ code: 'protocol', where: 'box' });
    expect(await transfer(address)).toMatchObject({ end: 'eof', bytes: bytes.length });
  });

  it('thirty times in a row leaves nothing behind in the engine', async () => {
    const { proxy, rig, address } = await running([], { settings: shortWaits });
    let open = 0;
    let kib = 0;
    for (let loss = 1; loss <= 30; loss += 1) {
      const client = clientOf(address);
      client.write('x');
      await once(client, 'data');
      const end = once(client, 'error');
      if (loss % 2 === 0) proxy.cut();
      else proxy.reset();
      await end;
      await healed(rig, loss);
      if (loss !== 5) continue;
      open = descriptors(rig);
      kib = rig.memory('VmRSS');
    }
    expect(await exchange(address, hello)).toEqual(hello);
    await until(() => descriptors(rig) <= open, {
      what: 'as many descriptors as before',
      seen: () => [open, descriptors(rig)],
    });
    expect((rig.memory('VmRSS') - kib) / 1024).toBeLessThan(48);
    expect(named(await happenings(rig, 'db'), 'lost').length).toBe(30);
  });
});

describe('silence', () => {
  it('a black hole is noticed after interval × (max + 1), the way back is tried, and it heals', async () => {
    const { proxy, rig, address } = await running([
      'alive-interval = "300ms"',
      'alive-count-max = 2',
      'connect-timeout = "1s"',
    ]);
    const holeAtMs = Date.now();
    proxy.hole();
    const lost = await rig.reach('db', (row) => row.state.kind !== 'running', 'to be noticed');
    expect(lost.parked).toBe(0);
    const silent = await rig.reach(
      'db',
      (row) => row.state.kind === 'retrying' && row.state.cause.code === 'timeout',
      'to try in vain',
    );
    expect(silent.state).toMatchObject({
      cause: { where: 'box', message: expect.stringContaining('did not say hello in 1 s') as string },
    });
    proxy.pass();
    expect(await exchange(address, hello)).toEqual(hello);
    await healed(rig);
    const [noticed] = into(await logLines(rig, 'db'), 'retrying');
    expect(noticed?.fields).toMatchObject({ from: 'running', code: 'link-dead', where: 'network' });
    expect((noticed?.atMs ?? 0) - holeAtMs).toBeLessThan(900 + 2000);
    expect(named(await happenings(rig, 'db'), 'lost').length).toBe(1);
  });

  it('a link that is full for 20 s, or slow by 300 ms each way, is not taken for dead', async () => {
    const { server, proxy, rig, address } = await running(['alive-interval = "1s"', 'alive-count-max = 3']);
    proxy.rate(150_000);
    const far = own(await startFaultProxy(server.port));
    far.delay(300);
    const slow = await TunnelRig.start(
      hostTable('box', server, { port: far.port, lines: ['alive-interval = "1s"', 'alive-count-max = 1'] }) +
        tunnelTable('db', 'box', [await toEcho()]),
      [server.knownHostsLine('ed25519', `[127.0.0.1]:${far.port}`)],
    );
    const fullSinceMs = performance.now();
    const stuffed = Array.from({ length: 4 }, () => {
      const client = clientOf(address);
      client.write(Buffer.alloc(8 * 1024 * 1024));
      return client.resume();
    });
    const [farAddress = ''] = await slow.upWhole('db');
    let rounds = 0;
    while (performance.now() - fullSinceMs < 20_000) {
      expect(await exchange(farAddress, hello)).toEqual(hello);
      expect((await rig.status('db')).state.kind).toBe('running');
      rounds += 1;
    }
    expect(rounds).toBeGreaterThan(1);
    expect(stuffed.every((client) => !client.destroyed)).toBe(true);
    for (const one of [rig, slow]) expect(named(await happenings(one, 'db'), 'lost')).toEqual([]);
  });
});

describe('a server that goes away', () => {
  it('and soon comes back has its tunnels within 3 s', async () => {
    const { server, rig, address } = await running();
    await server.kill();
    await rig.reach('db', (row) => row.state.kind === 'retrying', 'to be lost');
    await server.restart();
    const answersAtMs = Date.now();
    await healed(rig);
    const [up] = into(await logLines(rig, 'db'), 'running').slice(-1);
    expect((up?.atMs ?? 0) - answersAtMs).toBeLessThan(4000);
    expect(await exchange(address, hello)).toEqual(hello);
  });

  it('for long: each try is one line and one attempt more; the wait is shown, and "now" skips it', async () => {
    const { server, proxy, rig } = await running([], {
      settings: '[settings]\nbackoff-first = "10m"\nbackoff-cap = "10m"\n',
    });
    await server.kill();
    await proxy.refuse();
    await rig.reach('db', (now) => now.state.kind === 'retrying', 'to be lost');
    const shown = async (): Promise<{ nextTryMs: number; attempt: number; cause: { code: string } | null }> => {
      const ran = await rig.holdfast.run(['status', 'db', '--json']);
      return (
        (JSON.parse(ran.stdout) as Awaited<ReturnType<typeof shown>>[])[0] ?? { nextTryMs: 0, attempt: 0, cause: null }
      );
    };
    for (let tries = 1; tries <= 4; tries += 1) {
      const { nextTryMs } = await shown();
      expect(nextTryMs).toBeGreaterThan(0);
      expect(nextTryMs).toBeLessThanOrEqual(600_000);
      await rig.client.call('now', { names: ['db'], all: false });
      await until(async () => into(await logLines(rig, 'db'), 'retrying').length === tries + 1, {
        what: 'one line more',
      });
      expect(await shown()).toMatchObject({ attempt: 1, cause: { code: 'refused' } });
    }
    await proxy.reopen();
    await server.restart();
    const askedAtMs = Date.now();
    await rig.client.call('now', { names: ['db'], all: false });
    await healed(rig);
    const lines = await logLines(rig, 'db');
    expect((into(lines, 'starting').at(-1)?.atMs ?? 0) - askedAtMs).toBeLessThan(1000);
    expect(into(lines, 'retrying').length).toBe(5);
    const rows = await happenings(rig, 'db');
    expect([named(rows, 'lost').length, named(rows, 'failed').length, named(rows, 'healed').length]).toEqual([1, 1, 1]);
  });

  it('with short waits: the attempts are counted, and there is no storm of lines', async () => {
    const { proxy, rig } = await running([], {
      settings: '[settings]\nbackoff-first = "100ms"\nbackoff-cap = "100ms"\n',
    });
    await proxy.refuse();
    proxy.reset();
    const { attempt } = await rig.reach(
      'db',
      (now) => now.state.kind === 'retrying' && now.attempt >= 8,
      'to try 8 times',
    );
    await rig.down('db');
    const lines = await logLines(rig, 'db');
    const tries = into(lines, 'retrying').length - 1;
    expect(tries).toBeGreaterThanOrEqual(attempt);
    expect(into(lines, 'starting').length - 1).toBeLessThanOrEqual(tries + 1);
    // Two transitions a try, and the few of the start.
    expect(lines.length).toBeLessThan(2 * tries + 20);
  });
});
