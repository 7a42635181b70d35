import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startDropbear } from '../support/dropbear.ts';
import { serveEcho } from '../support/echo-servers.ts';
import { findProgram, freePort, needProgram } from '../support/processes.ts';
import { startSshd } from '../support/sshd.ts';
import { tempFolder } from '../support/temp.ts';
import {
  clientOf,
  endOwned,
  exchange,
  hostTable,
  knock,
  own,
  portOf,
  readAll,
  runClient,
  TunnelRig,
  tunnelTable,
} from '../support/tunnel-rig.ts';

/** Every kind of forward through the built engine, against OpenSSH's sshd and dropbear, with the client programs that people use. */

endOwned();

/** Waits so short that a test sees the next try soon. */
const quick = 'backoff = { first = "100ms", cap = "300ms" }';

const servers = [
  { name: 'sshd', start: () => startSshd() },
  { name: 'dropbear', start: () => startDropbear({ args: ['-a'] }) },
] as const;

/** An echo server on ::1. */
async function echoOnV6(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '::1', resolve));
  own({
    dispose: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return (server.address() as AddressInfo).port;
}

/** A web server on both loopback addresses that gives `page`. */
async function web(page: Buffer): Promise<number> {
  const server = createHttpServer((_request, response) => response.setHeader('connection', 'close').end(page));
  await new Promise<void>((resolve) => server.listen(0, '::', resolve));
  own({
    dispose: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return (server.address() as AddressInfo).port;
}

/** Ports in a row of which the first is taken. */
async function rangeWithBusyStart(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  own({ dispose: () => void server.close() });
  const { port } = server.address() as AddressInfo;
  return port < 65_500 ? `${port}-${port + 20}` : rangeWithBusyStart();
}

const either = (listen: string): RegExp => new RegExp(`^${listen.replaceAll(/[.[\]]/g, '\\$&')}:[1-9]\\d*$`);

describe.each(servers)('forwards over $name', ({ name, start }) => {
  it('local: IPv4, IPv6, both, every interface, port 0 and a range whose first port is taken', async () => {
    const server = own(await start());
    const [v4, v6] = [own(await serveEcho()).port, await echoOnV6()];
    const range = await rangeWithBusyStart();
    const rig = await TunnelRig.start(
      hostTable('box', server) +
        tunnelTable('all', 'box', [
          `local 127.0.0.1:0 -> 127.0.0.1:${v4}`,
          `local [::1]:0 -> [::1]:${v6}`,
          `local 0 -> localhost:${v4}`,
          `local *:0 -> 127.0.0.1:${v4}`,
          `local 127.0.0.1:${range} -> 127.0.0.1:${v4}`,
        ]),
      [server.knownHostsLine()],
    );
    const listen = await rig.upWhole('all');
    expect(listen).toEqual([
      expect.stringMatching(either('127.0.0.1')),
      expect.stringMatching(either('[::1]')),
      expect.stringMatching(either('127.0.0.1')),
      expect.stringMatching(either('0.0.0.0')),
      expect.stringMatching(either('127.0.0.1')),
    ]);
    const [first, last] = range.split('-').map(Number);
    expect(portOf(listen[4] ?? '')).toBeGreaterThan(first ?? 0);
    expect(portOf(listen[4] ?? '')).toBeLessThanOrEqual(last ?? 0);
    const bare = portOf(listen[2] ?? '');
    const all = portOf(listen[3] ?? '');
    for (const address of [...listen.toSpliced(3, 1), `[::1]:${bare}`, `127.0.0.1:${all}`, `[::1]:${all}`]) {
      const bytes = randomBytes(50_000);
      expect((await exchange(address, bytes)).equals(bytes), address).toBe(true);
    }
  });

  it('dynamic: SOCKS 4, 4a, 5 and HTTP CONNECT on one port, by curl and nc, to names, IPv4 and IPv6', async () => {
    const server = own(await start());
    const page = randomBytes(300_000);
    const port = await web(page);
    const echo = own(await serveEcho());
    const rig = await TunnelRig.start(
      hostTable('box', server) + tunnelTable('web', 'box', ['dynamic 127.0.0.1:0', 'dynamic [::1]:0']),
      [server.knownHostsLine()],
    );
    const [v4 = '', v6 = ''] = await rig.upWhole('web');
    const curl = needProgram('curl', 'curl');
    for (const [args, host] of [
      [['--socks4', v4], '127.0.0.1'],
      [['--socks4a', v4], 'localhost'],
      [['--socks5', v4], '127.0.0.1'],
      [['--socks5-hostname', v4], 'localhost'],
      [['--socks5-hostname', v4], '[::1]'],
      [['--proxytunnel', '--proxy', `http://${v4}`], 'localhost'],
      [['--proxytunnel', '--proxy', `http://${v4}`], '[::1]'],
      [['--socks5-hostname', v6], 'localhost'],
    ] as const) {
      const got = await runClient(curl, ['-sS', '--noproxy', '', ...args, `http://${host}:${port}/`]);
      expect(got, `${args.join(' ')} ${host}: ${got.stderr}`).toMatchObject({ code: 0 });
      expect(got.stdout.equals(page), `${args.join(' ')} ${host}`).toBe(true);
    }
    const nc = needProgram('nc', 'netcat-openbsd');
    for (const kind of ['4', '5', 'connect']) {
      const bytes = randomBytes(20_000);
      const got = await runClient(nc, ['-N', '-X', kind, '-x', v4, '127.0.0.1', String(echo.port)], bytes);
      expect(got.stdout.equals(bytes), `nc -X ${kind}: ${got.stderr}`).toBe(true);
    }
    const refused = await runClient(curl, ['-sS', '--socks5-hostname', v4, `http://127.0.0.1:${await freePort()}/`]);
    expect(refused.code).not.toBe(0);
    expect((await rig.status('web')).state.kind).toBe('running');
  });

  it('remote: loopback, IPv6, every interface, port 0, a range whose first port is taken', async () => {
    const server = own(await start());
    const [v4, v6] = [own(await serveEcho()).port, await echoOnV6()];
    const range = await rangeWithBusyStart();
    const rig = await TunnelRig.start(
      hostTable('box', server) +
        tunnelTable('all', 'box', [
          `remote 0 -> 127.0.0.1:${v4}`,
          `remote 127.0.0.1:0 -> [::1]:${v6}`,
          `remote 127.0.0.1:${range} -> localhost:${v4}`,
          `remote [::1]:0 -> 127.0.0.1:${v4}`,
          `remote *:0 -> 127.0.0.1:${v4}`,
        ]),
      [server.knownHostsLine()],
    );
    const listen = await rig.upWhole('all');
    for (const [index, host] of ['127.0.0.1', '127.0.0.1', '127.0.0.1', '[::1]', '0.0.0.0'].entries())
      expect(listen[index]).toMatch(either(host));
    expect(portOf(listen[2] ?? '')).toBeGreaterThan(Number(range.split('-')[0]));
    const all = portOf(listen[4] ?? '');
    // OpenSSH's `localhost` is both loopback addresses.
    const bare = name === 'sshd' ? [`[::1]:${portOf(listen[0] ?? '')}`] : [];
    for (const address of [...listen.slice(0, 4), ...bare, `127.0.0.1:${all}`, `[::1]:${all}`]) {
      const bytes = randomBytes(50_000);
      expect((await exchange(address, bytes)).equals(bytes), address).toBe(true);
    }
  });

  it('remote-dynamic: curl on the server reaches what is here', async () => {
    const server = own(await start());
    const page = randomBytes(300_000);
    const port = await web(page);
    const rig = await TunnelRig.start(
      hostTable('box', server) + tunnelTable('back', 'box', ['remote-dynamic 127.0.0.1:0']),
      [server.knownHostsLine()],
    );
    const [proxy = ''] = await rig.upWhole('back');
    for (const args of [
      ['--socks4a', proxy],
      ['--socks5-hostname', proxy],
      ['--proxytunnel', '--proxy', `http://${proxy}`],
    ]) {
      const got = await runClient(needProgram('curl', 'curl'), ['-sS', ...args, `http://localhost:${port}/`]);
      expect(got.stdout.equals(page), `${args.join(' ')}: ${got.stderr}`).toBe(true);
    }
  });
});

describe('a bare port', () => {
  it('is not half bound: with one family taken the forward waits, and nobody gets through by the other', async () => {
    const server = own(await startSshd());
    const echo = own(await serveEcho());
    const taken = await echoOnV6();
    const rig = await TunnelRig.start(
      hostTable('box', server) + tunnelTable('db', 'box', [`local ${taken} -> 127.0.0.1:${echo.port}`], [quick]),
      [server.knownHostsLine()],
    );
    await rig.up('db');
    const row = await rig.reach('db', ({ state }) => state.kind === 'retrying', 'to wait for the port');
    expect(row.state).toMatchObject({
      cause: { code: 'port-in-use', message: expect.stringContaining(String(taken)) },
    });
    expect(await knock(`127.0.0.1:${taken}`)).toBe('ECONNREFUSED');
    expect(server.log()).not.toContain('Connection from');
  });
});

describe('unix sockets over sshd', () => {
  it('at either end, both ways, with socat and nc as programs at the ends', async () => {
    const server = own(await startSshd());
    const folder = tempFolder();
    const socat = needProgram('socat', 'socat');
    const target = folder.file('target.sock');
    own(await serveEcho(target));
    const tcp = own(await serveEcho());
    const rig = await TunnelRig.start(
      hostTable('box', server) +
        tunnelTable('unix', 'box', [
          `local ${folder.file('uu')} -> ${target}`,
          `local ${folder.file('ut')} -> 127.0.0.1:${tcp.port}`,
          `local 127.0.0.1:0 -> ${target}`,
          `remote ${folder.file('ruu')} -> ${target}`,
          `remote ${folder.file('rut')} -> 127.0.0.1:${tcp.port}`,
          `remote 127.0.0.1:0 -> ${target}`,
          `dynamic ${folder.file('socks')}`,
        ]),
      [server.knownHostsLine()],
    );
    const listen = await rig.upWhole('unix');
    for (const address of listen.slice(0, 6)) {
      const bytes = randomBytes(200_000);
      const got = address.startsWith('/')
        ? await runClient(socat, ['-t10', '-', `UNIX-CONNECT:${address}`], bytes)
        : await runClient(socat, ['-t10', '-', `TCP:${address}`], bytes);
      expect(got.stdout.equals(bytes), `${address}: ${got.stderr}`).toBe(true);
    }
    const bytes = randomBytes(10_000);
    const nc = await runClient(needProgram('nc', 'netcat-openbsd'), ['-N', '-U', listen[0] ?? ''], bytes);
    expect(nc.stdout.equals(bytes)).toBe(true);
    const socks = clientOf(listen[6] ?? '');
    const answer = readAll(socks);
    socks.write(Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, tcp.port >> 8, tcp.port & 255]));
    socks.end('by way of SOCKS');
    expect((await answer).subarray(12).toString()).toBe('by way of SOCKS');
  });

  it('a stale socket file here is replaced; a live one is left alone', async () => {
    const server = own(await startSshd());
    const folder = tempFolder();
    const target = own(await serveEcho());
    const path = folder.file('s');
    // What a killed program leaves behind.
    const socat = await runClient(needProgram('python3', 'python3'), [
      '-c',
      'import socket,sys; s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1])',
      path,
    ]);
    expect(socat.code, socat.stderr).toBe(0);
    const live = folder.file('live');
    own(await serveEcho(live));
    const rig = await TunnelRig.start(
      hostTable('box', server) +
        tunnelTable('stale', 'box', [
          `{ type = "local", listen = "${path}", to = "127.0.0.1:${target.port}", unlink = true }`,
        ]) +
        tunnelTable('live', 'box', [
          `{ type = "local", listen = "${live}", to = "127.0.0.1:${target.port}", unlink = true }`,
        ]),
      [server.knownHostsLine()],
    );
    expect(await rig.upWhole('stale')).toEqual([path]);
    expect((await exchange(path, Buffer.from('new'))).toString()).toBe('new');
    await rig.up('live');
    const row = await rig.reach('live', ({ state }) => state.kind === 'retrying', 'to wait for the path');
    expect(row.forwards[0]?.cause?.code).toBe('port-in-use');
    expect((await exchange(live, Buffer.from('mine'))).toString()).toBe('mine');
  });

  it('a file in the way on the server, as sshd leaves it, is told as such, and the path is taken once that is gone', async () => {
    const server = own(await startSshd());
    const folder = tempFolder();
    const target = own(await serveEcho());
    const path = folder.file('there');
    const rig = await TunnelRig.start(
      hostTable('box', server) +
        tunnelTable('back', 'box', [`remote ${path} -> 127.0.0.1:${target.port}`], [quick]) +
        tunnelTable('link', 'box', ['dynamic 127.0.0.1:0']),
      [server.knownHostsLine()],
    );
    await rig.upWhole('link');
    await rig.upWhole('back');
    await rig.down('back');
    await rig.up('back');
    const row = await rig.reach('back', ({ state }) => state.kind === 'retrying', 'to be refused');
    expect(row.state).toMatchObject({
      cause: { code: 'remote-port-refused', where: path, next: expect.stringContaining('StreamLocalBindUnlink') },
    });
    rmSync(path);
    await rig.running('back');
    expect((await exchange(path, Buffer.from('free'))).toString()).toBe('free');
    expect((await rig.status('link')).reconnects).toBe(0);
  });

  it('what sshd forbids for sockets names the setting for sockets', async () => {
    const server = own(await startSshd({ config: ['AllowStreamLocalForwarding no'] }));
    const folder = tempFolder();
    const target = folder.file('target');
    own(await serveEcho(target));
    const rig = await TunnelRig.start(
      hostTable('box', server) +
        tunnelTable('both', 'box', [`local 127.0.0.1:0 -> ${target}`, `remote ${folder.file('there')} -> ${target}`]),
      [server.knownHostsLine()],
    );
    await rig.up('both');
    const row = await rig.reach('both', ({ state }) => state.kind === 'running' && state.degraded !== null, 'to run');
    expect((await exchange(row.forwards[0]?.listen ?? '', Buffer.from('x'))).length).toBe(0);
    const { forwards } = await rig.status('both');
    for (const [index, code] of ['target-refused', 'remote-port-refused'].entries())
      expect(forwards[index]?.cause).toMatchObject({
        code,
        next: expect.stringContaining('AllowStreamLocalForwarding'),
      });
  });

  it('a socket on the server comes back after the link was lost', async () => {
    const server = own(await startSshd({ config: ['StreamLocalBindUnlink yes'] }));
    const folder = tempFolder();
    const target = own(await serveEcho());
    const path = folder.file('there');
    const rig = await TunnelRig.start(
      hostTable('box', server) + tunnelTable('back', 'box', [`remote ${path} -> 127.0.0.1:${target.port}`]),
      [server.knownHostsLine()],
    );
    await rig.upWhole('back');
    server.killSessions();
    await rig.reach('back', (row) => row.state.kind === 'running' && row.reconnects === 1, 'to heal');
    expect((await exchange(path, Buffer.from('again'))).toString()).toBe('again');
    await rig.down('back');
    await rig.upWhole('back');
    expect((await exchange(path, Buffer.from('anew'))).toString()).toBe('anew');
  });
});

describe('what a server forbids', () => {
  it('sshd: AllowTcpForwarding, PermitOpen and PermitListen name the forward; the link stays', async () => {
    const target = own(await serveEcho());
    const other = own(await serveEcho());
    const allowed = await freePort();
    const [yes, no, refused] = ['yes', 'no', 'refused'] as const;
    const cases = [
      { name: 'none', options: { allowTcpForwarding: 'no' }, local: [no, no], remote: [refused, refused] },
      { name: 'local', options: { allowTcpForwarding: 'local' }, local: [yes, yes], remote: [refused, refused] },
      { name: 'remote', options: { allowTcpForwarding: 'remote' }, local: [no, no], remote: [yes, yes] },
      { name: 'open', options: { permitOpen: [`127.0.0.1:${target.port}`] }, local: [yes, no], remote: [yes, yes] },
      {
        name: 'listen',
        options: { permitListen: [`localhost:${allowed}`] },
        local: [yes, yes],
        remote: [yes, refused],
      },
    ] as const;
    const running = await Promise.all(cases.map(async (row) => own(await startSshd(row.options))));
    const text = cases.map((row, index) => {
      const port = row.name === 'listen' ? allowed : 0;
      const server = running[index];
      if (server === undefined) throw new Error('no server');
      return (
        hostTable(row.name, server) +
        tunnelTable(`${row.name}-tunnel`, row.name, [
          `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`,
          `local 127.0.0.1:0 -> 127.0.0.1:${other.port}`,
          `remote ${port} -> 127.0.0.1:${target.port}`,
          `remote 127.0.0.1:0 -> 127.0.0.1:${other.port}`,
        ]) +
        tunnelTable(`${row.name}-solo`, row.name, [`remote 127.0.0.1:0 -> 127.0.0.1:${other.port}`])
      );
    });
    const rig = await TunnelRig.start(
      text.join(''),
      running.map((server) => server.knownHostsLine()),
    );
    await rig.up();
    for (const row of cases) {
      const tunnel = `${row.name}-tunnel`;
      const whole = row.remote.every((answer) => answer === yes);
      let status = await rig.reach(
        tunnel,
        ({ state }) => state.kind === 'running' && (state.degraded === null) === whole,
        whole ? 'to run whole' : 'to run degraded',
      );
      if (!whole)
        expect(status.state).toMatchObject({ degraded: { code: 'remote-port-refused', next: expect.any(String) } });
      for (const [index, answer] of row.local.entries()) {
        const got = await exchange(status.forwards[index]?.listen ?? '', Buffer.from('hello'));
        expect(got.toString(), `${tunnel} local ${index}`).toBe(answer === yes ? 'hello' : '');
        const now = (await rig.status(tunnel)).forwards[index];
        expect(now?.state).toBe('up');
        expect(now?.cause?.code ?? null, `${tunnel} local ${index}`).toBe(answer === yes ? null : 'forward-denied');
      }
      status = await rig.status(tunnel);
      for (const [index, answer] of row.remote.entries()) {
        const forward = status.forwards[2 + index];
        if (answer === yes) {
          expect(forward?.state, `${tunnel} remote ${index}`).toBe('up');
          expect((await exchange(forward?.listen ?? '', Buffer.from('back'))).toString()).toBe('back');
        } else {
          expect(forward, `${tunnel} remote ${index}`).toMatchObject({
            state: expect.stringMatching(/^(waiting|failed)$/),
            listen: null,
            cause: { code: 'remote-port-refused' },
          });
        }
      }
      // No loss of the link all the while.
      expect(status).toMatchObject({ state: { kind: 'running' }, reconnects: 0 });
      const solo = await rig.reach(
        `${row.name}-solo`,
        ({ state }) => state.kind === (row.remote[1] === yes ? 'running' : 'retrying'),
        'to be decided',
      );
      if (row.remote[1] !== yes) expect(solo.state).toMatchObject({ cause: { code: 'remote-port-refused' } });
    }
  });

  it('dropbear: no local forwards (-j), no remote ones (-k)', async () => {
    const target = own(await serveEcho());
    const [noLocal, noRemote] = [
      own(await startDropbear({ args: ['-j'] })),
      own(await startDropbear({ args: ['-k'] })),
    ];
    const forwards = [
      `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`,
      `remote 127.0.0.1:0 -> 127.0.0.1:${target.port}`,
    ];
    const rig = await TunnelRig.start(
      hostTable('j', noLocal) +
        tunnelTable('no-local', 'j', forwards) +
        hostTable('k', noRemote) +
        tunnelTable('no-remote', 'k', forwards),
      [noLocal.knownHostsLine(), noRemote.knownHostsLine()],
    );
    const [local = '', remote = ''] = await rig.upWhole('no-local');
    expect((await exchange(local, Buffer.from('x'))).length).toBe(0);
    expect((await rig.status('no-local')).forwards[0]).toMatchObject({
      state: 'up',
      cause: { code: 'forward-denied' },
    });
    expect((await exchange(remote, Buffer.from('back'))).toString()).toBe('back');
    await rig.up('no-remote');
    const row = await rig.reach('no-remote', ({ state }) => state.kind === 'running', 'to run');
    expect(row.state).toMatchObject({ degraded: { code: 'remote-port-refused' } });
    expect((await exchange(row.forwards[0]?.listen ?? '', Buffer.from('out'))).toString()).toBe('out');
  });
});

describe('a chain', () => {
  it('nine tunnels, local and remote in turn, over sshd and dropbear in turn, carry a binary unchanged', async () => {
    const hosts = [own(await startSshd()), own(await startDropbear())];
    const binary = readFileSync(findProgram('bash') ?? process.execPath);
    const sink = own(await serveEcho());
    const ports = [sink.port, ...(await Promise.all(Array.from({ length: 9 }, () => freePort())))];
    const names: string[] = [];
    let text = hosts.map((server, index) => hostTable(`h${index}`, server)).join('');
    for (let i = 1; i <= 9; i += 1) {
      const kind = i % 2 === 1 ? 'local' : 'remote';
      names.push(`t${i}`);
      text += tunnelTable(`t${i}`, `h${i % 3 === 0 ? 1 : 0}`, [
        `${kind} 127.0.0.1:${ports[i] ?? 0} -> 127.0.0.1:${ports[i - 1] ?? 0}`,
      ]);
    }
    const rig = await TunnelRig.start(
      text,
      hosts.map((server) => server.knownHostsLine()),
    );
    for (const name of names) await rig.upWhole(name);
    const got = await exchange(`127.0.0.1:${ports[9] ?? 0}`, binary);
    expect(got.equals(binary)).toBe(true);
  });
});
