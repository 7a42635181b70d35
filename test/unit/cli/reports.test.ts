import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cause } from '../../support/fake-engine.ts';
import { formatLine, logFileName } from '../../../src/main/engine/log/log-record.ts';
import { Bench, goodConfig } from './run-command.ts';

async function benchWithDb(): Promise<Bench> {
  const bench = await new Bench().serve();
  bench.engine.addTunnel('db');
  return bench;
}

describe('stats, connections, logs, events', () => {
  it('show what the engine tells, for people and for scripts', async () => {
    const bench = await benchWithDb();
    const stats = await bench.run(['stats']);
    expect(stats.stdout).toMatch(/db {4}1 min 1 s \/ 2 h {2}2\.0 KiB {2}10 B {2}1 \/ 9 {4}34 ms {2}2 \(reset 2\)/);
    expect(await bench.json(['stats', 'db'])).toMatchObject([{ name: 'db', probeMs: [12, 34] }]);
    expect((await bench.run(['stats', 'nope'])).exitCode).toBe(4);
    expect((await bench.run(['connections'])).stdout).toContain('me@127.0.0.1:22');
    expect(await bench.json(['connections'])).toMatchObject([{ id: 'c1', leases: 2 }]);
    expect((await bench.run(['logs', 'db', '-n', '3'])).stdout).toMatch(/ {2}info {3}hello log {2}port=22\n/);
    expect(bench.engine.inputsOf('logs')).toEqual([{ tunnel: 'db', lines: 3 }]);
    expect((await bench.run(['logs', 'nope'])).exitCode).toBe(4);
    expect((await bench.run(['logs', '-n', 'many'])).exitCode).toBe(2);
    expect((await bench.run(['events'])).stdout).toMatch(/db {2}lost {4}box hung up\.\n.*db {2}healed\n/);
    expect(await bench.json(['events', 'db'])).toMatchObject([{ what: 'lost' }, { what: 'healed' }]);
  });

  it('logs show what the last engine wrote when none runs', async () => {
    const bench = new Bench();
    bench.configure(goodConfig);
    expect((await bench.run(['logs'])).exitCode).toBe(3);
    expect((await bench.run(['logs', 'nope'])).exitCode).toBe(4);
    mkdirSync(bench.profile.logFolder, { recursive: true });
    const line = formatLine({ atMs: 0, level: 'warn', tunnel: 'db', message: 'last words', fields: {} });
    writeFileSync(`${bench.profile.logFolder}/${logFileName('db')}`, `${line.trimEnd()}\n`);
    const ran = await bench.run(['logs', 'db']);
    expect(ran).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('last words') });
    expect(ran.stderr).toContain('No engine is running');
    expect((await bench.run(['logs', 'db', '-f'])).exitCode).toBe(3);
  });

  it('logs -f goes on with what comes, without a line twice', async () => {
    const bench = await benchWithDb();
    const running = bench.start(['logs', 'db', '-f']);
    await running.sees(/hello log/, 'stdout');
    bench.engine.events.fire({
      kind: 'log',
      line: { atMs: 5, level: 'warn', tunnel: 'db', message: 'evil\u001b[31m', fields: { a: 'b c' } },
    });
    await running.sees(/evil\\033\[31m {2}a="b c"/, 'stdout');
    bench.engine.events.fire({
      kind: 'log',
      line: { atMs: 6, level: 'warn', tunnel: 'web', message: 'other', fields: {} },
    });
    running.interrupt();
    expect(await running.ended).toBe(0);
    expect(running.stdout.match(/hello log/g)?.length).toBe(1);
    expect(running.stdout).not.toContain('other');
  });

  it('events -f shows each change of state once', async () => {
    const bench = await benchWithDb();
    const running = bench.start(['events', '-f', '--json']);
    await bench.saw('snapshot');
    bench.engine.change('db', { kind: 'starting', phase: 'dial', hop: null });
    bench.engine.change('db', { kind: 'starting', phase: 'auth', hop: null });
    bench.engine.change('db', { kind: 'dead', cause: cause('auth-failed', 'No.') });
    await running.sees(/dead/, 'stdout');
    running.interrupt();
    expect(await running.ended).toBe(0);
    const lines = running.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { what: string; cause: unknown });
    expect(lines.map((line) => line.what)).toEqual(['lost', 'healed', 'starting', 'dead']);
    expect(lines.at(-1)?.cause).toMatchObject({ code: 'auth-failed' });
  });
});
