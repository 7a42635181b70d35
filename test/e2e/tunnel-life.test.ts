import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { serveEcho, serveTcp } from '../support/echo-servers.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { startPamSshd, whyNoPam } from '../support/pam-sshd.ts';
import { descendantsOf, freePort, signalProcess } from '../support/processes.ts';
import { startSshd, type TestSshd } from '../support/sshd.ts';
import {
  clientOf,
  endOwned,
  exchange,
  hostTable,
  knock,
  own,
  readAll,
  TunnelRig,
  tunnelTable,
} from '../support/tunnel-rig.ts';
import { until } from '../support/until.ts';

/** What becomes of clients and forwards while a tunnel is edited, lost, parked, asked for on demand: through the built engine against sshd. */

endOwned();

const noPam = whyNoPam();

/** Waits so short that a test sees the next try soon. */
const quick = 'backoff = { first = "100ms", cap = "300ms" }';

async function behindProxy(): Promise<{ server: TestSshd; proxy: FaultProxy; known: string }> {
  const server = own(await startSshd());
  const proxy = own(await startFaultProxy(server.port));
  return { server, proxy, known: server.knownHostsLine('ed25519', `[127.0.0.1]:${proxy.port}`) };
}

/** Takes the link away and keeps new ones from coming, until `reopen`. */
async function lose(proxy: FaultProxy): Promise<void> {
  await proxy.refuse();
  proxy.reset();
}

async function says(socket: Socket, text: string): Promise<string> {
  const answer = once(socket, 'data');
  socket.write(text);
  return String((await answer)[0]);
}

/** The error's code that ends the socket, or `end`. */
function endOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.resume();
    socket.once('end', () => resolve('end'));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

describe('changes while connected', () => {
  it('another target for one forward, one more, one less: clients of the rest stay', async () => {
    const server = own(await startSshd());
    const [echo, other] = [own(await serveEcho()), own(await serveEcho())];
    const port = await freePort();
    const kept = `local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`;
    const host = hostTable('box', server);
    const rig = await TunnelRig.start(
      host + tunnelTable('db', 'box', [kept, `local 127.0.0.1:${port} -> 127.0.0.1:9`, 'dynamic 127.0.0.1:0']),
      [server.knownHostsLine()],
    );
    const [first = '', , socks = ''] = await rig.upWhole('db');
    const client = clientOf(first);
    expect(await says(client, 'before')).toBe('before');
    const changed = `local 127.0.0.1:${port} -> 127.0.0.1:${other.port}`;
    const added = `remote 127.0.0.1:0 -> 127.0.0.1:${other.port}`;
    await rig.holdfast.configure(host + tunnelTable('db', 'box', [added, changed, kept]));
    const row = await rig.reach(
      'db',
      ({ forwards }) =>
        forwards.map(({ spec }) => spec).join() === [added, changed, kept].join() &&
        forwards.every(({ state }) => state === 'up'),
      'the new forwards',
    );
    expect(row.reconnects).toBe(0);
    expect((await exchange(`127.0.0.1:${port}`, Buffer.from('new target'))).toString()).toBe('new target');
    expect((await exchange(row.forwards[0]?.listen ?? '', Buffer.from('added'))).toString()).toBe('added');
    expect(await knock(socks)).toBe('ECONNREFUSED');
    expect(row.forwards[2]?.listen).toBe(first);
    expect(await says(client, 'after')).toBe('after');
    expect((await rig.client.call('connections', {})).length).toBe(1);
  });

  it('one forward is switched off and on by itself', async () => {
    const server = own(await startSshd());
    const echo = own(await serveEcho());
    const port = await freePort();
    const specs = [`local 127.0.0.1:${port} -> 127.0.0.1:${echo.port}`, `local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`];
    const rig = await TunnelRig.start(hostTable('box', server) + tunnelTable('db', 'box', specs), [
      server.knownHostsLine(),
    ]);
    const [switched = '', other = ''] = await rig.upWhole('db');
    const [gone, stays] = [clientOf(switched), clientOf(other)];
    expect([await says(gone, 'a'), await says(stays, 'b')]).toEqual(['a', 'b']);
    const ended = endOf(gone);
    await rig.client.call('forward', { tunnel: 'db', spec: specs[0] ?? '', enabled: false });
    expect(await ended).toBe('ECONNRESET');
    expect(await knock(switched)).toBe('ECONNREFUSED');
    expect(await rig.status('db')).toMatchObject({
      state: { kind: 'running', degraded: null },
      forwards: [{ state: 'off', listen: null }, { state: 'up' }],
    });
    await rig.client.call('forward', { tunnel: 'db', spec: specs[0] ?? '', enabled: true });
    await rig.reach('db', ({ forwards }) => forwards[0]?.state === 'up', 'the forward to be back');
    expect((await exchange(switched, Buffer.from('again'))).toString()).toBe('again');
    expect(await says(stays, 'still here')).toBe('still here');
  });
});

