import { describe, expect, it } from 'vitest';
import { cause } from '../../support/fake-engine.ts';
import { dial } from '../../../src/shared/i18n/sentences/dial.ts';
import type { ForwardStatus } from '../../../src/shared/model/tunnel.ts';
import { Bench } from './run-command.ts';

const forward: ForwardStatus = {
  spec: 'local 127.0.0.1:0 -> db:5432',
  state: 'up',
  listen: '127.0.0.1:40123',
  cause: null,
  clients: 0,
  bytesIn: 0,
  bytesOut: 0,
};
const off: ForwardStatus = { ...forward, state: 'off', listen: null };
const row = { degraded: false, cause: null, attempt: 0, nextTryMs: null, reconnects: 0, forwards: [] };

describe('status --json', () => {
  it('has a cause as texts alone, whatever facts came with it', async () => {
    const bench = await new Bench().serve();
    const facts = { message: dial.refused({ to: 'box:22' }), next: dial.checkSshd() };
    const given = cause('refused', 'box:22 refuses the connection.');
    bench.engine.addTunnel('db', { state: { kind: 'dead', cause: { ...given, said: facts } } });
    expect(await bench.json(['status'])).toMatchObject([{ name: 'db', cause: given }]);
    expect((await bench.run(['status', '--json'])).stdout).not.toContain('"said"');
  });

  it('is the array that scripts rely on, for every state', async () => {
    const bench = await new Bench().serve();
    const { engine } = bench;
    engine.addTunnel('a-stopped', { forwards: [off] });
    engine.addTunnel('b-listening', { state: { kind: 'listening' } });
    engine.addTunnel('c-starting', { state: { kind: 'starting', phase: 'auth', hop: 'edge' }, attempt: 2 });
    engine.addTunnel('d-interactive', { state: { kind: 'interactive', promptId: '7' }, attempt: 1 });
    engine.addTunnel('e-running', {
      state: { kind: 'running', sinceMs: 0, degraded: null },
      reconnects: 3,
      forwards: [forward, off],
    });
    engine.addTunnel('f-probe', {
      state: { kind: 'running', sinceMs: 0, degraded: cause('probe-failed', 'No echo.') },
    });
    const busy = cause('port-in-use', 'Port 5432 is taken.');
    engine.addTunnel('g-part', {
      state: { kind: 'running', sinceMs: 0, degraded: null },
      forwards: [forward, { ...off, state: 'failed', cause: busy }],
    });
    engine.addTunnel('h-retrying', {
      state: { kind: 'retrying', cause: cause('refused', 'box refuses.'), nextTryAtMs: Date.now() + 60_000 },
      attempt: 4,
    });
    engine.addTunnel('i-late', {
      state: { kind: 'retrying', cause: cause('dns', 'No address.'), nextTryAtMs: 5 },
      attempt: 1,
    });
    engine.addTunnel('j-dead', { state: { kind: 'dead', cause: cause('auth-failed', 'box refused the login.') } });
    const shown = (await bench.json(['status'])) as Record<string, unknown>[];
    const shape = (each: ForwardStatus) => ({ spec: each.spec, state: each.state, listen: each.listen });
    expect(shown).toEqual([
      { ...row, name: 'a-stopped', state: 'stopped', forwards: [shape(off)] },
      { ...row, name: 'b-listening', state: 'listening' },
      { ...row, name: 'c-starting', state: 'starting', attempt: 2 },
      { ...row, name: 'd-interactive', state: 'interactive', attempt: 1 },
      { ...row, name: 'e-running', state: 'running', reconnects: 3, forwards: [shape(forward), shape(off)] },
      { ...row, name: 'f-probe', state: 'running', degraded: true, cause: cause('probe-failed', 'No echo.') },
      {
        ...row,
        name: 'g-part',
        state: 'running',
        degraded: true,
        cause: busy,
        forwards: [shape(forward), { ...shape(off), state: 'failed' }],
      },
      {
        ...row,
        name: 'h-retrying',
        state: 'retrying',
        cause: cause('refused', 'box refuses.'),
        attempt: 4,
        nextTryMs: expect.any(Number),
      },
      { ...row, name: 'i-late', state: 'retrying', cause: cause('dns', 'No address.'), attempt: 1, nextTryMs: 0 },
      { ...row, name: 'j-dead', state: 'dead', cause: cause('auth-failed', 'box refused the login.') },
    ]);
    const wait = shown[7]?.['nextTryMs'];
    expect(wait).toBeGreaterThan(50_000);
    expect(wait).toBeLessThanOrEqual(60_000);
    for (const each of shown) expect(Object.keys(each).length).toBe(8);
  });

  it('takes names and groups, and gives 4 and a JSON error for an unknown one', async () => {
    const bench = await new Bench().serve();
    bench.engine.addTunnel('db', { group: 'work' });
    bench.engine.addTunnel('web');
    expect(await bench.json(['status', 'work'])).toMatchObject([{ name: 'db' }]);
    const ran = await bench.run(['status', 'nope', '--json']);
    expect(ran.exitCode).toBe(4);
    expect(JSON.parse(ran.stdout)).toEqual({
      error: { code: 'not-found', where: 'tunnel nope', message: 'There is no tunnel nope.', next: expect.any(String) },
    });
    expect(ran.stderr).toContain('There is no tunnel nope.');
  });
});

