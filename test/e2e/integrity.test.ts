import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startDropbear } from '../support/dropbear.ts';
import { serveCount, serveEcho, serveTcp } from '../support/echo-servers.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { freePort, needProgram } from '../support/processes.ts';
import { startSshd } from '../support/sshd.ts';
import { countOf, type TestServer } from '../support/test-server.ts';
import {
  clientOf,
  endOwned,
  exchange,
  hostTable,
  own,
  readAll,
  runClient,
  TunnelRig,
  tunnelTable,
} from '../support/tunnel-rig.ts';
import { until } from '../support/until.ts';

/** No byte is lost, changed or mixed up on the way through the built engine: half-closes, resets, many clients, much data, new session keys. */

endOwned();

const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function one(
  server: TestServer,
  forwards: readonly string[],
  hostLines: readonly string[] = [],
): Promise<TunnelRig> {
  return TunnelRig.start(hostTable('box', server, { lines: hostLines }) + tunnelTable('db', 'box', forwards), [
    server.knownHostsLine(),
  ]);
}

describe.each([
  { name: 'sshd', start: () => startSshd() },
  { name: 'dropbear', start: () => startDropbear() },
] as const)('ends over $name', ({ start }) => {
  it('half-close in both orders, through local and remote forwards', async () => {
    const server = own(await start());
    const count = own(await serveCount());
    const late: Promise<Buffer>[] = [];
    const first = own(
      await serveTcp((socket) => {
        late.push(readAll(socket));
        socket.end('bye');
      }),
    );
    const kinds = ['local 127.0.0.1:0', 'remote 127.0.0.1:0'];
    const rig = await one(
      server,
      kinds.flatMap((kind) => [`${kind} -> 127.0.0.1:${count.port}`, `${kind} -> 127.0.0.1:${first.port}`]),
    );
    const listen = await rig.upWhole('db');
    for (const address of [listen[0], listen[2]])
      expect((await exchange(address ?? '', Buffer.alloc(1_000_000, 7))).toString(), address).toBe('GOT1000000END');
    for (const address of [listen[1], listen[3]]) {
      const socket = clientOf(address ?? '');
      expect((await readAll(socket)).toString()).toBe('bye');
      const bytes = randomBytes(500_000);
      socket.end(bytes);
      expect((await late.pop())?.equals(bytes), address).toBe(true);
    }
    await rig.reach('db', ({ forwards }) => forwards.every((forward) => forward.clients === 0), 'all clients gone');
  });

  it('a target that resets, refuses or has no address: no byte, an end, and the link stays', async () => {
    const server = own(await start());
    const rst = own(await serveTcp((socket) => socket.once('data', () => socket.resetAndDestroy())));
    const echo = own(await serveEcho());
    const rig = await one(server, [
      `local 127.0.0.1:0 -> 127.0.0.1:${rst.port}`,
      `local 127.0.0.1:0 -> 127.0.0.1:${await freePort()}`,
      'local 127.0.0.1:0 -> nowhere.invalid:80',
      `local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`,
    ]);
    const listen = await rig.upWhole('db');
    // A plain program: Node's client takes a reset behind data for an end of file.
    const reader = `
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
try:
    s.sendall(b'hello')
    got = s.recv(100)
    print('eof' if got == b'' else got)
except OSError as e:
    print(type(e).__name__)
`;
    const python = needProgram('python3', 'python3');
    for (const [index, address] of listen.slice(0, 3).entries()) {
      const [host = '', port = ''] = address.split(':');
      const said = (await runClient(python, ['-c', reader, host, port])).stdout.toString().trim();
      expect(said, `forward ${index}`).toBe('eof');
    }
    const row = await rig.reach(
      'db',
      ({ forwards }) => forwards[1]?.cause?.code === 'target-refused' && forwards[2]?.cause?.code === 'target-refused',
      'the causes',
    );
    expect(row).toMatchObject({ state: { kind: 'running', degraded: null }, reconnects: 0 });
    expect(row.forwards.every((forward) => forward.state === 'up')).toBe(true);
    expect((await exchange(listen[3] ?? '', Buffer.from('still'))).toString()).toBe('still');
  });
});

