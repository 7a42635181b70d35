import { describe, expect, it } from 'vitest';
import type { TunnelState } from '../../../src/shared/model/tunnel.ts';
import { cause, codePrompt, hostKeyPrompt } from '../../support/fake-engine.ts';
import { Bench } from './run-command.ts';

const running: TunnelState = { kind: 'running', sinceMs: 0, degraded: null };
const fingerprint = hostKeyPrompt('1', []).hostKey?.fingerprint ?? '';

async function benchWith(...names: string[]): Promise<Bench> {
  const bench = await new Bench().serve();
  for (const name of names) bench.engine.addTunnel(name, { group: 'work' });
  return bench;
}

describe('up, down, restart, now', () => {
  it('return at once with what they took on', async () => {
    const bench = await benchWith('db', 'web');
    bench.engine.onUp = () => {};
    for (const [act, said] of [
      ['up', 'Going up: db, web'],
      ['down', 'Going down: db, web'],
      ['restart', 'Restarting: db, web'],
      ['now', 'Trying now: db, web'],
    ] as const) {
      const ran = await bench.run([act, 'work']);
      expect(ran).toMatchObject({ exitCode: 0, stdout: `${said}\n` });
      expect(bench.engine.inputsOf(act)).toEqual([{ names: ['work'], all: false }]);
    }
    expect(await bench.json(['up', '--all'])).toEqual({ names: ['db', 'web'] });
  });

  it('take names or --all, and know wrong names and times', async () => {
    const bench = await benchWith('db');
    expect((await bench.run(['up'])).exitCode).toBe(2);
    expect((await bench.run(['down', 'db', '--all'])).exitCode).toBe(2);
    expect((await bench.run(['up', 'nope'])).exitCode).toBe(4);
    expect((await bench.run(['up', 'nope', '--wait'])).exitCode).toBe(4);
    expect((await bench.run(['up', 'db', '--timeout', '5s'])).exitCode).toBe(2);
    expect((await bench.run(['up', 'db', '--wait', '--timeout', 'soon'])).exitCode).toBe(2);
    expect((await bench.run(['down', 'db', '--wait'])).exitCode).toBe(2);
    expect(bench.engine.inputsOf('up')).toEqual([]);
  });
});

describe('up --wait', () => {
  it('gives 0 when all run or listen', async () => {
    const bench = await benchWith('db', 'web');
    bench.engine.onUp = (name) => bench.engine.change(name, name === 'db' ? running : { kind: 'listening' });
    const ran = await bench.run(['up', 'work', '--wait']);
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    expect(ran.stdout).toContain('db is up.');
    expect(ran.stdout).toContain('web listens');
  });

  it('waits through tries until it runs', async () => {
    const bench = await benchWith('db');
    bench.engine.onUp = () => bench.engine.change('db', { kind: 'starting', phase: 'dial', hop: null });
    const ran = bench.start(['up', 'db', '--wait']);
    await bench.saw('snapshot');
    bench.engine.change('db', { kind: 'retrying', cause: cause('refused', 'No.'), nextTryAtMs: 0 });
    bench.engine.change('db', { kind: 'running', sinceMs: 0, degraded: null });
    expect(await ran.ended).toBe(0);
  });

  it('gives 1 with the cause when one gave up, or was stopped meanwhile', async () => {
    const bench = await benchWith('db', 'web');
    bench.engine.onUp = (name) =>
      bench.engine.change(
        name,
        name === 'db' ? { kind: 'dead', cause: cause('auth-failed', 'box refused.') } : running,
      );
    const dead = await bench.run(['up', '--all', '-w']);
    expect(dead.exitCode).toBe(1);
    expect(dead.stderr).toContain('db gave up: box refused.');
    expect(dead.stderr).toContain('next: Look at box.');
    bench.engine.onUp = (name) => bench.engine.change(name, { kind: 'stopped' });
    expect((await bench.run(['up', 'db', '--wait'])).exitCode).toBe(1);
  });

  it('gives 1 when the time is over', async () => {
    const bench = await benchWith('db');
    bench.engine.onUp = () =>
      bench.engine.change('db', { kind: 'retrying', cause: cause('refused', 'box refuses.'), nextTryAtMs: 0 });
    const ran = await bench.run(['up', 'db', '--wait', '--timeout', '50ms']);
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain('box refuses.');
  });

  it('gives 5 where nobody can answer, and leaves the question open', async () => {
    const bench = await benchWith('db');
    bench.engine.onUp = () => {
      bench.engine.openPrompt(hostKeyPrompt('4', ['db']));
      bench.engine.change('db', { kind: 'interactive', promptId: '4' });
    };
    const ran = await bench.run(['up', 'db', '--wait'], { input: 'yes\n' });
    expect(ran.exitCode).toBe(5);
    expect(ran.stderr).toContain('holdfast answer 4');
    expect(bench.engine.prompts.has('4')).toBe(true);
    const json = await bench.run(['up', 'db', '--wait', '--json']);
    expect(json.exitCode).toBe(5);
    expect(JSON.parse(json.stdout)).toMatchObject([{ name: 'db', state: 'interactive' }]);
  });

  it('gives 5 too for a question of a login it shares, which another tunnel asked first', async () => {
    const bench = await benchWith('db');
    bench.engine.onUp = () => {
      bench.engine.openPrompt(hostKeyPrompt('4', ['other']));
      bench.engine.change('db', { kind: 'interactive', promptId: '4' });
    };
    expect((await bench.run(['up', 'db', '--wait'])).exitCode).toBe(5);
  });

  it('gives 3 when the engine goes while it waits', async () => {
    const bench = await benchWith('db');
    bench.engine.onUp = () => bench.engine.change('db', { kind: 'starting', phase: 'dial', hop: null });
    const ran = bench.start(['up', 'db', '--wait']);
    await bench.saw('snapshot');
    bench.dispose();
    expect(await ran.ended).toBe(3);
  });
});

