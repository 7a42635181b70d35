import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { freePort, needProgram } from '../support/processes.ts';
import { until } from '../support/until.ts';
import {
  allRun,
  EchoClient,
  echo,
  endSceneAfterEach,
  holdfast,
  hostTable,
  listenOf,
  nothingRuns,
  own,
  processesWith,
  socketFolder,
  socketOf,
  sshd,
  trust,
  trusting,
  tunnelTable,
} from './scene.ts';

/** The running engine is killed, started twice, told to end at a bad moment, and visited by others: nothing is left, nothing is let in. */

endSceneAfterEach();

const command = fileURLToPath(new URL('../../out/cli.js', import.meta.url));

/** Lock of the profile's engine. */
function lockFile(home: string): string {
  const root = join(home, 'state', 'holdfast');
  const folder = readdirSync(root)[0];
  if (folder === undefined) throw new Error('no state folder');
  return join(root, folder, 'engine.lock');
}

describe('kill -9', () => {
  it('leaves no process behind, and the next engine has everything back within 10 s', async () => {
    const [server, target] = [await sshd(), await echo()];
    const to = `127.0.0.1:${target.port}`;
    const [fixed, remote] = [await freePort(), await freePort()];
    const ssh = `${needProgram('ssh', 'openssh-client')} -F none -o IdentitiesOnly=yes -o UserKnownHostsFile=/dev/null \
-o StrictHostKeyChecking=no -i ${server.clientKey} -p %p -W 127.0.0.1:%p %r@127.0.0.1`;
    const hf = await holdfast(hostTable('box', server));
    const path = join(hf.home, 'x.sock');
    await hf.configure(
      hostTable('box', server) +
        hostTable('behind', server, `proxy-command = "${ssh}"`) +
        tunnelTable('atlogin', 'box', 'login', `local 127.0.0.1:${fixed} -> ${to}`) +
        tunnelTable('asked', 'box', 'manual', `local ${path} -> ${to}`, `remote 127.0.0.1:${remote} -> ${to}`) +
        tunnelTable('proxied', 'behind', 'login', `local 127.0.0.1:0 -> ${to}`) +
        tunnelTable('never', 'box', 'manual', `local 127.0.0.1:0 -> ${to}`),
    );
    trust(hf, server);
    await hf.serve();
    expect((await hf.run(['up', 'asked', '--wait'])).code).toBe(0);
    await allRun(hf, ['atlogin', 'asked', 'proxied']);
    const clients = await Promise.all(
      [`127.0.0.1:${fixed}`, path, await listenOf(hf, 'proxied'), `127.0.0.1:${remote}`].map((at) =>
        EchoClient.open(at),
      ),
    );
    const folder = dirname(socketOf(hf));
    expect(socketFolder(hf)).toEqual([expect.stringMatching(/^[0-9a-f]+\.sock$/)]);

    // A silent server: its ssh alone would wait for it for ever.
    server.freeze();
    await hf.end('SIGKILL');
    await Promise.all(clients.slice(0, 3).map((client) => client.closed()));
    await nothingRuns(hf);
    server.thaw();
    expect((await hf.run(['status'])).code).toBe(3);

    const startedAt = performance.now();
    await hf.serve();
    await allRun(hf, ['atlogin', 'asked', 'proxied'], 10_000);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect((await hf.status('never'))[0]?.state).toBe('stopped');
    for (const at of [`127.0.0.1:${fixed}`, path, await listenOf(hf, 'proxied'), `127.0.0.1:${remote}`])
      await EchoClient.open(at);
    expect(readdirSync(folder)).toHaveLength(1);

    expect((await hf.end('SIGTERM')).code).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(path)).toBe(false);
    expect(existsSync(lockFile(hf.home))).toBe(false);
    await nothingRuns(hf);
  });

  it('at any moment of the start leaves nothing that hinders or outlives the next start', async () => {
    const server = await sshd();
    const hf = await trusting(server, tunnelTable('db', 'box', 'login', 'dynamic 127.0.0.1:0'));
    await hf.serve();
    const folder = dirname(socketOf(hf));
    await hf.end('SIGKILL');
    for (const delayMs of [60, 100, 130, 160, 200, 260]) {
      const child = spawn(process.execPath, [command, 'serve', '--config', hf.configFile], { env: hf.env });
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    // And the worst moments, made by hand: a socket that was not yet in its place, a lock that had not yet its name.
    const leftovers = [join(folder, '.hf-aB3xYz'), `${lockFile(hf.home)}.0123456789ab`];
    mkdirSync(leftovers[0] ?? '', { mode: 0o700 });
    writeFileSync(leftovers[1] ?? '', '');
    const aMinuteAgo = new Date(Date.now() - 61_000);
    // A kill may have struck a start at that moment as well: cleanup takes only locks that were left a minute ago.
    const locks = dirname(lockFile(hf.home));
    for (const name of readdirSync(locks)) {
      if (name.startsWith('engine.lock.')) utimesSync(join(locks, name), aMinuteAgo, aMinuteAgo);
    }
    await hf.serve();
    await allRun(hf, ['db'], 10_000);
    const cleaned = await hf.run(['cleanup', '--json']);
    expect((JSON.parse(cleaned.stdout) as { removed: string[] }).removed).toEqual(expect.arrayContaining(leftovers));
    expect(socketFolder(hf)).toHaveLength(1);
    expect(readdirSync(dirname(lockFile(hf.home))).filter((name) => name.includes('lock'))).toEqual(['engine.lock']);
    expect((await hf.status('db'))[0]?.state).toBe('running');
  });
});

