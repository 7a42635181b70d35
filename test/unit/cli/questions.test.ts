import { describe, expect, it } from 'vitest';
import { codePrompt, hostKeyPrompt } from '../../support/fake-engine.ts';
import { Bench } from './run-command.ts';

async function benchAsking(...prompts: ReturnType<typeof hostKeyPrompt>[]): Promise<Bench> {
  const bench = await new Bench().serve();
  for (const prompt of prompts) bench.engine.prompts.set(prompt.id, prompt);
  return bench;
}

const answers = (bench: Bench) => bench.engine.inputsOf('answer');

describe('prompts', () => {
  it('lists open questions, for scripts with the first asker as tunnel', async () => {
    const bench = await benchAsking(hostKeyPrompt('1', ['db', 'web'], { hop: 'edge' }), codePrompt('2', ['git']));
    expect(await bench.json(['prompts'])).toMatchObject([
      {
        id: '1',
        kind: 'host-key',
        tunnel: 'db',
        host: 'box',
        hop: 'edge',
        address: '127.0.0.1:22',
        message: 'The key of box is not known.',
        tunnels: ['db', 'web'],
        hostKey: { fingerprint: expect.stringMatching(/^SHA256:/) },
      },
      { id: '2', kind: 'otp', tunnel: 'git', fields: [{ label: 'Passcode:', echo: false }] },
    ]);
    const ran = await bench.run(['prompts']);
    expect(ran.stdout.split('\n')[1]).toMatch(/^1 {3}host key {2}db, web {2}me@127\.0\.0\.1:22 {2}ED25519 SHA256:/);
    expect((await bench.run(['prompts', '--ids'])).stdout).toBe('1\n2\n');
    expect((await bench.run(['prompts', 'db'])).exitCode).toBe(2);
  });

  it('says when there is none', async () => {
    const bench = await benchAsking();
    expect(await bench.run(['prompts'])).toMatchObject({ exitCode: 0, stdout: 'No question is open.\n' });
    expect(await bench.json(['prompts'])).toEqual([]);
  });
});