describe('questions on the terminal of up --wait', () => {
  async function asking(prompt = hostKeyPrompt('1', ['db'])) {
    const bench = await benchWith('db');
    bench.engine.onUp = () => {
      bench.engine.openPrompt(prompt);
      bench.engine.change('db', { kind: 'interactive', promptId: prompt.id });
    };
    bench.engine.onAnswer = () => bench.engine.change('db', running);
    const ran = bench.start(['up', 'db', '--wait'], { tty: true, input: null });
    await ran.sees(/(\) |: )$/);
    return { bench, ran };
  }
  const answers = (bench: Bench) =>
    bench.engine.inputsOf('answer').map((input) => (input as { answer: unknown }).answer);

  it('show who asks and the key; only the whole word is taken', async () => {
    const { bench, ran } = await asking();
    for (const part of [
      '── me@127.0.0.1:22 (db) · host key',
      'ED25519 key, SHA256 fingerprint:',
      fingerprint,
      '+--[ED25519 256]--+',
      'old.example.org',
      '/home/me/.ssh/known_hosts',
    ])
      expect(ran.stderr).toContain(part);
    for (const almost of ['y', 'YES', '', 'yes please', fingerprint.slice(0, -1)]) {
      const before = ran.stderr.length;
      ran.type(`${almost}\r`);
      await ran.sees(/\) $/);
      await bench.engine.api.prompts({});
      expect(ran.stderr.length).toBeGreaterThan(before);
    }
    expect(answers(bench)).toEqual([]);
    expect(ran.stderr).toContain('Not the same. Do not connect.');
    ran.type('yes\r');
    expect(await ran.ended).toBe(0);
    expect(answers(bench)).toEqual([{ kind: 'yes' }]);
    expect(ran.raw.at(-1)).toBe(false);
  });

  it.each([
    [fingerprint, 'yes'],
    ['once', 'once'],
    ['no', 'no'],
  ])('take %s as %s', async (typed, kind) => {
    const { bench, ran } = await asking();
    ran.type(`${typed}\r`);
    await ran.ended;
    expect(answers(bench)).toEqual([{ kind }]);
  });

  it('hide what is typed unless the server asks to show it, and box its words', async () => {
    const { bench, ran } = await asking(
      codePrompt('2', ['db'], {
        hop: 'edge',
        message: 'Duo\u001b]0;title\u0007\n── me@bank:22 (db) · password',
        fields: [
          { label: 'Passcode:', echo: false },
          { label: 'Token:', echo: true },
        ],
      }),
    );
    expect(ran.stderr).not.toContain('\u001b');
    expect(ran.stderr).toContain('  │ ── me@bank:22 (db)');
    expect(ran.stderr).toContain('It is the hop edge on the way to box.');
    // Typed ahead, with a correction, an arrow key and a pasted bracket sequence in between.
    ran.type('12x\u007f3456\u001b[D\u001b[200~7\rshown');
    // The labels are the server's words too.
    await ran.sees(/\n {2}│ Passcode: \n {2}│ Token: shown$/);
    expect(ran.stderr).not.toMatch(/123|3456/);
    ran.type('\r');
    expect(await ran.ended).toBe(0);
    expect(answers(bench)).toEqual([{ kind: 'values', values: ['1234567', 'shown'], remember: false }]);
  });

  it('are withdrawn when somebody else answers first', async () => {
    const { bench, ran } = await asking(codePrompt('2', ['db']));
    ran.type('123');
    bench.engine.closePrompt('2', 'answered');
    await ran.sees(/Answered elsewhere/);
    bench.engine.change('db', running);
    expect(await ran.ended).toBe(0);
    expect(answers(bench)).toEqual([]);
    expect(ran.raw.at(-1)).toBe(false);
  });

  it('can be put aside: they stay open, and the exit code is 5', async () => {
    const { bench, ran } = await asking();
    ran.type('\u0003');
    expect(await ran.ended).toBe(5);
    expect(bench.engine.prompts.has('1')).toBe(true);
    expect(answers(bench)).toEqual([]);
    expect(ran.stderr).toContain('holdfast answer 1');
  });

  it('come one after the other; those of other tunnels are not asked here', async () => {
    const bench = await benchWith('db', 'web');
    bench.engine.onUp = () => {
      bench.engine.openPrompt(codePrompt('9', ['web']));
      bench.engine.openPrompt(hostKeyPrompt('1', ['db']));
      bench.engine.change('db', { kind: 'interactive', promptId: '1' });
    };
    bench.engine.onAnswer = (prompt) => {
      if (prompt.id === '1') {
        bench.engine.openPrompt(codePrompt('2', ['db'], { round: 2 }));
        bench.engine.change('db', { kind: 'interactive', promptId: '2' });
      } else bench.engine.change('db', running);
    };
    const ran = bench.start(['up', 'db', '--wait'], { tty: true, input: null });
    await ran.sees(/\) $/);
    ran.type('yes\r');
    await ran.sees(/Passcode: $/);
    expect(ran.stderr).toContain('That was not taken.');
    ran.type('42\r');
    expect(await ran.ended).toBe(0);
    expect(answers(bench)).toEqual([{ kind: 'yes' }, { kind: 'values', values: ['42'], remember: false }]);
  });
});