describe('two engines', () => {
  it('of five started at once one serves; the others end with 1 and name it', async () => {
    const server = await sshd();
    const hf = await trusting(server, tunnelTable('db', 'box', 'login', 'dynamic 127.0.0.1:0'));
    const starters = Array.from({ length: 5 }, () => {
      const child = own({
        process: spawn(process.execPath, [command, 'serve', '--config', hf.configFile], {
          env: hf.env,
          stdio: ['ignore', 'pipe', 'pipe'],
        }),
        dispose() {
          this.process.kill('SIGKILL');
        },
      }).process;
      const seen = { pid: child.pid, child, out: '', err: '', code: null as number | null };
      child.stdout.on('data', (chunk: Buffer) => {
        seen.out += chunk.toString();
      });
      child.stderr.on('data', (chunk: Buffer) => {
        seen.err += chunk.toString();
      });
      child.on('close', (code) => {
        seen.code = code;
      });
      return seen;
    });
    await until(
      () => starters.filter((one) => one.code !== null).length === 4 && starters.some((one) => one.out.includes('\n')),
      {
        what: 'one to serve and four to end',
        timeoutMs: 30_000,
        seen: () => starters.map(({ code, out, err }) => ({ code, out, err })),
      },
    );
    const winner = starters.find((one) => one.code === null);
    expect(winner?.out).toMatch(/ready/);
    for (const loser of starters.filter((one) => one !== winner)) {
      expect(loser.code).toBe(1);
      expect(loser.out).toBe('');
      expect(loser.err).toContain(hf.configFile);
      expect(loser.err).toContain(String(winner?.pid));
      expect(loser.err).not.toMatch(/\n\s+at /);
    }
    await allRun(hf, ['db']);
    winner?.child.kill('SIGTERM');
    await until(() => winner?.code === 0, { what: 'the one to end' });
  });

  it('on another socket, or by another path of the same file, is refused too; the first is unaffected', async () => {
    const [server, target] = [await sshd(), await echo()];
    const hf = await trusting(
      server,
      tunnelTable('db', 'box', 'login', `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`),
    );
    await hf.serve();
    await allRun(hf);
    const client = await EchoClient.open(await listenOf(hf, 'db'));
    const linked = join(hf.home, 'linked.toml');
    symlinkSync(hf.configFile, linked);
    const other = join(hf.home, 'run', 'other.sock');
    for (const [file, env] of [
      [hf.configFile, { ...hf.env, HOLDFAST_SOCKET: other }],
      [linked, hf.env],
    ] as const) {
      const second = spawnSync(process.execPath, [command, 'serve', '--config', file], { env, encoding: 'utf8' });
      expect(second.status).toBe(1);
      expect(second.stderr).toContain(String(hf.pid));
    }
    expect(existsSync(other)).toBe(false);
    await client.exchange('still there\n');
    expect((await hf.status('db'))[0]).toMatchObject({ state: 'running', reconnects: 0 });
  });

  it('a lock whose process id belongs to somebody else now is stale, and that process is left alone', async () => {
    const server = await sshd();
    const hf = await trusting(server, tunnelTable('db', 'box', 'login', 'dynamic 127.0.0.1:0'));
    await hf.serve();
    const lock = lockFile(hf.home);
    const noted = JSON.parse(readFileSync(lock, 'utf8')) as { pid: number };
    expect(noted.pid).toBe(hf.pid);
    await hf.end('SIGKILL');
    const stranger = own({
      child: spawn('sleep', ['600']),
      dispose() {
        this.child.kill('SIGKILL');
      },
    }).child;
    writeFileSync(lock, JSON.stringify({ ...noted, pid: stranger.pid }));
    await hf.serve();
    await allRun(hf);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    for (const nonsense of ['', '{', '\0\0\0\0', 'x'.repeat(100_000)]) {
      await hf.end('SIGKILL');
      writeFileSync(lock, nonsense);
      // A lock that cannot be read may be about to be written, for a few seconds.
      spawnSync('touch', ['-d', '1 minute ago', lock]);
      await hf.serve();
    }
    await allRun(hf);
  });
});