describe('answer', () => {
  it.each(['yes', 'no', 'once'])('gives %s to a question', async (kind) => {
    const bench = await benchAsking(hostKeyPrompt('1', ['db']));
    expect((await bench.run(['answer', '1', kind])).exitCode).toBe(0);
    expect(answers(bench)).toEqual([{ id: '1', answer: { kind } }]);
    expect((await bench.run(['answer', '1', kind])).exitCode).toBe(4);
  });

  it('cancels any', async () => {
    const bench = await benchAsking(hostKeyPrompt('1', ['db']), codePrompt('2', ['db']));
    expect((await bench.run(['answer', '1', '--cancel'])).exitCode).toBe(0);
    expect((await bench.run(['answer', '--cancel', '2'])).exitCode).toBe(0);
    expect(answers(bench)).toEqual(['1', '2'].map((id) => ({ id, answer: { kind: 'cancel' } })));
  });

  it.each([
    ['one line', 'geheim\n', ['geheim']],
    ['no newline at the end', 'geheim', ['geheim']],
    ['a Windows line end', 'ge heim \r\n', ['ge heim ']],
    ['lines that follow', 'alpha\nb\nc\n', ['alpha']],
    ['an empty line', '\n', ['']],
    ['UTF-8', 'pässwörd→\n', ['pässwörd→']],
  ])('reads a field from standard input: %s', async (_, input, values) => {
    const bench = await benchAsking(codePrompt('2', ['db']));
    const ran = await bench.run(['answer', '2'], { input });
    expect(ran.exitCode).toBe(0);
    expect(answers(bench)).toEqual([{ id: '2', answer: { kind: 'values', values, remember: false } }]);
    expect(ran.stdout + ran.stderr).not.toContain(values[0] || 'nothing');
  });

  it('reads one line a field, and does not wait for the end of the input', async () => {
    const bench = await benchAsking(
      codePrompt('2', ['db'], {
        fields: [
          { label: 'A:', echo: false },
          { label: 'B:', echo: true },
        ],
      }),
    );
    const running = bench.start(['answer', '2'], { input: null });
    running.type('one\ntw');
    running.type('o\n');
    expect(await running.ended).toBe(0);
    expect(answers(bench)).toMatchObject([{ answer: { values: ['one', 'two'] } }]);
  });

  it('keeps a password if told, never a code', async () => {
    const bench = await benchAsking(
      codePrompt('1', ['db'], { kind: 'password', mayRemember: true }),
      codePrompt('2', ['db']),
    );
    expect((await bench.run(['answer', '1', '--remember'], { input: 'x\n' })).exitCode).toBe(0);
    expect(answers(bench)).toMatchObject([{ answer: { remember: true } }]);
    expect((await bench.run(['answer', '2', '--remember'], { input: 'x\n' })).exitCode).toBe(2);
  });

  it.each([
    ['no id', ['answer']],
    ['another word', ['answer', '1', 'perhaps']],
    ['too many words', ['answer', '1', 'yes', 'no']],
    ['a word for a code', ['answer', '2', 'yes']],
    ['a word and --cancel', ['answer', '1', 'yes', '--cancel']],
    ['nothing for a question', ['answer', '1']],
    ['too few lines', ['answer', '2']],
    ['once for a confirmation', ['answer', '3', 'once']],
  ])('refuses %s as usage and answers nothing', async (_, args) => {
    const bench = await benchAsking(
      hostKeyPrompt('1', ['db']),
      codePrompt('2', ['db']),
      codePrompt('3', ['db'], { kind: 'confirm', fields: [] }),
    );
    const ran = await bench.run(args);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('next: See: holdfast help answer');
    expect(answers(bench)).toEqual([]);
    expect(bench.engine.prompts.size).toBe(3);
  });

  it('does not repeat a secret that was given as an argument by mistake', async () => {
    const bench = await benchAsking(codePrompt('2', ['db']));
    const ran = await bench.run(['answer', '2', 'hunter2', '--json']);
    expect(ran.exitCode).toBe(2);
    expect(ran.stdout + ran.stderr).not.toContain('hunter2');
  });

  it('knows an id that is not open, and a missing engine', async () => {
    const bench = new Bench();
    expect((await bench.run(['answer', '1', 'yes'])).exitCode).toBe(3);
    await bench.serve();
    const ran = await bench.run(['answer', '99\u001b[2J', 'yes']);
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).not.toContain('\u001b');
  });

  it('asks on a terminal, hidden; a question by its word', async () => {
    const bench = await benchAsking(codePrompt('2', ['db']), hostKeyPrompt('3', ['db']));
    const code = bench.start(['answer', '2'], { tty: true, input: null });
    await code.sees(/Passcode: $/);
    code.type('4711\r');
    expect(await code.ended).toBe(0);
    expect(code.stderr).not.toContain('4711');
    const key = bench.start(['answer', '3'], { tty: true, input: null });
    await key.sees(/\) $/);
    expect(key.stderr).toContain('"yes" writes it to /home/me/.ssh/known_hosts');
    key.type('once\r');
    expect(await key.ended).toBe(0);
    expect(answers(bench)).toMatchObject([{ answer: { values: ['4711'] } }, { answer: { kind: 'once' } }]);
  });

  it('says before the answer that a yes cannot be kept, and warns as the engine does', async () => {
    const question = hostKeyPrompt('3', ['db']);
    const hostKey = question.hostKey === null ? null : { ...question.hostKey, file: '' };
    const message = 'One.\nTwo.\nA yes cannot be kept, and would be refused: why. To trust it once works.';
    const bench = await benchAsking({ ...question, hostKey, message });
    const key = bench.start(['answer', '3'], { tty: true, input: null });
    await key.sees(/\) $/);
    expect(key.stderr).toContain('A yes cannot be kept, and would be refused: why. To trust it once works.\n');
    expect(key.stderr).not.toContain('writes it to');
    expect(key.stderr).not.toContain('Two.');
    key.type('once\r');
    expect(await key.ended).toBe(0);
  });

  it('gives 4 when it is answered elsewhere meanwhile, 5 when put aside', async () => {
    const bench = await benchAsking(codePrompt('2', ['db']), codePrompt('3', ['db']));
    const lost = bench.start(['answer', '2'], { tty: true, input: null });
    await lost.sees(/Passcode: $/);
    bench.engine.closePrompt('2', 'answered');
    expect(await lost.ended).toBe(4);
    expect(lost.stderr).toContain('Answered elsewhere');
    const aside = bench.start(['answer', '3'], { tty: true, input: null });
    await aside.sees(/Passcode: $/);
    aside.type('\u0004');
    expect(await aside.ended).toBe(5);
    expect(bench.engine.prompts.has('3')).toBe(true);
  });
});