describe('parked', () => {
  it('clients that come while the link is away go through after healing, whole', async () => {
    const { server, proxy, known } = await behindProxy();
    const echo = own(await serveEcho());
    const rig = await TunnelRig.start(
      hostTable('box', server, { port: proxy.port }) +
        tunnelTable('db', 'box', [`local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`, 'dynamic 127.0.0.1:0'], [quick]),
      [known],
    );
    const [local = '', socks = ''] = await rig.upWhole('db');
    await lose(proxy);
    await rig.reach('db', ({ state }) => state.kind === 'retrying', 'the loss');
    const bytes = randomBytes(2_000_000);
    const waiting = [exchange(local, bytes), exchange(local, bytes)];
    const request = Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, echo.port >> 8, echo.port & 255]);
    const bySocks = exchange(socks, Buffer.concat([request, bytes]));
    const { attempt } = await rig.reach('db', ({ parked }) => parked === 3, 'three clients to wait');
    // Tries that fail meanwhile turn nobody away.
    await rig.reach('db', (row) => row.attempt >= attempt + 3, 'three more tries');
    expect((await rig.status('db')).parked).toBe(3);
    await proxy.reopen();
    for (const got of await Promise.all(waiting)) expect(got.equals(bytes)).toBe(true);
    expect((await bySocks).subarray(12).equals(bytes)).toBe(true);
    expect(await rig.running('db')).toMatchObject({ reconnects: 1, parked: 0 });
  });

  it('park = "0s": refused while the link is away; a short park: reset when it is over', async () => {
    const { server, proxy, known } = await behindProxy();
    const echo = own(await serveEcho());
    const [open, short] = [await freePort(), await freePort()];
    const rig = await TunnelRig.start(
      hostTable('box', server, { port: proxy.port }) +
        tunnelTable('none', 'box', [`local 127.0.0.1:${open} -> 127.0.0.1:${echo.port}`], [quick, 'park = "0s"']) +
        tunnelTable('short', 'box', [`local 127.0.0.1:${short} -> 127.0.0.1:${echo.port}`], [quick, 'park = "300ms"']),
      [known],
    );
    await rig.upWhole('none');
    await rig.upWhole('short');
    await lose(proxy);
    await rig.reach('none', ({ state }) => state.kind === 'retrying', 'the loss');
    await rig.reach('short', ({ state }) => state.kind === 'retrying', 'the loss');
    expect(await knock(`127.0.0.1:${open}`)).toBe('ECONNREFUSED');
    expect((await rig.status('none')).forwards[0]).toMatchObject({ state: 'waiting', listen: null });
    const client = clientOf(`127.0.0.1:${short}`);
    const ended = endOf(client);
    client.write('does anybody hear me');
    expect(await ended).toBe('ECONNRESET');
    await proxy.reopen();
    await rig.running('none');
    await rig.running('short');
    expect((await exchange(`127.0.0.1:${open}`, Buffer.from('open'))).toString()).toBe('open');
    expect((await exchange(`127.0.0.1:${short}`, Buffer.from('short'))).toString()).toBe('short');
  });
});