describe('many at once', () => {
  it('200 SOCKS clients and 256 of one port, each with its own bytes, in bounded memory', async () => {
    const server = own(await startSshd());
    const echo = own(await serveEcho());
    const rig = await one(server, ['dynamic 127.0.0.1:0', `local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`]);
    const [socks = '', local = ''] = await rig.upWhole('db');
    await exchange(local, randomBytes(1_000_000));
    const request = Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, echo.port >> 8, echo.port & 255]);

    /** `count` clients are open before the first byte goes, so that they are all there together. */
    const together = async (count: number, address: string, greeting: Buffer, skip: number): Promise<boolean[]> => {
      const clients = Array.from({ length: count }, () => clientOf(address));
      await Promise.all(clients.map((socket) => once(socket, 'connect')));
      const index = address === socks ? 0 : 1;
      for (const socket of clients) socket.write(greeting);
      await rig.reach('db', ({ forwards }) => forwards[index]?.clients === count, `${count} clients`);
      return Promise.all(
        clients.map(async (socket) => {
          const bytes = randomBytes(60_000);
          const answer = readAll(socket);
          socket.end(bytes);
          return (await answer).subarray(skip).equals(bytes);
        }),
      );
    };
    const before = rig.memory('VmRSS');
    rig.forgetPeak();
    expect((await together(200, socks, request, 12)).filter(Boolean).length).toBe(200);
    expect((await together(256, local, Buffer.alloc(0), 0)).filter(Boolean).length).toBe(256);
    const growthKib = rig.memory('VmHWM') - before;
    // 64 KiB for each of the 256 clients, and 64 MiB.
    expect(growthKib).toBeLessThan(64 * 256 + 64 * 1024);
    await rig.reach('db', ({ forwards }) => forwards.every((forward) => forward.clients === 0), 'all clients gone');
    expect((await rig.client.call('connections', {})).map((connection) => connection.channels)).toEqual([0]);
  });

  it.each([
    { name: 'sshd', start: () => startSshd() },
    { name: 'dropbear', start: () => startDropbear() },
  ] as const)('$name: 100 clients of each kind of forward at once, each with its own bytes', async ({ start }) => {
    const server = own(await start());
    const echo = own(await serveEcho());
    const rig = await one(server, [
      `local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`,
      `remote 127.0.0.1:0 -> 127.0.0.1:${echo.port}`,
      'dynamic 127.0.0.1:0',
      'remote-dynamic 127.0.0.1:0',
    ]);
    const listen = await rig.upWhole('db');
    const request = Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, echo.port >> 8, echo.port & 255]);
    const same = await Promise.all(
      listen.flatMap((address, kind) =>
        Array.from({ length: 100 }, async () => {
          const bytes = randomBytes(20_000);
          const got = await exchange(address, kind < 2 ? bytes : Buffer.concat([request, bytes]));
          return got.subarray(kind < 2 ? 0 : 12).equals(bytes);
        }),
      ),
    );
    expect(same.filter(Boolean).length).toBe(400);
    const row = await rig.reach('db', ({ forwards }) => forwards.every(({ clients }) => clients === 0), 'all gone');
    for (const forward of row.forwards)
      expect(forward).toMatchObject({ state: 'up', cause: null, bytesIn: 2_000_000, bytesOut: 2_000_000 });
  });

  it('20 targets that read nothing for a while cost less than 120 MiB, and get all of it in the end', async () => {
    const server = own(await startSshd());
    const held: Socket[] = [];
    const target = own(await serveTcp((socket) => held.push(socket.pause())));
    const rig = await one(server, [
      `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`,
      `remote 127.0.0.1:0 -> 127.0.0.1:${target.port}`,
    ]);
    const listen = await rig.upWhole('db');
    const bytes = randomBytes(12_000_000);
    const before = rig.memory('VmRSS');
    rig.forgetPeak();
    for (const address of listen) for (let i = 0; i < 10; i += 1) clientOf(address).end(bytes);
    let last = -1;
    let still = 0;
    await until(
      async () => {
        const row = await rig.status('db');
        const moved = row.forwards.reduce((sum, forward) => sum + forward.bytesIn + forward.bytesOut, 0);
        still = moved === last && held.length === 20 ? still + 1 : 0;
        last = moved;
        return still > 30;
      },
      { what: 'all to be stalled', timeoutMs: 30_000 },
    );
    expect(last).toBeLessThan(20 * bytes.length);
    expect(rig.memory('VmHWM') - before).toBeLessThan(120 * 1024);
    // One at a time: what matters is that nothing got lost, not how fast it comes.
    for (const socket of held) {
      const all = readAll(socket);
      socket.resume();
      expect(hash(await all)).toBe(hash(bytes));
    }
  });

  it('writes of 10 bytes to 256 KiB come back in order', async () => {
    const server = own(await startSshd());
    const echo = own(await serveEcho());
    const rig = await one(server, [`local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`]);
    const [local = ''] = await rig.upWhole('db');
    for (const [size, total] of [
      [10, 20_000],
      [100, 100_000],
      [1024, 1_000_000],
      [32 * 1024, 4_000_000],
      [64 * 1024, 4_000_000],
      [128 * 1024, 4_000_000],
      [256 * 1024, 4_000_000],
    ] as const) {
      const bytes = randomBytes(total);
      const socket = clientOf(local);
      const answer = readAll(socket);
      for (let at = 0; at < total; at += size) {
        if (!socket.write(bytes.subarray(at, at + size))) await once(socket, 'drain');
      }
      socket.end();
      expect(hash(await answer), `writes of ${size}`).toBe(hash(bytes));
    }
  });
});