describe('status for people', () => {
  async function busyBench(): Promise<Bench> {
    const bench = await new Bench().serve();
    bench.engine.addTunnel('db', {
      group: 'work',
      state: { kind: 'running', sinceMs: Date.now() - 61_000, degraded: null },
      forwards: [{ ...forward, clients: 2 }],
    });
    bench.engine.addTunnel('long-name', {
      group: 'work',
      attempt: 3,
      state: { kind: 'retrying', cause: cause('refused', 'box\u001b[31m refuses.'), nextTryAtMs: Date.now() + 12_400 },
    });
    bench.engine.addTunnel('old', { state: { kind: 'dead', cause: cause('auth-failed', 'box refused the login.') } });
    return bench;
  }

  it('is an aligned table with shape, word and reason, by group, plain when piped', async () => {
    const ran = await (await busyBench()).run(['status']);
    expect(ran.stdout.split('\n')).toEqual([
      'work',
      expect.stringMatching(/^ {2}db {9}● RUNNING {3}127\.0\.0\.1:40123 → db:5432 · 2 clients · up 1 min \d s$/),
      expect.stringMatching(/^ {2}long-name {2}◷ RETRYING {2}box\\033\[31m refuses\. · try 3 · next in 12 s$/),
      'no group',
      '  old        ✕ DEAD      box refused the login.',
      '                         next: Look at box.',
      '',
    ]);
  });

  it('has colours on a terminal, unless NO_COLOR or --no-color, and when forced', async () => {
    const bench = await busyBench();
    expect((await bench.run(['status'], { outTty: true })).stdout).toContain('\u001b[32m●');
    expect((await bench.run(['status'], { outTty: true, env: { NO_COLOR: '1' } })).stdout).not.toContain('\u001b');
    expect((await bench.run(['status', '--no-color'], { outTty: true })).stdout).not.toContain('\u001b');
    expect((await bench.run(['--color', 'status'])).stdout).toContain('\u001b[31m✕');
  });

  it('speaks German where the environment does', async () => {
    const ran = await (await busyBench()).run(['status'], { env: { LANG: 'de_DE.UTF-8' } });
    expect(ran.stdout).toContain('● LÄUFT');
    expect(ran.stdout).toContain('AUFGEGEBEN');
  });

  it('tells open questions, a bad configuration, and that there is nothing yet', async () => {
    const bench = await new Bench().serve();
    const { hostKeyPrompt } = await import('../../support/fake-engine.ts');
    expect((await bench.run(['status'])).stdout).toContain('No tunnels yet.');
    bench.engine.prompts.set('1', hostKeyPrompt('1', ['db']));
    bench.engine.configProblem = 'config.toml:3: hosts.box.prot: unknown key';
    const ran = await bench.run(['status']);
    expect(ran.stdout).toContain('1 question waits for you: holdfast prompts');
    expect(ran.stderr).toContain('hosts.box.prot');
  });
});

describe('status --watch', () => {
  it('writes a line a change when piped, and ends on an interrupt', async () => {
    const bench = await new Bench().serve();
    bench.engine.addTunnel('db');
    bench.engine.addTunnel('web');
    const running = bench.start(['status', 'db', '--watch']);
    await running.sees(/db {2}○ STOPPED/, 'stdout');
    bench.engine.change('web', { kind: 'listening' });
    bench.engine.change('db', { kind: 'starting', phase: 'dial', hop: null });
    await running.sees(/db {2}◔ STARTING {2}dialling/, 'stdout');
    // The same state again is no news.
    bench.engine.change('db', { kind: 'starting', phase: 'dial', hop: null });
    bench.engine.change('db', { kind: 'dead', cause: cause('cancelled', 'You said no.') });
    await running.sees(/✕ DEAD {2}You said no\./, 'stdout');
    expect(running.stdout.trim().split('\n').length).toBe(3);
    running.interrupt();
    expect(await running.ended).toBe(0);
  });

  it('is a live view on a terminal, and leaves it as it was', async () => {
    const bench = await new Bench().serve();
    bench.engine.addTunnel('db');
    const running = bench.start(['status', '-w'], { tty: true, outTty: true, input: null });
    await running.sees(/STOPPED/, 'stdout');
    expect(running.stdout).toContain('\u001b[?1049h');
    bench.engine.change('db', { kind: 'running', sinceMs: Date.now(), degraded: null });
    await running.sees(/RUNNING/, 'stdout');
    running.type('q');
    expect(await running.ended).toBe(0);
    expect(running.stdout.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
    expect(running.raw).toEqual([true, false]);
  });

  it('gives an array a line with --json, and 3 when the engine goes', async () => {
    const bench = new Bench();
    await bench.serve();
    bench.engine.addTunnel('db');
    const running = bench.start(['status', '--watch', '--json']);
    await running.sees(/\n/, 'stdout');
    bench.engine.change('db', { kind: 'listening' });
    await running.sees(/\n.+\n/, 'stdout');
    const states = running.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { state: string }[])[0]?.state);
    expect(states).toEqual(['stopped', 'listening']);
    bench.dispose();
    expect(await running.ended).toBe(3);
  });
});