describe('on demand', () => {
  it('listens, connects at the knock, goes after the idle time, and connects again at the next', async () => {
    const server = own(await startSshd());
    const echo = own(await serveEcho());
    const rig = await TunnelRig.start(
      '[settings]\npool-idle = "0s"\n' +
        hostTable('box', server) +
        tunnelTable(
          'later',
          'box',
          [`local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`],
          ['start = "demand"', 'idle = "1s"'],
        ),
      [server.knownHostsLine()],
    );
    const row = await rig.reach('later', ({ state }) => state.kind === 'listening', 'to listen');
    const listen = row.forwards[0]?.listen ?? '';
    for (let round = 1; round <= 2; round += 1) {
      expect(server.sessions()).toEqual([]);
      const bytes = randomBytes(300_000);
      expect((await exchange(listen, bytes)).equals(bytes)).toBe(true);
      await rig.reach('later', ({ state }) => state.kind === 'listening', 'to listen again');
      await until(() => server.sessions().length === 0, { what: 'the connection to go' });
    }
    expect(server.log().split('Accepted publickey').length - 1).toBe(2);
    expect(await rig.status('later')).toMatchObject({ reconnects: 0, forwards: [{ listen }] });
  });

  it.each(['20s', '300ms', '0s'])(
    'park = "%s": the port stays while the server is away; who may wait does',
    async (park) => {
      const { server, proxy, known } = await behindProxy();
      const echo = own(await serveEcho());
      const rig = await TunnelRig.start(
        hostTable('box', server, { port: proxy.port }) +
          tunnelTable(
            'later',
            'box',
            [`local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`],
            ['start = "demand"', `park = "${park}"`, quick],
          ),
        [known],
      );
      const row = await rig.reach('later', ({ state }) => state.kind === 'listening', 'to listen');
      const listen = row.forwards[0]?.listen ?? '';
      await proxy.refuse();
      const early = clientOf(listen);
      if (park === '20s') {
        const answer = readAll(early);
        early.end('early');
        await rig.reach(
          'later',
          ({ attempt, parked }) => attempt >= 3 && parked === 1,
          'tries for the client that waits',
        );
        await proxy.reopen();
        expect((await answer).toString()).toBe('early');
      } else {
        const ended = endOf(early);
        early.write('too early');
        expect(await ended).toBe('ECONNRESET');
        const failed = await rig.reach('later', ({ state }) => state.kind === 'listening', 'to listen again');
        expect(failed.forwards).toMatchObject([{ listen, cause: { code: 'refused' } }]);
        await proxy.reopen();
        expect((await exchange(listen, Buffer.from('in time'))).toString()).toBe('in time');
      }
      await rig.running('later');
      proxy.reset();
      await rig.reach('later', ({ state }) => state.kind === 'listening', 'the loss');
      expect((await exchange(listen, Buffer.from('after the loss'))).toString()).toBe('after the loss');
      expect((await rig.status('later')).forwards[0]?.listen).toBe(listen);
    },
  );

  it.skipIf(noPam !== null)(
    'a host with a one-time code asks when somebody knocks, and the client gets its bytes',
    async () => {
      const server = own(
        await startPamSshd({ freshHostKeys: true, authenticationMethods: 'publickey,keyboard-interactive' }),
      );
      const echo = own(await serveEcho());
      const rig = await TunnelRig.start(
        hostTable('box', server) +
          tunnelTable('later', 'box', [`local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`], ['start = "demand"']),
        [server.knownHostsLine()],
      );
      const row = await rig.reach('later', ({ state }) => state.kind === 'listening', 'to listen');
      expect(await rig.client.call('prompts', {})).toEqual([]);
      expect(server.log()).not.toContain('Connection from');
      const bytes = randomBytes(100_000);
      const answer = exchange(row.forwards[0]?.listen ?? '', bytes);
      const prompt = await rig.prompted(({ kind }) => kind === 'otp', 'the code');
      expect(prompt.tunnels).toEqual(['later']);
      expect((await rig.status('later')).state.kind).toBe('interactive');
      expect((await rig.status('later')).parked).toBe(1);
      await rig.answer(prompt.id, { value: server.nextCode() });
      expect((await answer).equals(bytes)).toBe(true);
    },
  );
});

describe('a remote port that a dead session of ours still holds', () => {
  it('RETRYING if it is the only forward, else degraded, until the port is free', async () => {
    const { server, proxy, known } = await behindProxy();
    const echo = own(await serveEcho());
    const [one, two] = [await freePort(), await freePort()];
    const rig = await TunnelRig.start(
      hostTable('box', server, { port: proxy.port }) +
        tunnelTable('only', 'box', [`remote ${one} -> 127.0.0.1:${echo.port}`], [quick]) +
        tunnelTable('both', 'box', [`remote ${two} -> 127.0.0.1:${echo.port}`, 'dynamic 127.0.0.1:0'], [quick]),
      [known],
    );
    await rig.upWhole('only');
    await rig.upWhole('both');
    const dead = descendantsOf(server.pid);
    expect(dead.length).toBeGreaterThan(0);
    for (const pid of dead) signalProcess(pid, 'SIGSTOP');
    proxy.reset();
    const row = await rig.reach(
      'only',
      ({ state, attempt }) => state.kind === 'retrying' && attempt >= 2,
      'to be refused',
    );
    expect(row.state).toMatchObject({ cause: { code: 'remote-port-refused' } });
    const both = await rig.reach(
      'both',
      ({ state }) => state.kind === 'running' && state.degraded !== null,
      'to be degraded',
    );
    expect(both).toMatchObject({
      state: { degraded: { code: 'remote-port-refused' } },
      forwards: [{ state: 'waiting', listen: null }, { state: 'up' }],
    });
    for (const pid of dead) {
      signalProcess(pid, 'SIGKILL');
      signalProcess(pid, 'SIGCONT');
    }
    await rig.running('only');
    await rig.running('both');
    for (const port of [one, two])
      expect((await exchange(`127.0.0.1:${port}`, Buffer.from('mine again'))).toString()).toBe('mine again');
  });
});