/** The far and the near end of a big transfer, each a process of its own, so that neither slows the other or the test. */
const peer = fileURLToPath(new URL('../support/stream-peer.mjs', import.meta.url));

interface Peer {
  readonly child: ChildProcess;
  line(): Promise<string>;
}

function startPeer(...args: string[]): Peer {
  const child = spawn(process.execPath, [peer, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  own({ dispose: () => void child.kill('SIGKILL') });
  const lines: string[] = [];
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  return {
    child,
    line: () => until(() => lines.shift(), { what: `a line of ${args.join(' ')}`, timeoutMs: 85_000 }),
  };
}

const mib = 1024 * 1024;

describe('much data', () => {
  it('1 GiB through a local forward is the same, while sshd changes keys every 32 MiB', async () => {
    const server = own(await startSshd({ rekeyLimit: '32M', logLevel: 'DEBUG' }));
    const source = startPeer('serve', 'send', String(1024 * mib));
    const port = Number(await source.line());
    const rig = await one(server, [`local 127.0.0.1:0 -> 127.0.0.1:${port}`]);
    const [local = ''] = await rig.upWhole('db');
    const before = countOf(server.log(), 'SSH2_MSG_NEWKEYS received');
    const sink = startPeer('connect', 'receive', '0', local);
    const [sent, got] = await Promise.all([source.line(), sink.line()]);
    expect(got).toBe(sent);
    expect(got).toContain(` ${1024 * mib} `);
    expect(countOf(server.log(), 'SSH2_MSG_NEWKEYS received') - before).toBeGreaterThanOrEqual(30);
    expect(await rig.status('db')).toMatchObject({ state: { kind: 'running' }, reconnects: 0 });
  });

  it('128 MiB each way at once are the same, while we change keys every 4 MiB', async () => {
    const server = own(await startSshd({ logLevel: 'DEBUG' }));
    const far = startPeer('serve', 'both', String(128 * mib));
    const port = Number(await far.line());
    const rig = await one(server, [`local 127.0.0.1:0 -> 127.0.0.1:${port}`], ['rekey-bytes = "4M"']);
    const [local = ''] = await rig.upWhole('db');
    const before = countOf(server.log(), 'SSH2_MSG_NEWKEYS received');
    const near = startPeer('connect', 'both', String(128 * mib), local);
    const parse = (line: string): Record<string, string> =>
      Object.fromEntries(line.split(';').map((part) => part.trim().split(/ (.*)/s).slice(0, 2) as [string, string]));
    const [there, here] = (await Promise.all([far.line(), near.line()])).map(parse);
    expect(here?.['received']).toBe(there?.['sent']);
    expect(there?.['received']).toBe(here?.['sent']);
    expect(here?.['received']).toMatch(new RegExp(`^${128 * mib} `));
    expect(countOf(server.log(), 'SSH2_MSG_NEWKEYS received') - before).toBeGreaterThanOrEqual(20);
    expect(await rig.status('db')).toMatchObject({ state: { kind: 'running' }, reconnects: 0 });
  });

  it.each([
    { name: 'sshd changes keys every MiB', start: () => startSshd({ rekeyLimit: '1M' }) },
    { name: 'dropbear follows', start: () => startDropbear() },
  ] as const)('new keys every MiB from us, while $name, with 60 other clients on the link', async ({ start }) => {
    const server = own(await start());
    const echo = own(await serveEcho());
    const rig = await one(
      server,
      [`local 127.0.0.1:0 -> 127.0.0.1:${echo.port}`, `remote 127.0.0.1:0 -> 127.0.0.1:${echo.port}`],
      ['rekey-bytes = "1M"'],
    );
    const listen = await rig.upWhole('db');
    const sizes = [12 * mib, ...Array.from({ length: 30 }, () => 100_000)];
    const same = await Promise.all(
      listen.flatMap((address) =>
        sizes.map(async (size) => {
          const bytes = randomBytes(size);
          return (await exchange(address, bytes)).equals(bytes);
        }),
      ),
    );
    expect(same.filter(Boolean).length).toBe(2 * sizes.length);
    expect(await rig.status('db')).toMatchObject({ state: { kind: 'running' }, reconnects: 0 });
  });

  it('a flipped bit: one loss, no wrong byte, no end that looks clean', async () => {
    const server = own(await startSshd());
    const proxy = own(await startFaultProxy(server.port));
    const bytes = randomBytes(4_000_000);
    const target = own(await serveTcp((socket: Socket) => socket.end(bytes)));
    const rig = await TunnelRig.start(
      hostTable('box', server, { port: proxy.port }) +
        tunnelTable('db', 'box', [`local 127.0.0.1:0 -> 127.0.0.1:${target.port}`]),
      [server.knownHostsLine('ed25519', `[127.0.0.1]:${proxy.port}`)],
    );
    const [local = ''] = await rig.upWhole('db');
    proxy.flip('down', proxy.bytesDown + 1_500_000);
    const reader = `
import socket, sys, hashlib
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
got, how = b'', 'eof'
try:
    while True:
        d = s.recv(65536)
        if not d: break
        got += d
except ConnectionResetError:
    how = 'reset'
print(how, len(got), hashlib.sha256(got).hexdigest())
`;
    const [host = '', port = ''] = local.split(':');
    const said = (await runClient(needProgram('python3', 'python3'), ['-c', reader, host, port])).stdout;
    const [how, length, digest] = said.toString().trim().split(' ');
    expect(how).toBe('reset');
    expect(Number(length)).toBeLessThan(1_500_000);
    expect(digest).toBe(hash(bytes.subarray(0, Number(length))));
    await rig.reach('db', (row) => row.state.kind === 'running' && row.reconnects === 1, 'to heal');
    const losses = (await rig.client.call('history', { names: ['db'], limit: 100 })).filter(
      (event) => event.what === 'lost',
    );
    expect(losses).toHaveLength(1);
    expect((await exchange(local, Buffer.alloc(0))).equals(bytes)).toBe(true);
  });
});
