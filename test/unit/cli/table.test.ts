import { contractVersion } from '../../../src/shared/contract/calls.ts';
import { describe, expect, it } from 'vitest';
import { commandTable, globalOptions } from '../../../src/main/cli/command-table.ts';
import { scriptFor } from '../../../src/main/cli/commands/completion.ts';
import { exitCodeOf } from '../../../src/main/cli/exit-codes.ts';
import { clip, displayWidth, formatBytes, formatDuration, formatTable } from '../../../src/main/cli/style.ts';
import { en } from '../../../src/shared/i18n/en.ts';
import { languageOf, textsOf } from '../../../src/shared/i18n/index.ts';
import { failureRetry, type FailureCode } from '../../../src/shared/model/failure.ts';
import { version } from '../../../src/shared/version.ts';
import { Bench } from './run-command.ts';

describe('the table of commands', () => {
  it('has help and a loadable module for each, and no option twice', async () => {
    const bench = new Bench();
    for (const command of commandTable) {
      const help = await bench.run(['help', command.name]);
      expect(help).toMatchObject({ exitCode: 0, stderr: '' });
      expect((await bench.run([command.name, '--help'])).stdout).toBe(help.stdout);
      for (const option of Object.keys(command.options)) expect(help.stdout).toContain(`--${option}`);
      for (const synopsis of command.synopsis) expect(synopsis.split(' ')[0]).toBe(command.name);
      const shorts = Object.values({ ...globalOptions, ...command.options }).flatMap((option) => option.short ?? []);
      expect(new Set(shorts).size, command.name).toBe(shorts.length);
      expect(typeof (await command.load()).run).toBe('function');
    }
  });

  it('every command that is there is in each completion script', () => {
    for (const shell of ['bash', 'zsh', 'fish', 'powershell'])
      for (const command of commandTable) expect(scriptFor(shell)).toContain(command.name);
    expect(scriptFor('tcsh')).toBeNull();
  });
});

describe('the command line', () => {
  it('takes global options before and after the command', async () => {
    const bench = new Bench();
    for (const args of [
      ['--json', 'version'],
      ['version', '--json'],
      ['--version', '--json'],
    ])
      expect(JSON.parse((await bench.run(args)).stdout)).toEqual({
        version,
        contract: contractVersion,
        node: process.version,
      });
    const missing = await bench.run(['-c', `${bench.folder}/none.toml`, 'list']);
    expect(missing.stderr).toContain(`${bench.folder}/none.toml`);
    expect((await bench.run(['list', '--config', `${bench.folder}/none.toml`])).stderr).toBe(missing.stderr);
  });

  it.each([
    [[], 'No command is named.'],
    [['stauts'], 'Did you mean: holdfast status'],
    [['\u001b[2J'], 'There is no command'],
    [['status', '--frob'], "Unknown option '--frob'"],
    [['status', '--config'], '--config'],
    [['version', 'x', '--json', '--config='], '0.1'],
    [['completion', 'tcsh'], 'bash, zsh, fish and powershell'],
  ])('%j says %s', async (args, said) => {
    const ran = await new Bench().run(args);
    expect(ran.stdout + ran.stderr).toContain(said);
    expect(ran.stdout + ran.stderr).not.toContain('\u001b');
    if (args[0] !== 'version') expect(ran.exitCode).toBe(2);
  });

  it('errors for scripts are one JSON object with the same exit code', async () => {
    const ran = await new Bench().run(['status', '--json']);
    expect(ran.exitCode).toBe(3);
    expect(JSON.parse(ran.stdout)).toEqual({
      error: { code: 'no-engine', where: expect.any(String), message: expect.any(String), next: expect.any(String) },
    });
  });

  it('maps every kind of failure to an exit code', () => {
    const codes = Object.keys(failureRetry) as FailureCode[];
    const by = (exit: number) => codes.filter((code) => exitCodeOf(code) === exit);
    expect(by(2)).toEqual(['config', 'usage']);
    expect(by(3)).toEqual(['no-engine']);
    expect(by(4)).toEqual(['not-found']);
    expect(by(1).length).toBe(codes.length - 4);
  });
});

describe('texts', () => {
  it('are German in a German environment, English in any other', () => {
    for (const [env, language] of [
      [{ LANG: 'de_DE.UTF-8' }, 'de'],
      [{ LANG: 'de' }, 'de'],
      [{ LANG: 'de_DE', LC_ALL: 'C' }, 'en'],
      [{ LC_MESSAGES: 'de_AT', LANG: 'en_US' }, 'de'],
      [{ LANG: 'dev_X' }, 'en'],
      [{}, 'en'],
    ] as const)
      expect(languageOf(env)).toBe(language);
    const german = textsOf('de');
    expect(german.states.dead).toBe('AUFGEGEBEN');
    expect(german.prompts).toBe(en.prompts);
    expect(textsOf('en').states.dead).toBe('DEAD');
  });

  it('never beg or shout', () => {
    const said: string[] = [];
    const walk = (value: unknown): void => {
      if (typeof value === 'string') said.push(value);
      else if (typeof value === 'function')
        said.push(String((value as (...args: unknown[]) => unknown)('x', 'y', 'z')));
      else for (const each of Object.values(value as object)) walk(each);
    };
    walk(en);
    expect(said.length).toBeGreaterThan(100);
    for (const text of said) expect(text).not.toMatch(/please|failed to|error|!/i);
  });
});

describe('layout', () => {
  it('aligns by what a terminal shows', () => {
    expect(
      formatTable([
        ['a', 'b'],
        ['\u001b[31mlong\u001b[39m', 'c'],
        ['日本', 'd'],
      ]),
    ).toEqual(['a     b', '\u001b[31mlong\u001b[39m  c', '日本  d']);
    expect(displayWidth('e\u0301日\u001b[1mx\u001b[22m')).toBe(4);
    expect(clip('\u001b[31mabcdef\u001b[39m', 4)).toBe('\u001b[31mabc…\u001b[0m');
    expect(clip('日本語', 4)).toBe('日…');
    expect(clip('abcd', 4)).toBe('abcd');
  });

  it('shows times and sizes as people say them', () => {
    expect([0, 999, 59_499, 60_000, 3_725_000, 90_000_000].map(formatDuration)).toEqual([
      '0 s',
      '1 s',
      '59 s',
      '1 min',
      '1 h 2 min',
      '1 d 1 h',
    ]);
    expect([0, 1023, 1024, 1_500_000, 5e13].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '1.4 MiB',
      '45.5 TiB',
    ]);
  });
});