describe("autossh's numbers in the running engine", () => {
  /** The waits before the next try, from the tunnel's log. */
  async function waits(rig: TunnelRig, tunnel: string): Promise<number[]> {
    const lines = await rig.client.call('logs', { tunnel, lines: 1000 });
    return lines.filter((line) => line.fields['to'] === 'retrying').map((line) => Number(line.fields['waitMs']));
  }

  it('gate-time, max-starts, max-lifetime and the back-off', async () => {
    const server = own(await startSshd());
    const closed = await freePort();
    const autossh = 'backoff = "autossh"';
    const forwards = ['dynamic 127.0.0.1:0'];
    const rig = await TunnelRig.start(
      hostTable('gone', server, { port: closed }) +
        hostTable('box', server) +
        tunnelTable('gate', 'gone', forwards, [autossh, 'gate-time = "5s"']) +
        tunnelTable('default-gate', 'gone', forwards, [autossh]) +
        tunnelTable('starts', 'gone', forwards, [autossh, 'gate-time = "0s"', 'max-starts = 3']) +
        tunnelTable('backoff', 'gone', forwards, [autossh, 'gate-time = "0s"']) +
        tunnelTable('life', 'box', forwards, ['max-lifetime = "2s"']),
      [server.knownHostsLine()],
    );
    await rig.up();
    for (const name of ['gate', 'default-gate'])
      expect((await rig.reach(name, ({ state }) => state.kind === 'dead', 'to end')).state).toMatchObject({
        cause: { code: 'failed-early' },
      });
    expect((await rig.reach('starts', ({ state }) => state.kind === 'dead', 'to end')).state).toMatchObject({
      cause: { code: 'too-many-starts', message: expect.stringContaining('3 times') },
    });
    expect(await waits(rig, 'starts')).toEqual([0, 0]);
    await rig.running('life');
    expect((await rig.reach('life', ({ state }) => state.kind === 'dead', 'to end')).state).toMatchObject({
      cause: { code: 'lifetime-over' },
    });
    await until(async () => (await waits(rig, 'backoff')).length >= 7, { what: 'seven waits' });
    // Poll time 600 s: starts 2 to 6 at once, then after 2 s, 8 s …
    expect((await waits(rig, 'backoff')).slice(0, 7)).toEqual([0, 0, 0, 0, 0, 2000, 8000]);
  });

  it('first-poll and poll: probes go end to end, and a dead one is a loss', async () => {
    const server = own(await startSshd());
    let silent = false;
    const echo = own(await serveEcho());
    const probes: number[] = [];
    const probed = own(
      await serveTcp((socket) => {
        probes.push(performance.now());
        if (!silent) socket.pipe(socket);
      }),
    );
    const rig = await TunnelRig.start(
      hostTable('box', server) +
        tunnelTable(
          'polled',
          'box',
          [`local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`],
          [
            'backoff = "autossh"',
            'gate-time = "0s"',
            'poll = "1s"',
            'first-poll = "2s"',
            `probe = { type = "echo", host = "127.0.0.1", port = ${probed.port} }`,
          ],
        ),
      [server.knownHostsLine()],
    );
    await rig.upWhole('polled');
    await until(() => probes.length >= 5, { what: 'the probe at the start and four more', seen: () => probes });
    const gaps = probes.slice(1, 5).map((at, index) => at - (probes[index] ?? 0));
    expect(gaps[0]).toBeGreaterThan(1900);
    expect(Math.min(...gaps.slice(1))).toBeGreaterThan(900);
    // Not the first poll time again: a busy machine is late, but hardly three times.
    expect(Math.min(...gaps.slice(1))).toBeLessThan(1900);
    silent = true;
    const row = await rig.reach('polled', ({ state }) => state.kind !== 'running', 'the loss');
    expect(row.state.kind).toMatch(/retrying|starting/);
    silent = false;
    await rig.reach('polled', ({ state, reconnects }) => state.kind === 'running' && reconnects === 1, 'to heal');
    const [lost] = (await rig.client.call('history', { names: ['polled'], limit: 100 })).filter(
      (event) => event.what === 'lost',
    );
    expect(lost?.cause?.code).toBe('probe-failed');
  });
});