describe('the end', () => {
  it('TERM with 50 clients, an open prompt, a proxy command and a frozen server: code 0 within 5 s, nothing left', async () => {
    const [server, stranger, target] = [await sshd(), await sshd({ freshHostKeys: true }), await echo()];
    const nc = needProgram('nc', 'netcat-openbsd');
    const to = `127.0.0.1:${target.port}`;
    const port = await freePort();
    const hf = await trusting(
      server,
      hostTable('behind', server, `proxy-command = "${nc} 127.0.0.1 %p"`) +
        hostTable('unknown', stranger) +
        tunnelTable('db', 'box', 'login', `local 127.0.0.1:${port} -> ${to}`) +
        tunnelTable('proxied', 'behind', 'login', `local 127.0.0.1:0 -> ${to}`) +
        tunnelTable('asking', 'unknown', 'login', 'dynamic 127.0.0.1:0'),
    );
    await hf.serve();
    await allRun(hf, ['db', 'proxied']);
    await hf.prompted((prompt) => prompt.tunnel === 'asking');
    const ports = [`127.0.0.1:${port}`, await listenOf(hf, 'proxied')];
    const clients = await Promise.all(
      Array.from({ length: 50 }, (_, index) => EchoClient.open(ports[index % 2] ?? '')),
    );
    server.freeze();
    const ended = await hf.end('SIGTERM');
    expect(ended.code).toBe(0);
    expect(ended.tookMs).toBeLessThan(5000);
    for (const client of clients) await client.closed();
    await nothingRuns(hf, 2000);
    for (const at of ports) await expect(EchoClient.open(at)).rejects.toThrow(/ECONNREFUSED/);
    server.thaw();
  });

  for (const signals of [['SIGINT', 'SIGINT'], ['SIGHUP'], ['SIGTERM', 'SIGINT', 'SIGTERM']] as const) {
    it(`${signals.join(', then ')}: code 0`, async () => {
      const server = await sshd();
      const hf = await trusting(server, tunnelTable('db', 'box', 'login', 'dynamic 127.0.0.1:0'));
      await hf.serve();
      await allRun(hf);
      const folder = dirname(socketOf(hf));
      const { pid } = hf;
      const ended = hf.end(signals[0]);
      for (const signal of signals.slice(1)) process.kill(pid ?? 0, signal);
      expect((await ended).code).toBe(0);
      expect(readdirSync(folder)).toEqual([]);
      await nothingRuns(hf, 2000);
    });
  }

  it('a command finds its engine from a folder that was removed', async () => {
    const hf = await holdfast('[hosts.box]\naddress = "127.0.0.1"\n');
    const line = `mkdir gone && cd gone && rmdir ../gone && exec "${process.execPath}" "${command}"`;
    const started = own({
      child: spawn('/bin/sh', ['-c', `${line} serve --config "${hf.configFile}"`], { cwd: hf.home, env: hf.env }),
      dispose() {
        this.child.kill('SIGKILL');
      },
    }).child;
    const [ready] = (await once(started.stdout, 'data')) as [Buffer];
    expect(ready.toString()).toMatch(/ready/);
    const status = spawnSync('/bin/sh', ['-c', `${line} status`], {
      cwd: hf.home,
      env: { ...hf.env, HOLDFAST_CONFIG: hf.configFile },
      encoding: 'utf8',
    });
    expect([status.status, status.stderr]).toEqual([0, '']);
  });

  it('goes on without standard streams: closed ones, a reader that is gone, a full device', async () => {
    const server = await sshd();
    const hf = await trusting(server, tunnelTable('db', 'box', 'login', 'dynamic 127.0.0.1:0'));
    const serve = `exec "${process.execPath}" "${command}" serve --verbose --config "${hf.configFile}"`;
    for (const line of [
      `${serve} <&-`,
      `${serve} <&- >&- 2>&-`,
      // The reader ends before anything is written to it.
      `${serve} 2>&1 >&3 3>&- | true`,
      `${serve} >/dev/full 2>/dev/full`,
    ]) {
      const shell = own({
        child: spawn('/bin/sh', ['-c', `exec 3>/dev/null; ${line}`], { env: hf.env, stdio: 'ignore' }),
        dispose() {
          for (const pid of processesWith(hf.home)) process.kill(pid, 'SIGKILL');
        },
      });
      await until(async () => (await hf.run(['status'])).code === 0, {
        what: `an engine after: ${line}`,
        timeoutMs: 15_000,
      });
      await allRun(hf);
      expect((await hf.run(['down', 'db'])).code).toBe(0);
      expect((await hf.run(['up', 'db', '--wait'])).code).toBe(0);
      for (const pid of processesWith(hf.home)) process.kill(pid, 'SIGTERM');
      await nothingRuns(hf);
      void shell;
    }
    // The reader of the ready line goes first.
    const child = spawn(process.execPath, [command, 'serve', '--config', hf.configFile], {
      env: hf.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    child.stderr.destroy();
    const exit = once(child, 'exit');
    await until(async () => (await hf.run(['status'])).code === 0, { what: 'the engine', timeoutMs: 15_000 });
    await allRun(hf);
    child.kill('SIGTERM');
    expect((await exit)[0]).toBe(0);
  });
});
