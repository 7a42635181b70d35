import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { freePort } from '../support/processes.ts';
import { until } from '../support/until.ts';
import {
  allRun,
  EchoClient,
  echo,
  endSceneAfterEach,
  holdfast,
  hostTable,
  listenOf,
  own,
  runs,
  sshd,
  trusting,
  tunnelTable,
} from './scene.ts';

/** A wall clock that jumps, and a machine that sleeps. */

endSceneAfterEach();

/** The library that gives a process another wall clock; its monotonic clock stays the real one. */
function fakeTimeLibrary(): string {
  const folders = readdirSync('/usr/lib')
    .map((name) => join('/usr/lib', name, 'faketime'))
    .concat('/usr/lib/faketime', '/usr/local/lib/faketime');
  const found = folders.map((folder) => join(folder, 'libfaketimeMT.so.1')).find((path) => existsSync(path));
  if (found === undefined) throw new Error('libfaketime is not installed; on Debian: apt-get install libfaketime');
  return found;
}

const dayMs = 86_400_000;

describe('a wall clock that jumps by a day', () => {
  it('forth and back: no drop, no early expiry, and waits stay as long as they were', async () => {
    const [server, target] = [await sshd(), await echo()];
    const dead = await freePort();
    const hf = await trusting(
      server,
      `${tunnelTable('limited', 'box', 'login', 'dynamic 127.0.0.1:0')}max-lifetime = "2h"\n` +
        `${tunnelTable('db', 'box', 'login', `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`)}poll = "1s"\n` +
        hostTable('away', server, '', dead) +
        tunnelTable('retrying', 'away', 'login', 'dynamic 127.0.0.1:0') +
        '[settings]\npool-max-lifetime = "2h"\nbackoff-first = "250ms"\nbackoff-cap = "500ms"\n',
    );
    const time = join(hf.home, 'time');
    const jump = (by: string): void => writeFileSync(time, `${by}\n`);
    jump('+0d');
    Object.assign(hf.env, {
      LD_PRELOAD: fakeTimeLibrary(),
      FAKETIME_TIMESTAMP_FILE: time,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    });
    await hf.serve();
    // A command sees the same clock as the engine, or nothing would be proven of its times.
    await allRun(hf, ['db', 'limited']);
    const logins = server.sessions();
    const client = await EchoClient.open(await listenOf(hf, 'db'));
    const newestLineMs = async (): Promise<number> => {
      const lines = JSON.parse((await hf.run(['logs', 'retrying', '--json', '-n', '1'])).stdout) as { atMs: number }[];
      return lines[0]?.atMs ?? 0;
    };
    for (const [by, offsetMs] of [
      ['+1d', dayMs],
      ['-1d', -dayMs],
      ['+0d', 0],
    ] as const) {
      jump(by);
      await client.exchange(`at ${by}\n`);
      const start = await hf.reach('retrying', (row) => row.state === 'retrying', 'it waits');
      expect(start.nextTryMs).toBeLessThanOrEqual(500);
      // Three more tries: the waits are neither skipped for ever nor a day long.
      await hf.reach('retrying', (row) => row.attempt >= start.attempt + 3, `it tries on at ${by}`);
      await until(async () => Math.abs((await newestLineMs()) - Date.now() - offsetMs) < dayMs / 4, {
        what: `the engine to see the clock at ${by}`,
        seen: () => hf.errors,
      });
      await client.exchange(`still at ${by}\n`);
      for (const row of await hf.status('db', 'limited'))
        expect(row).toMatchObject({ state: 'running', degraded: false, reconnects: 0 });
      expect(server.sessions()).toEqual(logins);
    }
    const [stats] = JSON.parse((await hf.run(['stats', 'db', '--json'])).stdout) as {
      uptimeMs: number;
      totalUptimeMs: number;
    }[];
    expect(stats?.uptimeMs).toBeGreaterThan(0);
    for (const ms of [stats?.uptimeMs, stats?.totalUptimeMs]) expect(ms).toBeLessThan(dayMs / 2);
    const ended = await hf.end('SIGTERM');
    expect(ended.code).toBe(0);
    expect(ended.tookMs).toBeLessThan(5000);
  });
});

describe('a sleep of 8 s', () => {
  it('10 s after it every link is proven or being rebuilt: a cut one runs again, a silent one is given up, a whole one stays', async () => {
    const [server, target] = [await sshd(), await echo()];
    const [cut, silent, whole] = [await proxied(server.port), await proxied(server.port), await proxied(server.port)];
    const to = `local 127.0.0.1:0 -> 127.0.0.1:${target.port}`;
    const hf = await holdfast(
      Object.entries({ cut, silent, whole })
        .map(
          ([name, proxy]) =>
            hostTable(`to-${name}`, server, 'host-key-alias = "server"', proxy.port) +
            tunnelTable(name, `to-${name}`, 'login', to),
        )
        .join(''),
    );
    writeFileSync(join(hf.home, 'config', 'known_hosts'), `${server.knownHostsLine(undefined, 'server')}\n`, {
      mode: 0o600,
    });
    await hf.serve();
    await allRun(hf);
    const client = await EchoClient.open(await listenOf(hf, 'whole'));
    const { pid } = hf;
    if (pid === null) throw new Error('no engine');
    process.kill(pid, 'SIGSTOP');
    cut.reset();
    silent.hole();
    // The sleep itself is what is tested: the engine notices it by its length.
    await new Promise((resolve) => setTimeout(resolve, 8000));
    process.kill(pid, 'SIGCONT');
    const wokeAt = performance.now();
    await Promise.all([
      hf.reach('cut', (row) => runs(row) && row.reconnects === 1, 'the cut link is there again', 10_000),
      hf.reach('silent', (row) => row.state !== 'running', 'the silent link is given up', 10_000),
    ]);
    expect(performance.now() - wokeAt).toBeLessThan(10_000);
    await client.exchange('slept well\n');
    expect(await hf.status('whole')).toMatchObject([{ state: 'running', reconnects: 0 }]);
    silent.pass();
    silent.reset();
    await hf.run(['now', 'silent']);
    await hf.reach('silent', (row) => runs(row) && row.reconnects === 1, 'the silent link is there again');
    await EchoClient.open(await listenOf(hf, 'silent'));
  });
});

async function proxied(port: number): ReturnType<typeof startFaultProxy> {
  return own(await startFaultProxy(port));
}
